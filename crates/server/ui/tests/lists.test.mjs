// The page of lists by keyboard: choose a file, read the flaws, take the sound rows in. The server's side of it is tested in Rust.

import { expect, expectAccessible, expectFits, openPage, PHONE, shoot } from "./harness.mjs";

const COLUMNS = ["利用者番号", "氏名", "生年月日", "緯度", "メモ欄"].map((header, n) => ({ header, column: n < 4 ? "x" : null, column_ja: n < 4 ? header : null }));
const FLAWS = [
  { row: 3, column: "生年月日", code: "invalid_date", found: "昭和65年1月1日", detail: "1990-01-01 is not in 昭和", detail_ja: "昭和は1926-12-25から1989-01-07までです。1990-01-01は平成2年1月1日です" },
  { row: 3, column: "緯度", code: "off_road", found: "35.0", detail: "12345 m from the nearest road", detail_ja: "最寄りの道路まで12345mあります(300m以内にしてください)。緯度・経度を確かめてください" },
  { row: 4, column: "氏名", code: "missing", found: "", detail: "empty", detail_ja: "「氏名」が空です。例: 佐藤 ハル" },
];
const report = (dryRun) => ({
  kind: "riders", dry_run: dryRun, encoding: "Shift_JIS", separator: ",", columns: COLUMNS, rows: 3, added: 1, changed: 0, unchanged: 0, faulty: 2, flaws: FLAWS,
  changes: [{ row: 2, what: "added", name: "佐藤 ハル", columns: [] }], ...(dryRun ? {} : { faulty_csv: "氏名\r\n" }),
});

export const tests = {
  async "a list is checked, its flaws are read, its sound rows taken in"({ browser, base, shots, mock }) {
    if (!mock) return;
    const { page, faults, close } = await openPage(browser, base, "/");
    const asked = [];
    await page.route("**/api/v1/import/**", (route) => {
      const url = new URL(route.request().url());
      asked.push(url.pathname + url.search);
      return route.fulfill({ json: report(url.searchParams.get("dry_run") === "true") });
    });
    await page.getByRole("link", { name: "名簿の取り込み" }).click();
    await page.locator("input[type=file]").setInputFiles({ name: "利用者.csv", mimeType: "text/csv", buffer: Buffer.from("氏名\n") });
    await page.getByRole("button", { name: /確認する/ }).focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=誤りが3件あります");
    expect((await page.locator("tbody tr").count()) >= 3, "the flaws are not listed");
    await expectAccessible(page, "lists");
    await shoot(page, shots, "lists-1440-ja");
    await page.getByRole("button", { name: /誤りのない行だけ取り込む/ }).focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=取り込みました");
    expect(asked.join(" ") === "/api/v1/import/riders?dry_run=true&encoding=auto /api/v1/import/riders?skip_faulty=true&encoding=auto", asked.join(" "));
    await page.getByRole("button", { name: "English" }).click();
    await page.waitForSelector("text=Rows with flaws");
    await shoot(page, shots, "lists-1440-en");
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },

  async "the page of lists fits a phone"({ browser, base, shots }) {
    const { page, faults, close } = await openPage(browser, base, "/import", { size: PHONE });
    await page.waitForSelector("main form");
    await expectFits(page, "lists");
    await expectAccessible(page, "lists on a phone");
    await shoot(page, shots, "lists-390-ja");
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },
};
