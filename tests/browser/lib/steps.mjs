// What people do on the pages, one function for each step.

import { field, heading, press, until } from "./browser.mjs";
import { messagesTo, nextCode } from "./catcher.mjs";

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

/** Presses a button that sends a code, again and again while the service says "wait". */
export async function pressForCode(page, button, number, kind = "sms") {
  const seen = (await messagesTo(number)).length;
  const code = page.getByRole("heading", { level: 1, name: "Type the 8-digit code" });
  const wait = page.getByRole("alert").getByText("Wait");
  await until("a code to be sent", async () => {
    await press(page, button);
    await code.or(wait).first().waitFor();
    return code.isVisible();
  }, { within: 150_000, every: 2000 });
  return nextCode(number, seen, kind);
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
