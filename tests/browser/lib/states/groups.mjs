// The portal: groups.

import { field, heading, press } from "../browser.mjs";
import { someName } from "../people.mjs";
import { answer, mistakes, somebodyShown } from "./tools.mjs";

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
  await page.getByText("No name starts like that.").waitFor();
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

const ID = "1".repeat(32);
const RULE = 'department == "Sales" and country in ["GB", "IE"]';
const DYNAMIC = {
  id: ID,
  name: "Sales in Britain and Ireland",
  description: "",
  kind: "security",
  membership: "dynamic",
  rule: RULE,
  version: 2,
  created_at: "2026-01-02T10:00:00Z",
};

/** A group whose members are found by a rule, on answers made up here. */
export async function adminDynamicGroup(page, see) {
  const { user } = somebodyShown();
  await page.goto("/admin#groups/new");
  await heading(page, "New group");
  await field(page, "Membership type").selectOption("dynamic");
  await page.getByText("How to write a rule").click();
  await see("admin-group-new-dynamic", page);
  const problem = {
    code: "invalid_rule",
    title: "Wrong.",
    field: "rule",
    at: 12,
    detail: "Here a comparison is needed.",
    status: 400,
  };
  const wrong = await answer(page, "/api/groups/try-rule", 400, problem);
  await field(page, "Rule").fill('department => "Sales"');
  await press(page, "Try the rule");
  await mistakes(page);
  await see("admin-group-rule-mistake", page);
  await wrong();
  const right = await answer(page, "/api/groups/try-rule", 200, { people: [user], looked_at: 50 });
  await press(page, "Try the rule");
  await page.getByText("Of the 50 newest accounts, for example:").waitFor();
  await see("admin-group-rule-tried", page);
  await right();
  const data = { group: DYNAMIC, members: [user], groups: [], next: null };
  const shown = await answer(page, `/api/groups/${ID}`, 200, data);
  await page.goto(`/admin#groups/${ID}`);
  await heading(page, DYNAMIC.name);
  await see("admin-group-dynamic", page);
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await heading(page, "Edit group");
  await see("admin-group-edit", page);
  await field(page, "Description (if you like)").fill("Whoever sells");
  const current = { ...data, group: { ...DYNAMIC, rule: 'department == "Sales"', version: 3 } };
  await shown();
  const stale = await answer(page, `/api/groups/${ID}`, 409, {
    code: "stale_version",
    title: "Stale.",
    current,
    status: 409,
  });
  await press(page, "Save");
  await page.getByRole("heading", { name: "Somebody else saved a change first" }).waitFor();
  await see("admin-group-edit-stale", page);
  await press(page, "Use the saved one");
  await stale();
}
