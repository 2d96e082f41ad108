// Signing in, for the first time and later.

import { BASE, field, heading, press } from "../browser.mjs";
import { chooseWay, pressForCodePage, signIn, typeName, typePhone, typeRecoveryCode } from "../steps.mjs";
import { answer, APP, mistakes, PHONE, standing } from "./tools.mjs";

export async function firstSignIn(page, see, person) {
  await page.goto("/signin");
  await heading(page, "What is your user name?");
  await see("signin-name", page);
  await press(page, "Next");
  await mistakes(page);
  await see("signin-name-mistake", page);
  await typeName(page, person.name);
  await heading(page, "What is your password?");
  await see("signin-password", page);
  await field(page, "What is your password?").fill("this is not it");
  await press(page, "Sign in");
  await mistakes(page);
  await see("signin-password-wrong", page);
  await field(page, "What is your password?").fill(person.password);
  await press(page, "Sign in");
  await heading(page, "Choose a new password");
  await see("signin-new-password", page);
  await field(page, "New password").fill("short");
  await page.getByText("Strength: weak").waitFor();
  await press(page, "Save my new password");
  await mistakes(page);
  await see("signin-new-password-mistakes", page);
  person.password = "seven quiet rivers meet";
  await field(page, "New password").fill(person.password);
  await press(page, "Show new password");
  await field(page, "Type it again").fill(person.password);
  await page.getByText("Strength: strong").waitFor();
  await see("signin-new-password-ticked", page);
  await press(page, "Save my new password");
  await heading(page, "More information required");
  await see("signin-more-information", page);
  await page.getByRole("link", { name: "Next" }).click();
}

export async function signedIn(page, see, other) {
  await heading(page, "You are signed in");
  await see("signed-in", page);
  await page.getByRole("link", { name: "My security info" }).click();
  await heading(page, "My security info");
  await see("register-info", page);
  await stepUp(page, see);
  await page.goto("/admin");
  await heading(page, "This page is for administrators");
  await see("admin-not-allowed", page);
  await page.goto("/signin");
  await press(page, "Sign out");
  await heading(page, "You are signed out");
  await see("signed-out", page);
  await press(page, "Sign in again");
  await signIn(page, other);
  await heading(page, "How do you want your code?");
  await see("signin-check", page);
  await pressForCodePage(page, "Send the code");
  await see("signin-code", page);
}

/** Somebody who signed in long ago may not change a phone. */
async function stepUp(page, see) {
  const stop = await answer(page, "/api/send-code/register", 403, { code: "step_up_required", title: "Again.", status: 403 });
  await press(page, "Change my phone");
  await heading(page, "Keep your account secure");
  await see("register-change", page);
  await typePhone(page, "07400 123456", "Call me");
  await press(page, "Next");
  await heading(page, "Sign in again first");
  await see("register-again", page);
  await stop();
}

export async function signInOtherWays(page, see) {
  const methods = [PHONE, APP];
  const checked = standing("second_factor_required", { methods, recovery_codes_left: 3 });
  const before = await answer(page, "/api/sign-in", 200, checked);
  await page.goto("/signin");
  await heading(page, "Type the code from your app");
  await see("signin-app", page);
  await press(page, "Use another way");
  await heading(page, "How do you want your code?");
  await see("signin-check-ways", page);
  await chooseWay(page, "Use a recovery code");
  await heading(page, "Type a recovery code");
  await see("signin-recovery-code", page);
  await answer(page, "/api/verify-code/sign-in", 200, standing("signed_in", { methods, recovery_codes_left: 2 }));
  await typeRecoveryCode(page, "abcd efgh ijkl mnop qrst uvwx");
  await heading(page, "You have 2 recovery codes left");
  await see("signin-few-codes", page);
  await newRecoveryCode(page, see, standing("signed_in", { methods }));
  await before();
}

/** The code that takes the place of one that was used. */
async function newRecoveryCode(page, see, me) {
  await page.goto("/signin");
  await page.reload();
  await press(page, "Use another way");
  await chooseWay(page, "Use a recovery code");
  await page.unroute(`${BASE}/api/verify-code/sign-in`);
  await answer(page, "/api/verify-code/sign-in", 200, { ...me, new_recovery_code: "ABCD-EFGH-IJKL-MNOP-QRST-UVWX" });
  await typeRecoveryCode(page, "abcd efgh ijkl mnop qrst uvwx");
  await heading(page, "Your new recovery code");
  await see("signin-new-code", page);
}
