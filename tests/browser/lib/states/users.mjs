// The portal: users.

import { field, heading, press } from "../browser.mjs";
import { someName } from "../people.mjs";
import { answer, mistakes, NOT_READY, somebodyShown } from "./tools.mjs";

export async function adminUsers(page, see) {
  await page.goto("/admin");
  await heading(page, "Users");
  await see("admin-users", page);
  await field(page, "Find a user").fill("zzzz");
  await page.getByText("Nobody’s name starts with").waitFor();
  await see("admin-users-none", page);
  await page.getByRole("link", { name: "New user" }).click();
  await heading(page, "New user");
  await see("admin-user-new", page);
  await page.getByText("More about this person").click();
  await see("admin-user-new-more", page);
  await press(page, "Create");
  await mistakes(page);
  await see("admin-user-new-mistakes", page);
  await field(page, "User name").fill(someName());
  await field(page, "Name").fill("Mia Steele");
  await press(page, "Create");
  await heading(page, "Mia Steele can sign in now");
  await see("admin-user-created", page);
  await press(page, "Show password");
  await press(page, "Copy password");
  await page.getByRole("button", { name: "Copied" }).waitFor();
  await see("admin-user-created-shown", page);
}

const ID = "0".repeat(32);
const URL = `/api/users/${ID}`;

/** The page of one person, on answers made up here: so that everything there is stands on it. */
export async function adminUser(page, see) {
  const able = await answer(page, URL, 200, somebodyShown());
  await page.goto(`/admin#users/${ID}`);
  await heading(page, "Mia Steele");
  await see("admin-user", page);
  await press(page, "Start a reset");
  await page.getByRole("dialog", { name: "Start a reset for Mia Steele?" }).waitFor();
  await see("admin-user-start-reset", page);
  const code = "ABCD-EFGH-IJKL-MNOP";
  const link = `https://sspr.contoso.example/reset#name=mias%40contoso.example&code=${code}`;
  const started = await answer(page, `${URL}/start-reset`, 201, { code, link, expires_at: "2026-11-23T10:15:00Z" });
  await press(page, "Yes, start it");
  await heading(page, "A reset is started");
  await see("admin-user-code", page);
  await started();
  await page.getByRole("link", { name: "Done", exact: true }).click();
  await heading(page, "Mia Steele");
  const last = await answer(page, `${URL}/end-sessions`, 409, { code: "busy_record", title: "Busy.", status: 409 });
  await press(page, "End sessions");
  await press(page, "End all sessions");
  await page.getByText("Somebody else is changing this account right now.").waitFor();
  await see("admin-user-busy", page);
  await last();
  await editUser(page, see);
  await able();
  const shown = somebodyShown(
    { readiness: NOT_READY, activity: [], groups: [], registered_kinds: [] },
    { state: "blocked" },
  );
  const blocked = await answer(page, URL, 200, shown);
  await page.reload();
  await heading(page, "Mia Steele");
  await see("admin-user-blocked", page);
  await blocked();
  const gone = await answer(
    page,
    URL,
    200,
    somebodyShown({}, { state: "deleted", deleted_at: "2026-11-21T10:15:00Z" }),
  );
  await page.reload();
  await page.getByText("Restore", { exact: true }).first().waitFor();
  await see("admin-user-deleted", page);
  await gone();
}

async function editUser(page, see) {
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await heading(page, "Edit user");
  await see("admin-user-edit", page);
  await field(page, "Name").fill("Mia Steele-Haddad");
  const current = somebodyShown({ version: 1_000_000 }, { roles: ["helpdesk"] });
  const stale = await answer(page, URL, 409, { code: "stale_version", title: "Stale.", current, status: 409 });
  await press(page, "Save");
  await page.getByRole("heading", { name: "Somebody else saved a change first" }).waitFor();
  await see("admin-user-edit-stale", page);
  await press(page, "Use the saved one");
  await stale();
  await answer(page, URL, 200, somebodyShown());
  await page.getByRole("link", { name: "Back", exact: true }).click();
  await heading(page, "Mia Steele");
}

export async function adminFiles(page, see) {
  const none = await answer(page, "/api/users/deleted", 200, { users: [], next: null });
  await page.goto("/admin#users/deleted");
  await page.getByRole("heading", { name: "Nobody is deleted" }).waitFor();
  await see("admin-deleted-none", page);
  await none();
  const { user } = somebodyShown({}, { state: "deleted", deleted_at: "2026-11-21T10:15:00Z" });
  const some = await answer(page, "/api/users/deleted", 200, { users: [user], next: null });
  await page.reload();
  await page.getByRole("button", { name: "Restore Mia Steele" }).waitFor();
  await see("admin-deleted", page);
  await some();
  await page.goto("/admin#users/import");
  await heading(page, "Import users");
  await page.getByText("What stands in the file").click();
  await see("admin-import", page);
  await press(page, "Import");
  await mistakes(page);
  await see("admin-import-mistake", page);
  const rows = "mias,Mia Steele\nnoorh,Noor Haddad\nliw,\n";
  const report = [
    { line: 2, name: "mias", result: "created", initial_password: "made-up-here" },
    { line: 3, name: "noorh", result: "unchanged" },
    { line: 4, name: "liw", result: "refused", reason: "invalid", field: "display_name" },
  ];
  const done = await answer(page, "/api/users/import", 200, { report, consumed: rows.length });
  const buffer = Buffer.from(`user_name,display_name\n${rows}`);
  await field(page, "File").setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer });
  await press(page, "Import");
  await page.getByRole("heading", { name: /^3 lines/ }).waitFor();
  await see("admin-import-report", page);
  await page.getByRole("link", { name: "Groups", exact: true }).click();
  await page.getByRole("dialog", { name: "Leave without the report?" }).waitFor();
  await see("admin-import-leave", page);
  await press(page, "Leave without it");
  await heading(page, "Groups");
  await done();
}
