// The portal: users.

import { field, heading, press } from "../browser.mjs";
import { someName } from "../people.mjs";
import { answer, mistakes } from "./tools.mjs";

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
