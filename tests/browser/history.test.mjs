// Every step has its own place in the history; none shows what is over or not yet due.

import assert from "node:assert/strict";
import test from "node:test";
import { assertQuiet, field, heading, launch, open, press } from "./lib/browser.mjs";
import { everybodyMayReset, somebody } from "./lib/people.mjs";
import { chooseNewPassword, pressForCode, signIn, typeCode, typePhone } from "./lib/steps.mjs";

const browser = await launch();
test.after(() => browser.close());

const DEEP_LINKS = [
  ["/reset#method", "Get back into your account"],
  ["/reset#code", "Get back into your account"],
  ["/reset#password", "Get back into your account"],
  ["/reset#done", "Get back into your account"],
  ["/reset#nonsense", "Get back into your account"],
  ["/reset#__proto__", "Get back into your account"],
  ["/reset#%E0%A4%A", "Get back into your account"],
  ["/reset#recovery-code", "Get back into your account"],
  ["/reset#app", "Get back into your account"],
  ["/reset#unlock", "Get back into your account"],
  ["/reset#unlocked", "Get back into your account"],
  ["/sspr#code", "Get back into your account"],
  ["/signin#password", "What is your user name?"],
  ["/signin#code", "What is your user name?"],
  ["/signin#signed-in", "What is your user name?"],
  ["/signin#app", "What is your user name?"],
  ["/signin#recovery-code", "What is your user name?"],
  ["/signin?next=https://elsewhere.example", "What is your user name?"],
  ["/register#code", "What is your user name?"],
  ["/ssprsetup#done", "What is your user name?"],
  ["/register#recovery-codes", "What is your user name?"],
  ["/account", "What is your user name?"],
  ["/account#password", "What is your user name?"],
  ["/admin#users", "What is your user name?"],
];

test("a deep link to a step that is not due leads to the first step", async () => {
  const context = await open(browser);
  for (const [link, title] of DEEP_LINKS) {
    const page = await context.newPage();
    await page.goto(link);
    await heading(page, title);
    await page.close();
  }
  assertQuiet(context);
  await context.close();
});

test("a sign-in returns to places on its list, and to no other", async () => {
  const person = await somebody({ registered: true });
  const context = await open(browser);
  await person.caller.lend(context);
  const page = await context.newPage();
  for (const next of ["https://elsewhere.example/", "//elsewhere.example", "/admin", "__proto__", "constructor", ""]) {
    await page.goto(`/signin?next=${encodeURIComponent(next)}`);
    await heading(page, "You are signed in");
  }
  await page.goto("/signin?next=register");
  await heading(page, "My security info");
  assertQuiet(context);
  await context.close();
});

