// After half a year, people are asked whether what they registered is still right (S32b).

import test from "node:test";
import { assertQuiet, heading, launch, open, pass, press } from "./lib/browser.mjs";
import { everybodyMayReset, somebody } from "./lib/people.mjs";
import { passSecondFactor, signIn } from "./lib/steps.mjs";

const browser = await launch();
test.after(() => browser.close());

test("S32 reconfirmation: asked once after 180 days, then on to where one wanted to go", async (t) => {
  if (!process.env.CLOCK_URL) return t.skip("needs a clock that can be moved");
  await everybodyMayReset();
  const person = await somebody({ registered: true });
  await pass(181 * 86_400);
  const context = await open(browser);
  const page = await context.newPage();
  for (const isFirst of [true, false]) {
    await page.goto("/signin?next=account");
    await signIn(page, person);
    await passSecondFactor(page, person.phone.sent);
    if (isFirst) {
      await heading(page, "Is this still right?");
      await press(page, "Yes, it is right");
    }
    await heading(page, "My account");
    await context.clearCookies();
  }
  assertQuiet(context);
  await context.close();
});
