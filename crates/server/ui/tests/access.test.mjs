// Signing in, the accounts' page, a driver's phone enrolled by its link. What the server decides is tested in Rust; with the
// made-up town its answers are made up here, with the demo the real ones are taken.

import { DESK, expect, expectAccessible, expectFits, openPage, PHONE, shoot, until } from "./harness.mjs";

const NOBODY = { open: false, id: null, name: null, role: null, of: [], whole_area: false, ends_at: null, trial: [] };
const OPERATOR = { ...NOBODY, id: "account-1", name: "佐藤 花子", role: "operator", whole_area: true };
const problem = (status, code, detail_ja) => ({ status, contentType: "application/problem+json", body: JSON.stringify({ type: `urn:kuseki:problem:${code}`, title: code, status, code, detail: code, detail_ja }) });
const WRONG = "サインイン名かパスワードが違います。大文字・小文字を確かめてください。";

/** Faults of a page whose server is meant to say no. */
const others = (faults) => faults.filter((fault) => !/status of 4(01|03|10|29)/.test(fault));

export const tests = {
  async "signing in by keyboard, with what to do where it goes wrong"({ browser, base, shots }) {
    const { page, faults, close } = await openPage(browser, base, "/town", { size: PHONE });
    let answer = null;
    const asked = [];
    await page.route("**/api/v1/session", (route) => {
      if (route.request().method() === "GET") return route.fulfill({ json: NOBODY });
      asked.push(route.request().postDataJSON());
      return route.fulfill(answer);
    });
    await page.goto(`${base}/sign-in?next=%2Fday`);
    await page.waitForSelector("#login");
    await expectFits(page, "sign-in page");
    await expectAccessible(page, "sign-in page");
    await shoot(page, shots, "sign-in-390-ja");
    const size = await page.locator("#password").evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
    expect(size >= 20, `the letters are ${size} px`);

    answer = problem(401, "wrong_sign_in", WRONG);
    await page.locator("#login").focus();
    await page.keyboard.type("hanako");
    await page.keyboard.press("Tab");
    await page.keyboard.type("not the one");
    await page.keyboard.press("Enter");
    await page.waitForSelector(`text=${WRONG}`);
    await until("the fault has the focus", () => page.evaluate(() => document.activeElement?.getAttribute("role") === "alert"));

    answer = { ...problem(429, "locked_out", ""), headers: { "retry-after": "75" } };
    await page.locator("#password").press("Enter");
    await page.waitForSelector("text=/あと7[0-9]秒でもう一度試せます/");
    expect(await page.locator("button[type=submit]").isDisabled(), "one may go on trying while locked out");
    await expectAccessible(page, "sign-in page, locked");
    await shoot(page, shots, "sign-in-390-locked");
    await page.getByRole("button", { name: "English" }).click();
    await page.waitForSelector("text=/You can try again in/");
    await shoot(page, shots, "sign-in-390-en");
    await page.setViewportSize(DESK);
    await shoot(page, shots, "sign-in-1440-en");

    await page.reload();
    answer = { json: OPERATOR };
    await page.locator("#login").fill("hanako");
    await page.locator("#password").fill("correct horse battery");
    await page.locator("#password").press("Enter");
    await page.waitForURL(/\/day$/);
    expect(JSON.stringify(asked.at(-1)) === JSON.stringify({ login: "hanako", password: "correct horse battery" }), JSON.stringify(asked));
    expect(others(faults).length === 0, others(faults).join("\n"));
    await close();
  },

  async "a page whose session is over asks to sign in and comes back"({ browser, base }) {
    const { page, faults, close } = await openPage(browser, base, "/sign-in");
    let signedIn = false;
    await page.route("**/api/v1/session", (route) => route.fulfill({ json: signedIn ? OPERATOR : NOBODY }));
    await page.route("**/api/v1/town", (route) => (signedIn ? route.continue() : route.fulfill(problem(401, "not_signed_in", "サインインが必要です。"))));
    await page.goto(`${base}/town`);
    await page.waitForURL(/\/sign-in\?next=%2Ftown$/);
    await page.waitForSelector("#login");
    await page.route("**/api/v1/session", (route) => {
      signedIn = true;
      return route.fulfill({ json: OPERATOR });
    });
    await page.locator("#login").fill("hanako");
    await page.locator("#password").fill("correct horse battery");
    await page.locator("#password").press("Enter");
    await page.waitForURL(/\/town$/);
    await page.waitForSelector('[data-account="operator"]');
    expect(others(faults).length === 0, others(faults).join("\n"));
    await close();
  },

  async "a phone becomes a driver's device by its link"({ browser, base, shots, mock }) {
    const { page, faults, close } = await openPage(browser, base, "/sign-in", { size: PHONE });
    let link = `${base}/driver#enrol=0123456789abcdef0123456789abcdef`;
    if (mock) {
      await page.route("**/api/v1/invitations/taken", (route) => route.fulfill({ json: { ...NOBODY, id: "device-1", name: "1号車", role: "driver", of: ["vehicle-1"] } }));
    } else {
      const made = await page.request.post(`${base}/api/v1/devices`, { data: { of: "vehicle-1", label: "1号車" } });
      link = (await made.json()).url;
    }
    // From another page of the same address only what is behind the hash would change, and nothing be loaded.
    await page.goto(`${base}/town`);
    await page.goto(link);
    await page.waitForSelector("text=運転手用に登録しました");
    await expectFits(page, "enrolment");
    await expectAccessible(page, "enrolment");
    await shoot(page, shots, "enrol-390-ja");
    expect(!page.url().includes("enrol"), `the used code stays in the address: ${page.url()}`);
    if (mock) return close();

    await page.getByRole("link", { name: "運転手の画面を開く" }).click();
    await page.waitForURL(/vehicle=vehicle-1/);
    await page.waitForSelector("h1");
    const status = async (path) => (await page.request.get(`${base}/api/v1${path}`)).status();
    expect((await status("/vehicles/vehicle-1")) === 200, "the device may not see its own run");
    expect((await status("/vehicles/vehicle-2")) === 403, "the device sees another vehicle");
    expect((await status("/board")) === 403, "the device sees the board");

    // Whoever opens the link next is told what to do.
    const second = await openPage(browser, base, "/sign-in", { size: PHONE });
    await second.page.goto(`${base}/town`);
    await second.page.goto(link);
    await second.page.waitForSelector("text=新しい QR コードを表示してもらい");
    await shoot(second.page, shots, "enrol-390-used");
    await second.close();
    expect(others(faults).length === 0, others(faults).join("\n"));
    await close();
  },

  async "the demo is seen through other eyes, and back"({ browser, base, shots, mock }) {
    if (mock) return;
    const { page, faults, close } = await openPage(browser, base, "/sign-in");
    await page.waitForSelector("[data-trial]");
    await expectAccessible(page, "choosing a role");
    await shoot(page, shots, "sign-in-1440-trial");
    await page.locator("[data-trial=municipality]").click();
    await page.waitForURL(/\/town$/);
    await page.waitForSelector('[data-account="municipality"]');
    await shoot(page, shots, "town-1440-municipality");
    expect((await page.request.get(`${base}/api/v1/board`)).status() === 403, "the town hall sees the board");

    await page.goto(`${base}/sign-in`);
    await page.locator("[data-trial=facility_manager]").click();
    await page.waitForURL(/\/day$/);
    await page.goto(`${base}/`);
    await page.waitForSelector('[data-account="facility_manager"]');
    await shoot(page, shots, "board-1440-facility");
    const board = await (await page.request.get(`${base}/api/v1/board`)).json();
    const foreign = board.vehicles.filter((vehicle) => vehicle.facility !== "facility-1");
    // A member of one's own may be carried by others.
    const { riders } = await (await page.request.get(`${base}/api/v1/riders?limit=200`)).json();
    const own = new Set(riders.map((rider) => rider.id));
    expect(foreign.length > 0 && foreign.every((vehicle) => vehicle.position === null), "others' vehicles are shown where they are");
    const shown = foreign.flatMap((vehicle) => vehicle.visits).filter((visit) => visit.rider.name !== "" && !own.has(visit.rider.id));
    expect(shown.length === 0, `others' people are shown: ${JSON.stringify(shown.map((visit) => visit.rider))}`);

    await page.locator("[data-account] summary").click();
    await expectAccessible(page, "account menu");
    await shoot(page, shots, "board-1440-menu");
    await page.getByRole("button", { name: "サインアウト", exact: true }).click();
    await page.waitForURL(/\/sign-in$/);
    expect((await page.request.get(`${base}/api/v1/board`)).status() === 200, "the demo's doors stay shut");
    expect(others(faults).length === 0, others(faults).join("\n"));
    await close();
  },

  async "accounts, devices and keys are kept on one page"({ browser, base, shots, mock }) {
    if (mock) return;
    const { page, faults, close } = await openPage(browser, base, "/accounts");
    await page.waitForSelector("[data-login=operator]");
    const login = `browser-${Date.now()}`;
    const form = page.locator("section", { has: page.locator("#accounts") }).locator("form");
    await form.getByLabel("名前", { exact: true }).fill("試験 太郎");
    await form.getByLabel("サインイン名").fill(login);
    await form.getByRole("button", { name: "アカウントを作る" }).click();
    await page.waitForSelector("[data-invitation]");
    await page.waitForSelector(`[data-login="${login}"] >> text=招待中`);
    expect((await page.locator("[data-invitation] img").evaluate((image) => image.naturalWidth)) > 100, "there is no QR code");
    await expectAccessible(page, "accounts");
    await expectFits(page, "accounts");
    await shoot(page, shots, "accounts-1440-ja");

    const link = await page.locator("[data-invitation]").getAttribute("data-invitation");
    const holder = await openPage(browser, base, "/sign-in", { size: PHONE });
    await holder.page.goto(`${base}/town`);
    await holder.page.goto(link);
    await holder.page.locator("#password").fill("1234567890");
    await holder.page.locator("#password").press("Enter");
    await holder.page.waitForSelector("text=このパスワードは使えません");
    await holder.page.locator("#password").fill("kumo ga nagareru");
    await shoot(holder.page, shots, "invitation-390-ja");
    await holder.page.locator("#password").press("Enter");
    await holder.page.waitForURL((url) => url.pathname === "/");
    await holder.page.waitForSelector('[data-account="operator"]');
    await holder.close();

    const keys = page.locator("section", { has: page.locator("#keys") });
    await keys.getByLabel("使いみち").fill("試験");
    await keys.getByRole("button", { name: "鍵を作る" }).click();
    const secret = await keys.locator("[data-secret]").textContent();
    const asked = async () => (await page.request.get(`${base}/api/v1/vehicles`, { headers: { authorization: `Bearer ${secret}` } })).status();
    expect((await asked()) === 200, "the new key opens nothing");
    page.on("dialog", (dialog) => dialog.accept());
    await keys.locator("[data-key]").last().getByRole("button", { name: "取り消す" }).click();
    await until("the key is revoked", async () => (await asked()) === 401);
    await page.locator(`[data-login="${login}"]`).getByRole("button", { name: "削除する" }).click();
    await until("the account is gone", async () => (await page.locator(`[data-login="${login}"]`).count()) === 0);
    await page.setViewportSize(PHONE);
    await expectFits(page, "accounts on a phone");
    await shoot(page, shots, "accounts-390-ja");
    expect(others(faults).length === 0, others(faults).join("\n"));
    await close();
  },
};
