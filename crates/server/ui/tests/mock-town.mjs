// A small made-up town for the browser tests: streets, people and vehicles drawn from a seed, moved by a clock of its own.
// It stands in for the real server only where that is not at hand; nothing here plans anything.

const LON = 139.04;
const LAT = 36.33;
const M_LAT = 1 / 111_320;
const M_LON = M_LAT / Math.cos((LAT * Math.PI) / 180);
const COLUMNS = 24;
const ROWS = 19;
const STEP_M = 430;

/** mulberry32: small, seeded, the same everywhere. */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const metres = (a, b) => Math.hypot((b[0] - a[0]) / M_LON, (b[1] - a[1]) / M_LAT);

function drawStreets(random) {
  const nodes = [];
  for (let row = 0; row < ROWS; row += 1) {
    for (let column = 0; column < COLUMNS; column += 1) {
      const x = (column - COLUMNS / 2 + (random() - 0.5) * 0.55) * STEP_M + row * 26;
      const y = (row - ROWS / 2 + (random() - 0.5) * 0.55) * STEP_M - column * 18;
      nodes.push([LON + x * M_LON, LAT + y * M_LAT]);
    }
  }
  const arcs = nodes.map(() => []);
  const roads = [];
  const riverRow = 11;
  const join = (a, b, kind) => {
    const mid = [(nodes[a][0] + nodes[b][0]) / 2 + (random() - 0.5) * 60 * M_LON, (nodes[a][1] + nodes[b][1]) / 2 + (random() - 0.5) * 60 * M_LAT];
    const line = [nodes[a], mid, nodes[b]];
    const length = metres(nodes[a], mid) + metres(mid, nodes[b]);
    arcs[a].push({ to: b, line, length });
    arcs[b].push({ to: a, line: [...line].reverse(), length });
    roads.push({ type: "Feature", properties: { class: kind, name: "", oneway: false }, geometry: { type: "LineString", coordinates: line } });
  };
  for (let row = 0; row < ROWS; row += 1) {
    for (let column = 0; column < COLUMNS; column += 1) {
      const at = row * COLUMNS + column;
      const across = row === 8 ? "primary" : row === 3 || row === 15 ? "secondary" : row % 4 === 1 ? "tertiary" : "residential";
      if (column + 1 < COLUMNS && (across !== "residential" || random() < 0.74)) join(at, at + 1, across);
      const up = column === 9 ? "trunk" : column === 16 || column === 4 ? "secondary" : column % 5 === 1 ? "tertiary" : "residential";
      const bridge = row !== riverRow || [4, 9, 16, 21].includes(column);
      if (row + 1 < ROWS && bridge && (up !== "residential" || random() < 0.74)) join(at, at + COLUMNS, up);
    }
  }
  const river = [];
  for (let column = -1; column <= COLUMNS; column += 1) {
    const x = (column - COLUMNS / 2) * STEP_M + riverRow * 26;
    const y = (riverRow + 0.5 - ROWS / 2) * STEP_M - column * 18 + Math.sin(column / 2.3) * 60;
    river.push([LON + x * M_LON, LAT + y * M_LAT]);
  }
  return { nodes, arcs, roads, river };
}

/** Shortest way between two nodes as [lon, lat] points; the towns drawn here are small, so plain Dijkstra is enough. */
function way(streets, from, to) {
  const best = new Map([[from, 0]]);
  const came = new Map();
  const open = new Set([from]);
  while (open.size > 0) {
    let here = -1;
    for (const node of open) if (here < 0 || best.get(node) < best.get(here)) here = node;
    if (here === to) break;
    open.delete(here);
    for (const arc of streets.arcs[here]) {
      const length = best.get(here) + arc.length;
      if (length >= (best.get(arc.to) ?? Infinity)) continue;
      best.set(arc.to, length);
      came.set(arc.to, { here, arc });
      open.add(arc.to);
    }
  }
  const points = [];
  for (let node = to; node !== from; ) {
    const step = came.get(node);
    if (!step) return [streets.nodes[from], streets.nodes[to]];
    points.unshift(...step.arc.line.slice(1));
    node = step.here;
  }
  return [streets.nodes[from], ...points];
}

