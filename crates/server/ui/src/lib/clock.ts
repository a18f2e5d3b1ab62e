// The town's clock, run on by the page between the server's messages.

import type { Clock } from "./types.ts";

export class TownClock {
  readonly speed: number;
  readonly demo: boolean;
  private readonly townMs: number;
  private readonly readAtMs: number;

  /** `readAtMs` is the page's own monotonic time (performance.now) at which `clock` came. */
  constructor(clock: Clock, readAtMs: number) {
    const townMs = Date.parse(clock.now);
    this.townMs = Number.isFinite(townMs) ? townMs : Date.now();
    this.speed = Number.isFinite(clock.speed) && clock.speed >= 0 ? clock.speed : 1;
    this.demo = clock.demo;
    this.readAtMs = readAtMs;
  }

  /** Town time in milliseconds since 1970 at the page's monotonic time `realMs`. */
  now(realMs: number): number {
    return this.townMs + Math.max(0, realMs - this.readAtMs) * this.speed;
  }

  /** Real milliseconds that `townMs` of town time take; a stopped clock counts as one that runs normally. */
  real(townMs: number): number {
    return townMs / (this.speed > 0 ? this.speed : 1);
  }
}
