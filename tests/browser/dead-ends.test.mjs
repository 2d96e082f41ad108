// Wherever somebody cannot help themselves the page says who can, and leads there (S32d): the organisation's helpdesk.
// The answers are made up here, so that each of these ends is reached.

import assert from "node:assert/strict";
import test from "node:test";
import { assertQuiet, BASE, field, heading, launch, open, press } from "./lib/browser.mjs";
import { answer, APP, LOCAL, NOT_READY, PHONE, standing } from "./lib/states/tools.mjs";
import { chooseWay, typeAppCode, typeRecoveryCode } from "./lib/steps.mjs";

const HELPDESK = "https://help.contoso.example/reset";
const ORGANISATION = { name: "Contoso", domain: "contoso.example", helpdesk: HELPDESK };

const browser = await launch();
test.after(() => browser.close());

/** Somebody whose session stands here, in an organisation that named its helpdesk. */
async function at(stage, more = {}) {
  const context = await open(browser, { size: "phone" });
  const page = await context.newPage();
  const session = standing(stage, { organisation: ORGANISATION, ...more });
  await page.route(`${BASE}/api/sign-in`, (route) =>
    route.request().method() === "GET" ? route.fulfill(LOCAL(200, session)) : route.fallback(),
  );
  return { context, page };
}

/** The words as text that is no link, where they could be one. */
const unlinked = (page) =>
  page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const { data, parentElement } = walker.currentNode;
      const isShown = parentElement.checkVisibility?.() ?? true;
      if (data.includes("your helpdesk") && isShown && !parentElement.closest("a, button, label, .hidden")) found.push(data);
    }
    return found;
  });

async function leadsToHelpdesk(page, where) {
  const link = page.getByRole("main").getByRole("link", { name: "your helpdesk", exact: true }).first();
  await link.waitFor();
  assert.equal(await link.getAttribute("href"), HELPDESK, where);
  assert.deepEqual(await unlinked(page), [], where);
}

async function finish(context) {
  assertQuiet(context);
  await context.close();
}

const problem = (status, code, more = {}) => ({ status, code, title: "This does not work.", ...more });
const WAYS = [{ kind: "phone", deliveries: ["text", "call"] }, { kind: "email" }, { kind: "recovery_code" }];

test("S32d S48 every end of a reset leads to the helpdesk", async () => {
  const { context, page } = await at("signed_out");
  const closed = await answer(page, "/api/start-reset", 503, problem(503, "bot_check_unavailable"));
  await page.goto("/reset");
  await heading(page, "Get back into your account");
  await field(page, "User name or email").fill("mias@contoso.example");
  await press(page, "Next");
  await leadsToHelpdesk(page, "no bot check");
  await closed();
  await answer(page, "/api/start-reset", 200, { step: 1, steps: 1, methods: WAYS, expires_in: 900 });
  await press(page, "Next");
  await heading(page, "Prove it is you");
  await leadsToHelpdesk(page, "the choice of ways");
  await answer(page, "/api/send-code/reset", 202, { expires_in: 300, resend_in: 30, sends_left: 0 });
  await field(page, "Email me a code").check();
  await field(page, "Email address").fill("mia@mail.example.org");
  await press(page, "Next");
  await heading(page, "Type the 8-digit code");
  await page.getByText("That was the last code we can send for now.").waitFor();
  await leadsToHelpdesk(page, "the last code");
  await answer(page, "/api/verify-code/reset", 429, problem(429, "too_many_attempts", { retry_after: 80_000 }));
  await field(page, "Type the 8-digit code").fill("12345678");
  await press(page, "Next");
  await page.getByText("If you cannot wait, ask your helpdesk.").first().waitFor();
  await leadsToHelpdesk(page, "the day is used up");
  await press(page, "Use another way");
  await chooseWay(page, "Use a recovery code");
  await leadsToHelpdesk(page, "a recovery code");
  await typeRecoveryCode(page, "abcd efgh ijkl mnop qrst uvwx");
  await page.getByText("If you cannot wait, ask your helpdesk.").first().waitFor();
  await finish(context);
});

