// Somebody who only has a keyboard gets back into the account.

import assert from "node:assert/strict";
import test from "node:test";
import { assertQuiet, field, heading, launch, open } from "./lib/browser.mjs";
import { messagesTo } from "./lib/catcher.mjs";
import { codeOrAgain } from "./lib/steps.mjs";
import { everybodyMayReset, somebody } from "./lib/people.mjs";

const browser = await launch();
test.after(() => browser.close());

/** What has the focus, as a person would say it. */
const focused = (page) =>
  page.evaluate(() => {
    const { activeElement: element } = document;
    const label = element.labels?.[0] ?? element;
    return element.getAttribute("aria-label") ?? label.textContent.trim();
  });

/** Tabs until the thing with this name has the focus. */
async function tabTo(page, name) {
  for (let presses = 0; presses < 30; presses += 1) {
    await page.keyboard.press("Tab");
    if ((await focused(page)).startsWith(name)) return;
  }
  throw new Error(`Tab never reached ${name}`);
}

/** The new step's heading has the focus, so that reading goes on there. */
async function arrives(page, title) {
  await heading(page, title);
  assert.equal(await focused(page), title);
}

async function fromTheDoor(page) {
  await page.goto("/");
  await heading(page, "Locked out? Let yourself back in.");
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Skip to the choices");
  await tabTo(page, "I can’t sign in");
  await page.keyboard.press("Enter");
}

async function typeName(page, name) {
  await heading(page, "Get back into your account");
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Skip to the question");
  await page.keyboard.press("Enter");
  await tabTo(page, "User name or email");
  await page.keyboard.type(name);
  await page.keyboard.press("Enter");
}

async function typeNumber(page, number) {
  await arrives(page, "Prove it is you");
  await tabTo(page, "Text my mobile phone");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(page), "Call my mobile phone");
  await page.keyboard.press("ArrowUp");
  await tabTo(page, "Country");
  // A native list: typing the start of a name chooses it.
  await page.keyboard.type("United King");
  await tabTo(page, "Phone number");
  await page.keyboard.type(number);
  await page.keyboard.press("Enter");
}

/** The code; when the phone was resting, asked for once more as soon as the page allows it. */
async function typeTheCode(page, number, seen) {
  await arrives(page, "Type the 8-digit code");
  const ask = async () => {
    await tabTo(page, "Send a new code");
    await page.keyboard.press("Enter");
  };
  const code = await codeOrAgain(page, ask, number, seen);
  await tabTo(page, "Type the 8-digit code");
  await page.keyboard.type(code.replace(/(....)/, "$1-"));
  await page.keyboard.press("Enter");
}

async function choosePassword(page, password) {
  await arrives(page, "Choose a new password");
  await tabTo(page, "New password");
  await page.keyboard.type(password);
  await tabTo(page, "Show new password");
  await page.keyboard.press("Space");
  assert.equal(await focused(page), "Hide new password");
  assert.equal(await field(page, "New password").getAttribute("type"), "text");
  await tabTo(page, "Type it again");
  await page.keyboard.type(password);
  await tabTo(page, "Finish");
  await page.keyboard.press("Enter");
}

test("reset with the keyboard alone, from the door to the end", async () => {
  await everybodyMayReset();
  const { name, phone } = await somebody({ registered: true });
  const context = await open(browser);
  const page = await context.newPage();
  await fromTheDoor(page);
  await typeName(page, name);
  const seen = (await messagesTo(phone.sent)).length;
  await typeNumber(page, phone.typed);
  await typeTheCode(page, phone.sent, seen);
  await choosePassword(page, "nine calm lighthouses");
  await arrives(page, "Your password is changed");
  await tabTo(page, "Sign in");
  await page.keyboard.press("Enter");
  await heading(page, "What is your user name?");
  assertQuiet(context);
  await context.close();
});

test("a way is chosen with the arrows, its own field follows, and the others are out of the way", async () => {
  const context = await open(browser, { size: "phone" });
  const page = await context.newPage();
  await page.goto("/reset");
  await typeName(page, "somebody@contoso.example");
  await arrives(page, "Prove it is you");
  await tabTo(page, "Text my mobile phone");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(page), "Email me a code");
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Email address");
  await page.keyboard.type("mia@example.org");
  await page.keyboard.press("Enter");
  await arrives(page, "Type the 8-digit code");
  await tabTo(page, "Use another way");
  await page.keyboard.press("Enter");
  await arrives(page, "Prove it is you");
  await tabTo(page, "Email me a code");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Next");
  await page.keyboard.press("Enter");
  await arrives(page, "Type a recovery code");
  assertQuiet(context);
  await context.close();
});

test("a dialog keeps the focus inside, closes on Escape and gives the focus back", async () => {
  const admin = await somebody({ displayName: "Ada Okafor", role: "global_administrator", registered: true });
  const context = await open(browser);
  await admin.caller.lend(context);
  const page = await context.newPage();
  await page.goto("/admin#groups/new");
  await heading(page, "New group");
  await tabTo(page, "Select members");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Select members" });
  await dialog.getByRole("checkbox").first().waitFor();
  assert.equal(await focused(page), "Find by name");
  await tabTo(page, "Ada Okafor");
  await page.keyboard.press("Space");
  await dialog.getByRole("button", { name: "Select 1 user" }).waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(await focused(page), "Select members");
  assertQuiet(context);
  await context.close();
});
