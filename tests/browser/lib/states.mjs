// Every page in every state it can be in, one after the other. `see(name, page)` is called at each:
// to look at it, to measure it, to test it. States that only happen when something goes wrong
// elsewhere are made by answering for the service.

import { BASE, field, heading, open, press } from "./browser.mjs";
import { everybodyMayReset, somebody, someName } from "./people.mjs";
import {
  chooseWay, pressForCode, pressForCodePage, signIn, startReset, typeAppCode, typeName, typePhone, typeRecoveryCode,
} from "./steps.mjs";

const LOCAL = (status, body) => ({
  status,
  contentType: status < 400 ? "application/json" : "application/problem+json",
  body: JSON.stringify(body),
});

/** Answers one call in the place of the service, until the returned function is called. */
async function answer(page, path, status, body) {
  const url = `${BASE}${path}`;
  await page.route(url, (route) => route.fulfill(LOCAL(status, body)));
  return () => page.unroute(url);
}

const mistakes = (page) => page.getByRole("heading", { name: "Please check this" }).waitFor();

async function withPage(browser, options, walk) {
  const context = await open(browser, options);
  try {
    await walk(await context.newPage(), context);
    return context.troubles;
  } finally {
    await context.close();
  }
}

async function doors(page, see) {
  await page.goto("/");
  await heading(page, "Locked out? Let yourself back in.");
  await see("door", page);
  await page.goto("/no-such-page");
  await heading(page, "This page does not exist");
  await see("not-found", page);
}

async function setup(page, see) {
  await page.goto("/setup");
  await heading(page, "Setup is finished");
  await see("setup-finished", page);
  const rules = { min_length: 15, max_length: 256 };
  const organisation = { name: "Contoso", domain: "contoso.example" };
  const stop = await answer(page, "/api/setup", 200, { needed: true, organisation, password_rules: rules });
  await page.goto("/setup");
  await heading(page, "What is the setup secret?");
  await see("setup-secret", page);
  await field(page, "What is the setup secret?").fill("not the secret");
  await press(page, "Next");
  await heading(page, "Create the first administrator");
  await see("setup-administrator", page);
  await press(page, "Create the administrator");
  await mistakes(page);
  await see("setup-administrator-mistakes", page);
  await stop();
}

