// The page of the area's rules: a version is tried out and then adopted from its date on.

import { expect, expectAccessible, expectFits, openPage, PHONE, shoot } from "./harness.mjs";

export const tests = {
  async "a new version of the rules says whom it touches and is adopted from its date"({ browser, base, shots, mock }) {
    if (mock) return;
    const { page, faults, close } = await openPage(browser, base, "/policy");
    await page.waitForSelector("[data-policy]");
    await shoot(page, shots, "policy-1440-ja");
    await page.locator("[data-policy] button").first().click();
    await page.locator("form select").nth(1).selectOption("actual_cost");
    const field = (label) => page.locator("label", { hasText: label }).locator("input");
    await field("1kmあたり").fill("25");
    await field("実費の内訳").fill("燃料代・駐車料金");
    await field("根拠（").fill("ひばり沢市 地域公共交通会議 令和8年度第3回");
    await field("決めた人").fill("福祉課");
    const date = await field("適用日").inputValue();
    await page.locator("form button[type=submit]").click();
    const adopt = page.locator("button", { hasText: "から適用する" });
    await adopt.waitFor();
    await expectAccessible(page, "the rules with a version to try");
    await shoot(page, shots, "policy-form-1440-ja");
    await page.setViewportSize(PHONE);
    await expectFits(page, "the rules on a phone");
    await shoot(page, shots, "policy-form-390-ja");
    await adopt.click();
    const version = page.locator(`[data-policy="${date}"]`);
    await version.waitFor();
    const text = await version.textContent();
    expect(text.includes("実費 1kmあたり25円（燃料代・駐車料金）") && text.includes("これから"), text);
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },
};
