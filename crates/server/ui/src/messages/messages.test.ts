import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import en from "./en.json";
import ja from "./ja.json";

const root = join(import.meta.dirname, "..");
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
const sources = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => /\.(svelte|ts)$/.test(name) && !name.endsWith(".test.ts"));
const source = sources.map((name) => readFileSync(join(root, name), "utf8")).join("\n");

describe("the messages", () => {
  it("have the same keys in both languages", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(ja).sort());
  });

  it("have the same places to fill in both languages", () => {
    for (const key of Object.keys(ja) as (keyof typeof ja)[]) expect([key, holes(en[key])]).toEqual([key, holes(ja[key])]);
  });

  it("are all used, by name or by the first part of a name put together at run time", () => {
    const built = new Set([...source.matchAll(/(?:t\(`|word\(")([a-z_.]+)/g)].map((match) => (match[1] as string).replace(/\.$/, "")));
    const unused = Object.keys(ja).filter((key) => !source.includes(`"${key}"`) && ![...built].some((prefix) => key.startsWith(`${prefix}.`)));
    expect(unused.filter((key) => !/^(channel|purpose)\./.test(key))).toEqual([]);
  });

  it("leave no Japanese in the English file", () => {
    const foreign = Object.entries(en).filter(([key, text]) => !["brand", "form.rider_hint"].includes(key) && /[぀-ヿ一-鿿]/.test(text));
    expect(foreign).toEqual([]);
  });
});
