// Browser tests of the pages: node tests/run.mjs --base http://127.0.0.1:PORT [--shots DIR] [--only TEXT]
// Without --base the made-up town serves the built pages of --dist DIR. CHROMIUM names the browser (default /usr/bin/chromium).

import { tests as access } from "./access.test.mjs";
import { tests as board } from "./board.test.mjs";
import { tests as day } from "./day.test.mjs";
import { tests as driver } from "./driver.test.mjs";
import { tests as form } from "./form.test.mjs";
import { openBrowser } from "./harness.mjs";
import { tests as lists } from "./lists.test.mjs";
import { tests as map } from "./map.test.mjs";
import { tests as policy } from "./policy.test.mjs";
import { tests as town } from "./town.test.mjs";

const option = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);

const shots = option("--shots");
const only = option("--only") ?? "";
let base = option("--base");
let mock = null;
if (!base) {
  const { startMock } = await import("./mock-server.mjs");
  mock = await startMock({ dist: option("--dist") ?? "dist" });
  base = mock.base;
}
base = base.replace(/\/$/, "");

let passed = 0;
let failed = 0;
const browser = await openBrowser();
for (const [name, test] of Object.entries({ ...board, ...map, ...form, ...driver, ...town, ...day, ...lists, ...policy, ...access })) {
  if (!name.includes(only)) continue;
  const began = Date.now();
  try {
    await test({ browser, base, shots, mock });
    passed += 1;
    console.log(`ok    ${name} (${Date.now() - began} ms)`);
  } catch (fault) {
    failed += 1;
    console.log(`FAIL  ${name}\n      ${String(fault?.message ?? fault).replaceAll("\n", "\n      ")}`);
    for (const context of browser.contexts()) await context.close();
  }
}
await browser.close();
await mock?.stop();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
