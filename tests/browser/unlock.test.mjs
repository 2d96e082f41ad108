// Somebody who knows the password typed it wrong until the account locked, and gets back in (S2).

import assert from "node:assert/strict";
import test from "node:test";
import { assertQuiet, field, heading, launch, open, press } from "./lib/browser.mjs";
import { Caller, everybodyMayReset, somebody } from "./lib/people.mjs";
import {
  chooseNewPassword, passSecondFactor, pressForCode, signIn, startReset, typeCode, typePassword, typePhone,
} from "./lib/steps.mjs";

const REASON = "I know my password, but still can’t sign in";
const browser = await launch();
test.before(everybodyMayReset);
test.after(() => browser.close());

/** Wrong passwords from many places, until the account is locked. */
async function lock({ name }) {
  for (let tries = 0; tries < 11; tries += 1) {
    const { status } = await new Caller().call("POST", "/api/sign-in", { name, password: `wrong guess number ${tries}` });
    assert.ok(status >= 400);
  }
}

/** From the locked account to the choice of what to do. */
async function prove(page, person) {
  await page.goto("/signin");
  await signIn(page, person);
  await page.getByRole("alert").waitFor();
  await startReset(page, person.name, REASON);
  await typePhone(page, person.phone.typed, "Text my mobile phone");
  await typeCode(page, await pressForCode(page, "Next", person.phone.sent));
  await heading(page, "What do you want to do?");
}

test("S2 a locked account is unlocked after proof, and the password stays", async () => {
  const person = await somebody({ registered: true });
  await lock(person);
  const context = await open(browser, { size: "phone" });
  const page = await context.newPage();
  await prove(page, person);
  assert.ok(await page.getByRole("radio", { name: /^Keep my password and unlock my account/ }).isChecked());
  await press(page, "Next");
  await heading(page, "Your account is unlocked");
  await page.goBack();
  await heading(page, "Get back into your account");
  await page.goto("/signin");
  await signIn(page, person);
  await passSecondFactor(page, person.phone.sent);
  await heading(page, "You are signed in");
  assertQuiet(context);
  await context.close();
});

test("S2 S54 whoever unlocks may choose a new password instead", async () => {
  const person = await somebody({ registered: true });
  await lock(person);
  const context = await open(browser);
  const page = await context.newPage();
  await prove(page, person);
  await page.getByRole("radio", { name: /^Choose a new password/ }).check();
  await press(page, "Next");
  await heading(page, "Choose a new password");
  await page.goBack();
  await heading(page, "What do you want to do?");
  await page.goForward();
  await chooseNewPassword(page, "the slow green train", "Finish");
  await heading(page, "Your password is changed");
  await page.getByText("Your account is unlocked too.").waitFor();
  await page.getByRole("link", { name: "Sign in" }).click();
  await signIn(page, person);
  await page.getByRole("alert").getByText("is not right").waitFor();
  await field(page, "What is your password?").fill("");
  await typePassword(page, "the slow green train");
  await heading(page, "How do you want your code?");
  assertQuiet(context);
  await context.close();
});
