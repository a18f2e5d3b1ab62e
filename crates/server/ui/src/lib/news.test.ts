import { describe, expect, it } from "vitest";
import { newsBetween } from "./news.ts";
import type { Visit } from "./types.ts";

const visit = (request: string, kind: "pickup" | "dropoff", state: Visit["state"] = "planned") => ({ id: `${request}:${kind}`, request, kind, state }) as Visit;
const a = [visit("a", "pickup"), visit("a", "dropoff")] as const;
const b = [visit("b", "pickup"), visit("b", "dropoff")] as const;

describe("news for the driver", () => {
  it("is what the desk added, dropped or moved", () => {
    expect(newsBetween([...a], [...a, ...b])?.added).toEqual([...b]);
    expect(newsBetween([...a, ...b], [...a])?.removed).toEqual([...b]);
    expect(newsBetween([a[0], a[1], b[0], b[1]], [a[0], b[0], a[1], b[1]])).toEqual({ added: [], removed: [], moved: true });
  });

  it("is not what the driver did", () => {
    expect(newsBetween([visit("a", "pickup", "arrived"), a[1]], [a[1]])).toBeNull();
    expect(newsBetween([visit("a", "pickup", "arrived"), a[1], ...b], [...b])).toBeNull();
    expect(newsBetween([...a], [visit("a", "pickup", "heading"), a[1]])).toBeNull();
  });
});
