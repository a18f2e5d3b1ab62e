// The operator's board: the map and what moves on it, the lists, the languages.

import { DESK, expect, expectAccessible, expectFits, openPage, PHONE, shoot, until } from "./harness.mjs";

/** Town time may have to run for a while before the first run of the day leaves. */
const UNTIL_TOWN_WAKES_MS = 120_000;

async function setSpeed(page, speed) {
  const button = page.locator(".speed button", { hasText: new RegExp(`^×${speed}$`) });
  if ((await button.count()) === 0) return;
  await button.click();
  await until(`speed ×${speed} in force`, async () => (await button.getAttribute("aria-pressed")) === "true");
}

const markPlaces = (page) =>
  page.$$eval(".map .mark.vehicle", (marks) => Object.fromEntries(marks.map((mark) => [mark.dataset.vehicle, mark.style.transform])));

export const tests = {
  async "board shows the map with every vehicle, and they move"({ browser, base, shots }) {
    const { page, faults, close } = await openPage(browser, base, "/");
    await page.waitForSelector('.map[data-ready="true"]');
    const { vehicles } = await (await page.request.get(`${base}/api/v1/vehicles`)).json();
    await until("a mark for every vehicle with a position", async () => (await page.locator(".map .mark.vehicle").count()) > 0);
    expect((await page.locator("[id^='row-']").count()) === vehicles.length, "the list does not hold every vehicle");
    await setSpeed(page, 60);
    const before = await markPlaces(page);
    const moved = await until(
      "two marks move",
      async () => {
        const now = await markPlaces(page);
        const ids = Object.keys(now).filter((id) => before[id] && before[id] !== now[id]);
        return ids.length >= 2 ? ids : null;
      },
      UNTIL_TOWN_WAKES_MS,
    );
    expect(moved.length >= 2, "nothing moves");
    await setSpeed(page, 10);
    const ink = await page.evaluate(() => {
      const canvas = document.querySelector(".maplibregl-canvas");
      return canvas.width > 100 && canvas.height > 100;
    });
    expect(ink, "the map has no canvas");
    await shoot(page, shots, "board-1440-ja");
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },

  async "a vehicle glides between two position messages"({ browser, base }) {
    const { page, faults, close } = await openPage(browser, base, "/");
    await page.waitForSelector('.map[data-ready="true"]');
    await setSpeed(page, 10);
    const steps = await until(
      "a driving vehicle in many small steps",
      async () => {
        const driving = await page.evaluate(() => document.querySelector(".map .mark.vehicle:not(.parked)")?.dataset.vehicle ?? null);
        if (!driving) return null;
        const seen = await page.evaluate(async (id) => {
          const places = new Set();
          const end = performance.now() + 2500;
          while (performance.now() < end) {
            places.add(document.querySelector(`.map .mark.vehicle[data-vehicle="${id}"]`)?.style.transform);
            await new Promise((done) => requestAnimationFrame(done));
          }
          return places.size;
        }, driving);
        // Position messages come about once a second; more distinct places than messages means that it glides.
        return seen > 8 ? seen : null;
      },
      UNTIL_TOWN_WAKES_MS,
    );
    expect(steps > 8, "the marks jump");
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },

  async "choosing a vehicle opens its visits and draws its path"({ browser, base, shots }) {
    const { page, faults, close } = await openPage(browser, base, "/");
    await page.waitForSelector('.map[data-ready="true"]');
    const id = await until("a vehicle with visits", async () => {
      const board = await (await page.request.get(`${base}/api/v1/board`)).json();
      return board.vehicles.find((vehicle) => vehicle.visits.length > 1 && vehicle.path.length > 2)?.id;
    }, UNTIL_TOWN_WAKES_MS);
    await page.locator(`#row-${id} > button.row`).click();
    await page.waitForSelector(`#row-${id} ol li`);
    await page.waitForSelector(`.map .mark.vehicle.chosen[data-vehicle="${id}"]`);
    await page.waitForSelector(".map .mark.point");
    await page.waitForTimeout(1500);
    await shoot(page, shots, "board-1440-vehicle");
    await expectAccessible(page, "board with a chosen vehicle");
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },

  async "requests appear newest first and can be filtered"({ browser, base }) {
    const { page, faults, close } = await openPage(browser, base, "/");
    await setSpeed(page, 60);
    await until("a first request", async () => (await page.locator("article[data-request]").count()) > 0, UNTIL_TOWN_WAKES_MS);
    await setSpeed(page, 10);
    const times = await page.$$eval("article[data-request] .made", (all) => all.map((one) => one.textContent));
    expect([...times].sort().reverse().join() === times.join(), `not newest first: ${times.join(" ")}`);
    await page.locator(".filters button").nth(3).click();
    const states = await page.$$eval("article[data-request]", (all) => all.map((one) => one.dataset.state));
    expect(states.every((state) => state === "refused"), `the filter lets through ${states.join(" ")}`);
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },

  async "the language switch is remembered"({ browser, base, shots }) {
    const { page, faults, close } = await openPage(browser, base, "/");
    await page.waitForSelector('.map[data-ready="true"]');
    expect((await page.getAttribute("html", "lang")) === "ja", "the first language is not Japanese");
    expect((await page.locator(".main dt").textContent()).includes("本日使われた空席"), "the count of idle seats is missing");
    await page.getByRole("button", { name: "English" }).click();
    await page.waitForSelector("text=Idle seats used today");
    await page.reload();
    await page.waitForSelector("text=Idle seats used today");
    expect((await page.getAttribute("html", "lang")) === "en", "English was forgotten");
    await page.waitForSelector('.map[data-ready="true"]');
    await page.waitForTimeout(800);
    await expectAccessible(page, "board in English");
    await shoot(page, shots, "board-1440-en");
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },

  async "the board fits a phone"({ browser, base, shots }) {
    const { page, faults, close } = await openPage(browser, base, "/", { size: PHONE });
    await page.waitForSelector('.map[data-ready="true"]');
    await page.waitForTimeout(800);
    await expectFits(page, "board");
    await shoot(page, shots, "board-390-map");
    await expectAccessible(page, "board on a phone");
    for (const [index, name] of ["vehicles", "requests"].entries()) {
      await page.locator(".tabs button").nth(index + 1).click();
      await page.waitForTimeout(200);
      await expectFits(page, name);
      // A press reaches the list only where nothing of the map lies above it.
      const first = page.locator(name === "vehicles" ? "[id^='row-'] > button" : "article[data-request] > button").first();
      if ((await first.count()) > 0) {
        await first.click({ timeout: 5_000 });
        expect((await first.getAttribute("aria-expanded")) === "true", `${name}: a press opens nothing`);
        await first.click();
      }
      await shoot(page, shots, `board-390-${name}`);
    }
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },

  async "a lost connection is told and mends itself"({ browser, base }) {
    const { page, faults, close } = await openPage(browser, base, "/", { size: DESK });
    // The page's sockets go through here, so that the test can cut one without touching the server.
    let cut = false;
    const open = new Set();
    await page.routeWebSocket(/\/api\/v1\/ws/, (socket) => {
      if (cut) return void socket.close();
      socket.connectToServer();
      open.add(socket);
    });
    await page.reload();
    await page.waitForSelector(".connection .badge.good");
    cut = true;
    for (const socket of open) await socket.close();
    await page.waitForSelector(".connection .badge.bad");
    await page.waitForSelector(".notice.warn");
    cut = false;
    await page.waitForSelector(".connection .badge.good");
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },

  async "a report that contradicts what is known is put before the operator until it is looked into"({ browser, base, shots, mock }) {
    if (mock) return;
    const { page, faults, close } = await openPage(browser, base, "/");
    await page.waitForSelector('.map[data-ready="true"]');
    const api = async (method, path, data) => {
      const answer = await page.request.fetch(`${base}/api/v1${path}`, { method, data });
      expect(answer.ok(), `${method} ${path}: ${await answer.text()}`);
      return answer.json();
    };
    const { riders } = await api("GET", "/riders");
    const { now } = await api("GET", "/clock");
    const day = now.slice(0, 10);
    const tomorrow = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
    const guests = riders.filter((one) => one.places.length > 1 && !one.member_today);
    // The first who gets a ride today.
    let ride = null;
    for (const rider of guests.slice(0, 20)) {
      const wish = { kind: "leave_at", at: now < `${day}T12:30` ? `${day}T13:30:00+09:00` : `${tomorrow}T10:30:00+09:00` };
      const made = await api("POST", "/requests", { rider: rider.id, from: rider.places[0].id, to: rider.places[1].id, people: 1, wish, channel: "phone", purpose: "other" });
      if (!made.offers?.length) continue;
      ride = await api("POST", `/requests/${made.id}/accept`, { offer: made.offers[0].id });
      break;
    }
    expect(ride, "nobody got a ride");
    await api("POST", `/requests/${ride.id}/cancel`, {});
    const at = (await api("GET", "/clock")).now;
    await api("POST", `/vehicles/${ride.vehicle}/facts`, { fact: "boarded", visit: `${ride.id}:pickup`, at });
    const report = page.locator("[data-contradiction]", { hasText: ride.rider.name });
    await report.waitFor();
    await expectAccessible(page, "the board with a report to look into");
    await shoot(page, shots, "board-attention-1440-ja");
    await page.setViewportSize(PHONE);
    await page.locator(".tabs button", { hasText: "依頼" }).click();
    await expectFits(page, "the board with a report to look into");
    await shoot(page, shots, "board-attention-390-ja");
    await report.locator("button").click();
    await until("the report is gone", async () => (await report.count()) === 0);
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },
};
