// The made-up town's plan of one day, for the day plan's page: two vehicles, a few members, and what changes.

const DAY = "2026-11-24";
const at = (clock) => `${DAY}T${clock}:00+09:00`;
const needs = (wheelchair = false) => ({ wheelchair, walker: false, attendant: false, boarding_seconds: 120, alighting_seconds: 60 });
const person = (number, name) => ({ id: `rider-${number}`, name, furigana: "", phone: `0270-00-${1000 + number}` });
const PEOPLE = [person(1, "佐藤 ハル"), person(2, "鈴木 キヨ"), person(3, "高橋 ミツ"), person(4, "田中 トメ"), person(5, "渡辺 フミ")];
const VEHICLES = [{ id: "vehicle-1", name: "さくら1号", seats: 8 }, { id: "vehicle-2", name: "さくら2号", seats: 4 }];

const place = (rider, vehicle, clock, direction) => ({
  request: `request-${rider.id.slice(6)}${direction === "pickup_run" ? "1" : "2"}`,
  rider, direction, state: "booked", vehicle: vehicle.id, vehicle_name: vehicle.name,
  pickup_at: direction === "pickup_run" ? at(clock) : at("16:45"), dropoff_at: direction === "pickup_run" ? at("09:20") : at(clock),
  told: [at(clock), at(`${clock.slice(0, 3)}59`)], needs: needs(rider.id === "rider-2"),
  care: { never_alone: rider.id === "rider-3", not_with: rider.id === "rider-1" ? [PEOPLE[3]] : [], seat: rider.id === "rider-4" ? "front" : null, seat_must: false },
  pin: null, refusal: null,
});

export class MockDay {
  constructor() {
    const [one, two] = VEHICLES;
    this.planned = false;
    this.vehicles = VEHICLES.map((vehicle) => ({ ...vehicle, out: false, without_driver: false, turns: [{ driver: "driver-1", driver_name: "山田", from: at("07:30"), to: at("09:50") }] }));
    this.made = ["pickup_run", "dropoff_run"].flatMap((direction) => {
      const clocks = direction === "pickup_run" ? ["08:20", "08:32", "08:41", "08:50"] : ["17:02", "17:11", "17:20", "17:31"];
      return PEOPLE.slice(0, 4).map((rider, index) => place(rider, index < 2 ? one : two, clocks[index], direction));
    });
    this.notices = [];
    this.joined = false;
    this.door = true;
    this.locked = [];
  }

  /** What is going on: a door to which nobody comes, a ride in danger, a closed road. */
  today() {
    const vehicle = { vehicle: "vehicle-1", vehicle_name: "さくら1号" };
    if (!this.planned) return { day: DAY, in_danger: [], doors: [], aboard: [], closures: [], snow: null, locked: [] };
    return {
      day: DAY,
      in_danger: [{ request: "request-31", rider: PEOPLE[2], kind: "pickup", ...vehicle, expected: at("09:04"), late_seconds: 540, pickup: [at("08:36"), at("08:51")], dropoff_latest: at("09:30") }],
      doors: this.door ? [{ request: "request-11", rider: PEOPLE[0], ...vehicle, since: at("08:21"), until: at("08:26") }] : [],
      aboard: [{ request: "request-21", rider: PEOPLE[1], ...vehicle }],
      closures: [{ id: "closure-1", position: [139.41, 35.69], radius_m: 50, from: at("07:00"), until: at("15:00"), stretches: 4, places: [] }],
      snow: null, locked: this.locked,
    };
  }

  view() {
    const places = this.planned ? this.made : [];
    const runs = ["pickup_run", "dropoff_run"].flatMap((direction) => VEHICLES.map((vehicle) => ({ vehicle: vehicle.id, direction, number: 1, requests: places.filter((one) => one.vehicle === vehicle.id && one.direction === direction && one.state === "booked").map((one) => one.request) })));
    return {
      facility: "facility-1", day: DAY, planned: this.planned, places, absent: [], may_join: this.joined ? [] : [PEOPLE[4]],
      runs: runs.filter((run) => run.requests.length > 0), vehicles: this.vehicles, drivers: [{ id: "driver-1", name: "山田 太郎", out_today: false }], notices: this.notices,
    };
  }

