// Somebody who only has a keyboard gets in, and back into the account; who wants no motion gets none.

import assert from "node:assert/strict";
import test from "node:test";
import { assertQuiet, field, heading, launch, open, pass } from "./lib/browser.mjs";
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

/** Name and password, from the first page of signing in. */
async function typeNameAndPassword(page, name, password) {
  await heading(page, "What is your user name?");
  await tabTo(page, "What is your user name?");
  await page.keyboard.type(name);
  await page.keyboard.press("Enter");
  await arrives(page, "What is your password?");
  await tabTo(page, "What is your password?");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
}

async function go(page, name) {
  await tabTo(page, name);
  await page.keyboard.press("Enter");
}

test("S33 S39 S57 a phone is registered and signs somebody in with the keyboard alone", async () => {
  await everybodyMayReset();
  const { name, password, phone } = await somebody();
  const chosen = "nine calm lighthouses";
  const context = await open(browser);
  const page = await context.newPage();
  await page.goto("/signin");
  await typeNameAndPassword(page, name, password);
  await arrives(page, "Choose a new password");
  for (const label of ["New password", "Type it again"]) {
    await tabTo(page, label);
    await page.keyboard.type(chosen);
  }
  await page.keyboard.press("Enter");
  await arrives(page, "More information required");
  await go(page, "Next");
  await heading(page, "Keep your account secure");
  await tabTo(page, "Country");
  await page.keyboard.type("United King");
  await tabTo(page, "Phone number");
  await page.keyboard.type(phone.typed);
  await tabTo(page, "Text me a code");
  await page.keyboard.press("Enter");
  await typeTheCode(page, phone.sent, 0);
  await arrives(page, "Your phone is registered");
  await go(page, "Next");
  await arrives(page, "You are all set");
  await go(page, "Done");
  await heading(page, "You are signed in");
  await go(page, "Sign out");
  await arrives(page, "You are signed out");
  await page.goto("/signin");
  await typeNameAndPassword(page, name, chosen);
  await arrives(page, "How do you want your code?");
  await pass(60);
  const seen = (await messagesTo(phone.sent)).length;
  await go(page, "Send the code");
  await typeTheCode(page, phone.sent, seen);
  await arrives(page, "You are signed in");
  assertQuiet(context);
  await context.close();
});

/** What moves, or would as soon as it is changed, for longer than a millisecond: places and durations. */
const moving = (page) =>
  page.evaluate(() => {
    const inMs = (text) => parseFloat(text) * (text.trim().endsWith("ms") ? 1 : 1000);
    const longest = (list) => Math.max(...list.split(",").map(inMs));
    const found = [];
    for (const element of document.querySelectorAll("*")) {
      for (const part of ["", "::before", "::after"]) {
        const style = getComputedStyle(element, part || null);
        const place = `${element.localName}.${element.getAttribute("class") ?? ""}${part}`;
        const animation = style.animationName === "none" ? 0 : longest(style.animationDuration);
        const isEndless = animation > 0 && style.animationIterationCount.includes("infinite");
        if (animation > 1 || isEndless) found.push(`${place} ${style.animationName} ${animation} ms`);
        if (longest(style.transitionDuration) > 1) found.push(`${place} transition ${style.transitionDuration}`);
      }
    }
    const running = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().activeDuration > 1);
    return [...found, ...running.map(({ constructor: { name } }) => `a running ${name}`)];
  });

/** A page as it is when it is busy: a button that waits, a place that loads, a bolt that slides. */
const makeBusy = (page) =>
  page.evaluate(() => {
    document.querySelector(".button, button")?.setAttribute("aria-disabled", "true");
    const loading = Object.assign(document.createElement("p"), { className: "loading", textContent: "…" });
    document.querySelector("main").append(loading);
    for (const latch of document.querySelectorAll("[data-latch]")) latch.dataset.latch = "home";
  });

test("nothing moves for whoever wants no motion", async () => {
  const admin = await somebody({ displayName: "Ada Okafor", role: "global_administrator", registered: true });
  const walk = async (reducedMotion) => {
    const context = await open(browser, { reducedMotion });
    await admin.caller.lend(context);
    const page = await context.newPage();
    const found = [];
    for (const [path, title] of [
      ["/", "Locked out? Let yourself back in."],
      ["/signin", "You are signed in"],
      ["/reset", "Get back into your account"],
      ["/admin", "Users"],
    ]) {
      await page.goto(path);
      await heading(page, title);
      await makeBusy(page);
      found.push((await moving(page)).map((what) => `${path}: ${what}`));
    }
    assertQuiet(context);
    await context.close();
    return found;
  };
  assert.deepEqual((await walk("reduce")).flat(), []);
  // And the look at them does see what moves for everybody else.
  for (const found of await walk("no-preference")) assert.notDeepEqual(found, []);
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
