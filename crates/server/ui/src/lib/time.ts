// Times as people in the town read them: always Asia/Tokyo, always the 24-hour clock.
// Japan keeps one offset all year, so plain arithmetic is exact and needs no calendar tables.

import type { Lang } from "./types.ts";

const TOKYO_MS = 9 * 3_600_000;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const pad = (value: number) => String(value).padStart(2, "0");

function parts(ms: number): { hour: number; minute: number } {
  const day = (((ms + TOKYO_MS) % DAY_MS) + DAY_MS) % DAY_MS;
  return { hour: Math.floor(day / 3_600_000), minute: Math.floor(day / MINUTE_MS) % 60 };
}

export function toMs(time: string | number): number {
  return typeof time === "number" ? time : Date.parse(time);
}

/** `10:05` */
export function hourMinute(time: string | number | null | undefined): string {
  const ms = time === null || time === undefined ? Number.NaN : toMs(time);
  if (!Number.isFinite(ms)) return "–";
  const { hour, minute } = parts(ms);
  return `${pad(hour)}:${pad(minute)}`;
}

/** `10時5分` as it is said aloud in Japanese; `10:05` in English. */
export function spokenTime(time: string | number, lang: Lang): string {
  const ms = toMs(time);
  if (lang === "en" || !Number.isFinite(ms)) return hourMinute(ms);
  const { hour, minute } = parts(ms);
  return minute === 0 ? `${hour}時ちょうど` : `${hour}時${minute}分`;
}

/** `2026年11月23日（月）` / `Mon 23 Nov 2026` for a service day (`2026-11-23`) or an instant. */
export function dayName(day: string | number, lang: Lang): string {
  const ms = typeof day === "number" ? day : /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00+09:00`) : Date.parse(day);
  if (!Number.isFinite(ms)) return String(day);
  const options: Intl.DateTimeFormatOptions = { timeZone: "Asia/Tokyo", year: "numeric", month: lang === "ja" ? "long" : "short", day: "numeric", weekday: "short" };
  return new Intl.DateTimeFormat(lang === "ja" ? "ja-JP" : "en-GB", options).format(ms);
}

/** RFC 3339 with the Tokyo offset, whole seconds. */
export function toWire(ms: number): string {
  return `${new Date(Math.round(ms / 1000) * 1000 + TOKYO_MS).toISOString().slice(0, 19)}+09:00`;
}

/** The time of day that the desk offers first: `ahead` minutes from now, rounded up to five minutes. */
export function suggestedTime(nowMs: number, aheadMinutes = 20): string {
  const step = 5 * MINUTE_MS;
  return hourMinute(Math.ceil((nowMs + aheadMinutes * MINUTE_MS) / step) * step);
}

/** Reads what people type for a time of day: `10:5`, `1005`, `10時5分`, full-width digits. Null when it is no time. */
export function readTimeOfDay(text: string): { hour: number; minute: number } | null {
  const plain = text.normalize("NFKC").trim();
  const match = /^(\d{1,2})\s*[:時.]\s*(\d{1,2})?\s*分?$/.exec(plain) ?? /^(\d{1,2})(\d{2})$/.exec(plain);
  if (!match) return null;
  const hour = Number(match[1]);
  const minute = Number(match[2] ?? 0);
  return hour < 24 && minute < 60 ? { hour, minute } : null;
}

/** Moves a time of day by minutes within the day. */
export function shiftTimeOfDay(text: string, minutes: number): string {
  const time = readTimeOfDay(text);
  if (!time) return text;
  const total = (((time.hour * 60 + time.minute + minutes) % 1440) + 1440) % 1440;
  return `${pad(Math.floor(total / 60))}:${pad(total % 60)}`;
}

/** The instant of a time of day on the town's present day, in wire form; null when the text is no time. */
export function onTownDay(text: string, nowMs: number): string | null {
  const time = readTimeOfDay(text);
  if (!time) return null;
  const midnight = Math.floor((nowMs + TOKYO_MS) / DAY_MS) * DAY_MS - TOKYO_MS;
  return toWire(midnight + (time.hour * 60 + time.minute) * MINUTE_MS);
}

export function minutes(seconds: number | null): number | null {
  return seconds === null ? null : Math.round(seconds / 6) / 10;
}
