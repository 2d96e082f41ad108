// Everything besides a phone: an authenticator app, an email address, recovery codes. Registered on the
// pages, then used to sign in and to get back in.

import assert from "node:assert/strict";
import test from "node:test";
import { assertQuiet, field, heading, launch, open, pass, press, someAddress } from "./lib/browser.mjs";
import { messagesTo } from "./lib/catcher.mjs";
import { everybodyMayReset, setPolicy, somebody, someMailbox } from "./lib/people.mjs";
import {
  chooseNewPassword, chooseWay, keepCodes, pressForCode, pressForCodePage, registerApp, registerEmail, signIn, startReset,
  typeAppCode, typeCode, typePhone, typeRecoveryCode,
} from "./lib/steps.mjs";
import { answer } from "./lib/states/tools.mjs";
import { nextAppCode, wrongAppCode } from "./lib/totp.mjs";

const browser = await launch();
test.before(everybodyMayReset);
test.after(() => browser.close());

/** Somebody who is signed in, in a window of their own. */
async function atHome(size = "phone") {
  const person = await somebody({ registered: true });
  const context = await open(browser, { size });
  await person.caller.lend(context);
  return { person, context, page: await context.newPage() };
}

async function fresh(size) {
  const context = await open(browser, { size });
  return { context, page: await context.newPage() };
}

async function finish(context) {
  assertQuiet(context);
  await context.close();
}

async function choose(page, method) {
  await page.goto("/register");
  await heading(page, "My security info");
  await press(page, "Add another way");
  await heading(page, "Which method do you want?");
  await page.getByRole("link", { name: new RegExp(`^${method}`) }).click();
}

test("S38 S57 an authenticator app: a picture or a key, then a code; it is asked for at the next sign-in", async () => {
  const { person, context, page } = await atHome("desktop");
  await choose(page, "Authenticator app");
  await heading(page, "Scan this with your app");
  const picture = page.getByRole("img", { name: /camera of your authenticator app/ });
  assert.match(await picture.getAttribute("viewBox"), /^0 0 \d+ \d+$/);
  await page.getByRole("heading", { name: "I can’t scan it" }).waitFor();
  const key = await page.locator("[data-secret]").textContent();
  assert.match(key, /^([A-Z2-7]{4} ?)+$/);
  await press(page, "Copy the key");
  await page.getByRole("button", { name: "Copied" }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), key.replaceAll(" ", ""));
  await press(page, "Next");
  await typeAppCode(page, wrongAppCode(key));
  await page.getByRole("alert").getByText("This is not the right code.").waitFor();
  await press(page, "Show the picture again");
  await heading(page, "Scan this with your app");
  assert.equal(await page.locator("[data-secret]").textContent(), key);
  await registerApp(page, nextAppCode);
  await press(page, "Next");
  await heading(page, "My security info");
  await page.getByRole("listitem").getByText("Authenticator app").waitFor();
  await finish(context);

  const later = await fresh("phone");
  await later.page.goto("/signin");
  await signIn(later.page, person);
  await typeAppCode(later.page, wrongAppCode(key));
  await later.page.getByRole("alert").getByText("This is not the right code.").waitFor();
  const code = await nextAppCode(key);
  await typeAppCode(later.page, `${code.slice(0, 3)} ${code.slice(3)}`);
  await heading(later.page, "You are signed in");
  await finish(later.context);
});

test("S38 an app that was not finished within ten minutes gets a new picture, in plain words", async () => {
  const { context, page } = await fresh("phone");
  await page.goto("/signin");
  await signIn(page, await somebody());
  await chooseNewPassword(page, "nine calm lighthouses");
  await heading(page, "More information required");
  await page.goto("/register#app");
  await heading(page, "Scan this with your app");
  const key = await page.locator("[data-secret]").textContent();
  await press(page, "Next");
  await pass(601);
  await typeAppCode(page, await nextAppCode(key));
  await heading(page, "Scan this with your app");
  await page.getByRole("alert").getByText("You have ten minutes to do this, and they are over.").waitFor();
  assert.notEqual(await page.locator("[data-secret]").textContent(), key);
  await finish(context);
});

