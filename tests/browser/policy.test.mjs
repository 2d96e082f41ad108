// Password reset > all pages but Properties (S32, S5-S8, S54): saved,
// still there after a reload, and never saved over somebody else's change without a word.

import assert from "node:assert/strict";
import test from "node:test";
import { assertQuiet, field, heading, launch, open, press } from "./lib/browser.mjs";
import { everybodyMayReset, setPolicy, somebody } from "./lib/people.mjs";
import { startReset } from "./lib/steps.mjs";

const browser = await launch();
test.before(everybodyMayReset);
test.after(() => browser.close());

const tick = (name) => (page) => page.getByRole("checkbox", { name: new RegExp(`^${name}`) });
const box = (name) => (page) => field(page, name);

/** `control` is changed from `from` to `to` on the page; `theirs` is what somebody else saves. */
const PAGES = [
  {
    part: "methods", title: "Authentication methods",
    control: tick("Email"), from: true, to: false, theirs: { call: false },
  },
  {
    part: "registration", title: "Registration",
    control: box("Days until they look at it again"), from: "180", to: "90", theirs: { reconfirm_days: 30 },
  },
  {
    part: "notifications", title: "Notifications",
    control: tick("All administrators"), from: false, to: true, theirs: { person: false },
  },
  {
    part: "customisation", title: "Customisation", control: box("Helpdesk (if you like)"),
    from: "", to: "help@contoso.example", theirs: { helpdesk: "https://help.contoso.example/reset" },
  },
];

PAGES.push(
  {
    part: "passwords", title: "Password rules", control: box("How many old passwords cannot be used again?"),
    from: "0", to: "5", theirs: { breach_check: false, own_words: ["kettle"] },
  },
  {
    part: "entitlement", title: "Entitlement",
    control: tick("Only people with a plan"), from: false, to: true, theirs: { cloud: ["p1"] },
  },
);

const set = (control, value) => (typeof value === "boolean" ? control.setChecked(value) : control.fill(value));
const shown = (control, value) => (typeof value === "boolean" ? control.isChecked() : control.inputValue());

async function portal() {
  const admin = await somebody({ displayName: "Ada Okafor", role: "global_administrator", registered: true });
  const context = await open(browser);
  await admin.caller.lend(context);
  return { context, page: await context.newPage() };
}

for (const { part, title, control, from, to, theirs } of PAGES) {
  test(`S32 ${title}: saved, reloaded, and a stale save shows both`, async (t) => {
    const before = await setPolicy(part, {});
    t.after(() => setPolicy(part, before));
    const { context, page } = await portal();
    await page.goto("/admin#password-reset");
    await heading(page, "Properties");
    await page.getByRole("link", { name: title, exact: true }).click();
    await heading(page, title);
    assert.equal(await page.getByRole("link", { name: title, exact: true }).getAttribute("aria-current"), "page");
    const own = control(page);
    assert.equal(await shown(own, to), from);
    await set(own, to);
    await page.getByText("You have changes that are not saved.").waitFor();
    await page.getByRole("link", { name: "Properties", exact: true }).click();
    await page.getByRole("dialog", { name: "Leave without saving?" }).waitFor();
    await press(page, "Stay here");
    await press(page, "Save");
    await page.getByRole("status").getByText(/^Saved\./).waitFor();
    await page.reload();
    await heading(page, title);
    assert.equal(await shown(own, to), to);
    await setPolicy(part, theirs);
    await set(own, from);
    await press(page, "Save");
    await page.getByRole("heading", { name: "Somebody else saved a change first" }).waitFor();
    await press(page, "Save mine instead");
    await page.getByRole("status").getByText(/^Saved\./).waitFor();
    assert.equal(await shown(own, to), from);
    assertQuiet(context);
    await context.close();
  });
}

