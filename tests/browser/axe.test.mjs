// Every page in every state: no accessibility violation, nothing blocked by the policy, nothing in the
// console, and one h1 that says what the title says.

import assert from "node:assert/strict";
import test from "node:test";
import { axe, launch } from "./lib/browser.mjs";
import { everyState } from "./lib/states.mjs";

const browser = await launch();
test.after(() => browser.close());

const LOOKS = [
  ["desktop, light", { size: "desktop", colorScheme: "light" }],
  ["phone, dark", { size: "phone", colorScheme: "dark" }],
];

for (const [look, options] of LOOKS) {
  test(`axe finds nothing on any page or state; the console and the policy are silent: ${look}`, async () => {
    const found = [];
    const troubles = await everyState(browser, options, async (name, page) => {
      for (const violation of await axe(page)) found.push(`${name}: ${violation}`);
      const count = await page.locator("h1").count();
      if (count !== 1) found.push(`${name}: ${count} h1`);
      if (!(await page.title()).includes("Relatch")) found.push(`${name}: title`);
    });
    assert.deepEqual(found, []);
    assert.deepEqual(troubles, []);
  });
}
