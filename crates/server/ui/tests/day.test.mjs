// The day plan's page against the made-up town: plan, pin, absence, late joiner, a vehicle out, who must be told.

import { expect, expectAccessible, expectFits, openPage, PHONE, shoot, until } from "./harness.mjs";

export const tests = {
  async "the day is planned, changed, and everybody who must be told is listed"({ browser, base, shots, mock }) {
    if (!mock) return;
    const { page, faults, close } = await openPage(browser, base, "/day");
    await page.getByRole("button", { name: "送迎表を作る" }).click();
    await page.waitForSelector("[data-run]");
    expect((await page.locator("[data-run]").count()) === 4, "the runs are not shown by vehicle and round");
    await expectAccessible(page, "day plan");
    // Somebody is not at the door, and somebody is late: what it means is shown before it is done.
    await page.locator("[data-door]").getByRole("button", { name: "乗せずに先へ" }).click();
    await page.waitForSelector("[data-effect]");
    await page.getByRole("button", { name: "やめる" }).click();
    await until("the dialog is closed", async () => (await page.locator("[data-effect]").count()) === 0);
    await page.getByRole("button", { name: "鈴木 キヨ様は支度が遅れる" }).click();
    await page.locator(".retime input").fill("08:55");
    await page.locator(".retime button").click();
    await page.waitForSelector("text=鈴木 キヨ様 4分遅く");
    await expectAccessible(page, "what a late member means");
    await shoot(page, shots, "day-late-1440-ja");
    await page.getByRole("button", { name: "このとおりにする" }).click();
    await page.waitForSelector("li.broken");
    await page.getByRole("button", { name: "さくら1号の計画を固定" }).click();
    await page.waitForSelector("text=固定中");
    await page.getByRole("button", { name: "さくら1号の固定を解く" }).click();
    const choice = page.locator("[data-run]").first().locator("select").first();
    await choice.selectOption("vehicle-2");
    await until("the pin is shown", async () => (await page.locator("[data-run='vehicle-2-pickup_run-1'] li").count()) === 3);
    await page.getByRole("button", { name: "鈴木 キヨ様はこの便をお休み" }).first().click();
    await page.waitForSelector("[data-notice]");
    // By keyboard alone: choose the joiner and fit her in.
    await page.locator("section[aria-labelledby=joins] select").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=渡辺 フミ");
    await page.getByRole("button", { name: "さくら2号を休止にする" }).click();
    await page.waitForSelector("li.broken");
    await page.waitForSelector("text=送れませんでした。電話をお願いします。");
    // Whoever is being written to need not be called; all others come with words to read aloud.
    const [waiting, failed] = ["佐藤 ハル", "田中 トメ"].map((name) => page.locator("[data-notice]", { hasText: name }));
    expect((await waiting.first().locator(".script").count()) === 0, "a script for somebody who is being written to");
    expect((await failed.first().locator(".script").count()) === 1, "no script for somebody who could not be written to");
    await expectAccessible(page, "notices with scripts");
    await shoot(page, shots, "day-1440-ja");
    const open = await page.locator("[data-notice] button").count();
    await page.locator("[data-notice] button").first().click();
    await until("one fewer has to be told", async () => (await page.locator("[data-notice] button").count()) === open - 1);
    await page.getByRole("button", { name: "English" }).click();
    await page.waitForSelector("text=Who must be told");
    await shoot(page, shots, "day-1440-en");
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },

  async "the day plan fits a phone"({ browser, base, shots }) {
    const { page, faults, close } = await openPage(browser, base, "/day", { size: PHONE });
    await page.waitForSelector("main .day");
    await expectFits(page, "day plan");
    await expectAccessible(page, "day plan on a phone");
    await shoot(page, shots, "day-390-ja");
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },
};
