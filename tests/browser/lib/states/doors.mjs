// The door, the first run, and a service that does not answer.

import { field, heading, press } from "../browser.mjs";
import { answer, mistakes } from "./tools.mjs";

export async function doors(page, see) {
  await page.goto("/");
  await heading(page, "Locked out? Let yourself back in.");
  await see("door", page);
  await page.goto("/no-such-page");
  await heading(page, "This page does not exist");
  await see("not-found", page);
}

export async function setup(page, see) {
  await page.goto("/setup");
  await heading(page, "Setup is finished");
  await see("setup-finished", page);
  const rules = { min_length: 15, max_length: 256 };
  const organisation = { name: "Contoso", domain: "contoso.example" };
  const stop = await answer(page, "/api/setup", 200, { needed: true, organisation, password_rules: rules });
  await page.goto("/setup");
  await heading(page, "What is the setup secret?");
  await see("setup-secret", page);
  await field(page, "What is the setup secret?").fill("not the secret");
  await press(page, "Next");
  await heading(page, "Create the first administrator");
  await see("setup-administrator", page);
  await press(page, "Create the administrator");
  await mistakes(page);
  await see("setup-administrator-mistakes", page);
  await stop();
}

export async function unreachable(page, see) {
  const stop = await answer(page, "/api/sign-in", 500, { code: "internal", title: "This does not work right now.", status: 500 });
  await page.goto("/signin");
  await heading(page, "This does not work right now");
  await see("signin-trouble", page);
  await stop();
}
