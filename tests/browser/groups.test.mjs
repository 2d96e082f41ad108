// Portal > Groups: a rule that finds the members, tried first; groups inside groups; name and rule changed; a stale
// save shows both.

import assert from "node:assert/strict";
import test from "node:test";
import { assertQuiet, field, heading, launch, open, press } from "./lib/browser.mjs";
import { administrator, everybodyMayReset, somebody, someName } from "./lib/people.mjs";

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

/** Somebody in a department that no other test uses. */
async function inDepartment(department) {
  const person = await somebody({ displayName: "Mia Steele" });
  const boss = await administrator();
  const { version } = await boss.must("GET", `/api/users/${person.id}`);
  await boss.must("PATCH", `/api/users/${person.id}`, { version, department });
  return person;
}

test("S20 a group with a rule: tried, created, and its members are who matches", async () => {
  const department = `Sales ${someName()}`;
  const person = await inDepartment(department);
  const { context, page } = await portal("phone");
  await page.goto("/admin#groups/new");
  await heading(page, "New group");
  await field(page, "Group name").fill(`By rule ${someName()}`);
  await field(page, "Membership type").selectOption("dynamic");
  assert.equal(await page.getByRole("button", { name: "Select members" }).count(), 0);
  await press(page, "Create");
  await page.getByRole("alert").getByText("Type a rule.").waitFor();
  await field(page, "Rule").fill(`department == "${department}"`);
  await press(page, "Try the rule");
  await page.getByText(person.name).waitFor();
  await press(page, "Create");
  await page.getByText("is created.").waitFor();
  await page.getByText("1 member").waitFor();
  await page.getByText(person.name).waitFor();
  assert.equal(await page.getByRole("button", { name: /^Remove/ }).count(), 0);
  await finish(context);
});

test("a mistake in a rule is pointed at, and the field shows the place", async () => {
  const { context, page } = await portal();
  await page.goto("/admin#groups/new");
  await field(page, "Membership type").selectOption("dynamic");
  await field(page, "Rule").fill('department == "Sales" und country == "GB"');
  await press(page, "Try the rule");
  const wrong = page.getByRole("alert").getByRole("link", { name: /at character \d+/ });
  await wrong.click();
  assert.equal(await field(page, "Rule").evaluate((input) => document.activeElement === input), true);
  const [, at] = /at character (\d+)/.exec(await wrong.textContent());
  assert.equal(await field(page, "Rule").evaluate((input) => input.selectionStart), Number(at) - 1);
  await finish(context);
});

/** Ticks the group of this name in the dialog that is open. */
async function choose(page, name) {
  await field(page, "Find by name").fill(name);
  await page.getByRole("dialog").getByRole("checkbox", { name: new RegExp(`^${name}`) }).check();
  await press(page, "Select 1 group");
}

test("S20 a group holds other groups, whose members count; a circle is refused in words", async () => {
  const { context, page } = await portal();
  const boss = await administrator();
  const person = await somebody({ displayName: "Mia Steele" });
  const [inner, outer] = [`Inner ${someName()}`, `Outer ${someName()}`];
  const body = { description: "", membership: "assigned" };
  const made = await boss.must("POST", "/api/groups", { ...body, name: inner, members: [person.id], groups: [] });
  await page.goto("/admin#groups/new");
  await field(page, "Group name").fill(outer);
  await press(page, "Select groups");
  await choose(page, inner);
  await page.getByRole("button", { name: `Remove ${inner}` }).waitFor();
  await press(page, "Create");
  await heading(page, outer);
  await page.getByRole("heading", { name: "1 group inside" }).waitFor();
  await page.getByRole("button", { name: `Remove ${inner}` }).click();
  await page.getByRole("status").getByText(`${inner} is removed.`).waitFor();
  await page.getByText("No other group is inside this one.").waitFor();
  await press(page, "Add groups");
  await choose(page, inner);
  await page.getByRole("status").getByText("1 group added.").waitFor();
  await page.getByRole("heading", { name: "1 group inside" }).waitFor();
  // The other way round it would be a circle.
  await page.goto(`/admin#groups/${made.group.id}`);
  await heading(page, inner);
  await press(page, "Add groups");
  await choose(page, outer);
  await page.getByText("This group is inside that one, so that one cannot be inside this one.").waitFor();
  await page.getByText("Nothing was changed.").waitFor();
  await page.getByRole("heading", { name: "0 groups inside" }).waitFor();
  // Who is in the inner one may do what the outer one may.
  const { version } = await boss.must("GET", "/api/enable-group");
  const { groups } = await boss.must("GET", "/api/groups");
  const { id } = groups.find(({ name }) => name === outer);
  await boss.must("PUT", "/api/enable-group", { scope: "selected", groups: [id], version });
  await page.goto(`/admin#users/${person.id}`);
  await heading(page, "Mia Steele");
  await page.getByText("They have not registered anything that proves who they are.").waitFor();
  assert.equal(await page.getByText("They are in none of the groups that may reset.").count(), 0);
  await everybodyMayReset();
  await finish(context);
});

test("name, description and rule are edited; a stale save shows both", async () => {
  const { context, page } = await portal();
  const boss = await administrator();
  const rule = 'department == "Sales"';
  const name = `By rule ${someName()}`;
  const { group } = await boss.must("POST", "/api/groups", { name, description: "", membership: "dynamic", rule });
  await page.goto(`/admin#groups/${group.id}`);
  await heading(page, name);
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await heading(page, "Edit group");
  await field(page, "Description (if you like)").fill("Whoever sells");
  await press(page, "Save");
  await page
    .getByRole("status")
    .getByText(/^Saved\./)
    .waitFor();
  const now = (await boss.must("GET", `/api/groups/${group.id}`)).group;
  assert.equal(now.description, "Whoever sells");
  await boss.must("PATCH", `/api/groups/${group.id}`, { version: now.version, rule: 'department == "School"' });
  await field(page, "Rule").fill('department == "Shop"');
  await press(page, "Save");
  await page.getByRole("heading", { name: "Somebody else saved a change first" }).waitFor();
  await page.getByText('department == "School"').waitFor();
  await press(page, "Save mine instead");
  await page
    .getByRole("status")
    .getByText(/^Saved\./)
    .waitFor();
  assert.equal((await boss.must("GET", `/api/groups/${group.id}`)).group.rule, 'department == "Shop"');
  await finish(context);
});
