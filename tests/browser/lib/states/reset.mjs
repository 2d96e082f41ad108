// Getting back in.

import { BASE, field, heading, press } from "../browser.mjs";
import { chooseWay, pressForCode, startReset, typeAppCode, typePhone, typeRecoveryCode } from "../steps.mjs";
import { answer, mistakes } from "./tools.mjs";

export async function reset(page, see, person) {
  await page.goto("/reset");
  await heading(page, "Get back into your account");
  await see("reset-name", page);
  await press(page, "Next");
  await mistakes(page);
  await see("reset-name-mistake", page);
  await field(page, "User name or email").fill(person.name);
  await press(page, "Next");
  await heading(page, "Prove it is you");
  await see("reset-method", page);
  await press(page, "Next");
  await mistakes(page);
  await see("reset-method-mistake", page);
  await typePhone(page, person.phone.typed, "Text my mobile phone");
  const code = await pressForCode(page, "Next", person.phone.sent);
  await see("reset-code", page);
  await lostConnection(page, see, code);
  await heading(page, "Choose a new password");
  await see("reset-password", page);
  await resetFinish(page, see);
}

async function lostConnection(page, see, code) {
  await field(page, "Type the 8-digit code").fill(code);
  await page.context().setOffline(true);
  await press(page, "Next");
  await page.getByRole("heading", { name: "The connection was lost" }).waitFor();
  await see("reset-connection-lost", page);
  await page.context().setOffline(false);
  await press(page, "Try again");
}

async function resetFinish(page, see) {
  const password = "eleven foxes read slowly";
  const stop = await answer(page, "/api/set-password/reset", 422, {
    code: "password_rejected", title: "This password cannot be used.", reasons: ["common"], status: 422,
  });
  await field(page, "New password").fill(password);
  await field(page, "Type it again").fill(password);
  await press(page, "Finish");
  await mistakes(page);
  await see("reset-password-refused", page);
  await stop();
  await press(page, "Finish");
  await heading(page, "Your password is changed");
  await see("reset-done", page);
  const expired = await answer(page, "/api/start-reset", 410, { code: "flow_expired", title: "This took too long.", status: 410 });
  await page.goto("/reset");
  await field(page, "User name or email").fill("somebody");
  await press(page, "Next");
  await heading(page, "You need to start again");
  await see("reset-start-again", page);
  await expired();
}

/** Ways that policy could offer, on answers made up here: no phone and no mailbox has to rest. */
export async function resetOtherWays(page, see) {
  const methods = [{ kind: "phone", deliveries: ["text", "call"] }, { kind: "email" }, { kind: "recovery_code" }];
  const rules = { min_length: 8, max_length: 256 };
  const made = { step: 1, steps: 2, methods, expires_in: 900 };
  await answer(page, "/api/start-reset", 200, made);
  await answer(page, "/api/send-code/reset", 202, { expires_in: 600, resend_in: 30, sends_left: 2 });
  await startReset(page, "mias@contoso.example", "I know my password, but still can’t sign in");
  await field(page, "Email me a code").check();
  await press(page, "Next");
  await mistakes(page);
  await see("reset-email-mistake", page);
  await field(page, "Email address").fill("mia.steele@a-very-long-company-name.example.org");
  await press(page, "Next");
  await heading(page, "Type the 8-digit code");
  await see("reset-email-code", page);
  await press(page, "Use another way");
  await chooseWay(page, "Use a recovery code");
  await heading(page, "Type a recovery code");
  await see("reset-recovery-code", page);
  await typeRecoveryCode(page, "abcd");
  await mistakes(page);
  await see("reset-recovery-code-mistake", page);
  const more = { next: "verify", step: 2, methods: [{ kind: "app" }, { kind: "phone", deliveries: ["text"] }] };
  const first = await answer(page, "/api/verify-code/reset", 200, more);
  await typeRecoveryCode(page, "abcd efgh ijkl mnop qrst uvwx");
  await heading(page, "Prove it in one more way");
  await see("reset-step-2", page);
  await first();
  await answer(page, "/api/verify-code/reset", 200, { next: "unlock", password_rules: rules });
  await chooseWay(page, "Use my authenticator app");
  await heading(page, "Type the code from your app");
  await see("reset-app", page);
  await typeAppCode(page, "123456");
  await heading(page, "What do you want to do?");
  await see("reset-unlock", page);
  await answer(page, "/api/unlock", 200, { unlocked: true, new_recovery_code: "ABCD-EFGH-IJKL-MNOP-QRST-UVWX" });
  await press(page, "Next");
  await heading(page, "Your account is unlocked");
  await see("reset-unlocked", page);
  await resetSingleWay(page, see, made);
}

async function resetSingleWay(page, see, made) {
  await page.unroute(`${BASE}/api/start-reset`);
  const mail = await answer(page, "/api/start-reset", 200, { ...made, methods: [{ kind: "email" }] });
  await startReset(page, "mias@contoso.example");
  await see("reset-email-only", page);
  await mail();
  await answer(page, "/api/start-reset", 200, { ...made, methods: [{ kind: "recovery_code" }] });
  await startReset(page, "mias@contoso.example");
  await see("reset-recovery-code-only", page);
}

/** A code from the helpdesk, a way back, and the rules of Entra, on answers made up here. */
export async function resetByHelpdesk(page, see) {
  const rules = { min_length: 8, max_length: 256, profile: "entra", history: 5 };
  const back = "https://mail.a-very-long-company-name.example.org/";
  await answer(page, "/api/start-reset", 200, { step: 1, steps: 1, methods: [{ kind: "email" }], expires_in: 900, return_to: back });
  await page.goto(`/reset?return_to=${encodeURIComponent(back)}#name=mias%40contoso.example&code=ABCD-EFGH-IJKL-MNOP`);
  await page.getByText("Your helpdesk started this for you.").waitFor();
  await see("reset-link", page);
  await press(page, "Next");
  await heading(page, "Type the code from your helpdesk");
  await see("reset-helpdesk-code", page);
  await field(page, "Type the code from your helpdesk").fill("");
  await press(page, "Next");
  await mistakes(page);
  await see("reset-helpdesk-code-mistake", page);
  await answer(page, "/api/verify-code/reset", 200, { next: "password", password_rules: rules });
  await field(page, "Type the code from your helpdesk").fill("abcd efgh ijkl mnop");
  await press(page, "Next");
  await heading(page, "Choose a new password");
  await field(page, "New password").fill("seven rivers");
  await see("reset-password-entra", page);
  await answer(page, "/api/set-password/reset", 200, { new_recovery_code: "ABCD-EFGH-IJKL-MNOP-QRST-UVWX" });
  await field(page, "New password").fill("Seven rivers 7");
  await field(page, "Type it again").fill("Seven rivers 7");
  await press(page, "Finish");
  await heading(page, "Your password is changed");
  await see("reset-done-new-code", page);
}
