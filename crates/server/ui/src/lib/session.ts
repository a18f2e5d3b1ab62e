// Who is signed in at this browser, and where that leads.

import { call } from "./api.ts";

export type Role = "operator" | "driver" | "facility_manager" | "corporation_administrator" | "rider" | "municipality" | "auditor" | "machine";

export type Session = {
  /** Nobody has to sign in here. */
  open: boolean;
  id: string | null;
  name: string | null;
  role: Role | null;
  of: string[];
  whole_area: boolean;
  ends_at: string | null;
  /** Accounts of a demo that anybody may look through. */
  trial: { id: string; name: string; role: Role }[];
};

export const whoAmI = (): Promise<Session> => call<Session>("/session");

/** The page where somebody of this role begins. */
export function homeOf(role: Role | null): string {
  if (role === "driver") return "/driver";
  if (role === "municipality") return "/town";
  if (role === "facility_manager") return "/day";
  return "/";
}

/** The page that was asked for before signing in; only one of this server's own. */
export function nextPage(search: string, role: Role | null): string {
  const next = new URLSearchParams(search).get("next");
  return next && /^\/(?![/\\])/.test(next) ? next : homeOf(role);
}

/** Who keeps accounts, devices or keys, or may look at them. */
export function keepsAccounts(session: Session): boolean {
  if (session.role === null) return session.open;
  return ["operator", "facility_manager", "corporation_administrator", "auditor"].includes(session.role);
}