test("back and forward walk through the steps, and what was typed is still there", async () => {
  const context = await open(browser, { size: "phone" });
  const page = await context.newPage();
  await page.goto("/reset");
  await field(page, "User name or email").fill("somebody@contoso.example");
  await press(page, "Next");
  await heading(page, "Prove it is you");
  assert.match(page.url(), /\/reset#method$/);
  assert.match(await page.title(), /^Prove it is you – /);
  await typePhone(page, "07400 123456", "Call my mobile phone");
  await press(page, "Next");
  await heading(page, "Type the 8-digit code");
  assert.match(page.url(), /\/reset#code$/);
  await page.goBack();
  await heading(page, "Prove it is you");
  assert.equal(await field(page, "Phone number").inputValue(), "07400 123456");
  assert.ok(await field(page, "Call my mobile phone").isChecked());
  await page.goBack();
  await heading(page, "Get back into your account");
  assert.equal(await field(page, "User name or email").inputValue(), "somebody@contoso.example");
  await page.goForward();
  await heading(page, "Prove it is you");
  await page.goForward();
  await heading(page, "Type the 8-digit code");
  await page.reload();
  await heading(page, "Get back into your account");
  assert.equal(await field(page, "User name or email").inputValue(), "");
  assertQuiet(context);
  await context.close();
});

test("after a finished reset, Back shows no stale form and nothing that was typed", async () => {
  await everybodyMayReset();
  const person = await somebody({ registered: true });
  const context = await open(browser);
  const page = await context.newPage();
  await page.goto("/reset");
  await field(page, "User name or email").fill(person.name);
  await press(page, "Next");
  await typePhone(page, person.phone.typed, "Text my mobile phone");
  await typeCode(page, await pressForCode(page, "Next", person.phone.sent));
  await chooseNewPassword(page, "nine calm lighthouses", "Finish");
  await heading(page, "Your password is changed");
  for (let steps = 0; steps < 3; steps += 1) {
    await page.goBack();
    await heading(page, "Get back into your account");
    assert.equal(await field(page, "User name or email").inputValue(), "");
  }
  await page.goForward();
  await heading(page, "Get back into your account");
  const stored = await page.evaluate(() => [localStorage.length, sessionStorage.length]);
  assert.deepEqual(stored, [0, 0]);
  assertQuiet(context);
  await context.close();
});

test("after a finished sign-in, Back stays on the page of the person who is signed in", async () => {
  await everybodyMayReset();
  const person = await somebody();
  const context = await open(browser);
  const page = await context.newPage();
  await page.goto("/signin");
  await signIn(page, person);
  await chooseNewPassword(page, "nine calm lighthouses");
  await heading(page, "More information required");
  await page.goBack();
  await heading(page, "More information required");
  await page.goBack();
  await heading(page, "More information required");
  assertQuiet(context);
  await context.close();
});

test("whoever was signed out in the portal comes back to the page they were on", async () => {
  const admin = await somebody({ displayName: "Ada Okafor", role: "global_administrator", registered: true });
  for (const [path, name, other] of [
    ["/admin", "Users", "Groups"],
    ["/admin/policy", "Properties", "Registration"],
    ["/admin/reports", "Usage", "Audit"],
  ]) {
    const context = await open(browser);
    await admin.caller.lend(context);
    const page = await context.newPage();
    await page.goto(path);
    await heading(page, name);
    const cookies = await context.cookies();
    await context.clearCookies();
    await page.getByRole("link", { name: other, exact: true }).click();
    await page.locator("main").getByText("You have been signed out").waitFor();
    await page.getByRole("link", { name: /Sign in/ }).click();
    await heading(page, "What is your user name?");
    // Signed in, as in another window: the page goes on to where it was asked to.
    await context.addCookies(cookies);
    await page.reload();
    await heading(page, name);
    assert.equal(new URL(page.url()).pathname, path);
    await context.clearCookies();
    await page.reload();
    await heading(page, "What is your user name?");
    await context.addCookies(cookies);
    await page.reload();
    await heading(page, name);
    assert.equal(new URL(page.url()).pathname, path);
    await context.close();
  }
});

test("a user's first password is gone after the page was left", async () => {
  const admin = await somebody({ displayName: "Ada Okafor", role: "global_administrator", registered: true });
  const context = await open(browser);
  await admin.caller.lend(context);
  const page = await context.newPage();
  await page.goto("/admin#users/new");
  await heading(page, "New user");
  await field(page, "User name").fill(`${person()}`);
  await field(page, "Name").fill("Mia Steele");
  await press(page, "Create");
  await heading(page, "Mia Steele can sign in now");
  await page.getByRole("link", { name: "Groups", exact: true }).click();
  await heading(page, "Groups");
  await page.goBack();
  await heading(page, "Users");
  await page.goto("/admin#users/created");
  await heading(page, "Users");
  await context.close();
});

const person = () => `b${Date.now().toString(36)}`;

test("unsaved properties are not left without asking, by link or by Back", async () => {
  await everybodyMayReset();
  const admin = await somebody({ displayName: "Ada Okafor", role: "global_administrator", registered: true });
  const context = await open(browser);
  await admin.caller.lend(context);
  const page = await context.newPage();
  await page.goto("/admin#users");
  await heading(page, "Users");
  await page.getByRole("link", { name: "Password reset", exact: true }).click();
  await heading(page, "Properties");
  const none = page.getByRole("radio", { name: /^None/ });
  await none.check();
  const asked = page.getByRole("dialog", { name: "Leave without saving?" });
  for (const leave of [() => page.getByRole("link", { name: "Users", exact: true }).click(), () => page.goBack()]) {
    await leave();
    await asked.waitFor();
    await press(page, "Stay here");
    await asked.waitFor({ state: "detached" });
    await heading(page, "Properties");
    assert.ok(await none.isChecked());
    assert.match(page.url(), /#password-reset$/);
  }
  await page.getByRole("link", { name: "Groups", exact: true }).click();
  await press(page, "Leave without saving");
  await heading(page, "Groups");
  await page.getByRole("link", { name: "Password reset", exact: true }).click();
  await heading(page, "Properties");
  assert.ok(await page.getByRole("radio", { name: /^All/ }).isChecked());
  assertQuiet(context);
  await context.close();
});
