// Which of our columns a list's own headers mean. What was chosen once is remembered in this browser, by kind of list.

import type { Kind, Report } from "./types.ts";

/** Their header to our column; an empty name leaves the column out. */
export type Mapping = Record<string, string>;

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const nameOf = (kind: Kind): string => `kuseki.import.columns.${kind}`;

export function remembered(kind: Kind, store: Store): Mapping {
  try {
    const kept: unknown = JSON.parse(store.getItem(nameOf(kind)) ?? "{}");
    if (typeof kept !== "object" || kept === null || Array.isArray(kept)) return {};
    return Object.fromEntries(Object.entries(kept).filter(([, column]) => typeof column === "string"));
  } catch {
    // What cannot be read, or a browser that keeps nothing, remembers nothing.
    return {};
  }
}

/** Keeps what was chosen, beside what other lists of the kind taught. */
export function remember(kind: Kind, chosen: Mapping, store: Store): void {
  try {
    store.setItem(nameOf(kind), JSON.stringify({ ...remembered(kind, store), ...chosen }));
  } catch {
    // The import goes on; only the memory is missing.
  }
}

export function forget(kind: Kind, store: Store): void {
  try {
    store.removeItem(nameOf(kind));
  } catch {
    // Nothing was kept.
  }
}

/** The part of what is remembered that speaks of this list's headers and of columns that there are. */
export function fitting(report: Pick<Report, "columns" | "available">, known: Mapping): Mapping {
  const columns = new Set(["", ...report.available.map((one) => one.column)]);
  const pairs = report.columns.map(({ header }) => [header, known[header]] as const);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined && columns.has(pair[1])));
}

/** Columns that every row needs and no header stands for. */
export function missing(report: Pick<Report, "columns" | "available">): Report["available"] {
  const read = new Set(report.columns.map((one) => one.column));
  return report.available.filter((one) => one.required && !read.has(one.column));
}
