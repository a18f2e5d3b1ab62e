// The town hall's page: figures with their definitions, policy, download, print.

import { expect, expectAccessible, expectFits, openPage, PHONE, shoot, until } from "./harness.mjs";

export const tests = {
  async "the town page shows today's figures and the policy"({ browser, base, shots }) {
    const { page, faults, close } = await openPage(browser, base, "/town");
    await page.waitForSelector('[data-figure="idle_seats_used"]');
    // The page first: the day goes on, and the figure only grows.
    const shown = Number((await page.locator('[data-figure="idle_seats_used"]').textContent()).replace(/\D/g, ""));
    const { figures } = await (await page.request.get(`${base}/api/v1/town`)).json();
    expect(Number.isFinite(shown) && shown <= figures.idle_seats_used, `shows ${shown} idle seats, the server ${figures.idle_seats_used}`);
    expect((await page.locator("table tbody tr").count()) > 15, "few figures are shown");
    for (const definition of Object.values(figures.definitions)) {
      expect((await page.locator("main").textContent()).includes(definition.ja), `a definition is missing: ${definition.ja}`);
    }
    expect((await page.locator(".policy li").count()) === 5, "the policy does not list the five kinds of ride");
    await expectAccessible(page, "town page");
    await shoot(page, shots, "town-1440-ja");
    await page.getByRole("button", { name: "English" }).click();
    await page.waitForSelector("text=Idle seats used today");
    await shoot(page, shots, "town-1440-en");
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },

  async "the figures can be saved as CSV"({ browser, base }) {
    const { page, faults, close } = await openPage(browser, base, "/town");
    await page.waitForSelector(".actions button");
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator(".actions button").first().click()]);
    let text = "";
    for await (const part of await download.createReadStream()) text += part;
    expect(download.suggestedFilename().endsWith(".csv"), `the file is called ${download.suggestedFilename()}`);
    expect(text.startsWith("\uFEFF") && text.includes("本日使われた空席") && text.includes("\r\n"), "the file is no CSV for a Japanese office");
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },

  async "the town page follows the day and fits a phone"({ browser, base, shots }) {
    const { page, faults, close } = await openPage(browser, base, "/town", { size: PHONE });
    await page.waitForSelector(".connection .badge.good");
    await expectFits(page, "town page");
    await expectAccessible(page, "town page on a phone");
    await shoot(page, shots, "town-390-ja");
    const before = await page.locator(".title .quiet").textContent();
    const clock = await (await page.request.get(`${base}/api/v1/clock`)).json();
    if (clock.demo) await page.request.put(`${base}/api/v1/clock`, { data: { speed: 60 } });
    await until("the clock runs on", async () => (await page.locator(".title .quiet").textContent()) !== before, 90_000);
    if (clock.demo) await page.request.put(`${base}/api/v1/clock`, { data: { speed: clock.speed } });
    await page.emulateMedia({ media: "print" });
    expect(!(await page.locator(".actions").isVisible()), "the buttons would be printed");
    await expectFits(page, "printed town page");
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },
};
