// What people do on the pages, one function for each step.

import { field, heading, pass, press, until } from "./browser.mjs";
import { codeAfter, messagesTo } from "./catcher.mjs";

export async function typeName(page, name) {
  await heading(page, "What is your user name?");
  await field(page, "What is your user name?").fill(name);
  await press(page, "Next");
}

export async function typePassword(page, password) {
  await heading(page, "What is your password?");
  await field(page, "What is your password?").fill(password);
  await press(page, "Sign in");
}

export async function chooseNewPassword(page, password, button = "Save my new password") {
  await heading(page, "Choose a new password");
  await field(page, "New password").fill(password);
  await field(page, "Type it again").fill(password);
  await press(page, button);
}

const codePage = (page) => page.getByRole("heading", { level: 1, name: "Type the 8-digit code" });

/** Presses a button that asks for a code. When the page asks for patience, waits until it says "now". */
export async function pressForCodePage(page, button) {
  const patience = page.getByRole("alert").getByText(/You can try again/);
  await press(page, button);
  await codePage(page).or(patience).first().waitFor();
  while (!(await codePage(page).isVisible())) {
    await pass(60);
    await page.getByRole("alert").getByText("You can try again now.").waitFor({ timeout: 320_000 });
    await press(page, button);
    await codePage(page).or(page.getByRole("alert").getByText("You can try again in")).first().waitFor();
  }
}

/**
 * As a person does: asks for a code, looks at the phone, and when nothing came asks again as soon as
 * the page allows it. (A phone that had a code a moment ago gets no other, and nobody is told.)
 */
export async function pressForCode(page, button, number, kind = "sms") {
  const seen = (await messagesTo(number)).length;
  await pressForCodePage(page, button);
  return codeOrAgain(page, () => press(page, "Send a new code"), number, seen, kind);
}

/** Looks at the phone for a moment, then lets time go by until another code can be asked for. */
export async function codeOrAgain(page, ask, number, seen, kind = "sms") {
  const again = page.getByRole("button", { name: "Send a new code" });
  let looks = 0;
  return until(`a code for ${number}`, async () => {
    const code = await codeAfter(number, seen, kind);
    looks += 1;
    if (code || looks % 20 || !(await again.isVisible())) return code;
    if (!(await again.isEnabled())) await pass(60);
    await again.and(page.locator(":enabled")).waitFor({ timeout: 320_000 });
    await ask();
    return undefined;
  }, { within: 320_000 });
}

export async function typeCode(page, code) {
  await heading(page, "Type the 8-digit code");
  await field(page, "Type the 8-digit code").fill(code);
  await press(page, "Next");
}

/** Types the whole number; the country is the browser's own. */
export async function typePhone(page, number, delivery) {
  await field(page, "Country").selectOption("GB");
  await field(page, "Phone number").fill(number);
  await field(page, delivery).check();
}

/** From an open sign-in page to the step after the password. */
export async function signIn(page, { name, password }) {
  await typeName(page, name);
  await typePassword(page, password);
}

/** From the check after the password to the page behind it. */
export async function passSecondFactor(page, number) {
  await heading(page, "How do you want your code?");
  const code = await pressForCode(page, "Send the code", number);
  await typeCode(page, code);
}

/** From /reset to the choice of ways. */
export async function startReset(page, name, reason = "I forgot my password") {
  await page.goto("/reset");
  await heading(page, "Get back into your account");
  await field(page, "User name or email").fill(name);
  await field(page, reason).check();
  await press(page, "Next");
  await heading(page, "Prove it is you");
}

/** Chooses a way that needs nothing typed yet. */
export async function chooseWay(page, way) {
  await field(page, way).check();
  await press(page, "Next");
}

export async function typeAppCode(page, code) {
  await heading(page, "Type the code from your app");
  await field(page, "Type the code from your app").fill(code);
  await press(page, "Next");
}

export async function typeRecoveryCode(page, code) {
  await heading(page, "Type a recovery code");
  await field(page, "Type a recovery code").fill(code);
  await press(page, "Next");
}

/** On the page of recovery codes: reads them, says that they are kept, and goes on. */
export async function keepCodes(page) {
  await heading(page, "Keep these codes");
  const codes = await page.locator(".codes code").allTextContents();
  await field(page, "I have kept them").check();
  await press(page, "Next");
  await heading(page, "Your recovery codes are registered");
  return codes;
}

/** From the page of an app's picture to "registered"; gives the key. */
export async function registerApp(page, codeOf) {
  await heading(page, "Scan this with your app");
  const secret = await page.locator("[data-secret]").textContent();
  await press(page, "Next");
  await typeAppCode(page, await codeOf(secret));
  await heading(page, "Your authenticator app is registered");
  return secret;
}

/** From the page of an address to "registered". */
export async function registerEmail(page, address) {
  await heading(page, "Add an email address");
  await field(page, "Email address").fill(address);
  await typeCode(page, await pressForCode(page, "Next", address, "mail"));
  await heading(page, "Your email address is registered");
}
