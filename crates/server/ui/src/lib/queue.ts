// Facts that a driver tapped and the server has not yet confirmed. They are kept in the phone's storage with their own
// time and key, sent in the order of tapping, and sending one twice is harmless: the key says that it is the same tap.

import { ApiFault } from "./api.ts";
import type { Fact, Vehicle, Visit } from "./types.ts";

export type Tapped = { key: string; vehicle: string; fact: Fact; visit: string | null; at: string };
export type Shelf = Pick<Storage, "getItem" | "setItem">;

const SHELF_KEY = "kuseki.driver.facts";

export class FactQueue {
  private readonly shelf: Shelf;
  private busy = false;

  constructor(shelf: Shelf) {
    this.shelf = shelf;
  }

  list(): Tapped[] {
    try {
      const kept: unknown = JSON.parse(this.shelf.getItem(SHELF_KEY) ?? "[]");
      return Array.isArray(kept) ? kept.filter(isTapped) : [];
    } catch {
      return [];
    }
  }

  add(fact: Tapped): void {
    this.keep([...this.list(), fact]);
  }

  /**
   * Sends what is kept, oldest first. Stops at the first fact that gets no answer and gives `waiting`; a fact that the
   * server refuses for good leaves the queue and is reported, since repeating it could never help.
   */
  async flush(
    send: (fact: Tapped) => Promise<Vehicle>,
    on: { confirmed: (vehicle: Vehicle) => void; refused: (fact: Tapped, fault: ApiFault) => void },
  ): Promise<"empty" | "waiting" | "busy"> {
    if (this.busy) return "busy";
    this.busy = true;
    try {
      for (let next = this.list()[0]; next; next = this.list()[0]) {
        const fact = next;
        try {
          const vehicle = await send(fact);
          this.remove(fact.key);
          on.confirmed(vehicle);
        } catch (fault) {
          if (!(fault instanceof ApiFault) || fault.passing) return "waiting";
          this.remove(fact.key);
          on.refused(fact, fault);
        }
      }
      return "empty";
    } finally {
      this.busy = false;
    }
  }

  private remove(key: string): void {
    this.keep(this.list().filter((fact) => fact.key !== key));
  }

  private keep(facts: Tapped[]): void {
    this.shelf.setItem(SHELF_KEY, JSON.stringify(facts));
  }
}

function isTapped(value: unknown): value is Tapped {
  const fact = value as Tapped | null;
  return typeof fact?.key === "string" && typeof fact.vehicle === "string" && typeof fact.fact === "string" && typeof fact.at === "string";
}

/** The driver's visits as they stand once the server knows what was tapped: the page goes on while it is offline. */
export function visitsAfter(visits: Visit[], facts: Tapped[]): Visit[] {
  let after = visits;
  for (const fact of facts) {
    const visit = after.find((item) => item.id === fact.visit);
    if (!visit) continue;
    if (fact.fact === "departed") after = replace(after, { ...visit, state: "heading" });
    else if (fact.fact === "arrived") after = replace(after, { ...visit, state: "arrived" });
    // Until the server knows, the wait counts from the tap.
    else if (fact.fact === "not_at_door") after = replace(after, { ...visit, state: "arrived", door_until: visit.door_until ?? fact.at });
    else if (fact.fact === "no_show") after = after.filter((item) => item.request !== visit.request);
    else after = after.filter((item) => item.id !== visit.id);
  }
  return after;
}

function replace(visits: Visit[], fresh: Visit): Visit[] {
  return visits.map((visit) => (visit.id === fresh.id ? fresh : visit));
}

/** What the driver may say now about a visit. */
export function nextFact(visit: Visit): "departed" | "arrived" | "boarded" | "alighted" {
  if (visit.state === "planned") return "departed";
  if (visit.state === "heading") return "arrived";
  return visit.kind === "pickup" ? "boarded" : "alighted";
}
