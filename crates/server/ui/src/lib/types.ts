// The wire shapes of /api/v1 as the pages use them. Times are RFC 3339 with offset; positions are [lon, lat].

export type Lang = "ja" | "en";
export type Position = [number, number];

export type Clock = { now: string; speed: number; demo: boolean };

export const RIDE_CLASSES = [
  "member_on_run",
  "member_other_day",
  "guest_idle_vehicle",
  "guest_empty_leg",
  "guest_beside_members",
] as const;
export type RideClass = (typeof RIDE_CLASSES)[number];

export type Policy = { effective_from: string; allows: RideClass[]; source: string; author: string };
/** `straight_lines`: the area runs without a roads file, and every page must say so. */
export type RoadsInfo = { name: string; attribution: string; warning: string | null; kind: "network" | "straight_lines"; factor_percent: number | null };
export type Area = {
  name: string;
  service_day: string;
  roads: RoadsInfo;
  bounds: [number, number, number, number];
  policy: Policy;
};
export type Facility = {
  id: string;
  name: string;
  corporation_name: string;
  at: Position;
  attending_today: number;
  absent_today: number;
};
export type Needs = {
  wheelchair: boolean;
  walker: boolean;
  attendant: boolean;
  boarding_seconds: number;
  alighting_seconds: number;
};
export type Place = { id: string; label: string; address: string | null; category: string; /** Null where one may not know it, or it was erased. */ at: Position | null };
export type VehicleState = "parked" | "driving" | "at_stop";
export type VisitState = "planned" | "heading" | "arrived";
export type Run = { direction: "pickup_run" | "dropoff_run"; number: number; facility: string };
export type Person = { id: string; name: string; furigana: string; phone: string | null };

export type Visit = {
  id: string;
  kind: "pickup" | "dropoff";
  request: string;
  rider: Person;
  people: number;
  needs: Needs;
  place: Place;
  note: string | null;
  planned: string;
  /** Between these it is to be expected, nine times out of ten. */
  expected: [string, string];
  window: [string, string];
  promised: [string, string] | null;
  ride_class: RideClass;
  run: Run | null;
  state: VisitState;
  late_minutes: number;
  /** Nobody comes to the door; the vehicle waits until then. */
  door_until?: string | null;
};

export type Vehicle = {
  id: string;
  name: string;
  plate: string;
  facility: string;
  kind: string;
  layouts: { seats: number; wheelchairs: number }[];
  driver_name: string | null;
  state: VehicleState;
  position: Position | null;
  heading: number | null;
  position_at: string | null;
  /** Off the way that was planned, as its newest position says. */
  off_way?: boolean;
  on_board: { people: number; seats_used: number; wheelchairs_used: number; riders: { id: string; name: string }[] };
  seats: number;
  visits: Visit[];
  path: Position[];
  next_step: NextStep | null;
  revision: number;
  acknowledged_revision: number;
  late_minutes: number;
};

export type Offer = {
  id: string;
  vehicle: string;
  vehicle_name: string;
  ride_class: RideClass;
  pickup_planned: string;
  pickup_window: [string, string];
  dropoff_planned: string;
  dropoff_latest: string;
  ride_minutes: number;
  direct_minutes: number;
  fare_yen: number;
  effect: { added_drive_minutes: number; added_drive_metres: number; delay_to_others_minutes: number };
  expires_at: string;
};

export type Reason = { code: string; count: number; text_ja: string; text_en: string };
export type Alternative = {
  kind: string;
  wish_at: string | null;
  people: number | null;
  from: string | null;
  to: string | null;
  text_ja: string;
  text_en: string;
};
export type Refusal = { reasons: Reason[]; alternatives: Alternative[] };

export const REQUEST_STATES = [
  "offered",
  "refused",
  "waiting",
  "booked",
  "on_board",
  "done",
  "cancelled",
  "expired",
  "no_show",
] as const;
export type RequestState = (typeof REQUEST_STATES)[number];
export const CHANNELS = ["phone", "app", "operator", "facility"] as const;
export type Channel = (typeof CHANNELS)[number];
export type WishKind = "leave_at" | "arrive_by";

export type RideRequest = {
  id: string;
  rider: Person;
  people: number;
  needs: Needs;
  from: Place;
  to: Place;
  channel: Channel;
  wish: { kind: WishKind; at: string };
  purpose: string | null;
  state: RequestState;
  made_at: string;
  ride_class: RideClass | null;
  offers: Offer[];
  /** The date of the policy by which it was decided. */
  policy: string | null;
  /** The other half of a round trip. */
  pair: string | null;
  refusal: Refusal | null;
  promise: { pickup: [string, string]; dropoff_latest: string } | null;
  vehicle: string | null;
  vehicle_name: string | null;
  pickup_at: string | null;
  dropoff_at: string | null;
  position_of_vehicle: Position | null;
};

