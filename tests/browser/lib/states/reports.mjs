// The portal: audit and usage, and what is seen by whoever may not, or no longer.

import { field, heading, press } from "../browser.mjs";
import { answer, mistakes, standing } from "./tools.mjs";

export async function adminSignedOut(page, see, context) {
  await context.clearCookies();
  await page.getByRole("link", { name: "Groups", exact: true }).click();
  await heading(page, "You have been signed out");
  await see("admin-signed-out", page);
}
