// Portal > Audit and Usage: what was done is found by person, kind and day, and taken home as a file; S4 the
// benefit is counted, and the numbers stand in tables too.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { assertQuiet, field, heading, launch, open, pass, press } from "./lib/browser.mjs";
import { everybodyMayReset, somebody } from "./lib/people.mjs";
import { chooseNewPassword, pressForCode, startReset, typeCode, typePhone } from "./lib/steps.mjs";

const browser = await launch();
test.before(everybodyMayReset);
test.after(() => browser.close());

async function portal(size) {
  const admin = await somebody({ displayName: "Ada Okafor", role: "global_administrator", registered: true });
  const context = await open(browser, { size });
  await admin.caller.lend(context);
  return { context, page: await context.newPage() };
}

async function finish(context) {
  assertQuiet(context);
  await context.close();
}

const found = (page, name) => page.getByRole("heading", { level: 2, name }).waitFor();
const kinds = (page) => page.locator("tbody strong").allTextContents();

test("what was done with one person is found, by kind and by day, and what is found can be kept", async () => {
  const person = await somebody({ displayName: "Noor Haddad", registered: true });
  const { context, page } = await portal("phone");
  await page.goto(`/admin#users/${person.id}`);
  await heading(page, "Noor Haddad");
  await page.getByRole("link", { name: "Look further in the audit" }).click();
  await heading(page, "Audit");
  await found(page, /events$/);
  const all = await kinds(page);
  for (const kind of ["Password changed", "Method registered", "Signed in"])
    assert.ok(all.includes(kind), `${kind} in ${all}`);
  await page.getByText("What: everything").click();
  await field(page, "Method registered").check();
  await press(page, "Search");
  await found(page, "1 event");
  assert.deepEqual(await kinds(page), ["Method registered"]);
  await page.locator("tbody").getByText("Details").click();
  await page.getByText("method_registered").waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), press(page, "Export as NDJSON")]);
  const lines = (await readFile(await download.path(), "utf8")).trim().split("\n");
  assert.equal(lines.length, 1);
  assert.equal(JSON.parse(lines[0]).kind, "method_registered");
  const [csv] = await Promise.all([page.waitForEvent("download"), press(page, "Export as CSV")]);
  assert.match(await readFile(await csv.path(), "utf8"), /method_registered/);
  await field(page, "To (if you like)").fill("2020-01-01");
  await press(page, "Search");
  await page.getByRole("heading", { name: "Nothing found" }).waitFor();
  await finish(context);
});

test("the person is chosen from the list, one at a time, and taken away again", async () => {
  const { context, page } = await portal();
  await page.goto("/admin/reports#audit");
  await heading(page, "Audit");
  await press(page, "Choose a person");
  await page.getByRole("dialog").getByRole("radio").first().check();
  await press(page, "Select 1 user");
  await page.getByRole("button", { name: "Choose another person" }).waitFor();
  await press(page, "Search");
  await found(page, /event/);
  await page.getByRole("button", { name: /^Remove / }).click();
  await page.getByText("Everybody’s.").waitFor();
  await finish(context);
});

test("S4 resets are counted, and every chart has its numbers in a table", async () => {
  const person = await somebody({ displayName: "Noor Haddad", registered: true });
  const own = await open(browser, { size: "phone" });
  const reset = await own.newPage();
  await startReset(reset, person.name);
  await typePhone(reset, person.phone.typed, "Text my mobile phone");
  await typeCode(reset, await pressForCode(reset, "Next", person.phone.sent));
  await chooseNewPassword(reset, "eleven foxes read slowly", "Finish");
  await heading(reset, "Your password is changed");
  await finish(own);
  // What happened a moment ago is not counted yet.
  await pass(20 * 60);
  const { context, page } = await portal();
  await page.goto("/admin/reports#usage");
  await heading(page, "Usage");
  await page.getByRole("heading", { name: "Resets and unlocks by day" }).waitFor();
  const figure = page.getByRole("figure").filter({ hasText: "Resets and unlocks by day" });
  await figure.getByText("The same as a table").click();
  assert.equal(await figure.getByRole("table").getByRole("row").count(), 31);
  const resets = await figure.locator("tbody tr td:nth-child(2)").allTextContents();
  assert.ok(
    resets.some((number) => Number(number) > 0),
    resets.join(" "),
  );
  const methods = page.getByRole("figure").filter({ hasText: "How people proved who they are" });
  await methods.getByText("The same as a table").click();
  assert.ok(
    Number(
      await methods
        .getByRole("row", { name: /^Phone/ })
        .getByRole("cell")
        .textContent(),
    ) > 0,
  );
  const ready = page.getByRole("figure").filter({ hasText: "Who is ready" });
  await ready.getByText("The same as a table").click();
  await ready.getByRole("row", { name: /^Can reset right now [1-9]/ }).waitFor();
  await finish(context);
});