  tell(to, to_name, text_ja, text_en, breaks_promise = false, delivery = null) {
    this.notices = [{ id: `notice-${this.notices.length + 1}`, to, to_id: "x", to_name, phone: to === "rider" ? "0270-00-1001" : null, kind: "time", breaks_promise, text_ja, text_en, given_at: null,
      by: to !== "rider" ? null : delivery ? "mail" : "phone", delivery,
      script: {
        read_ja: `こちらはせおとデイサービス、送迎の係です。${to_name}様でいらっしゃいますか。\n${text_ja}\nご不明な点はございませんか。では、失礼いたします。`,
        read_en: `This is the transport desk. Am I speaking with ${to_name}?\n${text_en}\nThank you, goodbye.`,
        if_unanswered_ja: "出られないときは、10分ほどあけてもう一度おかけください。", if_unanswered_en: "If nobody answers, call again after ten minutes.",
      } }, ...this.notices];
  }

  /** Answers a call on the plan of the day, or nothing if the call is about something else. */
  route(method, path, body) {
    if (path === "/facilities") return [200, { facilities: [{ id: "facility-1", name: "せおとデイサービス" }] }];
    if (path === "/places") return [200, { places: [{ id: "place-1", label: "せおと市民病院", address: "本町 3", at: [139.41, 35.69] }] }];
    if (path.endsWith("/today")) return [200, this.today()];
    if (path === "/readiness") {
      const rider = PEOPLE.find((one) => one.id === body.rider);
      const told = { to: "rider", to_name: rider.name, by: "phone", breaks_promise: true, text_ja: `迎えの時間が変わりました（さくら1号）。`, text_en: "The pickup is at another time." };
      if (!body.dry_run) this.tell("rider", rider.name, told.text_ja, told.text_en, true);
      return [200, { done: !body.dry_run, subject: body.rider, to_tell: [told], moved: [{ visit: "request-21:pickup", rider: "鈴木 キヨ", later_seconds: 240 }], without: [] }];
    }
    if (path.endsWith("/door")) {
      if (!body.dry_run) this.door = false;
      return [200, { done: !body.dry_run, subject: "request-11", to_tell: [], moved: [], without: [] }];
    }
    if (path.endsWith("/lock")) {
      this.locked = body.locked ? [path.split("/")[2]] : [];
      return [200, { done: true, subject: null, to_tell: [], moved: [], without: [] }];
    }
    if (path === "/day-plans" && method === "POST") this.planned = true;
    else if (path === "/absences") {
      for (const one of this.made) if (one.rider.id === body.rider && one.direction === body.kind) one.state = "cancelled";
      this.tell("driver", "さくら1号 山田", "立ち寄りが変わりました。", "Visits have changed.");
    } else if (path === "/joins") {
      this.joined = true;
      this.made.push(place(PEOPLE[4], VEHICLES[1], "08:57", "pickup_run"));
      this.tell("rider", PEOPLE[4].name, "迎えは 8:52–9:07、さくら2号です。", "The pickup is at 8:52–9:07 by さくら2号.");
    } else if (path === "/outages") {
      for (const vehicle of this.vehicles) if (vehicle.id === body.vehicle) vehicle.out = body.out;
      if (body.out) for (const one of this.made) if (one.vehicle === body.vehicle) Object.assign(one, { vehicle: "vehicle-1", vehicle_name: "さくら1号" });
      this.tell("rider", PEOPLE[2].name, "迎えの時間が 8:36–8:51 から 9:02–9:17 に変わりました（さくら1号）。", "The pickup is at 9:02–9:17 instead of 8:36–8:51.", true);
      const failed = { standing: "failed", attempts: 6, reason_ja: "送信先につながりません。", reason_en: "The receiver cannot be reached." };
      this.tell("rider", PEOPLE[3].name, "迎えの車両が さくら1号に変わりました。", "The pickup is by さくら1号 now.", false, failed);
      const waiting = { standing: "waiting", attempts: 1, reason_ja: null, reason_en: null };
      this.tell("rider", PEOPLE[0].name, "迎えの車両が さくら1号に変わりました。", "The pickup is by さくら1号 now.", false, waiting);
    } else if (path.startsWith("/pins/")) {
      const [, , rider, , direction] = path.split("/");
      const one = this.made.find((other) => other.rider.id === rider && other.direction === direction);
      one.pin = method === "DELETE" ? null : { vehicle: body.vehicle, at: null };
      if (one.pin) one.vehicle = body.vehicle;
    } else if (path.startsWith("/notices/")) {
      const notice = this.notices.find((one) => path.includes(`/${one.id}/`));
      notice.given_at = at("08:05");
      return [200, notice];
    } else if (!path.startsWith("/day-plans/")) return null;
    return [200, this.view()];
  }
}
