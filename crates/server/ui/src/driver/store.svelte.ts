// One vehicle's picture on the phone at the wheel, with the facts tapped while there was no network.

import { ApiFault, call, newKey, presentNumber } from "../lib/api.ts";
import { Feed, socketUrl, type FeedState } from "../lib/feed.ts";
import { newsBetween, type News } from "../lib/news.ts";
import { FactQueue, visitsAfter, type Tapped } from "../lib/queue.ts";
import { Ticker } from "../lib/ticker.svelte.ts";
import { toWire } from "../lib/time.ts";
import type { Clock, Fact, Message, Vehicle, Visit } from "../lib/types.ts";

const RETRY_MS = 3_000;
const SHELF_KEY = "kuseki.driver.picture";
/** Faster than a walk: the phone is on the move (metres a second). */
const MOVING_MPS = 2;
const MOVING_LASTS_MS = 6_000;

export class DriverStore {
  vehicle: Vehicle | null = $state.raw(null);
  fault: ApiFault | null = $state.raw(null);
  connection: FeedState = $state("connecting");
  waiting: Tapped[] = $state.raw([]);
  refused: ApiFault | null = $state.raw(null);
  news: News | null = $state.raw(null);
  /** False when the browser would not keep the picture and the facts (private window, full storage). */
  shelfWorks = $state(true);
  sharing = $state(false);
  readonly ticker = new Ticker();
  readonly id: string;
  private readonly queue: FactQueue;
  private readonly feed: Feed;
  private stopped = false;
  private movingUntil = $state(0);
  private realMs = $state(0);
  private seq = 0;
  private watch: number | null = null;
  private acknowledged = 0;

  constructor(id: string) {
    this.id = id;
    this.queue = new FactQueue(localStorage);
    this.waiting = this.mine();
    this.feed = new Feed({
      url: (after) => socketUrl({ as: "driver", vehicle: id, after: String(after) }),
      onMessage: (message) => this.fold(message),
      onResync: () => this.fetchPicture(),
      onState: (state) => {
        this.connection = state;
        if (state === "open") void this.flush();
      },
    });
  }

  /** The coming visits as they stand with what was tapped, confirmed or not. */
  get visits(): Visit[] {
    return visitsAfter(this.vehicle?.visits ?? [], this.waiting);
  }

  /**
   * Nothing may be tapped while driving. A demo's vehicles are driven by virtual phones, so the server's word counts;
   * on a real phone only its own speed does, since "driving" lasts until the driver taps the arrival.
   */
  get locked(): boolean {
    if (this.ticker.clock?.demo) return this.vehicle?.state === "driving";
    return this.realMs < this.movingUntil;
  }

  start(): () => void {
    const stopTicking = this.ticker.start();
    const back = () => {
      this.feed.hurry();
      void this.flush();
    };
    window.addEventListener("online", back);
    const retry = setInterval(() => void this.flush(), RETRY_MS);
    const beat = setInterval(() => (this.realMs = performance.now()), 500);
    void this.open();
    return () => {
      this.stopped = true;
      stopTicking();
      clearInterval(retry);
      clearInterval(beat);
      window.removeEventListener("online", back);
      if (this.watch !== null) navigator.geolocation.clearWatch(this.watch);
      this.feed.stop();
    };
  }

  tap(fact: Fact, visit: Visit | null): void {
    this.refused = null;
    const tapped: Tapped = { key: newKey(), vehicle: this.id, fact, visit: visit?.id ?? null, at: toWire(this.ticker.exact()) };
    try {
      this.queue.add(tapped);
      this.waiting = this.mine();
    } catch {
      this.shelfWorks = false;
      return;
    }
    void this.flush();
  }

  /** Shares the phone's own position: asked for by the driver, stopped by the driver. */
  share(on: boolean): void {
    if (!on || !("geolocation" in navigator)) {
      if (this.watch !== null) navigator.geolocation.clearWatch(this.watch);
      this.watch = null;
      this.sharing = false;
      return;
    }
    this.sharing = true;
    this.watch = navigator.geolocation.watchPosition(
      (fix) => {
        if ((fix.coords.speed ?? 0) > MOVING_MPS) this.movingUntil = performance.now() + MOVING_LASTS_MS;
        this.seq += 1;
        this.feed.send({
          kind: "position",
          seq: this.seq,
          at: toWire(this.ticker.exact()),
          position: [fix.coords.longitude, fix.coords.latitude],
          accuracy_m: Math.round(fix.coords.accuracy),
        });
      },
      () => this.share(false),
      { enableHighAccuracy: true, maximumAge: 2_000 },
    );
  }

