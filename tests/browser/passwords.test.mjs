// Portal > Password reset > Password rules (S54): the profile, words of one's own, old passwords; and what
// people are told before they type.

import assert from "node:assert/strict";
import test from "node:test";
import { assertQuiet, field, heading, launch, open, press } from "./lib/browser.mjs";
import { everybodyMayReset, setPolicy, somebody } from "./lib/people.mjs";

const browser = await launch();
test.before(everybodyMayReset);
test.after(() => browser.close());

async function finish(context) {
  assertQuiet(context);
  await context.close();
}

async function changing(person) {
  const context = await open(browser, { size: "phone" });
  await person.caller.lend(context);
  const page = await context.newPage();
  await page.goto("/account");
  await page.getByRole("link", { name: "Change my password" }).click();
  await heading(page, "Change my password");
  return { context, page };
}

async function change(page, current, next) {
  await field(page, "Current password").fill(current);
  await field(page, "New password").fill(next);
  await field(page, "Type it again").fill(next);
  await press(page, "Change my password");
}

const WORDS = "Words of your own that nobody may use (if you like)";

test("S54 wrong words and numbers are explained before anything is sent; the right ones are saved", async (t) => {
  const before = await setPolicy("passwords", {});
  t.after(() => setPolicy("passwords", before));
  const admin = await somebody({ displayName: "Ada Okafor", role: "global_administrator", registered: true });
  const context = await open(browser);
  await admin.caller.lend(context);
  const page = await context.newPage();
  await page.goto("/admin/policy#password-reset/passwords");
  await heading(page, "Password rules");
  await field(page, WORDS).fill("abc\nthis is far too long for it");
  await field(page, "How many old passwords cannot be used again?").fill("11");
  await press(page, "Save");
  for (const text of ["“abc” is too short", "is too long", "a whole number from 0 to 10"]) {
    await page.getByRole("alert").getByText(text).waitFor();
  }
  await field(page, WORDS).fill("kettle\nlantern");
  await field(page, "How many old passwords cannot be used again?").fill("3");
  await press(page, "Save");
  await page
    .getByRole("status")
    .getByText(/^Saved\./)
    .waitFor();
  await page.reload();
  await heading(page, "Password rules");
  assert.equal(await field(page, WORDS).inputValue(), "kettle\nlantern");
  await finish(context);
});

test("S54 the rules of Entra are shown before typing, ticked while typing, and hold", async (t) => {
  const before = await setPolicy("passwords", { profile: "entra", history: 3 });
  t.after(() => setPolicy("passwords", before));
  const person = await somebody({ registered: true });
  const { context, page } = await changing(person);
  const rules = page.getByRole("list", { name: "What the password needs" });
  for (const text of ["8 to 256 characters", "Three of these four", "None of the last 3 that you had"])
    await rules.getByText(text).waitFor();
  await field(page, "New password").fill("sevenrivers");
  assert.equal(await rules.locator(".met").filter({ hasText: "Three of these four" }).count(), 0);
  await change(page, person.password, "sevenrivers");
  await page.getByRole("alert").getByText("Use three of these four").waitFor();
  await field(page, "New password").fill("Seven rivers 7");
  await rules.locator(".met").filter({ hasText: "Three of these four" }).waitFor();
  await change(page, person.password, "Seven rivers meet 7");
  await page.getByRole("status").getByText("Your password is changed.").waitFor();
  await finish(context);
});

test("S54 an old password is named among the rules only where policy keeps old ones", async (t) => {
  const before = await setPolicy("passwords", { history: 0 });
  t.after(() => setPolicy("passwords", before));
  const person = await somebody({ registered: true });
  const { context, page } = await changing(person);
  const rules = page.getByRole("list", { name: "What the password needs" });
  await rules.getByText("The same in both boxes").waitFor();
  assert.equal(await rules.getByText("had before").count(), 0);
  await setPolicy("passwords", { history: 1 });
  await page.reload();
  await rules.getByText("Not the one you had before").waitFor();
  await finish(context);
});

test("S54 a password that somebody had before is refused, and says so", async (t) => {
  const before = await setPolicy("passwords", { history: 5 });
  t.after(() => setPolicy("passwords", before));
  const person = await somebody({ registered: true });
  const { context, page } = await changing(person);
  await change(page, person.password, "seven quiet rivers meet");
  await page.getByRole("status").getByText("Your password is changed.").waitFor();
  await page.getByRole("link", { name: "Change my password" }).click();
  await heading(page, "Change my password");
  await change(page, "seven quiet rivers meet", person.password);
  await page.getByRole("alert").getByText("You have used this password before.").waitFor();
  await finish(context);
});
