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

/**
 * `control` is changed from `from` to `to` on the page; `theirs` is what somebody else saves. `words` are those for
 * what is saved now, and for what is on the page.
 */
const PAGES = [
  {
    part: "methods", story: "S32 S32a", title: "Authentication methods",
    control: tick("Email"), from: true, to: false, theirs: { call: false },
    words: [/^On: text to a phone(?!.*call to a phone)(?!.*email)/, /^On: text to a phone, call to a phone, email/],
  },
  {
    part: "registration", story: "S32 S32b", title: "Registration",
    control: box("Days until they look at it again"), from: "180", to: "90", theirs: { reconfirm_days: 30 },
    words: [/every 30 days\.$/, /every 180 days\.$/],
  },
  {
    part: "notifications", story: "S32 S32c", title: "Notifications",
    control: tick("All administrators"), from: false, to: true, theirs: { person: false },
    words: [/^People are not told .* Administrators are told/, /^People are told .* Administrators are not told/],
  },
  {
    part: "customisation", story: "S32 S32d", title: "Customisation", control: box("Helpdesk (if you like)"),
    from: "", to: "help@contoso.example", theirs: { helpdesk: "https://help.contoso.example/reset" },
    words: [/https:\/\/help\.contoso\.example\/reset/, /^(?!.*help\.contoso)(?!.*help@contoso)/],
  },
];

PAGES.push(
  {
    part: "passwords", story: "S32 S54", title: "Password rules",
    control: box("How many old passwords cannot be used again?"), from: "0", to: "5",
    theirs: { breach_check: false, own_words: ["kettle"] },
    words: [
      /1 word of your own\. The last 5 passwords cannot be used again\. Passwords are not compared/,
      /0 words of your own\. Old passwords are not remembered\./,
    ],
  },
  {
    part: "entitlement", story: "S32 S7", title: "Entitlement",
    control: tick("Only people with a plan"), from: false, to: true, theirs: { cloud: ["p1"] },
    words: [/^Only people with a plan can reset\. Cloud: P1\./, /^Plans are not looked at\./],
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

/** What the note about somebody else's save says is saved now, and what it says is on the page. */
async function bothVersions(page) {
  const note = page.getByRole("alert").filter({ hasText: "Somebody else saved a change first" });
  const version = (name) => note.getByRole("heading", { name }).locator("xpath=following-sibling::p[1]").textContent();
  return [await version("Saved now"), await version("Yours")];
}

for (const { part, story, title, control, from, to, theirs, words } of PAGES) {
  test(`${story} ${title}: saved, reloaded, and a stale save shows both`, async (t) => {
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
    const both = await bothVersions(page);
    for (const [at, version] of both.entries()) assert.match(version, words[at]);
    await press(page, "Save mine instead");
    await page.getByRole("status").getByText(/^Saved\./).waitFor();
    assert.equal(await shown(own, to), from);
    assertQuiet(context);
    await context.close();
  });
}

test("S32a a policy that nobody could meet is refused, and the page says why beside the form", async (t) => {
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

test("S32a countries are named by letters or words, and a stranger to the list is explained", async (t) => {
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

test("S32b days that are no days are explained before anything is sent", async () => {
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

test("S32a S49 what policy switches off is no longer offered; a code from the helpdesk always is", async (t) => {
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

test("S32d the organisation's own name and helpdesk are on the pages", async (t) => {
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
