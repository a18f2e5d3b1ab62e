// The operator's picture of the area: fetched once, then kept by the feed.

import { ApiFault, call } from "../lib/api.ts";
import { Feed, socketUrl, type FeedState } from "../lib/feed.ts";
import { foldChanges, foldPositions } from "../lib/fold.ts";
import { Glide } from "../lib/glide.ts";
import { Ticker } from "../lib/ticker.svelte.ts";
import type { Attention, BaseMap, Board, Clock, Fix, Message, RideRequest, Vehicle } from "../lib/types.ts";

const REDUCED_MOTION = "(prefers-reduced-motion: reduce)";
const FIRST_RETRY_MS = 2_000;
const LOOK_AFTER_MS = 1_500;
/** Events after which there may be something else to look into. */
const LOOK_AGAIN = new Set(["fact_contradicted", "contradiction_settled", "delay_changed", "eta_changed", "plan_changed", "departed", "request_cancelled"]);

/** What the map should move to; `turn` makes asking twice for the same thing two wishes. */
export type Focus = { kind: "vehicle" | "request"; id: string; turn: number };

export class BoardStore {
  board: Board | null = $state.raw(null);
  fault: ApiFault | null = $state.raw(null);
  /** What an operator has to look into. */
  attention: Attention | null = $state.raw(null);
  connection: FeedState = $state("connecting");
  vehicleId: string | null = $state(null);
  requestId: string | null = $state(null);
  focus: Focus | null = $state.raw(null);
  /** The base map that somebody has chosen while this page was open. */
  baseMap: BaseMap | null = $state(null);
  readonly ticker = new Ticker();
  /** Drawn movements by vehicle; read by the map on every frame and therefore not reactive. */
  readonly glides = new Map<string, Glide>();
  private readonly feed: Feed;
  private turns = 0;
  private looking: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.feed = new Feed({
      url: (after) => socketUrl({ as: "board", after: String(after) }),
      onMessage: (message) => this.fold(message),
      onResync: () => this.fetchBoard(),
      onState: (state) => {
        this.connection = state;
      },
    });
  }

  get vehicle(): Vehicle | null {
    return this.board?.vehicles.find((item) => item.id === this.vehicleId) ?? null;
  }

  get request(): RideRequest | null {
    return this.board?.requests.find((item) => item.id === this.requestId) ?? null;
  }

  start(): () => void {
    const stopTicking = this.ticker.start();
    const hurry = () => this.feed.hurry();
    window.addEventListener("online", hurry);
    let stopped = false;
    let pause: ReturnType<typeof setTimeout> | undefined;
    const open = async () => {
      try {
        const n = await this.fetchBoard();
        if (!stopped) this.feed.start(n);
      } catch {
        if (!stopped) pause = setTimeout(open, FIRST_RETRY_MS);
      }
    };
    void open();
    return () => {
      stopped = true;
      clearTimeout(pause);
      stopTicking();
      window.removeEventListener("online", hurry);
      this.feed.stop();
    };
  }

  selectVehicle(id: string | null, fly = true): void {
    this.vehicleId = id;
    this.requestId = null;
    if (id && fly) this.focus = { kind: "vehicle", id, turn: ++this.turns };
  }

  /** Selects a request together with the vehicle that serves it, so that its coming path shows too. */
  selectRequest(id: string | null, fly = true): void {
    this.requestId = id;
    this.vehicleId = this.board?.requests.find((item) => item.id === id)?.vehicle ?? null;
    if (id && fly) this.focus = { kind: "request", id, turn: ++this.turns };
  }

  /** Folds in a request that this page itself has just made or changed, without waiting for the feed. */
  keepRequest(request: RideRequest): void {
    if (this.board) this.board = foldChanges(this.board, this.board.n, { requests: [request] });
  }

  async setSpeed(speed: number): Promise<void> {
    this.ticker.set(await call<Clock>("/clock", { method: "PUT", body: { speed } }));
  }

  async fetchAttention(): Promise<void> {
    try {
      this.attention = await call<Attention>("/attention");
    } catch {
      // The next change asks again.
    }
  }

  /** Many changes come together; one question answers them all. */
  private lookSoon(): void {
    this.looking ??= setTimeout(() => {
      this.looking = undefined;
      void this.fetchAttention();
    }, LOOK_AFTER_MS);
  }

  private async fetchBoard(): Promise<number> {
    try {
      const board = await call<Board>("/board");
      this.board = foldChanges(board, board.n, { requests: board.requests });
      this.fault = null;
      this.ticker.set(board.clock);
      this.lookSoon();
      this.glides.clear();
      for (const vehicle of board.vehicles) this.beginGlide(vehicle);
      return board.n;
    } catch (fault) {
      this.fault = fault instanceof ApiFault ? fault : new ApiFault({ status: 0 });
      throw fault;
    }
  }

  private fold(message: Message): void {
    if (message.kind === "clock") {
      this.ticker.set(message.clock);
    } else if (message.kind === "map") {
      this.baseMap = message.base_map;
    } else if (message.kind === "positions") {
      this.foldFixes(message.positions);
    } else if (message.kind === "change" && this.board) {
      this.board = foldChanges(this.board, message.n, message.changes);
      if (message.events?.some((name) => LOOK_AGAIN.has(name))) this.lookSoon();
      for (const vehicle of message.changes.vehicles ?? []) if (!this.glides.has(vehicle.id)) this.beginGlide(vehicle);
    }
  }

  private foldFixes(fixes: Fix[]): void {
    if (!this.board) return;
    const vehicles = foldPositions(this.board.vehicles, fixes);
    if (vehicles !== this.board.vehicles) this.board = { ...this.board, vehicles };
    const still = matchMedia(REDUCED_MOTION).matches;
    const realPerTown = this.ticker.clock?.real(1) ?? 1;
    for (const fix of fixes) {
      const glide = this.glides.get(fix.vehicle);
      const vehicle = this.board.vehicles.find((item) => item.id === fix.vehicle);
      if (!vehicle) continue;
      if (!glide) this.beginGlide(vehicle);
      else glide.take({ at: fix.position, heading: fix.heading, townMs: Date.parse(fix.at) }, vehicle.path, performance.now(), realPerTown, still);
    }
  }

  private beginGlide(vehicle: Vehicle): void {
    if (!vehicle.position) return;
    const townMs = vehicle.position_at ? Date.parse(vehicle.position_at) : 0;
    this.glides.set(vehicle.id, new Glide(vehicle.position, vehicle.heading, townMs));
  }
}

/** Fixed colours by facility, in the order the server lists them; all carry white text at 4.5:1 or better. */
const COLOURS = ["#1d4f8c", "#9a3c08", "#6a2c86", "#1b6338", "#8a1c4a", "#5b4a00", "#0b5a66", "#54433a"];

export function facilityColour(board: Board, facility: string): string {
  const index = board.facilities.findIndex((item) => item.id === facility);
  return COLOURS[(index < 0 ? 7 : index) % COLOURS.length] as string;
}

/** A vehicle's own number for the small mark on the map: the digits of its name, else its first character. */
export function shortName(vehicle: Vehicle): string {
  return /\d+/.exec(vehicle.name.normalize("NFKC"))?.[0] ?? vehicle.name.slice(0, 1);
}
