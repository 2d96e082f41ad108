// Portal > Users: roles and rights, a person's page, blocked, unlocked, deleted and restored, in and out as a file.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { assertQuiet, field, heading, launch, open, press } from "./lib/browser.mjs";
import { administrator, Caller, everybodyMayReset, setPolicy, somebody, someMailbox, someName } from "./lib/people.mjs";
import { registerEmail } from "./lib/steps.mjs";

const browser = await launch();
test.before(everybodyMayReset);
test.after(() => browser.close());

/** A window of somebody with this role. */
async function portal(role = "global_administrator", size = "desktop") {
  const admin = await somebody({ displayName: "Ada Okafor", role, registered: true });
  const context = await open(browser, { size });
  await admin.caller.lend(context);
  return { admin, context, page: await context.newPage() };
}

async function finish(context) {
  assertQuiet(context);
  await context.close();
}

async function visit(page, person) {
  await page.goto(`/admin#users/${person.id}`);
  await heading(page, person.display_name);
}

const said = (page, text) => page.getByRole("status").getByText(text).waitFor();
const sure = (page, name) => page.getByRole("dialog").getByRole("button", { name, exact: true }).click();

test("S5 S15 a user is created with a department, a country, a kind of account and plans; and edited", async () => {
  const { context, page } = await portal();
  await page.goto("/admin#users/new");
  const name = someName();
  await field(page, "User name").fill(name);
  await field(page, "Name").fill("Mia Steele");
  await page.getByText("More about this person").click();
  await field(page, "Department (if you like)").fill("Sales");
  await field(page, "Country (if you like)").selectOption("GB");
  await page.getByRole("radio", { name: /^In a directory elsewhere/ }).check();
  await field(page, "P1").check();
  await press(page, "Create");
  await heading(page, "Mia Steele can sign in now");
  await page.getByRole("link", { name: "Done" }).click();
  await page.getByRole("link", { name: "Mia Steele" }).first().click();
  await heading(page, "Mia Steele");
  for (const fact of ["Sales", "United Kingdom", "On premises", "P1"])
    await page.locator(".facts").getByText(fact, { exact: true }).waitFor();
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await heading(page, "Edit user");
  await field(page, "Name").fill("Mia Haddad");
  await page.getByRole("checkbox", { name: /^Helpdesk/ }).check();
  await field(page, "Business Premium").check();
  await press(page, "Save");
  await said(page, /^Saved\./);
  await page.getByRole("link", { name: "Back", exact: true }).click();
  await heading(page, "Mia Haddad");
  await page.locator(".tags").getByText("Helpdesk").waitFor();
  await page.locator(".facts").getByText("P1 and Business Premium").waitFor();
  await finish(context);
});

test("a stale edit shows both, and nothing is lost", async () => {
  const { context, page } = await portal();
  const person = await somebody({ displayName: "Noor Haddad" });
  await page.goto(`/admin#users/${person.id}/edit`);
  await heading(page, "Edit user");
  const boss = await administrator();
  const { version } = await boss.must("GET", `/api/users/${person.id}`);
  await boss.must("PATCH", `/api/users/${person.id}`, { version, department: "Sales" });
  await field(page, "Department (if you like)").fill("School");
  await press(page, "Save");
  await page.getByRole("heading", { name: "Somebody else saved a change first" }).waitFor();
  const shown = (title) => page.locator(".versions > div").filter({ hasText: title }).innerText();
  assert.match(await shown("Saved now"), /Noor Haddad: User, Sales\. Cloud account\./);
  assert.match(await shown("Yours"), /Noor Haddad: User, School\. Cloud account\./);
  await press(page, "Save mine instead");
  await said(page, /^Saved\./);
  assert.equal((await boss.must("GET", `/api/users/${person.id}`)).user.department, "School");
  await finish(context);
});

test("somebody is blocked and allowed again, signed out, deleted and restored", async () => {
  const { context, page } = await portal("global_administrator", "phone");
  const person = await somebody({ displayName: "Noor Haddad", registered: true });
  await visit(page, person);
  await press(page, "End sessions");
  await sure(page, "End all sessions");
  await said(page, "All sessions are ended.");
  assert.equal((await person.caller.must("GET", "/api/sign-in")).stage, "signed_out");
  await press(page, "Block");
  await sure(page, "Block");
  await said(page, "Sign-in is blocked.");
  await page.getByText("Their sign-in is blocked.").waitFor();
  const { status } = await new Caller().call("POST", "/api/sign-in", { name: person.name, password: person.password });
  assert.notEqual(status, 200);
  await page.getByRole("button", { name: /^Unblock/ }).click();
  await said(page, "Sign-in is allowed again.");
  await press(page, "Delete");
  await sure(page, "Delete");
  await said(page, "The account is deleted.");
  await page.getByRole("link", { name: "Users", exact: true }).first().click();
  await page.getByRole("link", { name: "Deleted users" }).click();
  await heading(page, "Deleted users");
  await page
    .getByRole("row")
    .filter({ hasText: person.name })
    .getByRole("button", { name: "Restore Noor Haddad" })
    .click();
  await said(page, "Noor Haddad is restored.");
  const { stage } = await new Caller().must("POST", "/api/sign-in", { name: person.name, password: person.password });
  assert.equal(stage, "second_factor_required");
  await finish(context);
});

