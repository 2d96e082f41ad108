// When something goes wrong: what the person typed stays, nothing is sent twice, and the page says
// what to do next.

import assert from "node:assert/strict";
import test from "node:test";
import { BASE, assertQuiet, field, heading, launch, open, press } from "./lib/browser.mjs";
import { administrator, everybodyMayReset, somebody } from "./lib/people.mjs";
import { typePhone } from "./lib/steps.mjs";

const browser = await launch();
test.after(() => browser.close());

async function atTheMethod(context) {
  const page = await context.newPage();
  await page.goto("/reset");
  await field(page, "User name or email").fill("somebody@contoso.example");
  await press(page, "Next");
  await heading(page, "Prove it is you");
  return page;
}

test("a lost connection is said, what was typed stays, and Try again goes on", async () => {
  const context = await open(browser, { size: "phone" });
  const page = await atTheMethod(context);
  await typePhone(page, "07400 123456", "Call my mobile phone");
  await context.setOffline(true);
  await page.getByText("You are offline.").waitFor();
  await press(page, "Next");
  const notice = page.getByRole("heading", { name: "The connection was lost" });
  await notice.waitFor();
  assert.ok(await page.evaluate(() => document.activeElement.classList.contains("lost")));
  assert.equal(await field(page, "Phone number").inputValue(), "07400 123456");
  assert.ok(await field(page, "Call my mobile phone").isChecked());
  await press(page, "Try again");
  await notice.waitFor();
  await context.setOffline(false);
  await page.getByText("You are offline.").waitFor({ state: "detached" });
  await press(page, "Try again");
  await heading(page, "Type the 8-digit code");
  assertQuiet(context);
  await context.close();
});

test("a page that cannot reach the service says so, and comes by itself when it can", async () => {
  const context = await open(browser);
  const page = await context.newPage();
  let isDown = true;
  await page.route(`${BASE}/api/sign-in`, (route) => (isDown ? route.abort() : route.continue()));
  await page.goto("/signin");
  await heading(page, "We cannot reach Relatch");
  isDown = false;
  await press(page, "Try again");
  await heading(page, "What is your user name?");
  isDown = true;
  await page.goto("/register");
  let calls = 0;
  page.on("requestfailed", () => {
    calls += 1;
    // It asks again by itself; the second time somebody is there.
    isDown = false;
  });
  await heading(page, "What is your user name?");
  assert.ok(calls >= 1);
  await context.close();
});

test("a form is sent once, however often its button is pressed", async () => {
  const context = await open(browser);
  const page = await atTheMethod(context);
  await typePhone(page, "07400 123456", "Text my mobile phone");
  let sent = 0;
  let release;
  const held = new Promise((done) => (release = done));
  await page.route(`${BASE}/api/send-code/reset`, async (route) => {
    sent += 1;
    await held;
    await route.continue();
  });
  const next = page.getByRole("button", { name: "Next" });
  await next.click();
  await page.locator("form[aria-busy=true]").waitFor();
  assert.equal(await next.getAttribute("aria-disabled"), "true");
  await next.click({ force: true });
  await field(page, "Phone number").press("Enter");
  release();
  await heading(page, "Type the 8-digit code");
  assert.equal(sent, 1);
  await context.close();
});

