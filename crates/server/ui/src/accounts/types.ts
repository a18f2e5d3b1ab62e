// What the page of accounts gets from the server.

import type { Role } from "../lib/session.ts";

export type Account = { id: string; login: string; name: string; role: Role; of: string[]; has_password: boolean; disabled: boolean; seen_at: string | null };
export type Invitation = { url: string; code: string; qr_svg: string; expires_at: string };
export type Device = { id: string; label: string; of: string; enrolled_at: string; seen_at: string | null; made_by: string };
export type ApiKey = { id: string; label: string; prefix: string; scopes: string[]; created_at: string; expires_at: string | null; used_at: string | null };
export type Named = { id: string; name: string };

export const SCOPES = ["read", "figures", "rides", "days", "vehicles", "masters", "policy"] as const;
export const ROLES: Role[] = ["operator", "driver", "facility_manager", "corporation_administrator", "rider", "municipality", "auditor"];
