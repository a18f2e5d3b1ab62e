// The wire of /api/v1 over the made-up town, with the built pages beside it. Stand-in for browser tests only.

import { readFile } from "node:fs/promises";
import http from "node:http";
import { extname, join, normalize } from "node:path";
import { WebSocketServer } from "ws";
import { accept, answer, arrive, boundsOf, depart, iso, makeTown, mapOf, newRequest, serve, tick } from "./mock-town.mjs";
import { MockDay } from "./mock-day.mjs";

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const PAGES = { "/": "index.html", "/driver": "driver.html", "/town": "town.html", "/day": "day.html", "/import": "import.html", "/policy": "policy.html", "/sign-in": "sign-in.html", "/accounts": "accounts.html" };
/** The same rule that the real server sends: the pages must work under it. */
const CONTENT_RULE = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'self'";
const RASTER_HOST = "https://cyberjapandata.gsi.go.jp";
const HISTORY = 500;
const TICK_MS = 500;

const kanaOf = (text) => text.normalize("NFKC").replace(/[ァ-ヶ]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60)).replace(/\s/g, "").toLowerCase();
const { floor } = Math;

class Refused extends Error {
  constructor(status, code, ja, en, errors) {
    super(en);
    this.problem = { type: `urn:kuseki:${code}`, title: en, status, code, detail: en, detail_ja: ja, ...(errors ? { errors } : {}) };
  }
}

/** Keeps what the wire knows and drops what only the mock needs. */
function wire(value) {
  return JSON.parse(JSON.stringify(value, (key, part) => (["node", "home", "line", "along", "dwell", "runs", "unlucky"].includes(key) ? undefined : part)));
}

function send(client, message) {
  if (client.readyState === 1) client.send(JSON.stringify(message));
}

/** True when the client listens to what the message is about. */
const concerns = (message, client) => client.as !== "driver" || message.changes.vehicles?.some((vehicle) => vehicle.id === client.vehicle);

const find = (list, id, what) => {
  const found = list.find((item) => item.id === id);
  if (!found) throw new Refused(404, "unknown_id", `${what} ${id} は見つかりません。`, `${what} ${id} does not exist.`);
  return found;
};

class MockServer {
  constructor(dist, speed) {
    this.dist = dist;
    this.speed = speed;
    this.town = makeTown();
    this.day = new MockDay();
    this.clients = new Set();
    this.history = [];
    this.answered = new Map();
    this.n = 0;
    this.baseMap = "own";
    this.timer = setInterval(() => this.beat(), TICK_MS);
    this.server = http.createServer((request, response) => this.hear(request, response));
    const sockets = new WebSocketServer({ server: this.server, path: "/api/v1/ws" });
    sockets.on("connection", (client, request) => this.greet(client, new URL(request.url, "http://mock").searchParams));
  }

  clock() {
    return { now: iso(this.town.nowMs), speed: this.speed, demo: true };
  }

  beat() {
    const seconds = (this.speed * TICK_MS) / 1000;
    const steps = Math.max(1, Math.ceil(seconds / 5));
    for (let step = 0; step < steps; step += 1) tick(this.town, seconds / steps);
    this.publish("moved");
    const positions = this.town.vehicles.map((vehicle) => ({ vehicle: vehicle.id, at: iso(this.town.nowMs), position: vehicle.position, heading: vehicle.heading, state: vehicle.state }));
    for (const client of this.clients) send(client, { n: this.n, kind: "positions", positions: client.as === "driver" ? positions.filter((fix) => fix.vehicle === client.vehicle) : positions });
  }

  greet(client, query) {
    client.as = query.get("as");
    client.vehicle = query.get("vehicle");
    this.clients.add(client);
    client.on("close", () => this.clients.delete(client));
    const after = Number(query.get("after") ?? this.n);
    if (after > this.n || after < this.n - this.history.length) return send(client, { n: this.n, kind: "resync" });
    send(client, { n: this.n, kind: "clock", clock: this.clock() });
    for (const message of this.history) if (message.n > after && concerns(message, client)) send(client, message);
  }

