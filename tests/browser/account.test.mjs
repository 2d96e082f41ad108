// My account: change a known password (S1), look after what is registered, and end other sessions.

import assert from "node:assert/strict";
import test from "node:test";
import { assertQuiet, field, heading, launch, open, pass, press } from "./lib/browser.mjs";
import { administrator, Caller, everybodyMayReset, somebody, someMailbox, somePhone } from "./lib/people.mjs";
import { passSecondFactor, pressForCode, registerEmail, signIn, typeCode, typePhone } from "./lib/steps.mjs";

const browser = await launch();
test.before(everybodyMayReset);
test.after(() => browser.close());

async function atHome(size) {
  const person = await somebody({ registered: true });
  const context = await open(browser, { size });
  await person.caller.lend(context);
  const page = await context.newPage();
  await page.goto("/account");
  await heading(page, "My account");
  return { person, context, page };
}

async function finish(context) {
  assertQuiet(context);
  await context.close();
}

async function change(page, { current, next }) {
  await field(page, "Current password").fill(current);
  await field(page, "New password").fill(next);
  await field(page, "Type it again").fill(next);
  await press(page, "Change my password");
}

test("S1 a known password is changed; the wrong current one is explained where it is typed", async () => {
  const { person, context, page } = await atHome("phone");
  await page.getByRole("link", { name: "Change my password" }).click();
  await heading(page, "Change my password");
  await press(page, "Change my password");
  await page.getByRole("alert").getByText("Type your current password.").waitFor();
  const next = "seven quiet rivers meet";
  await change(page, { current: "this is not it", next });
  await page.getByRole("alert").getByText("This is not your current password.").waitFor();
  assert.equal(await field(page, "Current password").getAttribute("aria-invalid"), "true");
  assert.equal(await field(page, "Current password").inputValue(), "");
  assert.equal(await field(page, "New password").inputValue(), next);
  await change(page, { current: person.password, next });
  await page.getByRole("status").getByText("Your password is changed.").waitFor();
  await heading(page, "My account");
  await finish(context);
  const { stage } = await new Caller().must("POST", "/api/sign-in", { name: person.name, password: next });
  assert.equal(stage, "second_factor_required");
});

test("S58 other sessions are listed, and end when they are told to", async () => {
  const { person, context, page } = await atHome("desktop");
  const others = [new Caller(), new Caller()];
  const { name, password, phone } = person;
  for (const other of others) await other.signIn({ name, password, phone: phone.typed });
  await page.reload();
  await page.getByText("This one").waitFor();
  const lines = page.locator("[data-sessions] li");
  assert.equal(await lines.count(), 3);
  await page.getByRole("button", { name: /^End the one/ }).first().click();
  await page.getByRole("status").getByText("You are signed out there.").waitFor();
  assert.equal(await lines.count(), 2);
  await press(page, "End all others");
  const dialog = page.getByRole("dialog", { name: "Sign out everywhere else?" });
  await dialog.getByRole("button", { name: "End all others" }).click();
  await page.getByText("You are signed in only here now.").waitFor();
  assert.equal(await lines.count(), 1);
  for (const other of others) assert.equal((await other.must("GET", "/api/sign-in")).stage, "signed_out");
  await finish(context);
});

test("S38 a method is added, replaced and removed; the last one that lets somebody in stays", async () => {
  const { context, page } = await atHome("phone");
  await page.getByRole("button", { name: /^Remove Phone/ }).click();
  const dialog = page.getByRole("dialog", { name: "Remove this phone?" });
  await dialog.getByRole("button", { name: "Remove it" }).click();
  await page.getByText("so it cannot be removed").waitFor();
  await page.getByRole("link", { name: "Add another way" }).click();
  await page.getByRole("link", { name: /^Email/ }).click();
  await registerEmail(page, someMailbox());
  await page.goto("/account");
  await page.getByRole("link", { name: /^Replace Phone/ }).click();
  await heading(page, "Keep your account secure");
  await page.goto("/account");
  await page.getByRole("button", { name: /^Remove Email/ }).click();
  await press(page, "Keep it");
  await page.getByRole("button", { name: /^Remove Email/ }).click();
  await press(page, "Remove it");
  await page.getByRole("status").getByText("is removed.").waitFor();
  assert.equal(await page.getByRole("button", { name: /^Remove Email/ }).count(), 0);
  await finish(context);
});

