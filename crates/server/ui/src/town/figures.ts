// The day's figures as rows: the page draws them, the download writes the same ones.

import type { Cell } from "../lib/csv.ts";
import { locale, number, pick, t, word, type Key } from "../lib/i18n.svelte.ts";
import { minutes } from "../lib/time.ts";
import { CHANNELS, RIDE_CLASSES, type Area, type Figures } from "../lib/types.ts";

/** `value` null means that there is nothing to count yet. `definition` is the key of the server's explanation. */
export type Row = { key: string; label: string; value: number | null; unit: string; digits: number; definition: string };
export type Group = { key: string; title: string; bars: boolean; rows: Row[] };

const PURPOSES = ["shopping", "medical", "leisure", "other"];

type Shape = { unit?: string; digits?: number; definition?: string };
function row(key: string, value: number | null, shape: Shape = {}): Row {
  return { key, label: word("figure", key), value, unit: shape.unit ?? t("unit.count"), digits: shape.digits ?? 0, definition: shape.definition ?? key };
}

/** Known words first in a fixed order, then whatever else the server counts. */
function counted(kind: string, order: readonly string[], counts: Record<string, number>): Row[] {
  const keys = [...order.filter((key) => key in counts), ...Object.keys(counts).filter((key) => !order.includes(key)).sort()];
  return keys.map((key) => ({ key, label: word(kind, key), value: counts[key] ?? 0, unit: t("unit.count"), digits: 0, definition: "" }));
}

const percent = (share: number | null) => (share === null ? null : share * 100);

export function groups(f: Figures): Group[] {
  const people = t("unit.people");
  const minute = t("unit.minute");
  const title = (key: string) => t(`group.${key}` as Key);
  const reasons = f.refused_by_reason.map((reason) => ({ key: reason.code, label: pick({ ja: reason.text_ja, en: reason.text_en }), value: reason.count, unit: t("unit.count"), digits: 0, definition: "" }));
  return [
    {
      key: "guests",
      title: title("guests"),
      bars: false,
      rows: [
        row("idle_seats_used", f.idle_seats_used, { unit: people }),
        row("requests_total", f.requests.total, { definition: "requests.total" }),
        row("booked", f.requests.booked),
        row("done", f.requests.done),
        row("refused", f.requests.refused),
        row("cancelled", f.requests.cancelled),
        row("no_show", f.requests.no_show),
        row("expired", f.requests.expired),
        row("open", f.requests.open),
        row("shared_ride_share", percent(f.shared_ride_share), { unit: "%", digits: 1 }),
      ],
    },
    {
      key: "members",
      title: title("members"),
      bars: false,
      rows: [
        row("expected", f.members.expected, { unit: people }),
        row("absent", f.members.absent, { unit: people }),
        row("carried_pickup", f.members.carried_pickup, { unit: people }),
        row("carried_dropoff", f.members.carried_dropoff, { unit: people }),
        row("on_time_share", percent(f.members.on_time_share), { unit: "%", digits: 1 }),
        row("max_late_minutes", f.members.max_late_minutes, { unit: minute }),
      ],
    },
    {
      key: "times",
      title: title("times"),
      bars: false,
      rows: [
        row("wait_median", minutes(f.wait_seconds.median), { unit: minute, digits: 1, definition: "wait_seconds" }),
        row("wait_p90", minutes(f.wait_seconds.p90), { unit: minute, digits: 1, definition: "wait_seconds" }),
        row("ride_median", minutes(f.ride_seconds.median), { unit: minute, digits: 1, definition: "ride_seconds" }),
        row("ride_p90", minutes(f.ride_seconds.p90), { unit: minute, digits: 1, definition: "ride_seconds" }),
      ],
    },
    {
      key: "driving",
      title: title("driving"),
      bars: false,
      rows: [
        row("drive_km", f.drive_km, { unit: "km", digits: 1 }),
        row("idle_seat_km", f.idle_seat_km, { unit: t("unit.seat_km"), digits: 1 }),
        row("guest_seat_km", f.guest_seat_km, { unit: t("unit.seat_km"), digits: 1 }),
      ],
    },
    { key: "by_class", title: title("by_class"), bars: true, rows: counted("ride_class", RIDE_CLASSES, f.served_by_class) },
    { key: "by_channel", title: title("by_channel"), bars: true, rows: counted("channel", CHANNELS, f.requests.by_channel) },
    { key: "by_purpose", title: title("by_purpose"), bars: true, rows: counted("purpose", PURPOSES, f.requests.by_purpose) },
    { key: "by_reason", title: title("by_reason"), bars: true, rows: reasons },
  ];
}

export function valueText(item: Row): string {
  return item.value === null ? "–" : number(item.value, item.digits);
}

/** The server's explanation of a figure in the page's language; it may name the figure alone or with its group before it. */
export function definitionOf(f: Figures, key: string): string | null {
  if (!key) return null;
  const found = f.definitions[key] ?? Object.entries(f.definitions).find(([name]) => name.endsWith(`.${key}`))?.[1];
  return found ? pick(found) : null;
}

/** The name of a defined figure, which the server gives with its group before it (`members.absent`). */
export function definedName(key: string): string {
  const last = key.split(".").at(-1) ?? key;
  return word("figure", key === "requests.total" ? "requests_total" : last, word("group", last, key));
}

/** The wire's name of what a group of bars counts. */
export function definitionKey(group: string): string {
  return { by_class: "served_by_class", by_reason: "refused_by_reason" }[group] ?? group;
}

export function csvRows(area: Area, f: Figures): Cell[][] {
  const head: Cell[][] = [
    [t("csv.area"), area.name],
    [t("csv.day"), f.service_day],
    [t("csv.at"), f.at],
    [t("csv.policy"), area.policy.allows.map((name) => word("ride_class", name)).join(locale.lang === "ja" ? "、" : ", ")],
    [],
    [t("csv.group"), t("csv.figure"), t("csv.value"), t("csv.unit"), t("csv.definition")],
  ];
  const body = groups(f).flatMap((group) =>
    group.rows.map((item): Cell[] => [group.title, item.label, item.value === null ? null : Number(item.value.toFixed(item.digits)), item.unit, definitionOf(f, item.definition) ?? definitionOf(f, definitionKey(group.key))]),
  );
  return [...head, ...body];
}
