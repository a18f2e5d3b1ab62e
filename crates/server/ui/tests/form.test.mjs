// Entering a request of one's own, with the keyboard alone.

import { DESK, expect, expectAccessible, expectFits, openPage, PHONE, shoot, until } from "./harness.mjs";

/** Refusals of the server are logged by the browser itself as failed loads; here they are asked for. */
const ANSWERED_WITH_A_PROBLEM = /the server responded with a status of 4(09|22|00)/;
const TRIES = 8;

const active = (page) => page.evaluate(() => ({ id: document.activeElement?.id ?? "", name: document.activeElement?.getAttribute("name") ?? "", tag: document.activeElement?.tagName ?? "" }));

async function ridersWithPlaces(page, base) {
  const { riders } = await (await page.request.get(`${base}/api/v1/riders?query=&limit=20`)).json();
  // Somebody who stays at home today is the likelier guest.
  const able = riders.filter((rider) => rider.places.length > 1);
  return [...able.filter((rider) => !rider.member_today), ...able.filter((rider) => rider.member_today)];
}

/** Slow town time, so that neither the wish nor the offers run out while a test types. */
async function slowDown(page, base) {
  const clock = await (await page.request.get(`${base}/api/v1/clock`)).json();
  if (clock.demo) await page.request.put(`${base}/api/v1/clock`, { data: { speed: 1 } });
}

/** N, the reading, arrows, Enter: the rider stands in the form and the goal has the focus. */
async function findRider(page, rider) {
  await until("the search field has the focus", async () => (await active(page)).id === "rider-search");
  await page.keyboard.insertText(rider.furigana.replace(/\s/g, "").slice(0, 3));
  const wanted = async () => {
    const options = await page.$$eval("#rider-options[aria-busy=false] [role=option]", (all) => all.map((one) => one.textContent));
    return options.findIndex((text) => text.includes(rider.name) && (!rider.phone || text.includes(rider.phone)));
  };
  const index = await until(`${rider.name} among the found`, async () => {
    const at = await wanted();
    return at >= 0 ? { at } : null;
  });
  for (let step = 0; step < index.at; step += 1) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await until("the goal has the focus", async () => (await active(page)).name === "to");
}

async function answerOf(page) {
  return until("an answer", async () => {
    if ((await page.locator("[data-answer]").count()) > 0) return page.locator("[data-answer]").getAttribute("data-answer");
    if ((await page.locator(".panel [role=alert]").count()) > 0) return "problem";
    return null;
  });
}

