import type { RideClass, RideRequest, Reason } from "../lib/types.ts";

export const CLASSES: RideClass[] = ["member_on_run", "member_other_day", "guest_idle_vehicle", "guest_empty_leg", "guest_beside_members"];
export const ENTITLEMENTS = ["long_term_care", "support_required", "care_programme", "disability", "licence_returned", "aged"] as const;
export type Entitlement = (typeof ENTITLEMENTS)[number];

export type Fare = { kind: "free" | "actual_cost" | "registered"; yen_per_km: number; base_yen: number; base_metres: number; words: string };

/** One dated version of the area's rules. */
export type Policy = {
  effective_from: string;
  allows: RideClass[];
  other_day_member_counts_as: "member" | "guest";
  guest_hours: [string, string];
  people_max: number;
  ride_percent: number;
  ride_plus_minutes: number;
  wait_max_minutes: number;
  offer_lasts_minutes: number;
  wait_on_board_max_minutes: number;
  member_delay_max_minutes: number;
  who: Entitlement[];
  fare: Fare;
  source: string;
  author: string;
};

export type PolicyEffect = { effective_from: string; rides: { request: RideRequest; reasons: Reason[] }[] };

/** What is sent: a fare without what its kind does not have. */
export function sent(policy: Policy): object {
  const { kind, yen_per_km, base_yen, base_metres, words } = policy.fare;
  const fares = { free: { kind }, actual_cost: { kind, yen_per_km, words }, registered: { kind, base_yen, base_metres, yen_per_km, words } };
  return { ...policy, fare: fares[kind] };
}