const FAMILY = [["佐藤", "さとう"], ["鈴木", "すずき"], ["高橋", "たかはし"], ["田中", "たなか"], ["伊藤", "いとう"], ["渡辺", "わたなべ"], ["山本", "やまもと"], ["中村", "なかむら"], ["小林", "こばやし"], ["加藤", "かとう"], ["吉田", "よしだ"], ["山田", "やまだ"], ["清水", "しみず"], ["阿部", "あべ"], ["森", "もり"], ["関口", "せきぐち"]];
const GIVEN = [["花子", "はなこ"], ["和子", "かずこ"], ["幸子", "さちこ"], ["節子", "せつこ"], ["茂", "しげる"], ["清", "きよし"], ["正一", "しょういち"], ["トミ", "とみ"], ["ハル", "はる"], ["勇", "いさむ"], ["文子", "ふみこ"], ["千代", "ちよ"]];
const SITES = [["高瀬総合病院", "hospital"], ["みなみ内科クリニック", "clinic"], ["ベイシア高瀬店", "shop"], ["とりせん本町店", "shop"], ["高瀬市役所", "public"], ["湯の里 はるな", "leisure"], ["高瀬駅", "transit"], ["中央公民館", "public"]];
const DISTRICTS = ["本町", "東町", "西ノ原", "川久保", "下滝", "上並榎", "稲荷台", "新田"];
const NOTES = ["玄関の段差に注意。左側から介助してください。", "チャイムを2回鳴らしてください。", "補聴器あり。ゆっくり声をかける。"];
const KINDS = [["kei", [{ seats: 3, wheelchairs: 0 }]], ["compact", [{ seats: 4, wheelchairs: 0 }]], ["minivan", [{ seats: 6, wheelchairs: 0 }, { seats: 4, wheelchairs: 1 }]], ["van", [{ seats: 9, wheelchairs: 0 }, { seats: 6, wheelchairs: 2 }]]];

/** The wire's form of an instant. */
export const iso = (ms) => `${new Date(ms + 9 * 3_600_000).toISOString().slice(0, 19)}+09:00`;

const pickOne = ({ random }, list) => list[Math.floor(random() * list.length)];
const place = (streets, id, label, category, node, address = null) => ({ id: `place-${id}`, label, address, category, at: streets.nodes[node], node });

function drawFacilities(streets) {
  return [["さくらの里", "社会福祉法人さくら会", 4 * COLUMNS + 6], ["ひだまりデイサービス", "社会福祉法人さくら会", 14 * COLUMNS + 9], ["デイサービス青空", "株式会社青空ケア", 7 * COLUMNS + 18]].map(([name, corporation_name, node], index) => ({ id: `facility-${index + 1}`, name, corporation_name, at: streets.nodes[node], attending_today: 28 + index * 5, absent_today: 2 + index, node }));
}

function drawRiders(streets, random, facilities) {
  const anyNode = () => Math.floor(random() * streets.nodes.length);
  const sites = SITES.map(([label, category], index) => place(streets, index + 1, label, category, anyNode()));
  const riders = Array.from({ length: 120 }, (_, index) => {
    const [family, familyKana] = pickOne({ random }, FAMILY);
    const [given, givenKana] = pickOne({ random }, GIVEN);
    const wheelchair = random() < 0.15;
    const home = place(streets, 100 + index, "自宅", "home", anyNode(), `${pickOne({ random }, DISTRICTS)}${1 + Math.floor(random() * 4)}丁目${1 + Math.floor(random() * 20)}`);
    const others = [...sites].sort(() => random() - 0.5).slice(0, 1 + Math.floor(random() * 4));
    return {
      id: `rider-${index + 1}`, name: `${family} ${given}`, furigana: `${familyKana} ${givenKana}`, phone: `0270-${String(20 + (index % 70))}-${String(1000 + index * 37).slice(-4)}`,
      needs: { wheelchair, walker: !wheelchair && random() < 0.2, attendant: random() < 0.08, boarding_seconds: 180, alighting_seconds: 120 },
      facility: index < 70 ? facilities[index % 3].id : null, member_today: index < 70 && index % 2 === 0, places: [home, ...others],
    };
  });
  return riders;
}

function drawVehicles(random, facilities) {
  const vehicles = Array.from({ length: 12 }, (_, index) => {
    const facility = facilities[index % 3];
    const [kind, layouts] = KINDS[(index * 7 + 2) % 4];
    return {
      id: `vehicle-${index + 1}`, name: `${["さくら", "ひだまり", "青空"][index % 3]}${1 + Math.floor(index / 3)}号`, plate: `高瀬 500 さ ${1200 + index * 13}`, facility: facility.id, kind, layouts,
      driver_name: `${pickOne({ random }, FAMILY)[0]}`, state: "parked", position: facility.at, heading: null, position_at: null,
      on_board: { people: 0, seats_used: 0, wheelchairs_used: 0, riders: [] }, seats: Math.max(...layouts.map((layout) => layout.seats)),
      visits: [], path: [], revision: 1, acknowledged_revision: 1, late_minutes: 0, node: facility.node, home: facility.node, line: [], along: 0, dwell: 0, runs: 0,
    };
  });
  return vehicles;
}

