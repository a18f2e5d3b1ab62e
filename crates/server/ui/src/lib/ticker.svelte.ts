// Town time as a reactive value: pages show it and suggest times from it.

import { TownClock } from "./clock.ts";
import type { Clock } from "./types.ts";

const STEP_MS = 500;

export class Ticker {
  clock: TownClock | null = $state.raw(null);
  /** Town time in milliseconds, renewed twice a second. */
  nowMs: number = $state(0);
  private timer: ReturnType<typeof setInterval> | null = null;

  set(clock: Clock): void {
    this.clock = new TownClock(clock, performance.now());
    this.step();
  }

  start(): () => void {
    this.timer = setInterval(() => this.step(), STEP_MS);
    return () => {
      if (this.timer) clearInterval(this.timer);
    };
  }

  /** Town time at this very moment. */
  exact(): number {
    return this.clock ? this.clock.now(performance.now()) : Date.now();
  }

  private step(): void {
    if (this.clock) this.nowMs = this.clock.now(performance.now());
  }
}
