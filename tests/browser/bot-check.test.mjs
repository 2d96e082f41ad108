// The bot check of another company, on its page of its own. The widget is the catcher's: a button that gives a token.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import test from "node:test";
import { assertQuiet, axe, field, heading, launch, open, press } from "./lib/browser.mjs";

const HEADING = "Show that you are not a robot";
const SITE = new URL("../../target/debug/relatch-test-site", import.meta.url).pathname;

const browser = await launch();
test.after(() => browser.close());

/** A service of its own with other variables; gone with the test. */
async function site(t, ...variables) {
  const child = spawn(SITE, variables, { stdio: ["pipe", "pipe", "inherit"], cwd: new URL("../..", import.meta.url).pathname });
  t.after(() => child.stdin.end());
  const [line] = await once(createInterface(child.stdout), "line");
  return JSON.parse(line);
}

async function typeName(page, name = "mias@contoso.example") {
  await heading(page, "Get back into your account");
  await field(page, "User name or email").fill(name);
  await field(page, "I know my password, but still can’t sign in").check();
}

const pathOf = (page) => page.evaluate(() => location.pathname + location.search);

for (const [provider, company, look] of [
  ["turnstile", "Cloudflare", { size: "phone", colorScheme: "dark" }],
  ["hcaptcha", "hCaptcha", { size: "desktop", colorScheme: "light" }],
]) {
  test(`S48 with ${provider}: to the check and back, and nothing typed is lost`, async (t) => {
    const { url, catcher } = await site(t, `bot_check=${provider}`);
    const context = await open(browser, { baseURL: url, ...look });
    const page = await context.newPage();
    await page.goto("/reset?return_to=https%3A%2F%2Fapp.example.org%2F");
    await typeName(page);
    assert.equal(await pathOf(page), "/reset?return_to=https%3A%2F%2Fapp.example.org%2F", "nobody is led away while they type");
    await press(page, "Next");
    await heading(page, HEADING);
    assert.equal(await pathOf(page), "/bot-check");
    await page.locator(".lead").getByText(company, { exact: true }).waitFor();
    await page.locator("#org").getByText("Contoso").waitFor();
    await page.getByRole("button", { name: "I am a person" }).waitFor();
    assert.deepEqual(await axe(page), []);
    const held = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, window.name, document.cookie]));
    assert.doesNotMatch(held, /mias/, "what was typed is out of reach of the widget's script");
    const asked = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/api/start-reset"));
    await press(page, "I am a person");
    const body = (await asked).postDataJSON();
    assert.deepEqual(
      [body.name, body.reason, body.return_to],
      ["mias@contoso.example", "locked", "https://app.example.org/"],
    );
    await heading(page, "Prove it is you");
    assert.match(await pathOf(page), /^\/reset\?return_to=/);
    const checks = await (await fetch(`${catcher}/checks`)).json();
    assert.equal(checks.length, 1);
    assert.equal(checks[0].response, body.bot_check);
    // The token is used up: the next start needs another one.
    await page.goto("/reset");
    await typeName(page);
    await press(page, "Next");
    await heading(page, HEADING);
    await page.getByRole("link", { name: "Go back" }).click();
    await heading(page, "Get back into your account");
    assert.equal(await field(page, "User name or email").inputValue(), "mias@contoso.example");
    assertQuiet(context);
    await context.close();
  });
}

test("a token that is refused is said once, and then another one is got", async (t) => {
  const { url } = await site(t, "bot_check=turnstile");
  const context = await open(browser, { baseURL: url });
  const page = await context.newPage();
  await page.goto("/reset");
  await typeName(page);
  await press(page, "Next");
  await heading(page, HEADING);
  await page.evaluate(() => (window.botCheckAction = "other"));
  await press(page, "I am a person");
  await page.getByRole("alert").getByText("We could not make sure that you are not a robot. Try again.").waitFor();
  assert.equal(await field(page, "User name or email").inputValue(), "mias@contoso.example");
  await press(page, "Next");
  await heading(page, HEADING);
  await press(page, "I am a person");
  await heading(page, "Prove it is you");
  await context.close();
});