  private mine(): Tapped[] {
    return this.queue.list().filter((fact) => fact.vehicle === this.id);
  }

  private async open(): Promise<void> {
    this.recall();
    while (!this.stopped) {
      try {
        const n = await this.fetchPicture();
        if (!this.stopped) this.feed.start(n);
        return;
      } catch {
        await new Promise((done) => setTimeout(done, RETRY_MS));
      }
    }
  }

  /** The vehicle, and the number to resume from: the number is read first, so nothing between the two is missed. */
  private async fetchPicture(): Promise<number> {
    try {
      const [n, clock] = await Promise.all([presentNumber(), call<Clock>("/clock")]);
      this.ticker.set(clock);
      this.see(await call<Vehicle>(`/vehicles/${encodeURIComponent(this.id)}`));
      this.fault = null;
      return n;
    } catch (fault) {
      this.fault = fault instanceof ApiFault ? fault : new ApiFault({ status: 0 });
      this.connection = "broken";
      throw fault;
    }
  }

  private fold(message: Message): void {
    if (message.kind === "clock") this.ticker.set(message.clock);
    else if (message.kind === "change") {
      const vehicle = message.changes.vehicles?.find((item) => item.id === this.id);
      if (vehicle) this.see(vehicle);
    } else if (message.kind === "positions" && this.vehicle) {
      const fix = message.positions.findLast((item) => item.vehicle === this.id);
      if (fix && fix.state !== this.vehicle.state) this.vehicle = { ...this.vehicle, state: fix.state };
    }
  }

  private see(vehicle: Vehicle): void {
    const before = this.vehicle;
    if (before && vehicle.revision < before.revision) return;
    if (before && vehicle.revision > before.revision) {
      this.news = newsBetween(this.visits, visitsAfter(vehicle.visits, this.waiting)) ?? this.news;
    }
    this.vehicle = vehicle;
    this.remember();
    void this.acknowledge(vehicle);
  }

  private async acknowledge(vehicle: Vehicle): Promise<void> {
    if (vehicle.acknowledged_revision >= vehicle.revision || this.acknowledged >= vehicle.revision) return;
    this.acknowledged = vehicle.revision;
    try {
      await call<void>(`/vehicles/${encodeURIComponent(this.id)}/acknowledgements`, { method: "POST", body: { revision: vehicle.revision }, key: newKey() });
    } catch {
      // The next picture of the vehicle still lacks the acknowledgement and brings it here again.
      this.acknowledged = Math.min(this.acknowledged, vehicle.revision - 1);
    }
  }

  private async flush(): Promise<void> {
    if (this.queue.list().length === 0) return;
    await this.queue.flush(
      ({ key, vehicle, fact, visit, at }) => call<Vehicle>(`/vehicles/${encodeURIComponent(vehicle)}/facts`, { method: "POST", body: { fact, visit, at }, key }),
      {
        confirmed: (vehicle) => {
          if (vehicle.id === this.id) {
            this.vehicle = vehicle;
            void this.acknowledge(vehicle);
          }
          this.waiting = this.mine();
        },
        refused: (_fact, fault) => {
          this.refused = fault;
          this.waiting = this.mine();
        },
      },
    );
    this.waiting = this.mine();
  }

  private remember(): void {
    try {
      localStorage.setItem(SHELF_KEY, JSON.stringify(this.vehicle));
    } catch {
      this.shelfWorks = false;
    }
  }

  /** The last picture this phone saw, so that a reload without network still shows where to go. */
  private recall(): void {
    try {
      const kept = JSON.parse(localStorage.getItem(SHELF_KEY) ?? "null") as Vehicle | null;
      if (kept?.id === this.id && Array.isArray(kept.visits)) this.vehicle = kept;
    } catch {
      // An unreadable picture is as good as none.
    }
  }
}
