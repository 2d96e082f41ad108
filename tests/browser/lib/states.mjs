// Every page in every state it can be in, one after the other. `see(name, page)` is called at each:
// to look at it, to measure it, to test it. States that only happen when something goes wrong
// elsewhere are made by answering for the service.

import { BASE, field, heading, open, press } from "./browser.mjs";
import { everybodyMayReset, somebody, someName } from "./people.mjs";
import { pressForCode, pressForCodePage, signIn, typeName, typePhone } from "./steps.mjs";

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
  await page.getByRole("dialog").waitFor();
  await see("register-other-methods", page);
  await press(page, "Use my phone");
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
  await visit(async (page, context) => {
    await admin.caller.lend(context);
    await adminUsers(page, see);
    await adminGroups(page, see);
    await adminProperties(page, see);
    await adminSignedOut(page, see, context);
  });
  return troubles;
}