test("S32 a policy that nobody could meet is refused, and the page says why beside the form", async (t) => {
  const before = await setPolicy("methods", {});
  t.after(() => setPolicy("methods", before));
  const { context, page } = await portal();
  await page.goto("/admin#password-reset/methods");
  await heading(page, "Authentication methods");
  for (const name of ["Text", "Call", "Email", "Recovery codes"]) await tick(name)(page).uncheck();
  await press(page, "Save");
  const wrong = page.locator("[data-field=methods] .error");
  await wrong.getByText("Leave at least one of these on").waitFor();
  await tick("Text")(page).check();
  await press(page, "Save");
  await page.getByRole("status").getByText(/^Saved\./).waitFor();
  assertQuiet(context);
  await context.close();
});

test("S32 countries are named by letters or words, and a stranger to the list is explained", async (t) => {
  const before = await setPolicy("methods", {});
  t.after(() => setPolicy("methods", before));
  const { context, page } = await portal();
  await page.goto("/admin#password-reset/methods");
  await heading(page, "Authentication methods");
  const list = field(page, "Countries that codes are sent to");
  await list.fill("gb\nAtlantis");
  await press(page, "Save");
  await page.getByRole("alert").getByText("“Atlantis” is not a country we know.").waitFor();
  await list.fill("gb\nGermany\nGB");
  await page.getByText("United Kingdom, Germany").or(page.getByText("United Kingdom and Germany")).first().waitFor();
  await press(page, "Save");
  await page.getByRole("status").getByText(/^Saved\./).waitFor();
  assert.equal(await list.inputValue(), "GB\nDE");
  assertQuiet(context);
  await context.close();
});

test("the limits are there to be looked at, and are found by their words", async () => {
  const { context, page } = await portal();
  await page.goto("/admin/policy#password-reset/limits");
  await heading(page, "Limits");
  const line = page.getByRole("row").filter({ hasText: "Tries that one code allows" });
  assert.equal(await line.getByRole("cell").last().textContent(), "5");
  await field(page, "Find a limit").fill("one code allows");
  await page.getByRole("row").filter({ hasText: "Codes that are sent in one reset" }).waitFor({ state: "hidden" });
  assert.equal(await line.isVisible(), true);
  assertQuiet(context);
  await context.close();
});

test("S32 days that are no days are explained before anything is sent", async () => {
  const { context, page } = await portal();
  await page.goto("/admin#password-reset/registration");
  await heading(page, "Registration");
  for (const days of ["", "soon", "731", "-1", "1.5"]) {
    await field(page, "Days until they look at it again").fill(days);
    await press(page, "Save");
    await page.getByRole("alert").getByText("Type a whole number of days from 0 to 730.").waitFor();
  }
  assertQuiet(context);
  await context.close();
});

test("S32 S49 what policy switches off is no longer offered; a code from the helpdesk always is", async (t) => {
  const before = await setPolicy("methods", { text: false, call: false, recovery_codes: false });
  t.after(() => setPolicy("methods", before));
  const context = await open(browser, { size: "phone" });
  const page = await context.newPage();
  await startReset(page, "somebody@contoso.example");
  assert.equal(await page.getByRole("radio").count(), 2);
  assert.equal(await field(page, "Email me a code").isChecked(), true);
  await field(page, "I have a code from my helpdesk").waitFor();
  await field(page, "Email address").waitFor();
  assert.equal(await field(page, "Phone number").isVisible(), false);
  assertQuiet(context);
  await context.close();
});

test("S32 the organisation's own name and helpdesk are on the pages", async (t) => {
  const helpdesk = "https://help.contoso.example/reset";
  const before = await setPolicy("customisation", { organisation: "Contoso Schools", helpdesk });
  t.after(() => setPolicy("customisation", before));
  const context = await open(browser, { size: "phone" });
  const page = await context.newPage();
  await startReset(page, "somebody@contoso.example");
  await page.getByText("Contoso Schools").waitFor();
  assert.equal(await page.getByRole("link", { name: "your helpdesk" }).getAttribute("href"), helpdesk);
  assertQuiet(context);
  await context.close();
});