export type MoveEffect = { done: boolean; vehicle: string; pickup_planned: string; dropoff_planned: string; others: { visit: string; rider: string; later_seconds: number }[]; to_tell: number };

/** A driver's report that contradicts what is known. */
export type Contradiction = {
  id: string;
  vehicle: string;
  request: string;
  rider: Person;
  fact: Fact;
  at: string;
  heard_at: string;
  contrary: "cancelled" | "no_show" | "on_board" | "other_vehicle" | "not_boarded" | "other_order";
  other_vehicle: string | null;
  before: Person | null;
};
/** A promise that will be broken as things look. */
export type Danger = {
  visit: string;
  request: string;
  rider: Person;
  vehicle: string;
  window: [string, string];
  expected: [string, string];
  late_minutes: number;
  repair: MoveEffect | null;
  no_repair: string | null;
};
export type Attention = { contradictions: Contradiction[]; dangers: Danger[] };

export type RoundTrip = { there: RideRequest; back: RideRequest };

export type Spread = { median: number | null; p90: number | null };
export type Figures = {
  service_day: string;
  at: string;
  members: {
    expected: number;
    absent: number;
    carried_pickup: number;
    carried_dropoff: number;
    on_time_share: number | null;
    max_late_minutes: number;
  };
  requests: {
    total: number;
    by_channel: Record<string, number>;
    by_purpose: Record<string, number>;
    booked: number;
    done: number;
    refused: number;
    cancelled: number;
    no_show: number;
    expired: number;
    open: number;
  };
  served_by_class: Record<string, number>;
  refused_by_reason: Reason[];
  idle_seats_used: number;
  wait_seconds: Spread;
  ride_seconds: Spread;
  drive_km: number;
  idle_seat_km: number;
  guest_seat_km: number;
  shared_ride_share: number | null;
  definitions: Record<string, { ja: string; en: string }>;
};

export type Board = {
  n: number;
  clock: Clock;
  area: Area;
  facilities: Facility[];
  vehicles: Vehicle[];
  requests: RideRequest[];
  figures: Figures;
};
export type TownPicture = { clock: Clock; area: Area; figures: Figures };

export type Rider = {
  id: string;
  name: string;
  furigana: string;
  phone: string | null;
  needs: Needs;
  facility: string | null;
  member_today: boolean;
  places: Place[];
};

export type Changes = {
  vehicles?: Vehicle[];
  requests?: RideRequest[];
  figures?: Figures;
  facilities?: Facility[];
};
export type Fix = { vehicle: string; at: string; position: Position; heading: number | null; state: VehicleState; on_road?: Position | null; off_way?: boolean };
export type Problem = {
  type?: string;
  title?: string;
  status: number;
  detail?: string;
  detail_ja?: string;
  code?: string;
  /** Seconds until it is worth another try, from the answer's header. */
  retry_after?: number;
  errors?: { field: string; detail: string; detail_ja?: string }[];
};

export type Message =
  | { n: number; kind: "change"; at: string; event: string; events: string[]; changes: Changes }
  | { n: number; kind: "positions"; positions: Fix[] }
  | { n: number; kind: "clock"; clock: Clock }
  | { n: number; kind: "map"; base_map: BaseMap }
  | { n: number; kind: "resync" }
  | { n: number; kind: "problem"; problem: Problem };

export type Fact = "departed" | "arrived" | "boarded" | "alighted" | "no_show" | "not_at_door";

/** What lies under the marks: the own tiles, or pictures of 地理院タイル from the internet. */
export const BASE_MAPS = ["own", "gsi_pale", "gsi_standard"] as const;
export type BaseMap = (typeof BASE_MAPS)[number];
export type Raster = { tiles: string[]; minzoom: number; maxzoom: number; attribution: string; attribution_url: string };
/** TileJSON 3.0, as far as the map needs it, with what the area has chosen to see. */
export type MapDescription = {
  attribution: string;
  tiles: string[];
  minzoom: number;
  maxzoom: number;
  bounds: [number, number, number, number];
  base_map: BaseMap;
  raster: Raster | null;
};

export type StepAct =
  | "go_straight"
  | "bear_left"
  | "bear_right"
  | "turn_left"
  | "turn_right"
  | "sharp_left"
  | "sharp_right"
  | "turn_round"
  | "enter_roundabout"
  | "leave_roundabout"
  | "board_ferry"
  | "arrive"
  | "depart";
export type NextStep = {
  act: StepAct;
  street: string;
  metres: number;
  position: Position;
};