test("the error summary takes the focus, leads to the field, and the field says it too", async () => {
  const context = await open(browser);
  const page = await atTheMethod(context);
  await press(page, "Next");
  const summary = page.getByRole("alert");
  await summary.waitFor();
  assert.ok(await summary.evaluate((element) => element === document.activeElement));
  assert.match(await page.title(), /^Error: /);
  const link = summary.getByRole("link", { name: "Type your whole phone number." });
  await link.click();
  const number = field(page, "Phone number");
  assert.ok(await number.evaluate((element) => element === document.activeElement));
  assert.match(page.url(), /#method$/);
  assert.equal(await number.getAttribute("aria-invalid"), "true");
  const described = await number.evaluate((element) =>
    element.getAttribute("aria-describedby").split(" ").map((id) => document.getElementById(id).textContent).join(" "));
  assert.match(described, /Type your whole phone number\./);
  await number.fill("07400 123456");
  await press(page, "Next");
  await heading(page, "Type the 8-digit code");
  assert.doesNotMatch(await page.title(), /Error/);
  await context.close();
});

test("a new code can be asked for after a countdown, which is said politely", async () => {
  const context = await open(browser);
  const page = await atTheMethod(context);
  await typePhone(page, "07400 123456", "Text my mobile phone");
  await press(page, "Next");
  await heading(page, "Type the 8-digit code");
  const again = page.getByRole("button", { name: "Send a new code" });
  assert.ok(await again.isDisabled());
  await page.getByText(/You can ask for a new one in \d+ seconds?\./).waitFor();
  const polite = page.locator("#polite");
  await polite.getByText("You can ask for a new code now.").waitFor({ state: "attached", timeout: 90_000 });
  assert.ok(await again.isEnabled());
  await again.click();
  await polite.getByText("A new code was asked for.").waitFor({ state: "attached" });
  assert.ok(await again.isDisabled());
  await context.close();
});

test("a code is taken however it is typed or pasted, and a short one is explained", async () => {
  const context = await open(browser);
  const page = await atTheMethod(context);
  await typePhone(page, "07400 123456", "Text my mobile phone");
  await press(page, "Next");
  const code = field(page, "Type the 8-digit code");
  await code.fill("12 34");
  await press(page, "Next");
  await page.getByRole("alert").getByText("You typed 4.").waitFor();
  const asked = page.waitForRequest(`${BASE}/api/verify-code/reset`);
  await page.evaluate(() => navigator.clipboard.writeText(" 1234-56 78\n"));
  await code.fill("");
  await code.press("Control+V");
  await press(page, "Next");
  assert.deepEqual((await asked).postDataJSON(), { code: "12345678" });
  await page.getByRole("alert").getByText("This is not the right code.").waitFor();
  assert.equal(await code.getAttribute("autocomplete"), "one-time-code");
  assert.equal(await code.getAttribute("inputmode"), "numeric");
  await context.close();
});

test("when a flow is over, the page offers a new start", async () => {
  const context = await open(browser);
  const page = await atTheMethod(context);
  await context.clearCookies();
  await typePhone(page, "07400 123456", "Text my mobile phone");
  await press(page, "Next");
  await heading(page, "You need to start again");
  await press(page, "Start again");
  await heading(page, "Get back into your account");
  assertQuiet(context);
  await context.close();
});

test("two administrators at once: both versions are shown, and one is chosen", async () => {
  await everybodyMayReset();
  const admin = await somebody({ displayName: "Ada Okafor", role: "global_administrator", registered: true });
  const context = await open(browser);
  await admin.caller.lend(context);
  const page = await context.newPage();
  await page.goto("/admin#password-reset");
  await heading(page, "Properties");
  const other = await administrator();
  const { version } = await other.must("GET", "/api/enable-group");
  await other.must("PUT", "/api/enable-group", { scope: "none", groups: [], version });
  await page.getByRole("radio", { name: /^Selected/ }).check();
  await page.getByRole("radio", { name: /^None/ }).check();
  await press(page, "Save");
  await page.getByRole("heading", { name: "Somebody else saved a change first" }).waitFor();
  await press(page, "Save mine instead");
  await page.getByText("Saved. Nobody can reset their own password.").waitFor();
  await everybodyMayReset();
  assertQuiet(context);
  await context.close();
});

test("nothing jumps while a page arrives, however late the service answers", async () => {
  const context = await open(browser, { size: "phone" });
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.shifts = [];
    const note = ({ value, sources }) => window.shifts.push(`${value.toFixed(3)} ${sources.map(({ node }) => node?.nodeName)}`);
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type: "layout-shift", buffered: true });
  });
  await page.route(`${BASE}/api/sign-in`, async (route) => {
    await new Promise((done) => setTimeout(done, 200));
    await route.continue();
  });
  for (const [path, name] of [["/signin", "What is your user name?"], ["/reset", "Get back into your account"]]) {
    await page.goto(path);
    await heading(page, name);
    await page.getByText("Contoso").first().waitFor();
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    assert.deepEqual(await page.evaluate(() => window.shifts), [], path);
  }
  await context.close();
});