test("S38 a phone is replaced: the new one is proven, shown and asked, and the old one is gone", async () => {
  const { person, context, page } = await atHome("desktop");
  const next = somePhone();
  const line = page.locator(".methods");
  await line.getByText(person.phone.sent.slice(-4)).waitFor();
  await page.getByRole("link", { name: /^Replace Phone/ }).click();
  await heading(page, "Keep your account secure");
  await typePhone(page, next.typed, "Text me a code");
  await typeCode(page, await pressForCode(page, "Next", next.sent));
  await heading(page, "Your phone is registered");
  await press(page, "Next");
  await heading(page, "My security info");
  await page.goto("/account");
  await line.getByText(next.sent.slice(-4)).waitFor();
  assert.equal(await page.getByRole("button", { name: /^Remove Phone/ }).count(), 1);
  assert.equal(await line.getByText(person.phone.sent.slice(-4)).count(), 0);
  await finish(context);
  const { name, password } = person;
  const { stage } = await new Caller().signIn({ name, password, phone: next.typed });
  assert.equal(stage, "signed_in");
});

test("what was done lately is shown in words, newest first, with who did it", async () => {
  const { person, context, page } = await atHome("phone");
  const lately = page.getByRole("list", { name: "What was done with my account lately" }).getByRole("listitem");
  const told = async (first) => {
    await lately.first().getByText(first).waitFor();
    return (await lately.allInnerTexts()).map((text) => text.replace(/\s+/g, " "));
  };
  const begun = await told(/registered|created|chosen/);
  for (const words of [
    /^Phone registered .* By you$/,
    /^Own password chosen at the first sign-in .* By you$/,
    /^Account created .* By an administrator$/,
  ]) assert.equal(begun.filter((line) => words.test(line)).length, 1, `${words} in ${begun}`);
  await pass(60);
  const boss = await administrator();
  const { version } = await boss.must("GET", `/api/users/${person.id}`);
  await boss.must("PATCH", `/api/users/${person.id}`, { version, department: "Sales" });
  await page.reload();
  const [edited] = await told("Details of the account changed");
  assert.match(edited, /By an administrator$/);
  await pass(60);
  await page.getByRole("link", { name: "Change my password" }).click();
  await change(page, { current: person.password, next: "seven quiet rivers meet" });
  const lines = await told("Password changed");
  assert.match(lines[0], /By you$/);
  assert.match(lines[1], /^Details of the account changed/);
  await finish(context);
});

test("S38 recovery codes are counted, made anew and taken away", async () => {
  const { context, page } = await atHome("desktop");
  await page.getByText("You have none.").waitFor();
  await page.getByRole("link", { name: "Make recovery codes" }).click();
  await press(page, "Make my codes");
  await heading(page, "Keep these codes");
  await page.goto("/account");
  await page.getByText(/^10 codes left/).waitFor();
  await page.getByRole("link", { name: "Make new codes" }).click();
  await page.getByText("They stop working as soon as you make new ones.").waitFor();
  await page.goto("/account");
  await press(page, "Remove my codes");
  await press(page, "Remove them");
  await page.getByText("You have none.").waitFor();
  await finish(context);
});

test("S1 who signed in a while ago signs in again first, and comes back", async () => {
  const { person, context, page } = await atHome("phone");
  await pass(301);
  await page.reload();
  await heading(page, "My account");
  for (const leave of [
    () => page.getByRole("link", { name: "Change my password" }).click(),
    () => page.getByRole("button", { name: /^Remove Phone/ }).click(),
    () => page.getByRole("link", { name: "Add another way" }).click(),
  ]) {
    await leave();
    await heading(page, "Sign in again to change this");
    await press(page, "Not now");
    await heading(page, "My account");
  }
  await page.getByRole("link", { name: "Change my password" }).click();
  await press(page, "Sign in again");
  await signIn(page, person);
  await passSecondFactor(page, person.phone.sent);
  await heading(page, "My account");
  await page.getByRole("link", { name: "Change my password" }).click();
  await heading(page, "Change my password");
  await finish(context);
});