test("S32d whoever has the password and not the phone is led to the helpdesk", async () => {
  const { context, page } = await at("second_factor_required", { methods: [PHONE, APP] });
  await page.goto("/signin#check");
  await heading(page, "How do you want your code?");
  await leadsToHelpdesk(page, "the choice of ways");
  await answer(page, "/api/verify-code/sign-in", 429, problem(429, "too_many_attempts", { retry_after: 600 }));
  await chooseWay(page, "Use my authenticator app");
  await leadsToHelpdesk(page, "the app");
  await typeAppCode(page, "123456");
  await page.getByText("Too many codes were wrong.").first().waitFor();
  await leadsToHelpdesk(page, "too many codes");
  await answer(page, "/api/send-code/sign-in", 202, { expires_in: 300, resend_in: 30, sends_left: 0, hint: "56" });
  await press(page, "Use another way");
  await field(page, `Text ${PHONE.hint}`).check();
  await press(page, "Send the code");
  await heading(page, "Type the 8-digit code");
  await leadsToHelpdesk(page, "a text");
  await finish(context);
});

test("S32d calls that are switched off are not offered at sign-in", async () => {
  const { context, page } = await at("second_factor_required", { deliveries: ["text"] });
  await page.goto("/signin");
  await heading(page, "How do you want your code?");
  assert.equal(await page.getByRole("radio").count(), 0, "one way is no choice");
  await answer(page, "/api/send-code/sign-in", 202, { expires_in: 300, resend_in: 30, sends_left: 2, hint: "56" });
  await press(page, "Send the code");
  await heading(page, "Type the 8-digit code");
  await page.getByRole("button", { name: "Stop and sign out" }).waitFor();
  await finish(context);
});

test("S32d S38 nothing to register, nothing to load, not ready: the helpdesk", async () => {
  const { context, page } = await at("signed_in");
  const info = { methods: [], recovery_codes: null, offered: [], deliveries: ["text"], needed: 1, more_needed: 0 };
  const off = await answer(page, "/api/register", 200, info);
  await page.goto("/register#choose");
  await heading(page, "There is nothing you can add");
  await leadsToHelpdesk(page, "nothing to add");
  await off();
  await answer(page, "/api/account", 500, problem(500, "internal"));
  await page.goto("/account");
  await heading(page, "This does not work right now");
  await leadsToHelpdesk(page, "trouble");
  await page.unroute(`${BASE}/api/account`);
  await answer(page, "/api/account", 200, {
    name: "mias@contoso.example", display_name: "Mia Steele", roles: [], methods: [PHONE], recovery_codes: null,
    offered: ["phone"], deliveries: ["text"], sessions: [], fresh: true, csrf: "made-up",
    password_rules: { min_length: 8, max_length: 256, profile: "nist", history: 0 }, readiness: NOT_READY, activity: [],
  });
  await press(page, "Try again");
  await heading(page, "My account");
  await leadsToHelpdesk(page, "not ready");
  await finish(context);
});

test("S54 the organisation's name and parts of one's own are told as rules while typing", async () => {
  const { context, page } = await at("password_change_required", {
    password_rules: { min_length: 8, max_length: 256, profile: "entra", history: 0 },
  });
  await page.goto("/signin");
  await heading(page, "Choose a new password");
  const rule = page.getByRole("listitem").filter({ hasText: "Not your name, nor your organisation's" });
  const accents = page.getByRole("listitem").filter({ hasText: "No letters with accents" });
  for (const [password, isMet] of [
    ["Seven rivers 7", true],
    ["my Contoso lunch 7", false],
    ["a Steele kettle 7", false],
    ["mias kettle 77", false],
  ]) {
    await field(page, "New password").fill(password);
    await rule.getByText(isMet ? "Done:" : "To do:").waitFor();
  }
  await field(page, "New password").fill("Sieben Flüsse 7");
  await accents.getByText("To do:").waitFor();
  await finish(context);
});
