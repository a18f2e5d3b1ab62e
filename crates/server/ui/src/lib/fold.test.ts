import { describe, expect, it } from "vitest";
import { foldChanges, foldPositions } from "./fold.ts";
import type { Board, RideRequest, Vehicle } from "./types.ts";

const vehicle = (id: string, more: Partial<Vehicle> = {}) => ({ id, revision: 1, position: [139, 36], position_at: "2026-11-24T10:00:00+09:00", heading: 0, state: "parked", ...more }) as Vehicle;
const request = (id: string, made: string, state = "offered") => ({ id, made_at: `2026-11-24T${made}:00+09:00`, state }) as RideRequest;
const board = { n: 5, vehicles: [vehicle("vehicle-1"), vehicle("vehicle-2")], requests: [request("request-1", "10:00")], facilities: [], figures: { idle_seats_used: 1 } } as unknown as Board;

describe("folding", () => {
  it("replaces in place and adds what is new", () => {
    const after = foldChanges(board, 6, { vehicles: [vehicle("vehicle-2", { revision: 2 }), vehicle("vehicle-3")] });
    expect(after.n).toBe(6);
    expect(after.vehicles.map((item) => [item.id, item.revision])).toEqual([["vehicle-1", 1], ["vehicle-2", 2], ["vehicle-3", 1]]);
    expect(board.vehicles).toHaveLength(2);
  });

  it("keeps requests newest first", () => {
    const after = foldChanges(board, 6, { requests: [request("request-3", "10:05"), request("request-2", "10:05"), request("request-1", "10:00", "booked")] });
    expect(after.requests.map((item) => item.id)).toEqual(["request-3", "request-2", "request-1"]);
    expect(after.requests[2]?.state).toBe("booked");
  });

  it("does not let a change put a vehicle back to where it was", () => {
    const fixed = { ...board, vehicles: foldPositions(board.vehicles, [{ vehicle: "vehicle-1", at: "2026-11-24T10:02:00+09:00", position: [139.1, 36.1], heading: 90, state: "driving" }]) };
    const after = foldChanges(fixed, 7, { vehicles: [vehicle("vehicle-1", { revision: 2, position_at: "2026-11-24T10:01:00+09:00" })] });
    expect(after.vehicles[0]).toMatchObject({ revision: 2, position: [139.1, 36.1], heading: 90 });
  });

  it("drops stale fixes and those of strangers", () => {
    const stale = { vehicle: "vehicle-1", at: "2026-11-24T09:00:00+09:00", position: [1, 1] as [number, number], heading: null, state: "driving" as const };
    expect(foldPositions(board.vehicles, [stale])).toBe(board.vehicles);
    expect(foldPositions(board.vehicles, [{ ...stale, vehicle: "vehicle-9" }])).toBe(board.vehicles);
  });
});
