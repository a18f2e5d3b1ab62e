// The base map: drawn without internet, another one by a setting, and what must be said where there are no roads.

import { expect, expectAccessible, expectFits, openPage, PHONE, shoot, until } from "./harness.mjs";

const GSI = "https://cyberjapandata.gsi.go.jp";
/** A single grey point as PNG: the stand-in for every picture of the online map. */
const PICTURE = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGO48eQGAAUsApXUNpBSAAAAAElFTkSuQmCC", "base64");

/** The whole board as an area without a roads file would be told of. */
async function withoutRoads(page, base) {
  await page.route(/\/api\/v1\/(area|board|town)$/, async (route) => {
    try {
      const answer = await route.fetch();
      const body = await answer.json();
      const area = body.area ?? body;
      area.roads = { ...area.roads, kind: "straight_lines" };
      await route.fulfill({ response: answer, json: body });
    } catch (fault) {
      // The page was closed while it asked once more: nobody waits for the answer.
      if (!page.isClosed() && !/disposed|closed/.test(String(fault))) throw fault;
    }
  });
  await page.goto(`${base}`);
}

/** The choice holds for the whole area, so every test that changes it begins and ends with the own map. */
async function putBaseMap(page, base, kind) {
  const answer = await page.request.put(`${base}/api/v1/map/base-map`, { data: { base_map: kind } });
  expect(answer.ok(), `the base map ${kind} was refused with ${answer.status()}`);
}

/** Gives the area its own map back whatever comes of the work. */
async function andBack(browser, base, work) {
  const { page, faults, close } = await openPage(browser, base, "/");
  try {
    await putBaseMap(page, base, "own");
    await page.reload();
    await work(page);
    const others = faults.filter((fault) => !fault.includes(GSI) && !fault.includes("ERR_INTERNET_DISCONNECTED"));
    expect(others.length === 0, others.join("\n"));
  } finally {
    await putBaseMap(page, base, "own");
    await close();
  }
}

/** How many colours the map's picture has: a blank one has one or two. */
async function colours(page) {
  const picture = await page.locator(".map .frame").screenshot();
  return page.evaluate(async (bytes) => {
    const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const seen = new Map();
    for (let i = 0; i < data.length; i += 4) {
      const colour = `${data[i]},${data[i + 1]},${data[i + 2]}`;
      seen.set(colour, (seen.get(colour) ?? 0) + 1);
    }
    return { water: seen.get("169,207,227") ?? 0, street: seen.get("255,255,255") ?? 0, kinds: seen.size };
  }, [...picture]);
}

export const tests = {
  async "the map is drawn from the server's own tiles"({ browser, base, mock }) {
    if (mock) return;
    const { page, faults, close } = await openPage(browser, base, "/");
    const asked = [];
    page.on("response", (answer) => {
      if (answer.url().includes("/api/v1/tiles/")) asked.push(answer.status());
    });
    await page.waitForSelector('.map[data-ready="true"]');
    // Faults hold every request to another host, so the picture below came from here alone.
    const seen = await until("water and streets on the map", async () => {
      const now = await colours(page);
      return now.water > 500 && now.street > 500 ? now : null;
    });
    expect(seen.kinds > 50, `the map has only ${seen.kinds} colours`);
    expect(asked.length > 0 && asked.every((status) => [200, 204, 304].includes(status)), `tiles were answered ${asked}`);
    expect((await page.locator(".map .attribution").textContent()).trim().length > 0, "nobody is credited");
    expect(!(await page.locator(".map .attribution").textContent()).includes("OpenStreetMap"), "a drawn town credits OpenStreetMap");
    expect(faults.length === 0, faults.join("\n"));
    await close();
  },

  async "an online map is chosen by keyboard, credited, and given up again"({ browser, base, shots }) {
    await andBack(browser, base, async (page) => {
      let pictures = 0;
      await page.route(`${GSI}/**`, (route) => {
        pictures += 1;
        return route.fulfill({ contentType: "image/png", body: PICTURE, headers: { "access-control-allow-origin": "*" } });
      });
      await page.waitForSelector('.map[data-ready="true"]');
      const choose = async (kind) => {
        await page.locator(".corner summary").focus();
        await page.keyboard.press("Enter");
        await page.locator(`.corner input[value=${kind}]`).focus();
        await page.keyboard.press("Space");
        await page.locator(".corner button[type=submit]").focus();
        await page.keyboard.press("Enter");
      };
      await choose("gsi_pale");
      await page.waitForSelector(".attribution a[href*='gsi.go.jp']");
      await page.waitForSelector('.map[data-ready="true"]');
      await until("pictures of the online map", async () => pictures > 0);
      expect((await page.locator(".attribution").textContent()).includes("国土地理院"), "the online map is not credited");
      await page.locator(".corner summary").click();
      await expectAccessible(page, "board with the choice of maps open");
      await shoot(page, shots, "board-1440-base-map");
      await page.locator(".corner summary").click();
      await choose("own");
      await until("no online map any more", async () => (await page.locator(".attribution a[href*='gsi.go.jp']").count()) === 0 && (await page.locator('.map[data-ready="true"]').count()) === 1);
    });
  },

  async "without internet the own map takes the place of the online one"({ browser, base, shots }) {
    await andBack(browser, base, async (page) => {
      await page.route(`${GSI}/**`, (route) => route.abort("internetdisconnected"));
      await page.waitForSelector('.map[data-ready="true"]');
      await putBaseMap(page, base, "gsi_pale");
      // This page learns of another's choice and offers to load it.
      await page.waitForSelector(".corner .changed");
      await page.locator(".corner .changed button").click();
      await page.waitForSelector(".map .failed");
      expect((await page.locator(".attribution a[href*='gsi.go.jp']").count()) === 0, "a map that is not shown is credited");
      await shoot(page, shots, "board-1440-raster-failed");
    });
  },

  async "without roads every page says so, on screen and on paper, in both languages"({ browser, base, shots }) {
    for (const [path, size] of [["/", undefined], ["/day", undefined], ["/driver", PHONE], ["/town", undefined]]) {
      const { page, faults, close } = await openPage(browser, base, path, { size });
      expect((await page.locator("[data-roads-warning]").count()) === 0, `${path} warns though there are roads`);
      await withoutRoads(page, base + path);
      const banner = page.locator("[data-roads-warning]");
      await banner.waitFor();
      for (const text of ["道路データがありません", "straight lines"]) expect((await banner.textContent()).includes(text), `${path} does not say "${text}"`);
      expect((await banner.locator("button").count()) === 0, `${path}: the warning can be put away`);
      await page.keyboard.press("Escape");
      expect(await banner.isVisible(), `${path}: the warning is gone after Escape`);
      await expectFits(page, `${path} with the warning`);
      await expectAccessible(page, `${path} with the warning`);
      await shoot(page, shots, `warning${path.replace("/", "-")}`);
      await page.emulateMedia({ media: "print" });
      expect(await banner.isVisible(), `${path}: the warning is missing on paper`);
      await shoot(page, shots, `warning-print${path.replace("/", "-")}`);
      expect(faults.length === 0, faults.join("\n"));
      await close();
    }
  },
};
