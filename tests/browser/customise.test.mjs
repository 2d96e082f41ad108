// Portal > Password reset > Customisation (S32): the colour and the logo, on every page, and what is refused.

import assert from "node:assert/strict";
import test from "node:test";
import { assertQuiet, field, heading, launch, open, press } from "./lib/browser.mjs";
import { everybodyMayReset, setPolicy, somebody } from "./lib/people.mjs";

const browser = await launch();
test.before(everybodyMayReset);
test.after(() => browser.close());

const ADDRESSES = "Where people may go back to (if you like)";

async function portal() {
  const admin = await somebody({ displayName: "Ada Okafor", role: "global_administrator", registered: true });
  const context = await open(browser);
  await admin.caller.lend(context);
  const page = await context.newPage();
  await page.goto("/admin/policy#password-reset/customisation");
  await heading(page, "Customisation");
  return { context, page };
}

async function finish(context) {
  assertQuiet(context);
  await context.close();
}

const said = (page, text) => page.getByRole("status").getByText(text).waitFor();

/** A picture of this size, as a browser would save it. */
async function picture(page, width, height) {
  const data = await page.evaluate(
    ([w, h]) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h });
      const context = canvas.getContext("2d");
      context.fillStyle = "#7a1f5c";
      context.fillRect(w / 10, h / 10, w / 2, h / 2);
      return canvas.toDataURL("image/png");
    },
    [width, height],
  );
  return Buffer.from(data.split(",")[1], "base64");
}

test("S32 a colour that is too pale is refused; a good one is on every page, in the dark too", async (t) => {
  const before = await setPolicy("customisation", {});
  t.after(() => setPolicy("customisation", before));
  const { context, page } = await portal();
  await field(page, "Colour (if you like)").fill("#ffee88");
  await press(page, "Save");
  await page.getByRole("alert").getByText("White words could not be read on this colour.").waitFor();
  await field(page, "Colour (if you like)").fill("#7A1F5C");
  assert.equal(await field(page, "Choose the colour").inputValue(), "#7a1f5c");
  await press(page, "Save");
  await said(page, /^Saved\./);
  for (const colorScheme of ["light", "dark"]) {
    const other = await open(browser, { size: "phone", colorScheme });
    const stranger = await other.newPage();
    for (const address of ["/", "/signin", "/reset", "/register"]) {
      await stranger.goto(address);
      await stranger.locator("html.own").waitFor();
      assert.equal(await stranger.evaluate(() => document.documentElement.style.getPropertyValue("--own")), "#7a1f5c");
    }
    await finish(other);
  }
  await finish(context);
});

test("S32 a logo of any size is made to fit, stands on every page, and is removed again", async (t) => {
  const before = await setPolicy("customisation", {});
  t.after(() => setPolicy("customisation", before));
  const { context, page } = await portal();
  const choose = (buffer, name = "logo.png") =>
    field(page, "Choose a picture").setInputFiles({ name, mimeType: "image/png", buffer });
  await choose(Buffer.from("this is no picture"));
  await page.getByText("This is not a picture that can be used.").waitFor();
  await choose(await picture(page, 1600, 400));
  await said(page, "The logo is saved.");
  const shown = page.locator("[data-logo]");
  await shown.waitFor();
  assert.deepEqual(
    await shown.evaluate(async (image) => (await image.decode(), [image.naturalWidth, image.naturalHeight])),
    [480, 120],
  );
  // The rest of the page is saved over the newest version.
  await field(page, "Helpdesk (if you like)").fill("help@contoso.example");
  await press(page, "Save");
  await said(page, /^Saved\./);
  const other = await open(browser, { size: "phone" });
  const stranger = await other.newPage();
  await stranger.goto("/signin");
  await stranger.locator("#org img").waitFor();
  await finish(other);
  await press(page, "Remove the logo");
  await said(page, "The logo is removed.");
  assert.equal(await page.locator("#org img").count(), 0);
  await finish(context);
});

test("S3 S32 addresses to go back to are checked before they are saved", async (t) => {
  const before = await setPolicy("customisation", {});
  t.after(() => setPolicy("customisation", before));
  const { context, page } = await portal();
  await field(page, ADDRESSES).fill("http://mail.contoso.example/");
  await press(page, "Save");
  await page.getByRole("alert").getByText("Each begins with https://").waitFor();
  await field(page, ADDRESSES).fill("https://mail.contoso.example/\nhttps://app.contoso.example/start");
  await press(page, "Save");
  await said(page, /^Saved\./);
  await page.reload();
  await heading(page, "Customisation");
  assert.equal(
    await field(page, ADDRESSES).inputValue(),
    "https://mail.contoso.example/\nhttps://app.contoso.example/start",
  );
  await finish(context);
});
