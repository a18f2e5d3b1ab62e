// What changed in a driver's visit list, for the driver to hear and read.

import type { Visit } from "./types.ts";

export type News = { added: Visit[]; removed: Visit[]; moved: boolean };

/**
 * Null when the lists differ only by what the driver did: a visit that went after it was begun, or the drop-off of
 * somebody who was not there, is no news. What the desk added, dropped or put in another order is.
 */
export function newsBetween(before: Visit[], after: Visit[]): News | null {
  const old = new Set(before.map((visit) => visit.id));
  const fresh = new Set(after.map((visit) => visit.id));
  const begun = new Set(before.filter((visit) => visit.state !== "planned").map((visit) => visit.request));
  const added = after.filter((visit) => !old.has(visit.id));
  const removed = before.filter((visit) => !fresh.has(visit.id) && !begun.has(visit.request));
  const orderBefore = before.filter((visit) => fresh.has(visit.id)).map((visit) => visit.id);
  const orderAfter = after.filter((visit) => old.has(visit.id)).map((visit) => visit.id);
  const moved = orderBefore.join() !== orderAfter.join();
  return added.length > 0 || removed.length > 0 || moved ? { added, removed, moved } : null;
}