test("S57 after too many wrong codes of an app the page says when to try again, and what to do instead", async () => {
  const { person, context, page } = await atHome();
  await choose(page, "Authenticator app");
  const key = await registerApp(page, nextAppCode);
  await finish(context);
  const later = await fresh("phone");
  await later.page.goto("/signin");
  await signIn(later.page, person);
  const tooMany = later.page.getByRole("alert").getByText(/Too many codes were wrong. You can try again in .* Or use another way\./);
  const wrong = later.page.getByRole("alert").getByText("This is not the right code.");
  for (let tries = 0; tries < 12 && !(await tooMany.isVisible()); tries += 1) {
    await later.context.setExtraHTTPHeaders({ "X-Forwarded-For": someAddress() });
    await typeAppCode(later.page, wrongAppCode(key));
    await later.page.locator("form[aria-busy=false]").waitFor();
    await wrong.or(tooMany).waitFor();
  }
  await tooMany.waitFor();
  await finish(later.context);
});

test("S38 too many wrong codes of a new app are said where the code is typed", async () => {
  const { context, page } = await atHome();
  await choose(page, "Authenticator app");
  await press(page, "Next");
  const refusal = { code: "too_many_attempts", title: "Too many.", status: 429, retry_after: 7200 };
  const over = await answer(page, "/api/register/app/confirm", 429, refusal);
  await typeAppCode(page, "123456");
  await page.getByRole("alert").getByText("Too many codes were wrong. You can try again in 2 hours. Check the clock").waitFor();
  await heading(page, "Type the code from your app");
  await over();
  await finish(context);
});

test("S49 S54 who has an app proves two things: step 1 with the phone, step 2 with the app", async () => {
  const { person, context, page } = await atHome();
  await choose(page, "Authenticator app");
  const key = await registerApp(page, nextAppCode);
  await finish(context);

  const reset = await fresh("desktop");
  await startReset(reset.page, person.name);
  await typePhone(reset.page, person.phone.typed, "Text my mobile phone");
  await typeCode(reset.page, await pressForCode(reset.page, "Next", person.phone.sent));
  await heading(reset.page, "Type the code from your app");
  await reset.page.getByText("Verification step 2", { exact: true }).waitFor();
  await typeAppCode(reset.page, await nextAppCode(key));
  await chooseNewPassword(reset.page, "tomorrow we sail early", "Finish");
  await heading(reset.page, "Your password is changed");
  await finish(reset.context);
});

test("S38 S49 an email address: proven with a code, and a reset with it", async () => {
  const { person, context, page } = await atHome();
  const address = someMailbox();
  await choose(page, "Email");
  await heading(page, "Add an email address");
  await field(page, "Email address").fill("mia");
  await press(page, "Next");
  await page.getByRole("alert").getByText("This is not a whole email address.").waitFor();
  await registerEmail(page, address);
  await finish(context);

  const words = [];
  for (const typed of [someMailbox(), address]) {
    const reset = await fresh("phone");
    await startReset(reset.page, person.name);
    await field(reset.page, "Email me a code").check();
    assert.equal(await field(reset.page, "Phone number").isVisible(), false);
    await field(reset.page, "Email address").fill(typed);
    if (typed === address) {
      const code = await pressForCode(reset.page, "Next", address, "mail");
      words.push((await reset.page.locator("#code-lead").textContent()).replace(typed, "ADDRESS"));
      await typeCode(reset.page, code);
      await chooseNewPassword(reset.page, "windows made of honey", "Finish");
      await heading(reset.page, "Your password is changed");
    } else {
      await pressForCodePage(reset.page, "Next");
      words.push((await reset.page.locator("#code-lead").textContent()).replace(typed, "ADDRESS"));
      assert.deepEqual(await messagesTo(typed), []);
    }
    await finish(reset.context);
  }
  assert.equal(words[0], words[1]);
});