export function makeTown(seed = 7) {
  const random = chance(seed);
  const streets = drawStreets(random);
  const facilities = drawFacilities(streets);
  const riders = drawRiders(streets, random, facilities);
  const vehicles = drawVehicles(random, facilities);
  const town = { random, streets, facilities, riders, vehicles, requests: [], serial: 0, nowMs: Date.parse("2026-11-24T10:12:00+09:00"), changed: new Set(), outcomes: [] };
  for (const vehicle of town.vehicles.slice(0, 7)) startRun(town, vehicle);
  for (let step = 0; step < 240; step += 1) tick(town, 10);
  town.changed.clear();
  return town;
}

const lengthOf = (line) => line.slice(1).reduce((sum, point, index) => sum + metres(line[index], point), 0);

/** Gives every coming visit a time by driving at 8 m/s and two minutes a stop, and draws the path. */
export function timetable(town, vehicle) {
  let node = vehicle.node;
  let at = town.nowMs + (vehicle.line.length > 1 ? (lengthOf(vehicle.line) - vehicle.along) / 8 : vehicle.dwell) * 1000;
  const path = vehicle.line.length > 1 ? pointsFrom(vehicle.line, vehicle.along) : [vehicle.position];
  vehicle.visits.forEach((visit, index) => {
    if (!(index === 0 && (visit.state === "arrived" || vehicle.line.length > 1))) {
      const leg = way(town.streets, node, visit.place.node);
      at += (lengthOf(leg) / 8 + 120) * 1000;
      path.push(...leg.slice(1));
    }
    node = visit.place.node;
    visit.planned = iso(at);
    visit.expected = [iso(at - 60_000), iso(at + 180_000)];
    visit.window ??= [iso(at - 300_000), iso(at + 900_000)];
    visit.late_minutes = Math.max(0, Math.round((at - Date.parse((visit.promised ?? visit.window)[1])) / 60_000));
  });
  vehicle.path = vehicle.visits.length > 0 ? path : [];
  vehicle.late_minutes = Math.max(0, ...vehicle.visits.map((visit) => visit.late_minutes));
}

export function addVisits(town, vehicle, request, run) {
  const person = { id: request.rider.id, name: request.rider.name, furigana: request.rider.furigana, phone: request.rider.phone };
  const visit = (kind, at) => ({ id: `${request.id}:${kind}`, kind, request: request.id, rider: person, people: request.people, needs: request.needs, place: at, note: town.random() < 0.3 ? pickOne(town, NOTES) : null, planned: "", window: null, promised: null, ride_class: request.ride_class, run, state: "planned", late_minutes: 0 });
  const firstDrop = vehicle.visits.findIndex((item) => item.kind === "dropoff");
  vehicle.visits.splice(run && firstDrop >= 0 ? firstDrop : vehicle.visits.length, 0, visit("pickup", request.from));
  vehicle.visits.push(visit("dropoff", request.to));
  vehicle.revision += 1;
  timetable(town, vehicle);
  for (const item of vehicle.visits) if (item.request === request.id && !run) item.promised = [iso(Date.parse(item.planned) - 120_000), iso(Date.parse(item.planned) + 480_000)];
  town.changed.add(vehicle);
}

export function newRequest(town, rider, from, to, wish, more = {}) {
  town.serial += 1;
  return {
    id: `request-${town.serial}`, rider, people: 1, needs: rider.needs, from, to, channel: town.random() < 0.6 ? "phone" : "app", wish, purpose: pickOne(town, ["shopping", "medical", "leisure", null]), state: "offered",
    made_at: iso(town.nowMs), ride_class: null, offers: [], refusal: null, promise: null, vehicle: null, vehicle_name: null, pickup_at: null, dropoff_at: null, position_of_vehicle: null, ...more,
  };
}