export const tests = {
  async "there and back together, and given to another vehicle by hand"({ browser, base, shots }) {
    const { page, faults, close } = await openPage(browser, base, "/");
    await page.waitForSelector('.map[data-ready="true"]');
    await slowDown(page, base);
    const riders = await ridersWithPlaces(page, base);
    // Between the runs, when vehicles are idle.
    const { now } = await (await page.request.get(`${base}/api/v1/clock`)).json();
    const soon = new Date(Date.parse(now) + 30 * 60_000).toLocaleTimeString("en-GB", { timeZone: "Asia/Tokyo", hour: "2-digit", minute: "2-digit" });
    const wished = soon > "12:30" ? soon : "12:30";
    let booked = false;
    await page.keyboard.press("n");
    for (const rider of riders.slice(0, TRIES)) {
      await findRider(page, rider);
      await page.keyboard.press("b");
      await until("the time has the focus", async () => (await active(page)).id === "wish-time");
      await page.locator("#wish-time").fill(wished);
      await page.locator("form .time button", { hasText: "1時間半後に帰る" }).click();
      if (!booked) await shoot(page, shots, "form-1440-round-trip");
      await page.locator("#back-time").press("Enter");
      const state = await answerOf(page);
      if (state === "offered") {
        await shoot(page, shots, "form-1440-round-trip-offers");
        await expectAccessible(page, "form with offers there and back");
        await page.keyboard.press("Enter");
        await page.waitForSelector("[data-answer=booked]");
        const aloud = await page.locator(".aloud").allTextContents();
        expect(aloud.length === 2 && aloud[0].startsWith("行き") && aloud[1].startsWith("帰り"), `the read-back does not tell of both: ${aloud}`);
        await shoot(page, shots, "form-1440-round-trip-booked");
        booked = true;
        break;
      }
      expect(state === "refused", `a round trip ended as ${state}`);
      expect((await page.locator("[data-answer] .dots li").count()) > 1, "both halves say why");
      await shoot(page, shots, "form-1440-round-trip-refused");
      await page.keyboard.press("Escape");
      await page.keyboard.press("n");
    }
    expect(booked, `none of ${TRIES} round trips was offered`);
    await page.keyboard.press("Escape");
    await until("the form is closed", async () => (await page.locator(".panel").count()) === 0);
    const card = page.locator("article.chosen");
    const options = await card.locator("select option").evaluateAll((all) => all.map((one) => one.value).filter(Boolean));
    expect(options.length > 0, "no other vehicle to choose");
    let moved = false;
    for (const vehicle of options) {
      await card.locator("select").selectOption(vehicle);
      await until("what it would mean, or what stands against it", async () => (await card.locator(".notice, [role=alert]").count()) > 0);
      const yes = card.locator(".notice.warn button");
      if ((await yes.count()) === 0) continue;
      await shoot(page, shots, "board-1440-move");
      await expectAccessible(page, "a ride to be moved");
      await yes.click();
      await until("it is moved", async () => (await card.textContent()).includes("移しました"));
      moved = true;
      break;
    }
    expect(moved, "no vehicle could take the ride");
    // What stood against a vehicle came as an answer of the server, which the browser notes as an error.
    expect(faults.filter((fault) => !/status of 409/.test(fault)).length === 0, faults.join("\n"));
    await close();
  },

  async "a request by keyboard alone, to the offers and the read-back"({ browser, base, shots }) {
    const { page, faults, close } = await openPage(browser, base, "/");
    await page.waitForSelector('.map[data-ready="true"]');
    await slowDown(page, base);
    const riders = await ridersWithPlaces(page, base);
    expect(riders.length > 0, "no rider has two places");
    let booked = false;
    let refused = false;
    await page.keyboard.press("n");
    for (const rider of riders.slice(0, TRIES)) {
      await findRider(page, rider);
      await page.keyboard.press("b");
      await until("the time has the focus", async () => (await active(page)).id === "wish-time");
      if (!booked && !refused) await shoot(page, shots, "form-1440-filled");
      await page.keyboard.press("Enter");
      let state = await answerOf(page);
      if (state === "refused" && !refused) {
        refused = true;
        expect((await page.locator("[data-answer] .dots li").count()) > 0, "a refusal without a reason");
        await shoot(page, shots, "form-1440-refused");
        await expectAccessible(page, "form with a refusal");
        if ((await page.locator("[data-answer] ol button").count()) > 0) {
          await page.keyboard.press("1");
          await until("the form is filled again", async () => (await active(page)).tag === "BUTTON" && (await page.locator("[data-answer]").count()) === 0);
          await page.keyboard.press("Enter");
          state = await answerOf(page);
        }
      }
      if (state === "offered") {
        await shoot(page, shots, "form-1440-offers");
        await expectAccessible(page, "form with offers");
        await page.keyboard.press("1");
        await page.waitForSelector("[data-answer=booked]");
        const aloud = await page.locator(".aloud").textContent();
        expect(aloud.includes(rider.name) && /\d+時/.test(aloud), `the read-back does not say who and when: ${aloud}`);
        await page.waitForSelector(".map .mark.vehicle.chosen");
        await until("both ends of the ride on the map", async () => (await page.locator(".map .mark.point.chosen").count()) === 2);
        await page.waitForTimeout(1600);
        await shoot(page, shots, "form-1440-booked");
        booked = true;
        break;
      }
      // Nobody could be found a seat: the next caller.
      await page.keyboard.press("Escape");
      await page.keyboard.press("n");
    }
    expect(booked, `none of ${TRIES} wishes was offered a ride`);
    await page.keyboard.press("Escape");
    await until("the form is closed", async () => (await page.locator(".panel").count()) === 0);
    expect((await page.locator("article.chosen").count()) === 1, "the request is not highlighted in the stream");
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },

  async "what is wrong is said at its field"({ browser, base, shots }) {
    const { page, faults, close } = await openPage(browser, base, "/", { size: DESK });
    await page.waitForSelector('.map[data-ready="true"]');
    await slowDown(page, base);
    const [rider] = await ridersWithPlaces(page, base);
    await page.keyboard.press("n");
    await findRider(page, rider);
    await page.keyboard.press("a");
    await until("the time has the focus", async () => (await active(page)).id === "wish-time");
    await page.keyboard.press("Enter");
    await until("the goal is blamed", async () => (await page.locator("#to-errors").count()) === 1);
    expect((await active(page)).name === "to", "the focus is not at the first fault");
    await page.keyboard.press("b");
    await page.keyboard.insertText("99:99");
    await page.keyboard.press("Enter");
    await until("the time is blamed", async () => (await page.locator('#wish-time[aria-invalid="true"]').count()) === 1);
    await page.locator("#wish-time").fill("0:01");
    await page.keyboard.press("Enter");
    const answer = await answerOf(page);
    expect(answer === "problem" || answer === "refused", `a wish in the past was answered with ${answer}`);
    if (answer === "problem") {
      expect((await page.locator('#wish-time[aria-invalid="true"]').count()) === 1, "the server's fault is not shown at the time");
    }
    await shoot(page, shots, "form-1440-fault");
    await expectAccessible(page, "form with faults");
    const others = faults.filter((fault) => !ANSWERED_WITH_A_PROBLEM.test(fault));
    expect(others.length === 0, others.join("\n"));
    await close();
  },

  async "N does not open the form while typing, and Esc gives the focus back"({ browser, base }) {
    const { page, faults, close } = await openPage(browser, base, "/");
    await page.waitForSelector('.map[data-ready="true"]');
    await page.locator(".filters button").first().focus();
    await page.keyboard.press("n");
    await until("the search field has the focus", async () => (await active(page)).id === "rider-search");
    await page.keyboard.press("n");
    expect((await page.locator("#rider-search").inputValue()) === "n", "N did not reach the search field");
    await page.waitForSelector("#rider-help:not(:empty)");
    await page.keyboard.press("Escape");
    if ((await page.locator(".panel").count()) === 1) await page.keyboard.press("Escape");
    await until("the form is closed", async () => (await page.locator(".panel").count()) === 0);
    const focused = await page.evaluate(() => document.activeElement?.closest(".filters") !== null);
    expect(focused, "the focus was not given back");
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },

  async "the form fits a phone, in English"({ browser, base, shots }) {
    const { page, faults, close } = await openPage(browser, base, "/", { size: PHONE, lang: "en" });
    await page.waitForSelector('.map[data-ready="true"]');
    await page.locator(".tabs .take").click();
    await page.waitForSelector("#rider-options [role=option]");
    await expectFits(page, "search");
    await shoot(page, shots, "form-390-search-en");
    await expectAccessible(page, "rider search");
    await page.locator("#rider-options [role=option]").first().click();
    await page.waitForSelector("#wish-time");
    await expectFits(page, "form");
    await shoot(page, shots, "form-390-en");
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },
};
