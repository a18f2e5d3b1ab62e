// The plan of a day as /api/v1/day-plans sends it.

import type { Needs, Person } from "../lib/types.ts";

export type Direction = "pickup_run" | "dropoff_run";

export type RunPlace = {
  request: string;
  rider: Person;
  direction: Direction;
  state: string;
  vehicle: string | null;
  vehicle_name: string | null;
  pickup_at: string | null;
  dropoff_at: string | null;
  told: [string, string] | null;
  needs: Needs;
  care: { never_alone: boolean; not_with: Person[]; seat: string | null; seat_must: boolean };
  pin: { vehicle: string | null; at: string | null } | null;
  refusal: { reasons: { text_ja: string; text_en: string }[] } | null;
};
export type DayRun = { vehicle: string; direction: Direction; number: number; requests: string[] };
export type DayVehicle = {
  id: string;
  name: string;
  seats: number;
  out: boolean;
  without_driver: boolean;
  turns: { driver: string; driver_name: string; from: string; to: string }[];
};
export type DayDriver = { id: string; name: string; out_today: boolean };
export type Notice = {
  id: string;
  to: "rider" | "driver" | "facility";
  to_name: string;
  phone: string | null;
  kind: string;
  breaks_promise: boolean;
  text_ja: string;
  text_en: string;
  given_at: string | null;
  by: "phone" | "mail" | "webhook" | "nobody" | null;
  family: { name: string; phone: string | null; instead: boolean; by: "phone" | "mail" | "webhook" | "nobody" } | null;
  delivery: Delivery | null;
  script: { read_ja: string; read_en: string; if_unanswered_ja: string; if_unanswered_en: string };
};
export type Delivery = {
  standing: "waiting" | "sent" | "delivered" | "moot" | "failed";
  attempts: number;
  reason_ja: string | null;
  reason_en: string | null;
};
/** What a command means, or would mean. */
export type DayEffect = {
  done: boolean;
  subject: string | null;
  to_tell: { to: "rider" | "driver" | "facility"; to_name: string; by: Notice["by"]; breaks_promise: boolean; text_ja: string; text_en: string }[];
  moved: { visit: string; rider: string; later_seconds: number }[];
  without: Person[];
};
export type PlaceName = { id: string; label: string; position: [number, number] };
export type AtDoor = { request: string; rider: Person; vehicle: string; vehicle_name: string; since: string; until: string };
export type InDanger = {
  request: string;
  rider: Person;
  kind: "pickup" | "dropoff";
  vehicle: string;
  vehicle_name: string;
  expected: string;
  late_seconds: number;
  pickup: [string, string];
  dropoff_latest: string;
};
export type Today = {
  day: string;
  in_danger: InDanger[];
  doors: AtDoor[];
  aboard: { request: string; rider: Person; vehicle: string; vehicle_name: string }[];
  closures: { id: string; position: [number, number]; radius_m: number; from: string; until: string; stretches: number; places: string[] }[];
  snow: [string, string] | null;
  locked: string[];
};
export type DayPlan = {
  facility: string;
  day: string;
  planned: boolean;
  places: RunPlace[];
  absent: Person[];
  may_join: Person[];
  runs: DayRun[];
  vehicles: DayVehicle[];
  drivers: DayDriver[];
  notices: Notice[];
};