test("what somebody registered is taken away, and the page says why they cannot reset", async () => {
  const { context, page } = await portal();
  const person = await somebody({ displayName: "Noor Haddad", registered: true });
  await visit(page, person);
  await page.getByText("They can do it now, with what they registered.").waitFor();
  await page.getByRole("button", { name: /^Take away/ }).click();
  await sure(page, "Take them away");
  await said(page, "What was registered is taken away.");
  await page.getByText("They have not registered anything that proves who they are.").waitFor();
  await page.getByText("Everything registered was removed").waitFor();
  await finish(context);
});

test("S6 S7 S8 S29 an account without a plan is said to have none, and a plan that arrives is enough", async (t) => {
  const before = await setPolicy("entitlement", { check: true, cloud: ["p1"], on_premises: ["p1"], groups: [] });
  t.after(() => setPolicy("entitlement", before));
  const { context, page } = await portal();
  const person = await somebody({ displayName: "Noor Haddad", registered: true });
  await visit(page, person);
  await page.getByText("No plan of theirs includes it for this kind of account.").waitFor();
  const own = await open(browser, { size: "phone" });
  await person.caller.lend(own);
  const account = await own.newPage();
  await account.goto("/account");
  await account.getByText("Your plan does not include it, or has not arrived yet.").waitFor();
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await field(page, "P1").check();
  await press(page, "Save");
  await said(page, /^Saved\./);
  await account.reload();
  await account.locator("[data-readiness]").getByText("Yes.").waitFor();
  await finish(own);
  await finish(context);
});

test("a helpdesk helps, and sees nothing that it may not do; a reader only looks", async () => {
  const person = await somebody({ displayName: "Noor Haddad", registered: true });
  const helpdesk = await portal("helpdesk");
  await helpdesk.page.goto("/admin");
  await heading(helpdesk.page, "Users");
  assert.equal(await helpdesk.page.getByRole("link", { name: "New user" }).count(), 0);
  await visit(helpdesk.page, person);
  await helpdesk.page.getByRole("button", { name: "Start a reset" }).waitFor();
  for (const name of [/^Delete/, /^Take away/])
    assert.equal(await helpdesk.page.getByRole("button", { name }).count(), 0);
  await visit(helpdesk.page, { ...helpdesk.admin, display_name: "Ada Okafor" });
  assert.equal(await helpdesk.page.getByRole("button", { name: "Block" }).count(), 0);
  await finish(helpdesk.context);
  const reader = await portal("reader", "phone");
  await visit(reader.page, person);
  await reader.page.getByText("You can look at this, but not change it.").waitFor();
  assert.equal(await reader.page.locator("main button").count(), 0);
  await reader.page.goto("/admin/policy#password-reset/methods");
  await heading(reader.page, "Authentication methods");
  await reader.page.getByText("You can look at this, but not change it.").waitFor();
  assert.equal(await reader.page.getByRole("button", { name: "Save" }).count(), 0);
  await finish(reader.context);
});

test("people come in from a file, line by line, and the first passwords are in the report only", async () => {
  const { context, page } = await portal();
  await page.goto("/admin#users/import");
  await heading(page, "Import users");
  const names = Array.from({ length: 23 }, someName);
  const lines = names.map((name, index) => `${name},"Person, ${index}",Sales,GB`);
  const text = ["user_name,display_name,department,country", ...lines, `${someName()},,Sales,GB`].join("\r\n");
  await field(page, "File").setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await press(page, "Import");
  await page.getByRole("heading", { name: "24 lines: 23 created, 1 not imported." }).waitFor({ timeout: 60_000 });
  const [download] = await Promise.all([page.waitForEvent("download"), press(page, "Download the report")]);
  const report = await readFile(await download.path(), "utf8");
  assert.equal(report.trim().split("\r\n").length, 25);
  const [, name, result, , password] = report.split("\r\n")[1].split(",");
  assert.equal(result, "created");
  const { stage } = await new Caller().must("POST", "/api/sign-in", {
    name: `${name.split("@")[0]}@contoso.example`,
    password,
  });
  assert.equal(stage, "password_change_required");
  await page.getByRole("link", { name: "Done" }).click();
  await heading(page, "Users");
  const [all] = await Promise.all([page.waitForEvent("download"), press(page, "Export to a file")]);
  const csv = await readFile(await all.path(), "utf8");
  for (const one of names) assert.ok(csv.includes(one));
  assert.equal(csv.match(/user_name/g).length, 1);
  await finish(context);
});

test("an administrator with one kind of proof is told that a reset takes two, with a way to add one", async () => {
  const admin = await portal("global_administrator");
  const words = "It takes two different kinds of proof, and you have registered only one.";
  for (const [path, name] of [["/admin", "Users"], ["/account", "My account"]]) {
    await admin.page.goto(path);
    await heading(admin.page, name);
    await admin.page.getByText(words).waitFor();
    assert.equal(await admin.page.getByRole("link", { name: "Add another kind" }).getAttribute("href"), "/register#choose");
  }
  await admin.page.goto("/register#email");
  await registerEmail(admin.page, someMailbox());
  for (const [path, name] of [["/admin", "Users"], ["/account", "My account"]]) {
    await admin.page.goto(path);
    await heading(admin.page, name);
    assert.equal(await admin.page.getByText(words).count(), 0);
  }
  await finish(admin.context);
});
