import { expect, it } from "vitest";
import { toCsv } from "./csv.ts";

it("writes CSV for spreadsheets in Japanese offices", () => {
  expect(toCsv([["項目", "値"], ['a "b", c', 1.5], [null, "二行\n目"]])).toBe('\uFEFF項目,値\r\n"a ""b"", c",1.5\r\n,"二行\n目"\r\n');
});

it("never hands a spreadsheet a formula", () => {
  expect(toCsv([["=1+1", -2]])).toBe("\uFEFF'=1+1,-2\r\n");
});