  hear(request, response) {
    const url = new URL(request.url, "http://mock");
    if (url.pathname === "/health") {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ status: "ok", log_version: this.board().n }));
      return;
    }
    const work = url.pathname.startsWith("/api/v1/") ? this.api(request, response, url) : this.page(response, url);
    work.catch((fault) => {
      console.error(fault);
      response.writeHead(500).end();
    });
  }

  stop() {
    clearInterval(this.timer);
    for (const client of this.clients) client.terminate();
    this.server.closeAllConnections();
    return new Promise((closed) => this.server.close(closed));
  }

  figures() {
    const guests = this.town.requests;
    const count = (...states) => guests.filter((request) => states.includes(request.state)).length;
    const by = (key) => guests.reduce((sums, request) => ({ ...sums, [request[key] ?? "other"]: (sums[request[key] ?? "other"] ?? 0) + 1 }), {});
    const served = guests.filter((request) => ["booked", "on_board", "done"].includes(request.state));
    return {
      service_day: "2026-11-24", at: iso(this.town.nowMs),
      members: { expected: 99, absent: 9, carried_pickup: 71 + floor(this.town.serial / 9), carried_dropoff: 0, on_time_share: 0.954, max_late_minutes: 7 },
      requests: { total: guests.length, by_channel: by("channel"), by_purpose: by("purpose"), booked: count("booked", "on_board"), done: count("done"), refused: count("refused"), cancelled: count("cancelled"), no_show: count("no_show"), expired: count("expired"), open: count("offered") },
      served_by_class: served.reduce((sums, request) => ({ ...sums, [request.ride_class]: (sums[request.ride_class] ?? 0) + 1 }), {}),
      refused_by_reason: [{ code: "no_time_left", count: count("refused"), text_ja: "ほかの方のお約束に間に合わなくなる", text_en: "A promise to someone else would break" }],
      idle_seats_used: served.reduce((sum, request) => sum + request.people, 0),
      wait_seconds: { median: 560, p90: 1290 }, ride_seconds: { median: 710, p90: 1320 }, drive_km: 214.6 + this.town.serial, idle_seat_km: 803.2, guest_seat_km: 96.4, shared_ride_share: 0.31,
      definitions: {
        idle_seats_used: { ja: "予約中・乗車中・完了の住民の人数（ご同伴を含む）", en: "People of booked, on-board and done resident rides, companions included" },
        wait_seconds: { ja: "希望時刻から乗車までの時間", en: "From the wished time to boarding" },
        ride_seconds: { ja: "乗車から降車までの時間", en: "From boarding to alighting" },
        on_time_share: { ja: "約束の時間帯に迎えた送迎の割合", en: "Share of member pickups within the promised window" },
        drive_km: { ja: "全車両の走行距離の合計", en: "Distance driven by all vehicles" },
      },
    };
  }

  board() {
    return {
      n: this.n, clock: this.clock(),
      area: { name: "高瀬地域", service_day: "2026-11-24", roads: { name: "mock", attribution: "作り物の町（試験用）", warning: null }, bounds: boundsOf(this.town), policy: { effective_from: "2026-04-01", allows: ["member_on_run", "member_other_day", "guest_idle_vehicle", "guest_empty_leg"], source: "老認発1011第1号（2024-10-11）", author: "高瀬市地域公共交通会議" } },
      facilities: this.town.facilities, vehicles: this.town.vehicles, requests: this.town.requests.slice(0, 200), figures: this.figures(),
    };
  }

  publish(event) {
    if (this.town.changed.size === 0) return;
    this.n += 1;
    const items = [...this.town.changed];
    this.town.changed.clear();
    const message = wire({ n: this.n, kind: "change", at: iso(this.town.nowMs), event, changes: { vehicles: items.filter((item) => item.id.startsWith("vehicle")), requests: items.filter((item) => item.id.startsWith("request") && item.channel !== "facility"), figures: this.figures() } });
    this.history.push(message);
    if (this.history.length > HISTORY) this.history.shift();
    for (const client of this.clients) if (concerns(message, client)) send(client, message);
  }

  makeRequest(body) {
    const rider = find(this.town.riders, body.rider, "rider");
    const errors = [];
    const from = rider.places.find((place) => place.id === body.from);
    const to = rider.places.find((place) => place.id === body.to);
    if (!from) errors.push({ field: "from", detail: "This place does not belong to the rider.", detail_ja: "この方の登録地ではありません。" });
    if (!to) errors.push({ field: "to", detail: "This place does not belong to the rider.", detail_ja: "この方の登録地ではありません。" });
    if (!(Date.parse(body.wish?.at) > this.town.nowMs)) errors.push({ field: "wish.at", detail: "This time is past.", detail_ja: "この時刻はもう過ぎています。" });
    if (errors.length > 0) throw new Refused(422, "invalid_request", "入力に誤りがあります。", "The request has faults.", errors);
    const request = newRequest(this.town, rider, from, to, body.wish, { people: body.people ?? 1, channel: body.channel, purpose: body.purpose ?? null });
    answer(this.town, request);
    this.town.requests.unshift(request);
    this.town.changed.add(request);
    return request;
  }

  tell(vehicle, body) {
    const visit = vehicle.visits[0];
    if (body.visit !== null && visit?.id !== body.visit) throw new Refused(409, "visit_not_next", "この予定はもう次ではありません。", "This visit is no longer the next one.");
    if (body.fact === "departed") depart(this.town, vehicle);
    else if (body.fact === "arrived") arrive(this.town, vehicle);
    else serve(this.town, vehicle, body.fact === "no_show");
    return vehicle;
  }

  requestVerb(id, verb, body) {
    const request = find(this.town.requests, id, "request");
    if (verb === "accept") {
      if (request.state !== "offered") throw new Refused(409, "offer_expired", "この候補はもう使えません。", "This offer is no longer good.");
      return [200, accept(this.town, request, find(request.offers, body.offer, "offer"))];
    }
    if (verb === "cancel") {
      request.state = "cancelled";
      this.town.changed.add(request);
      for (const vehicle of this.town.vehicles.filter((item) => item.id === request.vehicle)) {
        vehicle.visits = vehicle.visits.filter((visit) => visit.request !== request.id);
        vehicle.revision += 1;
        this.town.changed.add(vehicle);
      }
    }
    return [200, request];
  }

  vehicleVerb(id, verb, body) {
    const vehicle = find(this.town.vehicles, id, "vehicle");
    if (verb === "facts") return [200, this.tell(vehicle, body)];
    if (verb === "acknowledgements") {
      vehicle.acknowledged_revision = body.revision;
      this.town.changed.add(vehicle);
      return [204, null];
    }
    return [200, vehicle];
  }

  route(method, path, query, body) {
    const [, first, id, verb] = /^\/([a-z]+)(?:\/([^/]+))?(?:\/([a-z]+))?$/.exec(path) ?? [];
    if (method === "GET" && first === "attention") return [200, { contradictions: [], dangers: [] }];
    if (method === "GET" && first === "board") return [200, this.board()];
    if (first === "clock") {
      if (method === "PUT") {
        this.speed = body.speed;
        for (const client of this.clients) send(client, { n: this.n, kind: "clock", clock: this.clock() });
      }
      return [200, this.clock()];
    }
    if (first === "map" && id === "base-map" && method === "PUT") {
      this.baseMap = body.base_map;
      for (const client of this.clients) send(client, { n: this.n, kind: "map", base_map: this.baseMap });
    }
    if (first === "map") return [200, mapOf(this.town, this.baseMap)];
    if (first === "area") return [200, this.board().area];
    if (first === "town") {
      const { area } = this.board();
      return [200, { clock: this.clock(), area, figures: this.figures() }];
    }
    if (first === "riders") {
      const wanted = kanaOf(query.get("query") ?? "");
      const digits = wanted.replace(/\D/g, "");
      const found = this.town.riders.filter((rider) => kanaOf(rider.name).includes(wanted) || kanaOf(rider.furigana).includes(wanted) || (digits !== "" && rider.phone.replace(/\D/g, "").includes(digits)));
      return [200, { riders: found.slice(0, 20) }];
    }
    if (first === "requests" && method === "POST" && !id) return [201, this.makeRequest(body)];
    if (first === "requests") return this.requestVerb(id, verb, body);
    if (first === "vehicles" && !id) return [200, { vehicles: this.town.vehicles }];
    if (first === "vehicles") return this.vehicleVerb(id, verb, body);
    throw new Refused(404, "not_found", "見つかりません。", "Not found.");
  }

  async api(request, response, url) {
    let text = "";
    for await (const part of request) text += part;
    const key = request.headers["idempotency-key"];
    let status;
    let content;
    if (url.pathname === "/api/v1/session" && request.method === "GET") {
      const session = { open: true, id: null, name: null, role: null, of: [], whole_area: true, ends_at: null, trial: [] };
      return void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(session));
    }
    if (url.pathname.startsWith("/api/v1/tiles/")) return void response.writeHead(204).end();
    const ofDay = this.day.route(request.method, url.pathname.slice("/api/v1".length), text ? JSON.parse(text) : {});
    if (ofDay) {
      response.writeHead(ofDay[0], { "content-type": "application/json" });
      response.end(JSON.stringify(ofDay[1]));
      return;
    }
    try {
      [status, content] = (key && this.answered.get(key)) ?? this.route(request.method, url.pathname.slice("/api/v1".length), url.searchParams, text ? JSON.parse(text) : {});
      if (key) this.answered.set(key, [status, wire(content)]);
    } catch (fault) {
      if (!(fault instanceof Refused)) throw fault;
      response.writeHead(fault.problem.status, { "content-type": "application/problem+json" });
      response.end(JSON.stringify(fault.problem));
      return;
    }
    response.writeHead(status, { "content-type": "application/json" });
    response.end(content === null ? "" : JSON.stringify(wire(content)));
    this.publish("told");
  }

  async page(response, url) {
    const file = join(this.dist, normalize(PAGES[url.pathname] ?? url.pathname.slice(1)));
    try {
      const content = await readFile(file);
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-security-policy": this.baseMap === "own" ? CONTENT_RULE : CONTENT_RULE.replace("img-src 'self'", `img-src 'self' ${RASTER_HOST}`).replace("connect-src 'self'", `connect-src 'self' ${RASTER_HOST}`) });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  }
}

export function startMock({ dist, port = 0, speed = 10 }) {
  const mock = new MockServer(dist, speed);
  return new Promise((done) => {
    mock.server.listen(port, "127.0.0.1", () => done({ base: `http://127.0.0.1:${mock.server.address().port}`, stop: () => mock.stop() }));
  });
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const value = (name, other) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : other);
  const mock = await startMock({ dist: value("--dist", "dist"), port: Number(value("--port", 4747)) });
  console.log(mock.base);
}
