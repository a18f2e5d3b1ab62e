// A browser, a page with ears for every fault, and a few checks. No test framework: a test is a named async function.

import { mkdir } from "node:fs/promises";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = ["--headless", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
export const DESK = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };
/** Generous: software drawing on a loaded machine is slow, and a wait ends as soon as its condition holds. */
export const PATIENCE_MS = 30_000;

export function openBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: FLAGS, headless: true });
}

/** Console lines that are no fault of ours: the software drawing's own remarks. */
const HARMLESS = [/GL Driver Message/, /GPU stall due to ReadPixels/, /Automatic fallback to software WebGL/];

export async function openPage(browser, base, path, { size = DESK, lang = "ja", still = false } = {}) {
  const context = await browser.newContext({ viewport: size, locale: "ja-JP", timezoneId: "Asia/Tokyo", reducedMotion: still ? "reduce" : "no-preference" });
  await context.addInitScript((chosen) => {
    if (!localStorage.getItem("kuseki.lang")) localStorage.setItem("kuseki.lang", chosen);
  }, lang);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const faults = [];
  page.on("pageerror", (error) => faults.push(`page error: ${error.message}`));
  page.on("console", (line) => {
    if (["error", "warning"].includes(line.type()) && !HARMLESS.some((pattern) => pattern.test(line.text()))) faults.push(`console ${line.type()}: ${line.text()} (${line.location().url})`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (["http:", "https:", "ws:", "wss:"].includes(url.protocol) && url.host !== new URL(base).host) faults.push(`asks another host: ${request.url()}`);
  });
  await page.goto(base + path);
  return { page, faults, close: () => context.close() };
}

export function expect(holds, message) {
  if (!holds) throw new Error(message);
}

export async function until(what, condition, patience = PATIENCE_MS) {
  const end = Date.now() + patience;
  let last;
  for (;;) {
    last = await condition();
    if (last) return last;
    if (Date.now() > end) throw new Error(`did not come true in ${patience} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

const require = createRequire(import.meta.url);
let axeSource = "";

/** Serious accessibility faults as axe-core sees them. */
export async function expectAccessible(page, where) {
  axeSource ||= await readFile(require.resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] }));
  // Marks lie where the vehicles are; a map's pins are excepted from the rule on the size of targets (WCAG 2.5.8), and each
  // vehicle has its row in the list beside the map.
  for (const item of violations) if (item.id === "target-size") item.nodes = item.nodes.filter((node) => !node.html.includes('class="mark'));
  const serious = violations.filter((item) => item.nodes.length > 0).filter((item) => ["serious", "critical"].includes(item.impact));
  expect(serious.length === 0, `${where}: ${serious.map((item) => `${item.id} (${item.nodes.length}): ${item.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join(" / ")}`).join("; ")}`);
}

/** Nothing may be wider than the screen: sideways scrolling loses people on a phone. */
export async function expectFits(page, where) {
  const [inner, wide] = await page.evaluate(() => [document.documentElement.clientWidth, document.documentElement.scrollWidth]);
  expect(wide <= inner + 1, `${where} is ${wide} px wide on a screen of ${inner} px`);
}

export async function shoot(page, folder, name) {
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
