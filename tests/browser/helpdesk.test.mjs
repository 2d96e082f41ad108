// A reset that a helpdesk starts: the code is shown once, handed over, and used on /reset, typed or by its link.
// S3: the way back to where somebody came from. S44.

import assert from "node:assert/strict";
import test from "node:test";
import { assertQuiet, BASE, field, heading, launch, open, press } from "./lib/browser.mjs";
import { Caller, everybodyMayReset, setPolicy, somebody } from "./lib/people.mjs";
import {
  chooseNewPassword, chooseWay, pressForCode, registerApp, startReset, typeCode, typePhone,
} from "./lib/steps.mjs";
import { nextAppCode } from "./lib/totp.mjs";

const browser = await launch();
test.before(everybodyMayReset);
test.after(() => browser.close());

async function finish(context) {
  assertQuiet(context);
  await context.close();
}

/** A helpdesk starts a reset on the person's page; gives what it is shown. */
async function startFor(person) {
  const helpdesk = await somebody({ displayName: "Jonas Berg", role: "helpdesk", registered: true });
  const context = await open(browser);
  await helpdesk.caller.lend(context);
  const page = await context.newPage();
  await page.goto(`/admin#users/${person.id}`);
  await heading(page, person.display_name);
  await press(page, "Start a reset");
  await press(page, "Yes, start it");
  await heading(page, "A reset is started");
  const code = await page.locator("[data-code]").textContent();
  const link = await page.locator("[data-link]").textContent();
  await press(page, "Copy code");
  await page.getByRole("button", { name: "Copied" }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), code);
  await page.getByRole("link", { name: "Done", exact: true }).click();
  await heading(page, person.display_name);
  await page.goBack();
  assert.equal(await page.getByText(code).count(), 0);
  await finish(context);
  return { code, link };
}

const typed = (page) => field(page, "Type the code from your helpdesk");

test("S44 somebody who has nothing at hand gets back in with a code from the helpdesk, once", async () => {
  const person = await somebody({ displayName: "Noor Haddad" });
  const { code } = await startFor(person);
  const context = await open(browser, { size: "phone" });
  const page = await context.newPage();
  await startReset(page, person.name);
  await chooseWay(page, "I have a code from my helpdesk");
  await heading(page, "Type the code from your helpdesk");
  await press(page, "Next");
  await page.getByRole("alert").getByText("Type the code that your helpdesk gave you.").waitFor();
  await typed(page).fill("AAAA-AAAA-AAAA-AAAA");
  await press(page, "Next");
  await page.getByRole("alert").getByText("This code does not work.").waitFor();
  await typed(page).fill(code.toLowerCase().replaceAll("-", " "));
  await press(page, "Next");
  await chooseNewPassword(page, "eleven foxes read slowly", "Finish");
  await heading(page, "Your password is changed");
  const me = await new Caller().must("POST", "/api/sign-in", {
    name: person.name,
    password: "eleven foxes read slowly",
  });
  assert.notEqual(me.stage, "password_change_required");
  await startReset(page, person.name);
  await chooseWay(page, "I have a code from my helpdesk");
  await typed(page).fill(code);
  await press(page, "Next");
  await page.getByRole("alert").getByText("This code does not work.").waitFor();
  await finish(context);
});

test("S44 the link fills in name and code, is gone from the address, and sends nothing by itself", async () => {
  const person = await somebody({ displayName: "Noor Haddad" });
  const { link } = await startFor(person);
  const context = await open(browser, { size: "phone" });
  const page = await context.newPage();
  const writes = [];
  page.on("request", (request) => request.method() !== "GET" && writes.push(request.url()));
  await page.goto(link.replace(/^https?:\/\/[^/]+/, BASE));
  await page.getByText("Your helpdesk started this for you.").waitFor();
  assert.equal(await field(page, "User name or email").inputValue(), person.name);
  assert.equal(new URL(page.url()).hash, "");
  assert.deepEqual(writes, []);
  await press(page, "Next");
  await heading(page, "Type the code from your helpdesk");
  assert.notEqual(await typed(page).inputValue(), "");
  await press(page, "Next");
  await chooseNewPassword(page, "eleven foxes read slowly", "Finish");
  await heading(page, "Your password is changed");
  await finish(context);
});

test("S44 S49 a code from the helpdesk can be the second proof, beside the app that was lost", async () => {
  const person = await somebody({ displayName: "Noor Haddad", registered: true });
  const own = await open(browser, { size: "phone" });
  await person.caller.lend(own);
  const home = await own.newPage();
  await home.goto("/register#app");
  await registerApp(home, nextAppCode);
  await finish(own);
  const { code } = await startFor(person);
  const context = await open(browser, { size: "phone" });
  const page = await context.newPage();
  await startReset(page, person.name);
  await typePhone(page, person.phone.typed, "Text my mobile phone");
  await typeCode(page, await pressForCode(page, "Next", person.phone.sent));
  await heading(page, "Type the code from your app");
  await press(page, "I have a code from my helpdesk");
  await heading(page, "Type the code from your helpdesk");
  await press(page, "Use another way");
  await heading(page, "Type the code from your app");
  await press(page, "I have a code from my helpdesk");
  await typed(page).fill(code);
  await press(page, "Next");
  await chooseNewPassword(page, "eleven foxes read slowly", "Finish");
  await heading(page, "Your password is changed");
  await finish(context);
});

test("S3 the way back is offered at the end if an administrator allows it, and never otherwise", async (t) => {
  const before = await setPolicy("customisation", { return_addresses: ["https://mail.contoso.example/"] });
  t.after(() => setPolicy("customisation", before));
  for (const [address, isOffered] of [
    ["https://mail.contoso.example/inbox", true],
    ["https://mail.contoso.example.evil.example/", false],
    ["javascript:alert(1)", false],
  ]) {
    const person = await somebody({ displayName: "Noor Haddad" });
    const { code } = await startFor(person);
    const context = await open(browser, { size: "phone" });
    const page = await context.newPage();
    await page.goto(`/reset?return_to=${encodeURIComponent(address)}`);
    await field(page, "User name or email").fill(person.name);
    await press(page, "Next");
    await chooseWay(page, "I have a code from my helpdesk");
    await typed(page).fill(code);
    await press(page, "Next");
    await chooseNewPassword(page, "eleven foxes read slowly", "Finish");
    await heading(page, "Your password is changed");
    const onward = page.getByRole("link", { name: /^Continue to/ });
    assert.equal(await onward.count(), isOffered ? 1 : 0);
    if (isOffered) {
      assert.equal(await onward.textContent(), "Continue to mail.contoso.example");
      assert.equal(await onward.getAttribute("href"), address);
    }
    await finish(context);
  }
});
