// Every page in every state, on a desktop and on a phone, light and dark: no accessibility violation, nothing blocked
// by the policy, nothing in the console, one h1, a title; and it fits every window. One walk, since a walk is long.

import assert from "node:assert/strict";
import test from "node:test";
import { axe, launch, SIZES } from "./lib/browser.mjs";
import { misfits } from "./lib/fit.mjs";
import { everyState } from "./lib/states.mjs";

const browser = await launch();
test.after(() => browser.close());

const LOOKS = [
  ["desktop, light", SIZES.desktop, "light"],
  ["phone, dark", SIZES.phone, "dark"],
];

/** Puts the page into a look, and waits until it has it. */
async function dress(page, [, size, colorScheme]) {
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme });
}

test("axe finds nothing on any page or state; the console and the policy are silent; all fit every window", async () => {
  const found = [];
  const troubles = await everyState(browser, { size: "desktop", colorScheme: "light" }, async (name, page) => {
    for (const look of LOOKS) {
      await dress(page, look);
      for (const violation of await axe(page)) found.push(`${name}, ${look[0]}: ${violation}`);
    }
    const count = await page.locator("h1").count();
    if (count !== 1) found.push(`${name}: ${count} h1`);
    if (!(await page.title()).includes("Relatch")) found.push(`${name}: title`);
    for (const misfit of await misfits(page)) found.push(`${name}, ${misfit}`);
    await dress(page, LOOKS[0]);
  });
  assert.deepEqual(found, []);
  assert.deepEqual(troubles, []);
});
