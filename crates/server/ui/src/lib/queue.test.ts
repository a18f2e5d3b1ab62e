import { describe, expect, it } from "vitest";
import { ApiFault } from "./api.ts";
import { FactQueue, nextFact, visitsAfter, type Tapped } from "./queue.ts";
import type { Vehicle, Visit } from "./types.ts";

class Shelf {
  held = new Map<string, string>();
  getItem(key: string): string | null {
    return this.held.get(key) ?? null;
  }
  setItem(key: string, text: string): void {
    this.held.set(key, text);
  }
}

const fact = (key: string, of: Partial<Tapped> = {}): Tapped => ({ key, vehicle: "vehicle-1", fact: "arrived", visit: "request-1:pickup", at: "2026-11-24T10:00:00+09:00", ...of });
const vehicle = { id: "vehicle-1" } as Vehicle;
const visit = (id: string, kind: "pickup" | "dropoff", state: Visit["state"] = "planned") => ({ id: `${id}:${kind}`, request: id, kind, state }) as Visit;
const deaf = { confirmed: () => {}, refused: () => {} };

describe("the fact queue", () => {
  it("keeps facts over a reload and sends them in the order of tapping, each under its own key", async () => {
    const shelf = new Shelf();
    new FactQueue(shelf).add(fact("a"));
    new FactQueue(shelf).add(fact("b", { fact: "boarded" }));
    const sent: string[] = [];
    const end = await new FactQueue(shelf).flush(async (item) => {
      sent.push(item.key);
      return vehicle;
    }, deaf);
    expect(sent).toEqual(["a", "b"]);
    expect(end).toBe("empty");
    expect(new FactQueue(shelf).list()).toEqual([]);
  });

  it("stops at the first fact without an answer, keeps it and what follows", async () => {
    const shelf = new Shelf();
    const queue = new FactQueue(shelf);
    queue.add(fact("a"));
    queue.add(fact("b"));
    let calls = 0;
    const end = await queue.flush(() => {
      calls += 1;
      return Promise.reject(new ApiFault({ status: 0 }));
    }, deaf);
    expect([end, calls, queue.list().length]).toEqual(["waiting", 1, 2]);
  });

  it("drops a fact that the server refuses for good, and says so", async () => {
    const queue = new FactQueue(new Shelf());
    queue.add(fact("a"));
    queue.add(fact("b"));
    const refused: string[] = [];
    const end = await queue.flush((item) => (item.key === "a" ? Promise.reject(new ApiFault({ status: 409 })) : Promise.resolve(vehicle)), { confirmed: () => {}, refused: (item) => refused.push(item.key) });
    expect([end, refused]).toEqual(["empty", ["a"]]);
  });

  it("keeps a fact tapped while another is being sent", async () => {
    const queue = new FactQueue(new Shelf());
    queue.add(fact("a"));
    const sent: string[] = [];
    await queue.flush(async (item) => {
      if (item.key === "a") queue.add(fact("b"));
      sent.push(item.key);
      return vehicle;
    }, deaf);
    expect(sent).toEqual(["a", "b"]);
  });

  it("never sends twice at once", async () => {
    const queue = new FactQueue(new Shelf());
    queue.add(fact("a"));
    let release = () => {};
    const first = queue.flush(() => new Promise((done) => (release = () => done(vehicle))), deaf);
    expect(await queue.flush(async () => vehicle, deaf)).toBe("busy");
    release();
    expect(await first).toBe("empty");
  });

  it("takes an unreadable shelf for an empty one", () => {
    const shelf = new Shelf();
    shelf.setItem("kuseki.driver.facts", "{not json");
    expect(new FactQueue(shelf).list()).toEqual([]);
    shelf.setItem("kuseki.driver.facts", '[{"key":1},null]');
    expect(new FactQueue(shelf).list()).toEqual([]);
  });
});

describe("the visits as tapped", () => {
  const visits = [visit("request-1", "pickup"), visit("request-2", "pickup"), visit("request-1", "dropoff"), visit("request-2", "dropoff")];

  it("go through their states", () => {
    const first = visits[0] as Visit;
    expect(nextFact(first)).toBe("departed");
    expect(nextFact({ ...first, state: "heading" })).toBe("arrived");
    expect(nextFact({ ...first, state: "arrived" })).toBe("boarded");
    expect(nextFact({ ...(visits[2] as Visit), state: "arrived" })).toBe("alighted");
  });

  it("go on without the server", () => {
    const after = visitsAfter(visits, [fact("a", { fact: "departed" }), fact("b"), fact("c", { fact: "boarded" })]);
    expect(after.map((item) => item.id)).toEqual(["request-2:pickup", "request-1:dropoff", "request-2:dropoff"]);
  });

  it("lose both ends of a ride when nobody is there", () => {
    expect(visitsAfter(visits, [fact("a", { fact: "no_show" })]).map((item) => item.request)).toEqual(["request-2", "request-2"]);
  });

  it("ignore a fact about a visit that is gone", () => {
    expect(visitsAfter(visits, [fact("a", { visit: "request-9:pickup" })])).toEqual(visits);
  });
});
