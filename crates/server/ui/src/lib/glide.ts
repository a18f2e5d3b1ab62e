// Where to draw a vehicle between two of its position messages: it glides along its own street geometry, so that it
// neither jumps nor cuts corners, and arrives when the next message is due by the town's clock.

import type { Position } from "./types.ts";

/** A drawn course with the length of each piece, in metres on a local plane. */
export type Course = { points: Position[]; lengths: number[]; total: number };
export type Place = { at: Position; heading: number | null };

const METRES_PER_DEGREE = 111_320;
/** A fix farther from the planned path than this is not on it (a wide road with GPS error). */
const NEAR_PATH_M = 40;
/** A vehicle that leaves its path and comes back much farther on has not driven what lies between. */
const LONGEST_DETOUR = 3;

const scaleAt = (latitude: number) => Math.cos((latitude * Math.PI) / 180);

export function distance(a: Position, b: Position): number {
  const dx = (b[0] - a[0]) * scaleAt((a[1] + b[1]) / 2);
  return Math.hypot(dx, b[1] - a[1]) * METRES_PER_DEGREE;
}

/** Direction from a to b in degrees clockwise from north. */
export function bearing(a: Position, b: Position): number {
  const dx = (b[0] - a[0]) * scaleAt((a[1] + b[1]) / 2);
  return ((Math.atan2(dx, b[1] - a[1]) * 180) / Math.PI + 360) % 360;
}

type Foot = { index: number; at: Position; away: number };

/** The nearest point of the path at or after `from`; the earliest of equally near ones, since paths cross themselves. */
function footOn(path: Position[], point: Position, from: Foot | null): Foot | null {
  let best: Foot | null = null;
  for (let index = from?.index ?? 0; index + 1 < path.length; index += 1) {
    const a = path[index] as Position;
    const b = path[index + 1] as Position;
    const scale = scaleAt(point[1]);
    const ux = (b[0] - a[0]) * scale;
    const uy = b[1] - a[1];
    const square = ux * ux + uy * uy;
    let share = square === 0 ? 0 : ((point[0] - a[0]) * scale * ux + (point[1] - a[1]) * uy) / square;
    share = Math.min(1, Math.max(0, share));
    const at: Position = [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
    const away = distance(point, at);
    if (!best || away < best.away - 0.5) best = { index, at, away };
    // Once near, a later crossing of the same street must not win unless it is clearly nearer.
    if (best.away < 3 && index > best.index + 12) break;
  }
  return best;
}

/** The course from a to b: along the path where both lie on it in driving order, else a straight line. */
export function courseBetween(path: Position[], a: Position, b: Position): Course {
  const start = footOn(path, a, null);
  const end = start && start.away <= NEAR_PATH_M ? footOn(path, b, start) : null;
  const straight = distance(a, b);
  if (start && end && end.away <= NEAR_PATH_M) {
    const between = path.slice(start.index + 1, end.index + 1);
    const course = measure([a, ...between, b]);
    if (course.total <= straight * LONGEST_DETOUR + NEAR_PATH_M) return course;
  }
  return measure([a, b]);
}

function measure(points: Position[]): Course {
  const lengths: number[] = [];
  let total = 0;
  for (let index = 0; index + 1 < points.length; index += 1) {
    const length = distance(points[index] as Position, points[index + 1] as Position);
    lengths.push(length);
    total += length;
  }
  return { points, lengths, total };
}

/** The place after `share` (0 to 1) of the course. */
export function placeOn(course: Course, share: number): Place {
  let left = course.total * Math.min(1, Math.max(0, share));
  for (let index = 0; index < course.lengths.length; index += 1) {
    const length = course.lengths[index] as number;
    const a = course.points[index] as Position;
    const b = course.points[index + 1] as Position;
    if (left <= length || index === course.lengths.length - 1) {
      const part = length === 0 ? 1 : Math.min(1, left / length);
      return { at: [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part], heading: length < 1 ? null : bearing(a, b) };
    }
    left -= length;
  }
  return { at: course.points[0] as Position, heading: null };
}

/** What is left of a path once the vehicle has come to `at`; the whole path when it is not near it. */
export function pathAhead(path: Position[], at: Position): Position[] {
  // Only the head is searched: a route that comes home the same way must not lose its outward half.
  const foot = footOn(path, at, null);
  if (!foot || foot.away > NEAR_PATH_M) return path;
  return [at, ...path.slice(foot.index + 1)];
}

/** Cuts a path where the last of `places`, come to in order, lies on it: the way up to there, and what follows. */
export function splitPath(path: Position[], places: Position[]): [Position[], Position[]] {
  let from = 0;
  for (const place of places) {
    const found = path.findIndex((point, index) => index >= from && distance(point, place) <= NEAR_PATH_M * 2);
    if (found >= 0) from = found;
  }
  if (places.length === 0 || from === 0) return [path, []];
  // Stops stand a little off the road: the nearest of the points just after the first near one is the stop itself.
  const last = places[places.length - 1] as Position;
  while (from + 1 < path.length && distance(path[from + 1] as Position, last) < distance(path[from] as Position, last)) from += 1;
  return [path.slice(0, from + 1), path.slice(from)];
}

const SHORTEST_GLIDE_MS = 120;
const LONGEST_GLIDE_MS = 6_000;

/** One vehicle's drawn movement. Times are the page's monotonic milliseconds. */
export class Glide {
  private course: Course;
  private heading: number | null;
  private startMs = 0;
  private lastsMs = 0;
  private fixTownMs: number;

  constructor(at: Position, heading: number | null, fixTownMs: number) {
    this.course = measure([at, at]);
    this.heading = heading;
    this.fixTownMs = fixTownMs;
  }

  /** Takes a new fix. `realPerTown` is real milliseconds for one town millisecond; an older fix than the last is dropped. */
  take(fix: { at: Position; heading: number | null; townMs: number }, path: Position[], realMs: number, realPerTown: number, still: boolean): void {
    const gap = fix.townMs - this.fixTownMs;
    if (gap < 0) return;
    this.fixTownMs = fix.townMs;
    this.heading = fix.heading ?? this.heading;
    const drawn = this.place(realMs).at;
    this.course = courseBetween(path, drawn, fix.at);
    this.startMs = realMs;
    this.lastsMs = still ? 0 : Math.min(LONGEST_GLIDE_MS, Math.max(SHORTEST_GLIDE_MS, gap * realPerTown));
  }

  place(realMs: number): Place {
    const share = this.lastsMs === 0 ? 1 : (realMs - this.startMs) / this.lastsMs;
    const place = placeOn(this.course, share);
    return { at: place.at, heading: share >= 1 ? this.heading : (place.heading ?? this.heading) };
  }
}
