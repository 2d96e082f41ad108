// My account.

import { field, heading, press } from "../browser.mjs";
import { answer, APP, EMAIL, KINDS, mistakes, NOT_READY, PHONE, somebodyShown, standing } from "./tools.mjs";

export async function account(page, see, person) {
  await page.goto("/account");
  await heading(page, "My account");
  await see("account", page);
  await page.getByRole("button", { name: /^Remove Phone/ }).click();
  await page.getByRole("dialog", { name: "Remove this phone?" }).waitFor();
  await see("account-remove", page);
  await press(page, "Remove it");
  await page.getByText("so it cannot be removed").waitFor();
  await see("account-last-method", page);
  await page.getByRole("link", { name: "Change my password" }).click();
  await heading(page, "Change my password");
  await see("account-password", page);
  await press(page, "Change my password");
  await mistakes(page);
  await see("account-password-mistakes", page);
  const wrong = await answer(page, "/api/set-password/change", 403, { code: "wrong_password", title: "Wrong.", status: 403 });
  await field(page, "Current password").fill("this is not it");
  await field(page, "New password").fill("seven quiet rivers meet");
  await field(page, "Type it again").fill("seven quiet rivers meet");
  await press(page, "Change my password");
  await page.getByRole("alert").getByText("This is not your current password.").waitFor();
  await see("account-password-wrong", page);
  await wrong();
  await field(page, "Current password").fill(person.password);
  await press(page, "Change my password");
  await page.getByRole("status").getByText("Your password is changed.").waitFor();
  await see("account-password-changed", page);
  await accountFull(page, see);
}

async function accountFull(page, see) {
  const line = (id, day) => ({ id, current: id === "1", begun: `2026-11-${day}T08:15:00Z`, seen: `2026-11-${day}T17:45:00Z` });
  const url = await answer(page, "/api/account", 200, {
    ...standing("signed_in"), methods: [PHONE, EMAIL, APP], recovery_codes: { left: 4, created_at: "2026-01-02T10:00:00Z" },
    offered: KINDS, deliveries: ["text", "call"], sessions: [line("1", 21), line("2", 20), line("3", 12)], fresh: false,
    activity: somebodyShown().activity, readiness: NOT_READY,
  });
  await page.reload();
  await heading(page, "My account");
  await see("account-full", page);
  await press(page, "End all others");
  await page.getByRole("dialog", { name: "Sign out everywhere else?" }).waitFor();
  await see("account-end-others", page);
  await press(page, "Cancel");
  await page.getByRole("link", { name: "Change my password" }).click();
  await heading(page, "Sign in again to change this");
  await see("account-again", page);
  await url();
  const over = await answer(page, "/api/account", 401, { code: "not_signed_in", title: "Signed out.", status: 401 });
  await press(page, "Not now");
  await heading(page, "You have been signed out");
  await see("account-signed-out", page);
  await over();
}
