// The portal: Password reset.

import { BASE, field, heading, press } from "../browser.mjs";
import { answer, LOCAL, mistakes } from "./tools.mjs";

export async function adminProperties(page, see) {
  await page.goto("/admin#password-reset");
  await heading(page, "Properties");
  await see("admin-properties", page);
  await page.getByRole("radio", { name: /^None/ }).check();
  await page.getByText("You have changes that are not saved.").waitFor();
  await page.getByRole("link", { name: "Users", exact: true }).click();
  await page.getByRole("dialog", { name: "Leave without saving?" }).waitFor();
  await see("admin-properties-leave", page);
  await press(page, "Stay here");
  await page.getByRole("radio", { name: /^Selected/ }).check();
  await see("admin-properties-selected", page);
  const current = { scope: "all", groups: [], version: 1_000_000 };
  const url = `${BASE}/api/enable-group`;
  await page.route(url, (route) => route.fulfill(LOCAL(409, { code: "stale_version", title: "Stale.", current, status: 409 })));
  await page.getByRole("radio", { name: /^None/ }).check();
  await press(page, "Save");
  await page.getByRole("heading", { name: "Somebody else saved a change first" }).waitFor();
  await see("admin-properties-stale", page);
  await press(page, "Use the saved one");
  await page.getByText("Nothing was changed.").waitFor();
  await see("admin-properties-kept", page);
  await page.unroute(url);
}

export async function adminPolicy(page, see) {
  const titles = ["Authentication methods", "Registration", "Notifications", "Password rules", "Entitlement", "Customisation"];
  for (const title of titles) {
    await page.getByRole("link", { name: title, exact: true }).click();
    await heading(page, title);
    await see(`admin-${title.split(" ").at(-1).toLowerCase()}`, page);
  }
  await field(page, "Helpdesk (if you like)").fill("call us");
  await field(page, "Colour (if you like)").fill("#ffee88");
  await press(page, "Save");
  await mistakes(page);
  await see("admin-customisation-mistake", page);
  await page.getByRole("link", { name: "Authentication methods", exact: true }).click();
  await press(page, "Leave without saving");
  await heading(page, "Authentication methods");
  const reasons = ["no_first_method", "too_few_kinds"];
  const url = "/api/policy/methods";
  const refused = await answer(page, url, 422, { code: "policy_refused", title: "Refused.", reasons, status: 422 });
  await page.getByRole("checkbox", { name: /^Text/ }).uncheck();
  await press(page, "Save");
  await mistakes(page);
  await see("admin-methods-refused", page);
  await refused();
  const current = { version: 1_000_000, needed: 2, text: true, call: false, email: true, app: true, recovery_codes: false, countries: ["GB"] };
  const stale = await answer(page, url, 409, { code: "stale_version", title: "Stale.", current, status: 409 });
  await press(page, "Save");
  await page.getByRole("heading", { name: "Somebody else saved a change first" }).waitFor();
  await see("admin-methods-stale", page);
  await stale();
  await page.getByRole("button", { name: "Use the saved one" }).click();
  await page.getByText("Nothing was changed.").waitFor();
}

/** The same with more in them, on answers made up here. */
export async function adminPolicyFull(page, see) {
  await page.getByRole("link", { name: "Password rules", exact: true }).click();
  await heading(page, "Password rules");
  await field(page, "How many old passwords cannot be used again?").fill("11");
  await field(page, "Words of your own that nobody may use (if you like)").fill("abc\nthis word is much too long");
  await press(page, "Save");
  await mistakes(page);
  await see("admin-passwords-mistakes", page);
  await page.getByRole("link", { name: "Entitlement", exact: true }).click();
  await press(page, "Leave without saving");
  await heading(page, "Entitlement");
  const plans = ["p1", "p2"];
  const lines = [{ group: "1".repeat(32), plans: ["p1"] }, { group: "2".repeat(32), plans: [] }];
  const entitlement = { version: 2, check: true, cloud: plans, on_premises: plans, groups: lines };
  const names = [
    { id: "1".repeat(32), name: "SSPRTesters" },
    { id: "2".repeat(32), name: "Sales in Britain and Ireland, and whoever helps them out" },
  ];
  const full = await answer(page, "/api/policy", 200, { entitlement, group_names: names });
  await page.reload();
  await page.getByText("SSPRTesters").waitFor();
  await press(page, "Save");
  await mistakes(page);
  await see("admin-entitlement-mistake", page);
  await full();
  await page.goto("/admin/policy#password-reset/limits");
  await heading(page, "Limits");
  await see("admin-limits", page);
  await field(page, "Find a limit").fill("no such words");
  await page.getByText("No limit has these words.").waitFor();
  await see("admin-limits-none", page);
}
