// Folds the feed's changes into the picture that was fetched once.

import type { Board, Changes, Fix, RideRequest, Vehicle } from "./types.ts";

/** The board keeps this many requests of the day; older ones are in the town's figures. */
const KEPT_REQUESTS = 300;

function upsert<T extends { id: string }>(list: T[], changed: T[] | undefined): T[] {
  if (!changed || changed.length === 0) return list;
  const byId = new Map(changed.map((item) => [item.id, item]));
  const kept = list.map((item) => {
    const fresh = byId.get(item.id);
    byId.delete(item.id);
    return fresh ?? item;
  });
  return byId.size === 0 ? kept : [...kept, ...byId.values()];
}

function newestFirst(a: RideRequest, b: RideRequest): number {
  return Date.parse(b.made_at) - Date.parse(a.made_at) || number(b.id) - number(a.id);
}

function number(id: string): number {
  return Number(/\d+$/.exec(id)?.[0] ?? 0);
}

/** A change carries the position known when it was made; a fix that came since is newer and stays. */
function keepNewerPosition(old: Vehicle | undefined, fresh: Vehicle): Vehicle {
  if (!old?.position_at || !old.position) return fresh;
  if (fresh.position_at && Date.parse(fresh.position_at) >= Date.parse(old.position_at)) return fresh;
  return { ...fresh, position: old.position, position_at: old.position_at, heading: old.heading };
}

export function foldChanges(board: Board, n: number, changes: Changes): Board {
  const old = new Map(board.vehicles.map((vehicle) => [vehicle.id, vehicle]));
  const vehicles = changes.vehicles?.map((vehicle) => keepNewerPosition(old.get(vehicle.id), vehicle));
  const requests = changes.requests?.length
    ? upsert(board.requests, changes.requests).sort(newestFirst).slice(0, KEPT_REQUESTS)
    : board.requests;
  return {
    ...board,
    n: Math.max(n, board.n),
    vehicles: upsert(board.vehicles, vehicles),
    requests,
    facilities: upsert(board.facilities, changes.facilities),
    figures: changes.figures ?? board.figures,
  };
}

/** Newest wins; fixes of unknown vehicles are dropped. Gives the same object when nothing that is listed changed. */
export function foldPositions(vehicles: Vehicle[], fixes: Fix[]): Vehicle[] {
  const newest = new Map<string, Fix>();
  for (const fix of fixes) newest.set(fix.vehicle, fix);
  let changed = false;
  const folded = vehicles.map((vehicle) => {
    const fix = newest.get(vehicle.id);
    if (!fix || (vehicle.position_at && Date.parse(fix.at) < Date.parse(vehicle.position_at))) return vehicle;
    changed = true;
    return { ...vehicle, position: fix.position, heading: fix.heading ?? vehicle.heading, position_at: fix.at, state: fix.state, off_way: fix.off_way ?? false };
  });
  return changed ? folded : vehicles;
}
