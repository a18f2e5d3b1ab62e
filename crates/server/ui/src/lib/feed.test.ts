import { describe, expect, it } from "vitest";
import { Feed, pauseBefore, type FeedState, type Socket } from "./feed.ts";
import type { Message } from "./types.ts";

class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  sent: string[] = [];
  closed = false;
  readonly url: string;
  constructor(url: string) {
    this.url = url;
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.closed = true;
  }
  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

/** A feed with sockets and timers in the test's hands. */
function rig(resyncTo: () => Promise<number> = async () => 500) {
  const sockets: FakeSocket[] = [];
  const timers: { task: () => void; milliseconds: number; cancelled: boolean }[] = [];
  const messages: Message[] = [];
  const states: FeedState[] = [];
  const feed = new Feed({
    url: (after) => `ws://town/ws?after=${after}`,
    onMessage: (message) => messages.push(message),
    onResync: resyncTo,
    onState: (state) => states.push(state),
    openSocket: (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket;
    },
    later: (task, milliseconds) => {
      const timer = { task, milliseconds, cancelled: false };
      timers.push(timer);
      return () => {
        timer.cancelled = true;
      };
    },
    random: () => 0,
  });
  const last = () => sockets[sockets.length - 1] as FakeSocket;
  /** Lets the pending pause (never the long watch for silence) run out. */
  const passPause = () => {
    const pause = timers.findLast((timer) => !timer.cancelled && timer.milliseconds < 60_000);
    if (pause) pause.cancelled = true;
    pause?.task();
    return pause?.milliseconds;
  };
  return { feed, sockets, timers, messages, states, last, passPause };
}

const change = (n: number) => ({ n, kind: "change", at: "2026-11-24T10:00:00+09:00", event: "x", changes: {} });

describe("the feed", () => {
  it("resumes after the last message folded in", () => {
    const { feed, last, passPause } = rig();
    feed.start(100);
    expect(last().url).toBe("ws://town/ws?after=100");
    last().onopen?.();
    last().say(change(101));
    last().say(change(102));
    last().onclose?.();
    passPause();
    expect(last().url).toBe("ws://town/ws?after=102");
  });

  it("folds a change once, even when it comes again after a break", () => {
    const { feed, last, messages } = rig();
    feed.start(10);
    last().say(change(11));
    last().say(change(11));
    last().say(change(12));
    expect(messages.map((message) => message.n)).toEqual([11, 12]);
  });

  it("lets positions and clocks pass without moving the number", () => {
    const { feed, last, messages } = rig();
    feed.start(10);
    last().say({ n: 10, kind: "positions", positions: [] });
    last().say({ n: 10, kind: "clock", clock: { now: "", speed: 1, demo: true } });
    expect(messages.map((message) => message.kind)).toEqual(["positions", "clock"]);
    expect(feed.after).toBe(10);
  });

  it("accepts gaps in the numbers: a driver hears only of one vehicle", () => {
    const { feed, last } = rig();
    feed.start(10);
    last().say(change(17));
    expect(feed.after).toBe(17);
  });

  it("waits longer after every failure and starts afresh after a message", () => {
    const { feed, last, passPause } = rig();
    feed.start(0);
    const pauses: (number | undefined)[] = [];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      last().onopen?.();
      last().onclose?.();
      pauses.push(passPause());
    }
    expect(pauses).toEqual([250, 500, 1000, 2000]);
    last().say(change(1));
    last().onclose?.();
    expect(passPause()).toBe(250);
  });

  it("draws the pause from its upper half and never waits longer than 15 seconds", () => {
    expect(pauseBefore(0, 0)).toBe(250);
    expect(pauseBefore(0, 1)).toBe(500);
    expect(pauseBefore(30, 1)).toBe(15_000);
  });

  it("fetches the picture again on resync and goes on from its number", async () => {
    const { feed, sockets, last } = rig(async () => 200);
    feed.start(10);
    last().say({ n: 200, kind: "resync" });
    expect(sockets[0]?.closed).toBe(true);
    await Promise.resolve();
    await Promise.resolve();
    expect(last().url).toBe("ws://town/ws?after=200");
  });

  it("tries again when the picture cannot be fetched", async () => {
    const { feed, last, states, passPause, sockets } = rig(() => Promise.reject(new Error("offline")));
    feed.start(10);
    last().say({ n: 200, kind: "resync" });
    for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
    expect(states.at(-1)).toBe("broken");
    passPause();
    expect(sockets).toHaveLength(2);
    expect(last().url).toBe("ws://town/ws?after=10");
  });

  it("ignores what an abandoned socket still says", () => {
    const { feed, sockets, messages, passPause } = rig();
    feed.start(0);
    const old = sockets[0] as FakeSocket;
    const speak = old.onmessage;
    old.onclose?.();
    passPause();
    speak?.({ data: JSON.stringify(change(5)) });
    expect(messages).toEqual([]);
  });

  it("survives a message that is no JSON", () => {
    const { feed, last, messages } = rig();
    feed.start(0);
    last().onmessage?.({ data: "<html>" });
    last().say(change(1));
    expect(messages).toHaveLength(1);
  });

  it("takes a silent connection for dead", () => {
    const { feed, timers, states } = rig();
    feed.start(0);
    timers.find((timer) => timer.milliseconds === 60_000 && !timer.cancelled)?.task();
    expect(states.at(-1)).toBe("broken");
  });

  it("stops for good", () => {
    const { feed, sockets, timers } = rig();
    feed.start(0);
    feed.stop();
    for (const timer of timers) if (!timer.cancelled) timer.task();
    feed.hurry();
    expect(sockets).toHaveLength(1);
    expect(sockets[0]?.closed).toBe(true);
  });

  it("hurries when the network is back", () => {
    const { feed, sockets, last } = rig();
    feed.start(0);
    last().onclose?.();
    feed.hurry();
    expect(sockets).toHaveLength(2);
    feed.hurry();
    expect(sockets).toHaveLength(2);
  });
});
