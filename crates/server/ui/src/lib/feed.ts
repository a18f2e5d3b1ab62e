// The page's one WebSocket: numbered messages, resumed after a break with the number of the last one folded in.
// Sockets, timers and chance are handed in, so that the tests can drive every case without a network.

import { call } from "./api.ts";
import type { Message } from "./types.ts";

export type FeedState = "connecting" | "open" | "broken" | "stopped";

/** The part of a WebSocket that the feed uses. */
export type Socket = {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event?: { code?: number }) => void) | null;
};

export type FeedOptions = {
  /** Address of the socket that resumes after message `after`. */
  url: (after: number) => string;
  onMessage: (message: Message) => void;
  /** Fetches the whole picture again and gives its number; called when the server no longer holds what we missed. */
  onResync: () => Promise<number>;
  onState: (state: FeedState) => void;
  /** Looks whether one still is signed in; called when the server has hung up for that, or will not let the page in again. */
  onShut?: () => void;
  openSocket?: (url: string) => Socket;
  /** Runs `task` after `milliseconds` and gives a function that cancels it. */
  later?: (task: () => void, milliseconds: number) => () => void;
  /** A number in [0, 1). */
  random?: () => number;
};

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** A connection that carried nothing for this long is taken for dead: proxies drop silent sockets without a word. */
const SILENCE_MS = 60_000;
/** With this code the server hangs up on who has signed out. */
const SIGNED_OUT = 4401;

/** Pause before the k-th attempt (k from 0): doubled each time, then drawn from its upper half so that pages do not return all at once. */
export function pauseBefore(attempt: number, random: number): number {
  const full = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10));
  return Math.round(full * (0.5 + random / 2));
}

export class Feed {
  /** Number of the last message folded in. */
  after = 0;
  private socket: Socket | null = null;
  private attempt = 0;
  private running = false;
  private cancelPause: (() => void) | null = null;
  private cancelSilence: (() => void) | null = null;
  private readonly options: Required<FeedOptions>;

  constructor(options: FeedOptions) {
    this.options = {
      openSocket: (url) => new WebSocket(url) as unknown as Socket,
      later: (task, milliseconds) => {
        const timer = setTimeout(task, milliseconds);
        return () => clearTimeout(timer);
      },
      random: Math.random,
      // Everybody who is signed in may ask what time it is; who is not is led to where one signs in.
      onShut: () => void call("/clock").catch(() => undefined),
      ...options,
    };
  }

  start(after: number): void {
    this.after = after;
    this.running = true;
    this.attempt = 0;
    this.connect();
  }

  stop(): void {
    this.running = false;
    this.drop();
    this.options.onState("stopped");
  }

  /** Tries again at once, for instance because the browser says that the network is back. */
  hurry(): void {
    if (!this.running || this.socket) return;
    this.cancelPause?.();
    this.connect();
  }

  /** Sends an object; false when no connection is open (nothing is kept for later). */
  send(message: object): boolean {
    if (!this.socket) return false;
    try {
      this.socket.send(JSON.stringify(message));
      return true;
    } catch {
      return false;
    }
  }

  private connect(): void {
    if (!this.running) return;
    this.cancelPause = null;
    this.options.onState("connecting");
    const socket = this.options.openSocket(this.options.url(this.after));
    this.socket = socket;
    this.watchSilence();
    socket.onopen = () => {
      if (this.socket === socket) this.options.onState("open");
    };
    socket.onmessage = (event) => {
      if (this.socket === socket) this.take(event.data);
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      // A door that stays shut gives no reason; twice in a row is worth asking.
      if (event?.code === SIGNED_OUT || this.attempt === 1) this.options.onShut();
      this.retry();
    };
  }

  private take(data: unknown): void {
    this.watchSilence();
    let message: Message;
    try {
      message = JSON.parse(String(data)) as Message;
    } catch {
      return;
    }
    // Only a message proves that the server is well: some accept a socket and close it at once.
    this.attempt = 0;
    if (message.kind === "resync") {
      void this.resync();
      return;
    }
    if (message.kind === "change") {
      // A change that was folded in already may come again after a break; folding is by number, so it is skipped.
      if (message.n <= this.after) return;
      this.after = message.n;
    }
    this.options.onMessage(message);
  }

  private async resync(): Promise<void> {
    this.drop();
    this.options.onState("connecting");
    try {
      this.after = await this.options.onResync();
      if (this.running && !this.socket) this.connect();
    } catch {
      this.retry();
    }
  }

  private retry(): void {
    this.drop();
    if (!this.running) return;
    this.options.onState("broken");
    const pause = pauseBefore(this.attempt, this.options.random());
    this.attempt += 1;
    this.cancelPause = this.options.later(() => this.connect(), pause);
  }

  private drop(): void {
    this.cancelPause?.();
    this.cancelPause = null;
    this.cancelSilence?.();
    this.cancelSilence = null;
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private watchSilence(): void {
    this.cancelSilence?.();
    this.cancelSilence = this.options.later(() => {
      if (this.socket) this.retry();
    }, SILENCE_MS);
  }
}

/** Address of the area's WebSocket on the page's own host. */
export function socketUrl(query: Record<string, string>): string {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}/api/v1/ws?${new URLSearchParams(query)}`;
}
