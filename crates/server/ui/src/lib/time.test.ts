import { describe, expect, it } from "vitest";
import { TownClock } from "./clock.ts";
import { dayName, hourMinute, onTownDay, readTimeOfDay, shiftTimeOfDay, spokenTime, suggestedTime, toWire } from "./time.ts";

const ten = Date.parse("2026-11-24T10:12:31+09:00");

describe("times", () => {
  it("are Tokyo times wherever the browser is", () => {
    expect(hourMinute("2026-11-24T00:05:00Z")).toBe("09:05");
    expect(hourMinute("2026-11-24T10:15:00+09:00")).toBe("10:15");
    expect(hourMinute(null)).toBe("–");
    expect(hourMinute("soon")).toBe("–");
    expect(dayName("2026-11-24", "ja")).toBe("2026年11月24日(火)");
  });

  it("are said aloud in Japanese", () => {
    expect(spokenTime("2026-11-24T10:15:00+09:00", "ja")).toBe("10時15分");
    expect(spokenTime("2026-11-24T10:00:00+09:00", "ja")).toBe("10時ちょうど");
    expect(spokenTime("2026-11-24T10:05:00+09:00", "en")).toBe("10:05");
  });

  it("go to the server with the Tokyo offset", () => {
    expect(toWire(ten)).toBe("2026-11-24T10:12:31+09:00");
    expect(onTownDay("9:05", ten)).toBe("2026-11-24T09:05:00+09:00");
    expect(onTownDay("23:59", Date.parse("2026-11-24T00:30:00+09:00"))).toBe("2026-11-24T23:59:00+09:00");
    expect(onTownDay("25:00", ten)).toBeNull();
  });

  it("are read as people type them", () => {
    for (const text of ["10:05", "1005", "10時5分", "１０：０５", " 10.05 ", "10時05"]) expect(readTimeOfDay(text)).toEqual({ hour: 10, minute: 5 });
    expect(readTimeOfDay("9時")).toEqual({ hour: 9, minute: 0 });
    for (const text of ["", "99:99", "10:60", "ten", "24:00"]) expect(readTimeOfDay(text)).toBeNull();
  });

  it("suggests twenty minutes ahead, rounded up to five", () => {
    expect(suggestedTime(ten)).toBe("10:35");
    expect(suggestedTime(Date.parse("2026-11-24T10:10:00+09:00"))).toBe("10:30");
    expect(shiftTimeOfDay("10:55", 10)).toBe("11:05");
    expect(shiftTimeOfDay("0:00", -5)).toBe("23:55");
    expect(shiftTimeOfDay("soon", 5)).toBe("soon");
  });
});

describe("the town's clock", () => {
  it("runs on at its speed from when it was read", () => {
    const clock = new TownClock({ now: "2026-11-24T10:00:00+09:00", speed: 30, demo: true }, 1_000);
    expect(toWire(clock.now(1_000))).toBe("2026-11-24T10:00:00+09:00");
    expect(toWire(clock.now(3_000))).toBe("2026-11-24T10:01:00+09:00");
    expect(clock.real(30_000)).toBe(1_000);
  });

  it("stands still at speed nought and never runs backwards", () => {
    const clock = new TownClock({ now: "2026-11-24T10:00:00+09:00", speed: 0, demo: true }, 1_000);
    expect(clock.now(9_000)).toBe(clock.now(1_000));
    expect(clock.real(500)).toBe(500);
    expect(clock.now(0)).toBe(clock.now(1_000));
  });
});
