// Every check of the pages in one go, outside the checkout:
//   node crates/server/ui/tests/all.mjs --work target/ui [--base URL] [--shots DIR] [--steps install,check,unit,build,browser]
// Copies the sources to --work, installs the locked packages there when the lock changed, then runs the type and
// accessibility check, the unit tests, the build, and the browser tests: against --base, or else against the made-up town.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const option = (name, other) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : other);
const ui = dirname(dirname(fileURLToPath(import.meta.url)));
const work = resolve(option("--work", join(ui, "../../../target/ui")));
const steps = option("--steps", "install,check,unit,build,browser").split(",");
const shots = option("--shots");
const base = option("--base");
const npm = process.platform === "win32" ? "npm.cmd" : "npm";

function run(program, ...args) {
  const { status, error } = spawnSync(program, args, { cwd: work, stdio: "inherit", shell: process.platform === "win32" && program === npm });
  if (error) console.error(`${program} cannot be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

const KEPT = new Set(["node_modules", "dist", "installed.txt"]);
mkdirSync(work, { recursive: true });
for (const name of readdirSync(work)) if (!KEPT.has(name)) rmSync(join(work, name), { recursive: true });
cpSync(ui, work, { recursive: true, filter: (from) => !KEPT.has(basename(from)) });

if (steps.includes("install")) {
  const stamp = join(work, "installed.txt");
  const lock = `${process.version}\n${readFileSync(join(work, "package-lock.json"), "utf8")}`;
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lock) {
    run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline");
    writeFileSync(stamp, lock);
  }
}
const tool = (path, ...args) => run(process.execPath, join("node_modules", path), ...args);
if (steps.includes("check")) tool("svelte-check/bin/svelte-check", "--fail-on-warnings", "--tsconfig", "tsconfig.json");
if (steps.includes("unit")) tool("vitest/vitest.mjs", "run");
if (steps.includes("build")) tool("vite/bin/vite.js", "build", "--logLevel", "warn");
if (steps.includes("browser")) {
  run(process.execPath, join("tests", "run.mjs"), ...(base ? ["--base", base] : ["--dist", "dist"]), ...(shots ? ["--shots", resolve(shots)] : []));
}
