// The driver's page: the next visit, the three buttons, the lock, the kept facts.

import { DESK, expect, expectAccessible, expectFits, openPage, PHONE, shoot, until } from "./harness.mjs";

const UNTIL_TOWN_WAKES_MS = 120_000;

async function busyVehicle(page, base, condition = () => true) {
  return until(
    "a vehicle with visits",
    async () => {
      const board = await (await page.request.get(`${base}/api/v1/board`)).json();
      return board.vehicles.find((vehicle) => vehicle.visits.length > 0 && condition(vehicle));
    },
    UNTIL_TOWN_WAKES_MS,
  );
}

export const tests = {
  async "the driver chooses a vehicle and it is remembered"({ browser, base, shots }) {
    const { page, faults, close } = await openPage(browser, base, "/driver", { size: PHONE });
    await page.waitForSelector("main li button");
    await expectFits(page, "vehicle chooser");
    await expectAccessible(page, "vehicle chooser");
    await shoot(page, shots, "driver-390-choose");
    const name = await page.locator("main li button strong").first().textContent();
    await page.locator("main li button").first().click();
    await page.waitForSelector("h1");
    await until("the vehicle's name", async () => (await page.locator("h1").textContent()) === name);
    await page.goto(`${base}/driver`);
    await until("the remembered vehicle", async () => (await page.locator("h1").textContent()) === name);
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },

  async "the next visit with who, where, when, and three buttons"({ browser, base, shots }) {
    const { page, faults, close } = await openPage(browser, base, "/driver", { size: PHONE });
    const vehicle = await busyVehicle(page, base);
    await page.goto(`${base}/driver?vehicle=${vehicle.id}`);
    await page.waitForSelector("[data-next]:not([data-next=none])");
    const shown = await page.locator(".next").textContent();
    const fresh = await (await page.request.get(`${base}/api/v1/vehicles/${vehicle.id}`)).json();
    const names = [...vehicle.visits, ...fresh.visits].map((visit) => visit.rider.name);
    expect(names.some((name) => shown.includes(name)), `the page shows none of ${names.join(", ")}`);
    expect((await page.locator(".buttons button").count()) === 3, "there are not three buttons");
    const size = await page.locator(".next").evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
    expect(size >= 20, `the driver's text is ${size} px`);
    await expectFits(page, "driver's page");
    await expectAccessible(page, "driver's page");
    await shoot(page, shots, "driver-390-ja");
    await page.getByRole("button", { name: "English" }).click();
    await until("English", async () => (await page.getAttribute("html", "lang")) === "en");
    await shoot(page, shots, "driver-390-en");
    await page.setViewportSize(DESK);
    await shoot(page, shots, "driver-1440-en");
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },

  async "nothing can be tapped while a demo vehicle drives"({ browser, base }) {
    const { page, faults, close } = await openPage(browser, base, "/driver", { size: PHONE });
    const clock = await (await page.request.get(`${base}/api/v1/clock`)).json();
    if (!clock.demo) return close();
    const setSpeed = (speed) => page.request.put(`${base}/api/v1/clock`, { data: { speed } });
    await setSpeed(60);
    const vehicle = await busyVehicle(page, base, (item) => item.state === "driving");
    await setSpeed(10);
    await page.goto(`${base}/driver?vehicle=${vehicle.id}`);
    await until("locked while driving", async () => {
      const text = await page.locator(".lock").textContent();
      const enabled = await page.locator(".buttons button:enabled").count();
      return text.includes("走行中は操作できません") && enabled === 0;
    }, UNTIL_TOWN_WAKES_MS);
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },

  async "a fact tapped without network is kept and sent later"({ browser, base, shots }) {
    const { page, faults, close } = await openPage(browser, base, "/driver", { size: PHONE });
    const clock = await (await page.request.get(`${base}/api/v1/clock`)).json();
    if (clock.demo) await page.request.put(`${base}/api/v1/clock`, { data: { speed: 20 } });
    let cut = true;
    const keys = new Set();
    const attempts = [];
    await page.route(/\/facts$/, (route) => {
      keys.add(route.request().headers()["idempotency-key"]);
      attempts.push(route.request().postDataJSON());
      return cut ? route.abort("internetdisconnected") : route.continue();
    });
    await until(
      "a tap while standing",
      async () => {
        const vehicle = await busyVehicle(page, base, (item) => item.state !== "driving");
        await page.goto(`${base}/driver?vehicle=${vehicle.id}`);
        const button = page.locator(".buttons button:enabled").first();
        return button.click({ timeout: 2_000 }).then(() => true, () => false);
      },
      UNTIL_TOWN_WAKES_MS,
    );
    await page.waitForSelector('[data-queue="1"]');
    await shoot(page, shots, "driver-390-queue");
    await page.reload();
    await page.waitForSelector('[data-queue="1"]');
    await until("tried again", async () => attempts.length >= 2);
    cut = false;
    await until("the queue is empty", async () => (await page.locator("[data-queue]").count()) === 0);
    expect(keys.size === 1, `one tap was sent under ${keys.size} keys`);
    expect(new Set(attempts.map((fact) => fact.at)).size === 1, "the tap's own time changed between attempts");
    const others = faults.filter((fault) => !/ERR_INTERNET_DISCONNECTED|status of 4(09|22)/.test(fault));
    expect(others.length === 0, others.join("\n"));
    await close();
  },
};
