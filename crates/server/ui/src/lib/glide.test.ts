import { describe, expect, it } from "vitest";
import { bearing, courseBetween, distance, Glide, pathAhead, placeOn, splitPath } from "./glide.ts";
import type { Position } from "./types.ts";

/** Metres east and north of a point in the town. */
const at = (east: number, north: number): Position => [139 + east / (111_320 * Math.cos((36 * Math.PI) / 180)), 36 + north / 111_320];
/** East 500 m, then north 500 m. */
const corner = [at(0, 0), at(500, 0), at(500, 500)];

describe("gliding", () => {
  it("measures metres and directions", () => {
    expect(distance(at(0, 0), at(300, 400))).toBeCloseTo(500, 0);
    expect(bearing(at(0, 0), at(0, 10))).toBeCloseTo(0, 3);
    expect(bearing(at(0, 0), at(10, 0))).toBeCloseTo(90, 1);
  });

  it("follows the street around a corner", () => {
    const course = courseBetween(corner, at(400, 0), at(498, 100));
    expect(course.total).toBeGreaterThan(190);
    const middle = placeOn(course, 0.5);
    expect(distance(middle.at, at(500, 0))).toBeLessThan(6);
    expect(placeOn(course, 0.2).heading).toBeCloseTo(90, 0);
  });

  it("goes straight where the fix is not on the path", () => {
    expect(courseBetween(corner, at(0, 300), at(100, 300)).points).toHaveLength(2);
    expect(courseBetween([], at(0, 0), at(10, 0)).points).toHaveLength(2);
  });

  it("does not drive the whole loop when a path comes back to where it was", () => {
    const loop = [at(0, 0), at(2000, 0), at(2000, 30), at(0, 30)];
    expect(courseBetween(loop, at(100, 0), at(100, 30)).total).toBeLessThan(50);
  });

  it("cuts off what was driven already", () => {
    const ahead = pathAhead(corner, at(300, 3));
    expect(ahead).toHaveLength(3);
    expect(ahead[1]).toEqual(corner[1]);
    expect(pathAhead(corner, at(0, 900))).toBe(corner);
  });

  it("tells the way to the next visits from the rest of the day", () => {
    const there = [at(0, 0), at(300, 0), at(600, 0)];
    const day = [...there, at(300, 5), at(0, 5)];
    expect(splitPath(day, [at(600, 10)])).toEqual([there, day.slice(2)]);
    expect(splitPath(day, [at(600, 0), at(300, 0)])[0]).toHaveLength(4);
    expect(splitPath(day, [])).toEqual([day, []]);
    expect(splitPath([], [at(0, 0)])).toEqual([[], []]);
  });

  it("arrives when the next fix is due by the town's clock", () => {
    const glide = new Glide(at(0, 0), null, 0);
    // 30 s of town time at thirty times the speed is one second.
    glide.take({ at: at(300, 0), heading: 90, townMs: 30_000 }, corner, 1_000, 1 / 30, false);
    expect(distance(glide.place(1_500).at, at(150, 0))).toBeLessThan(2);
    expect(distance(glide.place(2_000).at, at(300, 0))).toBeLessThan(1);
    expect(distance(glide.place(9_000).at, at(300, 0))).toBeLessThan(1);
    expect(glide.place(9_000).heading).toBe(90);
  });

  it("starts the next stretch from where it is drawn, without a jump", () => {
    const glide = new Glide(at(0, 0), null, 0);
    glide.take({ at: at(300, 0), heading: 90, townMs: 1_000 }, corner, 0, 1, false);
    const before = glide.place(500).at;
    glide.take({ at: at(450, 0), heading: 90, townMs: 2_000 }, corner, 500, 1, false);
    expect(distance(glide.place(500).at, before)).toBeLessThan(1);
  });

  it("drops a fix older than the last, and jumps when motion is not wanted", () => {
    const glide = new Glide(at(0, 0), null, 5_000);
    glide.take({ at: at(300, 0), heading: 90, townMs: 4_000 }, corner, 0, 1, false);
    expect(glide.place(10_000).at).toEqual(at(0, 0));
    glide.take({ at: at(300, 0), heading: 90, townMs: 6_000 }, corner, 0, 1, true);
    expect(distance(glide.place(0).at, at(300, 0))).toBeLessThan(1);
  });
});
