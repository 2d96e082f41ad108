// Registering: a phone, and everything else.

import { field, heading, press } from "../browser.mjs";
import { pressForCode, typeAppCode, typePhone } from "../steps.mjs";
import { answer, APP, EMAIL, KINDS, mistakes, PHONE, standing } from "./tools.mjs";

export async function register(page, see, person) {
  await heading(page, "Keep your account secure");
  await see("register-phone", page);
  await press(page, "Next");
  await mistakes(page);
  await see("register-phone-mistake", page);
  await press(page, "I want to set up a different method");
  await heading(page, "Which method do you want?");
  await see("register-choose", page);
  await page.getByRole("link", { name: /^Phone/ }).click();
  await heading(page, "Keep your account secure");
  await typePhone(page, person.phone.typed, "Text me a code");
  const code = await pressForCode(page, "Next", person.phone.sent);
  await see("register-code", page);
  await field(page, "Type the 8-digit code").fill("1234");
  await press(page, "Next");
  await mistakes(page);
  await see("register-code-mistake", page);
  await field(page, "Type the 8-digit code").fill(code);
  await press(page, "Next");
  await heading(page, "Your phone is registered");
  await see("register-registered", page);
  await press(page, "Next");
  await heading(page, "You are all set");
  await see("register-done", page);
  await page.getByRole("link", { name: "Done" }).click();
}

const registration = (more) => ({
  required: true, methods: [], recovery_codes: null, offered: KINDS, deliveries: ["text", "call"], needed: 2, more_needed: 2,
  complete: false, ...more,
});

/** Something square: the real one is drawn by the service. */
const QR = {
  size: 33,
  path: Array.from({ length: 625 }, (_, at) => {
    const [x, y] = [at % 25, Math.floor(at / 25)];
    return (x * x + y * y * 3 + x * y) % 7 < 3 ? `M${x + 4},${y + 4}h1v1h-1z` : "";
  }).join(""),
};

export async function registerOtherMethods(page, see) {
  await answer(page, "/api/sign-in", 200, standing("registration_required", { methods: [] }));
  const nothing = await answer(page, "/api/register", 200, registration());
  const secret = "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP";
  await answer(page, "/api/register/app", 200, { secret, uri: "otpauth://totp/x", qr: QR });
  await page.goto("/register#app");
  await heading(page, "Scan this with your app");
  await see("register-app", page);
  await press(page, "Next");
  await heading(page, "Type the code from your app");
  await see("register-app-code", page);
  await nothing();
  await answer(page, "/api/register/app/confirm", 200, { registered: APP });
  const one = await answer(page, "/api/register", 200, registration({ methods: [APP], more_needed: 1 }));
  await typeAppCode(page, "123456");
  await heading(page, "Your authenticator app is registered");
  await see("register-app-registered", page);
  await press(page, "Next");
  await heading(page, "One more way is needed");
  await see("register-one-more", page);
  await page.getByRole("link", { name: /^Email/ }).click();
  await heading(page, "Add an email address");
  await press(page, "Next");
  await mistakes(page);
  await see("register-email-mistake", page);
  await one();
  const left = { recovery_codes: { left: 4, created_at: "2026-01-02T10:00:00Z" }, methods: [PHONE, EMAIL, APP] };
  await answer(page, "/api/register", 200, registration({ ...left, more_needed: 0, complete: true }));
  await page.goto("/register");
  await page.reload();
  await heading(page, "Is this still right?");
  await see("register-confirm", page);
  await press(page, "Change or add something");
  await heading(page, "Which method do you want?");
  await see("register-choose-again", page);
  await page.getByRole("link", { name: /^Recovery codes/ }).click();
  await recoveryCodes(page, see);
}

/** What the service would show once. */
const MADE = {
  codes: Array.from({ length: 10 }, (_, index) => `ABCD-EFGH-IJKL-MNOP-QRST-UVW${"ABCDEFGHIJ"[index]}`),
  created_at: "2026-01-02T10:00:00Z",
};

async function recoveryCodes(page, see) {
  await heading(page, "Make recovery codes");
  await see("register-recovery-codes", page);
  await answer(page, "/api/register/recovery-codes", 200, MADE);
  await press(page, "Make my codes");
  await heading(page, "Keep these codes");
  await see("register-codes", page);
  await press(page, "Next");
  await mistakes(page);
  await see("register-codes-mistake", page);
  await page.emulateMedia({ media: "print" });
  await see("register-codes-printed", page);
  await page.emulateMedia({ media: "screen" });
  await field(page, "I have kept them").check();
  await press(page, "Next");
  await heading(page, "Your recovery codes are registered");
  await see("register-codes-registered", page);
}