/** Up to three offers of the vehicles that have the least to do, or a refusal. */
export function answer(town, request) {
  const fitting = town.vehicles.filter((vehicle) => vehicle.visits.length < 9 && (!request.needs.wheelchair || vehicle.layouts.some((layout) => layout.wheelchairs > 0)));
  if (request.people > 2 || fitting.length === 0 || request.unlucky) {
    request.state = "refused";
    request.refusal = {
      reasons: [{ code: "no_time_left", count: 9, text_ja: "この時間は、どの車もほかの方のお約束に間に合わなくなります。", text_en: "Every vehicle would break a promise to someone else at this time." }, ...(request.people > 2 ? [{ code: "too_many_people", count: 3, text_ja: "人数分の空席がある車がありません。", text_en: "No vehicle has that many idle seats." }] : [])],
      alternatives: [{ kind: "later", wish_at: iso(Date.parse(request.wish.at) + 30 * 60_000), people: null, text_ja: "30分後の出発ならお受けできます。", text_en: "Leaving 30 minutes later would work." }, ...(request.people > 2 ? [{ kind: "fewer", wish_at: null, people: 2, text_ja: "2人までならお受けできます。", text_en: "Up to 2 people would work." }] : [])],
    };
    return request;
  }
  const chosen = [...fitting].sort((a, b) => a.visits.length - b.visits.length || metres(a.position, request.from.at) - metres(b.position, request.from.at)).slice(0, 3);
  request.offers = chosen.map((vehicle, index) => {
    const drive = lengthOf(way(town.streets, request.from.node, request.to.node)) / 8 / 60;
    const pickup = Math.max(town.nowMs + 300_000, Date.parse(request.wish.at) + index * 240_000);
    return {
      id: `offer-${request.id}-${index + 1}`, vehicle: vehicle.id, vehicle_name: vehicle.name, ride_class: vehicle.visits.length === 0 ? "guest_idle_vehicle" : "guest_empty_leg",
      pickup_planned: iso(pickup), pickup_window: [iso(pickup - 120_000), iso(pickup + 480_000)], dropoff_planned: iso(pickup + (drive + 3) * 60_000), dropoff_latest: iso(pickup + (drive + 15) * 60_000),
      ride_minutes: Math.round(drive + 3 + index), direct_minutes: Math.round(drive), fare_yen: index === 1 ? 300 : 0,
      effect: { added_drive_minutes: Math.round(drive + 4), added_drive_metres: Math.round(drive * 480), delay_to_others_minutes: index * 2 }, expires_at: iso(town.nowMs + 30 * 60_000),
    };
  });
  return request;
}

export function accept(town, request, offer) {
  const vehicle = town.vehicles.find((item) => item.id === offer.vehicle);
  Object.assign(request, { state: "booked", ride_class: offer.ride_class, vehicle: vehicle.id, vehicle_name: vehicle.name, promise: { pickup: offer.pickup_window, dropoff_latest: offer.dropoff_latest }, pickup_at: offer.pickup_planned, dropoff_at: offer.dropoff_planned });
  addVisits(town, vehicle, request, null);
  town.changed.add(request);
  return request;
}

export function arrive(town, vehicle) {
  const visit = vehicle.visits[0];
  vehicle.line = [];
  vehicle.along = 0;
  vehicle.state = "at_stop";
  if (visit) {
    visit.state = "arrived";
    vehicle.node = visit.place.node;
    vehicle.dwell = 90;
  } else {
    vehicle.node = vehicle.home;
    vehicle.state = "parked";
  }
  town.changed.add(vehicle);
}

export function serve(town, vehicle, missing = false) {
  const visit = vehicle.visits.shift();
  const request = town.requests.find((item) => item.id === visit.request);
  const riders = vehicle.on_board.riders;
  if (missing) vehicle.visits = vehicle.visits.filter((item) => item.request !== visit.request);
  else if (visit.kind === "pickup") riders.push({ id: visit.rider.id, name: visit.rider.name, people: visit.people });
  else riders.splice(riders.findIndex((item) => item.id === visit.rider.id), 1);
  vehicle.on_board.people = riders.reduce((sum, item) => sum + item.people, 0);
  vehicle.on_board.seats_used = vehicle.on_board.people;
  if (request) {
    request.state = missing ? "no_show" : visit.kind === "pickup" ? "on_board" : "done";
    request[visit.kind === "pickup" ? "pickup_at" : "dropoff_at"] = iso(town.nowMs);
    town.changed.add(request);
  }
  vehicle.revision += 1;
  vehicle.acknowledged_revision = vehicle.revision;
  town.changed.add(vehicle);
}

export function depart(town, vehicle) {
  const goal = vehicle.visits[0]?.place.node ?? vehicle.home;
  if (vehicle.visits[0]) vehicle.visits[0].state = "heading";
  if (goal === vehicle.node) return arrive(town, vehicle);
  vehicle.line = way(town.streets, vehicle.node, goal);
  vehicle.along = 0;
  vehicle.state = "driving";
  timetable(town, vehicle);
  town.changed.add(vehicle);
}

