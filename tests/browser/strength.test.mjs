// The strength meter (S54): zxcvbn comes when somebody types, advises in words, and may stay away.

import assert from "node:assert/strict";
import test from "node:test";
import { assertQuiet, field, heading, launch, open, press } from "./lib/browser.mjs";
import { somebody } from "./lib/people.mjs";

const browser = await launch();
test.after(() => browser.close());

const isMeter = (url) => /\/zxcvbn\.\w+\.js$/.test(url.pathname);

/** Somebody changes their password; `asked` counts how often the meter's module was asked for. */
async function changing(t, { prepare = () => undefined, size = "phone" } = {}) {
  const person = await somebody({ displayName: "Wilhelmina Featherstone", registered: true });
  const context = await open(browser, { size });
  t.after(() => context.close());
  await person.caller.lend(context);
  const page = await context.newPage();
  const asked = [];
  page.on("request", (request) => isMeter(new URL(request.url())) && asked.push(request.url()));
  await prepare(page);
  await page.goto("/account#password");
  await heading(page, "Change my password");
  return { person, context, page, asked };
}

const strength = (page, words) => page.getByText(`Strength: ${words}`, { exact: true }).waitFor();

/** Where the second box stands, below the meter. */
const place = (page) => field(page, "Type it again").evaluate((input) => input.getBoundingClientRect().top + scrollY);

test("S54 the meter comes when somebody types, once, and judges as guessers do", async (t) => {
  const { page, asked, context } = await changing(t);
  await strength(page, "nothing typed yet");
  await field(page, "Current password").fill("something");
  await page.waitForLoadState("networkidle");
  assert.deepEqual(asked, []);
  const password = field(page, "New password");
  const before = await place(page);
  for (const [typed, words] of [
    ["password1234567", "weak"],
    ["qwertyuiopasdfgh", "weak"],
    ["featherstone wilhelmina", "weak"],
    ["hT7#vq-9Lw2!zRkd4", "strong"],
    ["seven quiet rivers meet", "strong"],
    ["", "nothing typed yet"],
  ]) {
    await password.fill(typed);
    await strength(page, words);
    assert.equal(await place(page), before, words);
  }
  assert.equal(asked.length, 1);
  assertQuiet(context);
});

test("S54 the strength is said politely, and not at each key", async (t) => {
  const { page } = await changing(t);
  await page.evaluate(() => {
    window.heard = [];
    const region = document.querySelector("#polite");
    new MutationObserver(() => region.textContent && window.heard.push(region.textContent)).observe(region, { childList: true });
  });
  await field(page, "New password").pressSequentially("hT7#vq-9Lw2!zRkd4", { delay: 20 });
  await strength(page, "strong");
  await page.locator("#polite").getByText("Strength: strong. 2 of 3 rules met.").waitFor({ state: "attached" });
  assert.ok((await page.evaluate(() => window.heard)).length <= 2);
});

test("S54 without the meter the form works, and nothing moves", async (t) => {
  let release;
  const held = new Promise((done) => (release = done));
  const prepare = (page) =>
    page.route(isMeter, async (route) => {
      await held;
      await route.abort();
    });
  const { person, page, asked } = await changing(t, { prepare });
  const before = await place(page);
  const next = "seven quiet rivers meet";
  await field(page, "New password").fill(next);
  await strength(page, "one moment…");
  assert.equal(await place(page), before);
  release();
  await strength(page, "cannot be shown now");
  assert.equal(await place(page), before);
  await field(page, "Current password").fill(person.password);
  await field(page, "Type it again").fill(next);
  await press(page, "Change my password");
  await page.getByRole("status").getByText("Your password is changed.").waitFor();
  assert.ok(asked.length >= 1);
});

test("S54 a meter that somebody tampered with is not run", async (t) => {
  const prepare = (page) =>
    page.route(isMeter, (route) =>
      route.fulfill({ contentType: "text/javascript", body: "window.tampered = true; export const score = () => 4;" }));
  const { page } = await changing(t, { prepare });
  await field(page, "New password").fill("password1234567");
  await strength(page, "cannot be shown now");
  assert.equal(await page.evaluate(() => window.tampered), undefined);
});