test("a link from the helpdesk keeps its code out of reach of the widget, and works", async (t) => {
  const { url } = await site(t, "bot_check=hcaptcha");
  const context = await open(browser, { baseURL: url });
  const page = await context.newPage();
  await page.goto("/reset#name=mias%40contoso.example&code=ABCD-EFGH");
  await heading(page, "Get back into your account");
  await press(page, "Next");
  await heading(page, HEADING);
  const known = await page.evaluate(() => {
    const entries = navigation.entries().map((entry) => [entry.url, entry.getState()]);
    return JSON.stringify([{ ...sessionStorage }, history.state, entries]);
  });
  assert.doesNotMatch(known, /ABCD|mias/);
  await press(page, "I am a person");
  await heading(page, "Type the code from your helpdesk");
  assert.equal(await field(page, "Type the code from your helpdesk").inputValue(), "ABCD-EFGH");
  assertQuiet(context);
  await context.close();
});

test("a browser that cannot go back to an entry gets a new page, and the token works there", async (t) => {
  const { url } = await site(t, "bot_check=turnstile");
  const context = await open(browser, { baseURL: url });
  await context.addInitScript(() => Object.defineProperty(window, "navigation", { value: undefined }));
  const page = await context.newPage();
  await page.goto("/reset?return_to=https%3A%2F%2Fapp.example.org%2F");
  await typeName(page);
  await press(page, "Next");
  await heading(page, HEADING);
  await press(page, "I am a person");
  await heading(page, "Get back into your account");
  assert.equal(await pathOf(page), "/reset?return_to=https%3A%2F%2Fapp.example.org%2F");
  await typeName(page);
  await press(page, "Next");
  await heading(page, "Prove it is you");
  assertQuiet(context);
  await context.close();
});

test("when the widget does not come, the page says what to do", async (t) => {
  const { url, catcher } = await site(t, "bot_check=turnstile");
  const context = await open(browser, { baseURL: url, size: { width: 320, height: 640 } });
  const page = await context.newPage();
  await page.goto("/reset");
  await typeName(page);
  await page.route(`${catcher}/**`, (route) => route.abort());
  await press(page, "Next");
  await page.getByRole("heading", { name: "The check does not work" }).waitFor();
  assert.ok(await page.evaluate(() => document.activeElement.id === "trouble"));
  assert.deepEqual(await axe(page), []);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  await page.unroute(`${catcher}/**`);
  await press(page, "Try again");
  await press(page, "I am a person");
  await heading(page, "Prove it is you");
  await context.close();
});

test("the widget's script can neither ask our service anything nor reach into our other pages", async (t) => {
  const { url } = await site(t, "bot_check=hcaptcha");
  const context = await open(browser, { baseURL: url });
  const page = await context.newPage();
  await page.goto("/bot-check");
  await heading(page, HEADING);
  const tried = await page.evaluate(async () => {
    const outcome = (attempt) => attempt.then(() => "reached", () => "refused");
    const frame = document.createElement("iframe");
    frame.src = "/reset";
    const loaded = new Promise((done) => frame.addEventListener("load", done));
    document.body.append(frame);
    await loaded;
    return [
      await outcome(fetch("/api/sign-in")),
      await outcome(fetch("/api/start-reset", { method: "POST", body: "{}" })),
      await outcome((async () => frame.contentDocument.querySelector("h1").textContent)()),
    ];
  });
  assert.deepEqual(tried, ["refused", "refused", "refused"]);
  const opened = context.waitForEvent("page");
  await page.evaluate(() => void (window.other = open("/reset")));
  await heading(await opened, "Get back into your account");
  assert.ok(await page.evaluate(() => window.other.closed), "cut off");
  await context.close();
});