async function firstSignIn(page, see, person) {
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

async function register(page, see, person) {
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

async function signedIn(page, see, other) {
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

async function reset(page, see, person) {
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
async function resetOtherWays(page, see) {
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
  await answer(page, "/api/unlock", 200, { unlocked: true });
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
  await page.goto("/reset");
  await field(page, "User name or email").fill("mias@contoso.example");
  await press(page, "Next");
  await heading(page, "Type a recovery code");
  await see("reset-recovery-code-only", page);
}

const PHONE = { id: "p", kind: "phone", hint: "+44 •••• ••3456", registered_at: "2026-01-02T10:00:00Z" };
const LONG = "m•••@a-very-long-company-name.example.org";
const EMAIL = { id: "e", kind: "email", hint: LONG, registered_at: "2026-03-04T10:00:00Z" };
const APP = { id: "a", kind: "app", hint: "", registered_at: "2026-05-06T10:00:00Z" };

/** What a session that stands here would say. */
const standing = (stage, more = {}) => ({
  stage,
  organisation: { name: "Contoso", domain: "contoso.example" },
  csrf: "made-up",
  name: "mias@contoso.example",
  display_name: "Mia Steele",
  roles: [],
  methods: [PHONE],
  recovery_codes_left: 0,
  ...more,
});

async function signInOtherWays(page, see) {
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
  await before();
}

const KINDS = ["phone", "email", "app", "recovery_codes"];
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

async function registerOtherMethods(page, see) {
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

async function account(page, see, person) {
  await page.goto("/account");
  await heading(page, "My account");
  await see("account", page);
  await page.getByRole("button", { name: /^Remove Phone/ }).click();
  await page.getByRole("dialog", { name: "Remove this phone?" }).waitFor();
  await see("account-remove", page);
  await press(page, "Remove it");
  await page.getByText("the last one cannot be removed").waitFor();
  await see("account-last-method", page);
  await page.getByRole("link", { name: "Change my password" }).click();
  await heading(page, "Change my password");
  await see("account-password", page);
  await press(page, "Change my password");
  await mistakes(page);
  await see("account-password-mistakes", page);
  const wrong = await answer(page, "/api/set-password/change", 403, { code: "wrong_password", title: "Wrong.", status: 403 });
  await field(page, "Current password").fill("this is not it");
  await field(page, "New password").fill("seven quiet rivers meet");
  await field(page, "Type it again").fill("seven quiet rivers meet");
  await press(page, "Change my password");
  await page.getByRole("alert").getByText("This is not your current password.").waitFor();
  await see("account-password-wrong", page);
  await wrong();
  await field(page, "Current password").fill(person.password);
  await press(page, "Change my password");
  await page.getByRole("status").getByText("Your password is changed.").waitFor();
  await see("account-password-changed", page);
  await accountFull(page, see);
}

async function accountFull(page, see) {
  const line = (id, day) => ({ id, current: id === "1", begun: `2026-11-${day}T08:15:00Z`, seen: `2026-11-${day}T17:45:00Z` });
  const url = await answer(page, "/api/account", 200, {
    ...standing("signed_in"), methods: [PHONE, EMAIL, APP], recovery_codes: { left: 4, created_at: "2026-01-02T10:00:00Z" },
    offered: KINDS, deliveries: ["text", "call"], sessions: [line("1", 21), line("2", 20), line("3", 12)], fresh: false,
  });
  await page.reload();
  await heading(page, "My account");
  await see("account-full", page);
  await press(page, "End all others");
  await page.getByRole("dialog", { name: "Sign out everywhere else?" }).waitFor();
  await see("account-end-others", page);
  await press(page, "Cancel");
  await page.getByRole("link", { name: "Change my password" }).click();
  await heading(page, "Sign in again to change this");
  await see("account-again", page);
  await url();
  const over = await answer(page, "/api/account", 401, { code: "not_signed_in", title: "Signed out.", status: 401 });
  await press(page, "Not now");
  await heading(page, "You have been signed out");
  await see("account-signed-out", page);
  await over();
}

async function unreachable(page, see) {
  const stop = await answer(page, "/api/sign-in", 500, { code: "internal", title: "This does not work right now.", status: 500 });
  await page.goto("/signin");
  await heading(page, "This does not work right now");
  await see("signin-trouble", page);
  await stop();
}

async function adminUsers(page, see) {
  await page.goto("/admin");
  await heading(page, "Users");
  await see("admin-users", page);
  await field(page, "Find a user").fill("zzzz");
  await page.getByText("Nobody’s name starts with").waitFor();
  await see("admin-users-none", page);
  await page.getByRole("link", { name: "New user" }).click();
  await heading(page, "New user");
  await see("admin-user-new", page);
  await press(page, "Create");
  await mistakes(page);
  await see("admin-user-new-mistakes", page);
  await field(page, "User name").fill(someName());
  await field(page, "Name").fill("Mia Steele");
  await press(page, "Create");
  await heading(page, "Mia Steele can sign in now");
  await see("admin-user-created", page);
  await press(page, "Show password");
  await press(page, "Copy password");
  await page.getByRole("button", { name: "Copied" }).waitFor();
  await see("admin-user-created-shown", page);
}

async function adminGroups(page, see) {
  const stop = await answer(page, "/api/groups", 200, { groups: [], next: null });
  await page.goto("/admin#groups");
  await page.getByRole("heading", { name: "No groups yet" }).waitFor();
  await see("admin-groups-none", page);
  await stop();
  const name = `Testers ${someName()}`;
  await page.getByRole("link", { name: "New group" }).first().click();
  await heading(page, "New group");
  await see("admin-group-new", page);
  await field(page, "Group name").fill(name);
  await press(page, "Select members");
  await page.getByRole("checkbox").first().check();
  await see("admin-picker", page);
  await field(page, "Find by name").fill("zzzz");
  await page.getByText("No user to choose here.").waitFor();
  await see("admin-picker-none", page);
  await press(page, "Select 1 user");
  await see("admin-group-new-members", page);
  await press(page, "Create");
  await page.getByText(`The group ${name} is created.`).waitFor();
  await see("admin-group", page);
  await page.getByRole("button", { name: /^Remove / }).click();
  await page.getByText("Nobody is in this group yet.").waitFor();
  await see("admin-group-empty", page);
  await page.goto("/admin#groups");
  await heading(page, "Groups");
  await see("admin-groups", page);
}

async function adminProperties(page, see) {
  await page.goto("/admin#password-reset");
  await heading(page, "Properties");
  await see("admin-properties", page);
  await page.getByRole("radio", { name: /^None/ }).check();
  await page.getByText("You have changes that are not saved.").waitFor();
  await page.getByRole("link", { name: "Users", exact: true }).click();
  await page.getByRole("dialog", { name: "Leave without saving?" }).waitFor();
  await see("admin-properties-leave", page);
  await press(page, "Stay here");
  await page.getByRole("radio", { name: /^Selected/ }).check();
  await see("admin-properties-selected", page);
  const current = { scope: "all", groups: [], version: 1_000_000 };
  const url = `${BASE}/api/enable-group`;
  await page.route(url, (route) => route.fulfill(LOCAL(409, { code: "stale_version", title: "Stale.", current, status: 409 })));
  await page.getByRole("radio", { name: /^None/ }).check();
  await press(page, "Save");
  await page.getByRole("heading", { name: "Somebody else saved a change first" }).waitFor();
  await see("admin-properties-stale", page);
  await press(page, "Use the saved one");
  await page.getByText("Nothing was changed.").waitFor();
  await see("admin-properties-kept", page);
  await page.unroute(url);
}

async function adminPolicy(page, see) {
  for (const title of ["Authentication methods", "Registration", "Notifications", "Customisation"]) {
    await page.getByRole("link", { name: title, exact: true }).click();
    await heading(page, title);
    await see(`admin-${title.split(" ").at(-1).toLowerCase()}`, page);
  }
  await field(page, "Helpdesk (if you like)").fill("call us");
  await press(page, "Save");
  await mistakes(page);
  await see("admin-customisation-mistake", page);
  await page.getByRole("link", { name: "Authentication methods", exact: true }).click();
  await press(page, "Leave without saving");
  await heading(page, "Authentication methods");
  const reasons = ["no_first_method", "too_few_kinds"];
  const url = "/api/policy/methods";
  const refused = await answer(page, url, 422, { code: "policy_refused", title: "Refused.", reasons, status: 422 });
  await page.getByRole("checkbox", { name: /^Text/ }).uncheck();
  await press(page, "Save");
  await mistakes(page);
  await see("admin-methods-refused", page);
  await refused();
  const current = { version: 1_000_000, needed: 2, text: true, call: false, email: true, app: true, recovery_codes: false };
  const stale = await answer(page, url, 409, { code: "stale_version", title: "Stale.", current, status: 409 });
  await press(page, "Save");
  await page.getByRole("heading", { name: "Somebody else saved a change first" }).waitFor();
  await see("admin-methods-stale", page);
  await stale();
  await page.getByRole("button", { name: "Use the saved one" }).click();
  await page.getByText("Nothing was changed.").waitFor();
}

async function adminSignedOut(page, see, context) {
  await context.clearCookies();
  await page.getByRole("link", { name: "Groups", exact: true }).click();
  await heading(page, "You have been signed out");
  await see("admin-signed-out", page);
}

/** All of it, in windows with these options. Gives what the console said and the policy blocked. */
export async function everyState(browser, options, see) {
  await everybodyMayReset();
  // Each of them is sent codes in one walk only: a phone has to rest between two codes.
  const person = await somebody({ displayName: "Mia Steele" });
  const other = await somebody({ registered: true });
  const forgetful = await somebody({ registered: true });
  const admin = await somebody({ displayName: "Ada Okafor", role: "global_administrator", registered: true });
  const troubles = [];
  const visit = async (walk) => troubles.push(...(await withPage(browser, options, walk)));
  await visit(async (page) => {
    await doors(page, see);
    await setup(page, see);
    await unreachable(page, see);
  });
  await visit(async (page) => {
    await firstSignIn(page, see, person);
    await register(page, see, person);
    await signedIn(page, see, other);
  });
  await visit((page) => reset(page, see, forgetful));
  await visit((page) => resetOtherWays(page, see));
  await visit(async (page) => {
    await signInOtherWays(page, see);
    await registerOtherMethods(page, see);
  });
  await visit(async (page, context) => {
    const owner = await somebody({ displayName: "Mia Steele", registered: true });
    await owner.caller.lend(context);
    await account(page, see, owner);
  });
  await visit(async (page, context) => {
    await admin.caller.lend(context);
    await adminUsers(page, see);
    await adminGroups(page, see);
    await adminProperties(page, see);
    await adminPolicy(page, see);
    await adminSignedOut(page, see, context);
  });
  return troubles;
}