test("S38 S49 S57 recovery codes: shown once, good for a sign-in and a reset, once each, and each replaced", async () => {
  const { person, context, page } = await atHome("desktop");
  await choose(page, "Recovery codes");
  await heading(page, "Make recovery codes");
  await press(page, "Make my codes");
  await heading(page, "Keep these codes");
  await page.getByRole("button", { name: "Print the codes" }).waitFor();
  await press(page, "Copy the codes");
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  await onPaper(page);
  await press(page, "Next");
  await page.getByRole("alert").getByText("Keep the codes first").waitFor();
  const codes = await keepCodes(page);
  assert.equal(codes.length, 10);
  for (const code of codes) assert.match(code, /^([A-Z2-7]{4}-){5}[A-Z2-7]{4}$/);
  assert.deepEqual(copied.split("\n"), codes);
  await page.goBack();
  await page.getByText("Keep these codes").waitFor({ state: "detached" });
  await finish(context);

  const later = await fresh("phone");
  await later.page.goto("/signin");
  await signIn(later.page, person);
  await heading(later.page, "How do you want your code?");
  await chooseWay(later.page, "Use a recovery code");
  await typeRecoveryCode(later.page, codes[0].toLowerCase().replaceAll("-", " "));
  await heading(later.page, "Your new recovery code");
  const instead = await later.page.locator(".reveal").textContent();
  assert.ok(!codes.includes(instead));
  await press(later.page, "I have kept it");
  await heading(later.page, "You are signed in");
  await later.page.goBack();
  assert.equal(await later.page.getByText(instead).count(), 0);
  await finish(later.context);

  const reset = await fresh("phone");
  await startReset(reset.page, person.name);
  await chooseWay(reset.page, "Use a recovery code");
  await typeRecoveryCode(reset.page, "abcd");
  await reset.page.getByRole("alert").getByText("You typed 4.").waitFor();
  await typeRecoveryCode(reset.page, codes[0]);
  await reset.page.getByRole("alert").getByText("This code does not work.").waitFor();
  await typeRecoveryCode(reset.page, instead.replaceAll("-", ""));
  await chooseNewPassword(reset.page, "the slow green train", "Finish");
  await heading(reset.page, "Your password is changed");
  await reset.page.getByRole("heading", { name: "Keep your new recovery code" }).waitFor();
  await finish(reset.context);
});

/** What the printer gets: the codes and whose they are, and nothing to press. */
async function onPaper(page) {
  await page.emulateMedia({ media: "print" });
  assert.ok(await page.locator(".codes").isVisible());
  assert.equal(await page.getByRole("button").count(), 0);
  assert.equal(await page.locator(".door").isVisible(), false);
  await page.emulateMedia({ media: "screen" });
}

test("S36 S38 S42 where two ways are asked for, one more is needed after the first", async (t) => {
  const before = await setPolicy("methods", { needed: 2 });
  t.after(() => setPolicy("methods", before));
  const person = await somebody();
  const { context, page } = await fresh("phone");
  await page.goto("/register");
  await signIn(page, person);
  await chooseNewPassword(page, "nine calm lighthouses");
  await heading(page, "More information required");
  await page.getByRole("link", { name: "Next" }).click();
  await heading(page, "Keep your account secure");
  await typePhone(page, person.phone.typed, "Text me a code");
  await typeCode(page, await pressForCode(page, "Next", person.phone.sent));
  await heading(page, "Your phone is registered");
  await page.getByRole("heading", { name: "One more way is needed" }).waitFor();
  await press(page, "Next");
  await heading(page, "One more way is needed");
  assert.equal(await page.getByRole("link", { name: /^Phone/ }).count(), 0);
  await page.getByRole("link", { name: /^Email/ }).click();
  const address = someMailbox();
  await registerEmail(page, address);
  await press(page, "Next");
  await heading(page, "You are all set");
  await finish(context);

  const reset = await fresh("desktop");
  await startReset(reset.page, person.name);
  await reset.page.getByText("Verification step 1 of 2").waitFor();
  await field(reset.page, "Email me a code").check();
  await field(reset.page, "Email address").fill(address);
  await typeCode(reset.page, await pressForCode(reset.page, "Next", address, "mail"));
  await heading(reset.page, "Prove it in one more way");
  await reset.page.getByText("Verification step 2", { exact: true }).waitFor();
  assert.equal(await field(reset.page, "Email me a code").count(), 0);
  await typePhone(reset.page, person.phone.typed, "Text my mobile phone");
  await typeCode(reset.page, await pressForCode(reset.page, "Next", person.phone.sent));
  await chooseNewPassword(reset.page, "eleven foxes read slowly", "Finish");
  await heading(reset.page, "Your password is changed");
  await finish(reset.context);
});
