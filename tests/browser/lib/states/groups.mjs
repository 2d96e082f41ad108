// The portal: groups.

import { field, heading, press } from "../browser.mjs";
import { someName } from "../people.mjs";
import { answer, mistakes } from "./tools.mjs";

export async function adminGroups(page, see) {
  const stop = await answer(page, "/api/groups", 200, { groups: [], next: null });
  await page.goto("/admin#groups");
  await page.getByRole("heading", { name: "No groups yet" }).waitFor();
  await see("admin-groups-none", page);
  await stop();
  const name = `Testers ${someName()}`;
  await page.getByRole("link", { name: "New group" }).first().click();
  await heading(page, "New group");
  await see("admin-group-new", page);
  await field(page, "Group name").fill(name);
  await press(page, "Select members");
  await page.getByRole("checkbox").first().check();
  await see("admin-picker", page);
  await field(page, "Find by name").fill("zzzz");
  await page.getByText("No user to choose here.").waitFor();
  await see("admin-picker-none", page);
  await press(page, "Select 1 user");
  await see("admin-group-new-members", page);
  await press(page, "Create");
  await page.getByText(`The group ${name} is created.`).waitFor();
  await see("admin-group", page);
  await page.getByRole("button", { name: /^Remove / }).click();
  await page.getByText("Nobody is in this group yet.").waitFor();
  await see("admin-group-empty", page);
  await page.goto("/admin#groups");
  await heading(page, "Groups");
  await see("admin-groups", page);
}
