// Texts of the pages: Japanese first, English by a switch that the browser remembers.

import en from "../messages/en.json";
import ja from "../messages/ja.json";
import type { Lang } from "./types.ts";

export type Key = keyof typeof ja;
const SHELF_KEY = "kuseki.lang";
const texts: Record<Lang, Record<Key, string>> = { ja, en };

function remembered(): Lang {
  try {
    return localStorage.getItem(SHELF_KEY) === "en" ? "en" : "ja";
  } catch {
    return "ja";
  }
}

class Locale {
  lang: Lang = $state(remembered());

  set(lang: Lang): void {
    this.lang = lang;
    try {
      localStorage.setItem(SHELF_KEY, lang);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  }
}

export const locale = new Locale();

/** The text of `key` in the page's language with `{name}` places filled. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return fill(texts[locale.lang][key], values);
}

/** The text of `key` in a language of its own, for what must be read by everybody. */
export function textIn(lang: Lang, key: Key): string {
  return texts[lang][key];
}

/** The text of a key that is put together at run time; `fallback` where a newer server sends a word we do not know. */
export function word(prefix: string, value: string, fallback: string = value): string {
  return (texts[locale.lang] as Record<string, string>)[`${prefix}.${value}`] ?? fallback;
}

/** Chooses the language of a pair that the server sent. */
export function pick(pair: { ja: string; en: string }): string {
  return pair[locale.lang];
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale.lang === "ja" ? "ja-JP" : "en-GB", { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
}

function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
