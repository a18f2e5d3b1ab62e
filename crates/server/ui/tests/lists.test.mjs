// The page of lists by keyboard: choose a file, read the flaws, take the sound rows in. The server's side of it is tested in Rust.

import { expect, expectAccessible, expectFits, openPage, PHONE, shoot } from "./harness.mjs";

const COLUMNS = ["利用者番号", "氏名", "生年月日", "緯度", "メモ欄"].map((header, n) => ({ header, column: n < 4 ? "x" : null, column_ja: n < 4 ? header : null }));
const AVAILABLE = [["name", "氏名", true], ["phone", "電話番号", false], ["note", "申し送り", false]].map(([column, column_ja, required]) => ({ column, column_ja, required }));
const FLAWS = [
  { row: 3, column: "生年月日", code: "invalid_date", found: "昭和65年1月1日", detail: "1990-01-01 is not in 昭和", detail_ja: "昭和は1926-12-25から1989-01-07までです。1990-01-01は平成2年1月1日です" },
  { row: 3, column: "緯度", code: "off_road", found: "35.0", detail: "12345 m from the nearest road", detail_ja: "最寄りの道路まで12345mあります(300m以内にしてください)。緯度・経度を確かめてください" },
  { row: 4, column: "氏名", code: "missing", found: "", detail: "empty", detail_ja: "「氏名」が空です。例: 佐藤 ハル" },
];
const report = (dryRun) => ({
  kind: "riders", dry_run: dryRun, encoding: "Shift_JIS", separator: ",", columns: COLUMNS, available: AVAILABLE, rows: 3, added: 1, changed: 0, unchanged: 0, faulty: 2, flaws: FLAWS,
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

  async "headers of an office's own are mapped by keyboard and remembered"({ browser, base, shots, mock }) {
    if (!mock) return;
    const { page, faults, close } = await openPage(browser, base, "/import");
    const asked = [];
    await page.route("**/api/v1/import/**", (route) => {
      const query = new URL(route.request().url()).searchParams;
      const mapping = JSON.parse(query.get("mapping") ?? "{}");
      asked.push(mapping);
      const columns = ["ご利用者様", "電話番号"].map((header, n) => {
        const column = mapping[header] ?? (n === 1 ? "phone" : null);
        return { header, column: column || null, column_ja: column ? AVAILABLE.find((one) => one.column === column).column_ja : null };
      });
      const sound = columns.some((one) => one.column === "name");
      const flaws = sound ? [] : [{ row: 1, column: "", code: "missing_column", found: "", detail: "no column for name", detail_ja: "「氏名」の列がありません" }];
      return route.fulfill({ json: { ...report(true), columns, flaws, faulty: flaws.length, added: sound ? 3 : 0, changes: [] } });
    });
    const choose = async () => {
      await page.locator("input[type=file]").setInputFiles({ name: "利用者.csv", mimeType: "text/csv", buffer: Buffer.from("ご利用者様,電話番号\n") });
      await page.getByRole("button", { name: "内容を確認する" }).or(page.getByRole("button", { name: /確認する/ })).first().click();
    };
    await choose();
    await page.waitForSelector("text=必要な列がありません: 氏名");
    const select = page.getByLabel("「ご利用者様」にあたる項目");
    await select.focus();
    await select.selectOption("name");
    await shoot(page, shots, "lists-mapping-1440-ja");
    await page.getByRole("button", { name: "この対応で確認する" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=必要な列がありません", { state: "detached" });
    await expectAccessible(page, "lists with a mapping");
    // The next list of the kind is read the same way without being asked.
    await page.reload();
    await page.setViewportSize(PHONE);
    await choose();
    await page.waitForSelector("text=覚えた対応を消す", { state: "attached" });
    await page.locator("details summary", { hasText: "列の対応" }).click();
    await expectFits(page, "lists with a mapping");
    await shoot(page, shots, "lists-mapping-390-ja");
    expect(JSON.stringify(asked) === JSON.stringify([{}, { ご利用者様: "name" }, {}, { ご利用者様: "name" }]), JSON.stringify(asked));
    await page.getByRole("button", { name: "覚えた対応を消す" }).click();
    await page.waitForSelector("text=必要な列がありません: 氏名");
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
