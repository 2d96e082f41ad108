// A real browser, contexts as different people have them, and an ear for everything that goes wrong.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

export const BASE = process.env.RELATCH_URL ?? "http://localhost:3000";
export const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };

const FLAGS = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-domain-reliability",
  "--disable-sync",
  "--metrics-recording-only",
  "--no-first-run",
  "--no-pings",
];

export function launch() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: FLAGS });
}

const byte = () => Math.floor(Math.random() * 254) + 1;
const CLOCK = process.env.CLOCK_URL;
const openContexts = new Set();

let passed = 0;

/** What the service's clock says, in seconds. */
export const now = () => Math.floor(Date.now() / 1000) + passed;

/** Time goes by, for the service and for every open page. Without a clock to move: waits. */
export async function pass(seconds) {
  if (!CLOCK) return new Promise((done) => setTimeout(done, seconds * 1000));
  const { status } = await fetch(`${CLOCK}/advance/${Math.ceil(seconds)}`, { method: "POST" });
  assert.equal(status, 204);
  passed += Math.ceil(seconds);
  await Promise.all([...openContexts].map((context) => context.clock.fastForward(Math.ceil(seconds) * 1000)));
}

/** So that the limits per address do not add up over a test run. Heard only behind a trusted proxy. */
export const someAddress = () => `10.${byte()}.${byte()}.${byte()}`;

/** A fresh private window. What it says in the console or blocks is kept in `context.troubles`. */
export async function open(browser, { size = "desktop", ...more } = {}) {
  const context = await browser.newContext({
    baseURL: BASE,
    viewport: SIZES[size] ?? size,
    locale: "en-GB",
    extraHTTPHeaders: { "X-Forwarded-For": someAddress() },
    permissions: ["clipboard-read", "clipboard-write"],
    ...more,
  });
  context.setDefaultTimeout(15_000);
  if (CLOCK) {
    await context.clock.install();
    openContexts.add(context);
    context.on("close", () => openContexts.delete(context));
  }
  context.troubles = [];
  await context.exposeBinding("__blocked", (_, text) => context.troubles.push(text));
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      window.__blocked(`policy: ${event.violatedDirective} ${event.blockedURI} on ${location.pathname}`);
    });
  });
  context.on("console", (message) => isTrouble(message) && context.troubles.push(`console: ${message.text()}`));
  context.on("weberror", (error) => context.troubles.push(`error: ${error.error().stack}`));
  return context;
}

/** Chromium itself notes each refused request and each lost connection; those are answers, not faults. */
function isTrouble(message) {
  const isAnswer = /^Failed to load resource/.test(message.text()) && /\/api\/|\/no-such-page/.test(message.location().url);
  const isNotice = /^Clear-Site-Data header/.test(message.text());
  return !isAnswer && !isNotice;
}

export const assertQuiet = (context) => assert.deepEqual(context.troubles, []);

/** Waits for the page's heading: it says which step is shown, and it has the focus after a change. */
export async function heading(page, name) {
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

/** The field with exactly this label (the Show button beside a password is labelled after it). */
export const field = (page, label) => page.getByLabel(label, { exact: true });

export const press = (page, name) => page.getByRole("button", { name, exact: true }).click();

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];

/** What axe finds on the page as it is now, in words. */
export async function axe(page) {
  await settled(page);
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  const violations = await page.evaluate((tags) => window.axe.run({ runOnly: tags, resultTypes: ["violations"] }).then((run) => run.violations), TAGS);
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" | ")}`);
}

/** Fonts are there and nothing moves any more. */
export function settled(page) {
  return page.evaluate(async () => {
    await document.fonts.ready;
    const moving = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().iterations !== Infinity);
    await Promise.allSettled(moving.map(({ finished }) => finished));
  });
}

/** Runs `attempt` until it gives something true. For things that another machine decides. */
export async function until(what, attempt, { within = 20_000, every = 100 } = {}) {
  const end = Date.now() + within;
  for (;;) {
    const result = await attempt();
    if (result) return result;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((done) => setTimeout(done, every));
  }
}
