import { describe, expect, it } from "vitest";

import { fitting, forget, missing, remember, remembered } from "./mapping.ts";

function memory(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  } as unknown as Storage;
}

const available = [
  { column: "name", column_ja: "氏名", required: true },
  { column: "phone", column_ja: "電話番号", required: false },
];

describe("the mapping of columns", () => {
  it("is remembered by kind of list, and what is chosen later wins", () => {
    const store = memory();
    remember("riders", { ご利用者様: "name", メモ: "" }, store);
    remember("riders", { メモ: "memo" }, store);
    expect(remembered("riders", store)).toEqual({ ご利用者様: "name", メモ: "memo" });
    expect(remembered("places", store)).toEqual({});
    forget("riders", store);
    expect(remembered("riders", store)).toEqual({});
  });

  it("bears a memory that holds something else", () => {
    const store = memory();
    for (const text of ["[1]", "no JSON", "null", '{"a":1}']) {
      store.setItem("kuseki.import.columns.riders", text);
      expect(remembered("riders", store)).toEqual({});
    }
  });

  it("speaks only of the list's own headers and of columns that there are", () => {
    const columns = ["ご利用者様", "TEL", "メモ"].map((header) => ({ header, column: null, column_ja: null }));
    const known = { ご利用者様: "name", メモ: "", TEL: "gone", 別の列: "phone" };
    expect(fitting({ columns, available }, known)).toEqual({ ご利用者様: "name", メモ: "" });
  });

  it("knows what no header stands for", () => {
    const columns = [{ header: "TEL", column: "phone", column_ja: "電話番号" }];
    expect(missing({ columns, available }).map((one) => one.column)).toEqual(["name"]);
  });
});