function startRun(town, vehicle) {
  vehicle.runs += 1;
  const facility = town.facilities.find((item) => item.id === vehicle.facility);
  const goal = place(town.streets, 900 + town.facilities.indexOf(facility), facility.name, "day_service", facility.node);
  const members = town.riders.filter((rider) => rider.facility === facility.id);
  for (let index = 0; index < Math.min(3, vehicle.seats); index += 1) {
    const rider = pickOne(town, members);
    if (vehicle.visits.some((visit) => visit.rider.id === rider.id)) continue;
    const request = newRequest(town, rider, rider.places[0], goal, { kind: "arrive_by", at: iso(town.nowMs + 3_600_000) }, { ride_class: "member_on_run", channel: "facility" });
    addVisits(town, vehicle, request, { direction: "pickup_run", number: vehicle.runs, facility: facility.id });
  }
}

function moveVehicle(town, vehicle, seconds) {
  if (vehicle.line.length > 1) {
    vehicle.along += 8 * seconds;
    const ahead = pointsFrom(vehicle.line, vehicle.along);
    vehicle.position = ahead[0];
    if (ahead.length > 1) vehicle.heading = ((Math.atan2((ahead[1][0] - ahead[0][0]) / M_LON, (ahead[1][1] - ahead[0][1]) / M_LAT) * 180) / Math.PI + 360) % 360;
    else arrive(town, vehicle);
  } else if (vehicle.state === "at_stop") {
    vehicle.dwell -= seconds;
    if (vehicle.dwell <= 0) {
      if (vehicle.visits[0]?.state === "arrived") serve(town, vehicle);
      depart(town, vehicle);
    }
  } else if (vehicle.visits.length > 0) {
    vehicle.dwell -= seconds;
    if (vehicle.dwell <= 0) depart(town, vehicle);
  } else if (town.random() < seconds / 900) startRun(town, vehicle);
  vehicle.position_at = iso(town.nowMs);
}

export function spontaneous(town) {
  const rider = pickOne(town, town.riders.filter((item) => !item.member_today && item.places.length > 1));
  const out = town.random() < 0.6;
  const other = pickOne(town, rider.places.slice(1));
  const request = newRequest(town, rider, out ? rider.places[0] : other, out ? other : rider.places[0], { kind: town.random() < 0.7 ? "leave_at" : "arrive_by", at: iso(Math.ceil((town.nowMs + 20 * 60_000) / 300_000) * 300_000) }, { people: town.random() < 0.15 ? 2 : 1 });
  request.unlucky = town.random() < 0.2;
  answer(town, request);
  town.requests.unshift(request);
  if (request.offers[0] && town.random() < 0.85) accept(town, request, request.offers[0]);
  else if (request.state === "offered") town.outcomes.push({ request, at: town.nowMs + 10 * 60_000 });
  town.changed.add(request);
}

export function tick(town, seconds) {
  town.nowMs += seconds * 1000;
  for (const vehicle of town.vehicles) moveVehicle(town, vehicle, seconds);
  if (town.random() < seconds / 170) spontaneous(town);
  for (const due of town.outcomes.filter((item) => item.at <= town.nowMs)) {
    if (due.request.state === "offered") due.request.state = "expired";
    town.changed.add(due.request);
  }
  town.outcomes = town.outcomes.filter((item) => item.at > town.nowMs);
}

function pointsFrom(line, along) {
  let left = along;
  for (let index = 1; index < line.length; index += 1) {
    const length = metres(line[index - 1], line[index]);
    if (left < length) {
      const share = left / length;
      const at = [line[index - 1][0] + (line[index][0] - line[index - 1][0]) * share, line[index - 1][1] + (line[index][1] - line[index - 1][1]) * share];
      return [at, ...line.slice(index)];
    }
    left -= length;
  }
  return [line[line.length - 1]];
}

const RASTERS = {
  own: null,
  gsi_pale: { tiles: ["https://cyberjapandata.gsi.go.jp/xyz/pale/{z}/{x}/{y}.png"], minzoom: 5, maxzoom: 18, attribution: "国土地理院 地理院タイル", attribution_url: "https://maps.gsi.go.jp/development/ichiran.html" },
};

/** The description of a map of which every tile is empty: the drawing itself is tested against the real server. */
export function mapOf(town, baseMap) {
  return { tilejson: "3.0.0", attribution: "作り物の町（試験用）", tiles: ["/api/v1/tiles/{z}/{x}/{y}.mvt?v=mock"], minzoom: 0, maxzoom: 16, bounds: boundsOf(town), vector_layers: [], base_map: baseMap, raster: RASTERS[baseMap] ?? null };
}

export function boundsOf(town) {
  const lons = town.streets.nodes.map((node) => node[0]);
  const lats = town.streets.nodes.map((node) => node[1]);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}
