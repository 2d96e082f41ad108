// The seed story, clicked through: an administrator turns password reset on, people register, forget
// their password and get back in. The numbers are those of the product's walk.

import assert from "node:assert/strict";
import test from "node:test";
import { assertQuiet, field, heading, launch, open, press } from "./lib/browser.mjs";
import { messagesTo } from "./lib/catcher.mjs";
import { ADMIN, Caller, join, organisation, sentTo, somebody, someName, somePhone } from "./lib/people.mjs";
import {
  chooseNewPassword, passSecondFactor, pressForCode, pressForCodePage, signIn, typeCode, typePassword, typePhone,
} from "./lib/steps.mjs";

const browser = await launch();
const { domain } = await organisation();
const isFresh = (await new Caller().call("GET", "/api/setup")).data.needed === true;
const group = isFresh ? "SSPRTesters" : `SSPRTesters ${someName()}`;

// Mia walks on a phone and is called; Noor walks on a desktop and gets texts.
const mia = {
  local: isFresh ? "mias" : someName(), displayName: "Mia Steele", size: "phone", phone: somePhone(),
  chosen: "purple herons paint boats", later: "eleven foxes read slowly", kind: "voice",
};
const noor = {
  local: someName(), displayName: "Noor Haddad", size: "desktop", phone: somePhone(),
  chosen: "windows made of honey", later: "tomorrow we sail early", kind: "sms",
};
for (const person of [mia, noor]) person.name = `${person.local}@${domain}`;

test.after(() => browser.close());

let isBroken = false;
/** A part of the story: when one fails, those that build on it are not tried. */
function part(title, tell, { skip = false } = {}) {
  test(title, { skip }, async (t) => {
    if (isBroken) {
      t.skip("an earlier part failed");
      return;
    }
    isBroken = true;
    await tell();
    isBroken = false;
  });
}

/** The administrator's own window, open for the whole first half. */
const office = await open(browser);
const desk = await office.newPage();

part("the first administrator is set up with the one-time secret", async () => {
  await desk.goto("/setup");
  await heading(desk, "What is the setup secret?");
  await field(desk, "What is the setup secret?").fill(process.env.SETUP_SECRET ?? "");
  await press(desk, "Next");
  await heading(desk, "Create the first administrator");
  await field(desk, "User name").fill(ADMIN.local);
  await field(desk, "Your name").fill(ADMIN.displayName);
  await field(desk, "Where are the phones of your people?").selectOption({ label: "United Kingdom" });
  await field(desk, "New password").fill(ADMIN.password);
  await field(desk, "Type it again").fill(ADMIN.password);
  await press(desk, "Create the administrator");
  await heading(desk, "Relatch is set up");
  await desk.getByText(`admin@${domain}`).waitFor();
  await desk.reload();
  await heading(desk, "Setup is finished");
}, { skip: !isFresh });

part("S10 the global administrator signs in, and needs a second factor too", async () => {
  await desk.goto("/signin?next=admin");
  await signIn(desk, { name: `${ADMIN.local}@${domain}`, password: ADMIN.password });
  const more = desk.getByRole("heading", { name: "More information required" });
  await more.or(desk.getByRole("heading", { name: "How do you want your code?" })).waitFor();
  if (await more.isVisible()) {
    await desk.getByRole("link", { name: "Next" }).click();
    await registerPhone(desk, ADMIN.phone, "Text me a code", "sms");
    await desk.getByRole("link", { name: "Done" }).click();
    await heading(desk, "You are signed in");
    await desk.getByRole("link", { name: "Administration" }).click();
  } else {
    await passSecondFactor(desk, sentTo(ADMIN.phone));
  }
  await heading(desk, "Users");
});

part("S11 the portal has Users, Groups and Password reset in its menu", async () => {
  const menu = desk.getByRole("navigation", { name: "Administration" });
  for (const [link, title] of [["Groups", "Groups"], ["Password reset", "Properties"], ["Users", "Users"]]) {
    await menu.getByRole("link", { name: link, exact: true }).click();
    await heading(desk, title);
  }
});

part("S15 S16 S17 S18 S19 a new user gets a password that is hidden until it is asked for", async () => {
  for (const person of [mia, noor]) await createUser(person);
});

async function createUser(person) {
  await desk.getByRole("link", { name: "Users", exact: true }).first().click();
  await heading(desk, "Users");
  await desk.getByRole("link", { name: "New user" }).click();
  await heading(desk, "New user");
  await field(desk, "User name").fill(person.local);
  await desk.getByText(`@${domain}`).waitFor();
  await field(desk, "Name").fill(person.displayName);
  await press(desk, "Create");
  await heading(desk, `${person.displayName} can sign in now`);
  const secret = desk.locator("[data-secret]");
  assert.match(await secret.textContent(), /^•+$/);
  await press(desk, "Copy password");
  await desk.getByRole("button", { name: "Copied" }).waitFor();
  await press(desk, "Show password");
  person.initial = await secret.textContent();
  assert.doesNotMatch(person.initial, /•/);
  assert.equal(await desk.evaluate(() => navigator.clipboard.readText()), person.initial);
  await desk.getByText(person.name).waitFor();
  await desk.getByRole("link", { name: "Done" }).click();
  await heading(desk, "Users");
  await desk.getByText(person.name).waitFor();
}

part("S20 S21 S22 S23 S24 S25 S26 S27 a security group is made, and members are picked from a list", async () => {
  await desk.getByRole("link", { name: "Groups", exact: true }).click();
  await heading(desk, "Groups");
  await desk.getByRole("link", { name: "New group" }).first().click();
  await heading(desk, "New group");
  assert.equal(await field(desk, "Group type").inputValue(), "security");
  assert.equal(await field(desk, "Membership type").inputValue(), "assigned");
  await field(desk, "Group name").fill(group);
  await field(desk, "Description (if you like)").fill("They try password reset first");
  await press(desk, "Select members");
  for (const person of [mia, noor]) {
    await field(desk, "Find by name").fill(person.local);
    await desk.getByRole("checkbox", { name: person.name }).check();
  }
  await press(desk, "Select 2 users");
  await desk.getByRole("button", { name: "Remove Mia Steele" }).waitFor();
  await press(desk, "Create");
  await heading(desk, group);
  await desk.getByText(`The group ${group} is created.`).waitFor();
  await desk.getByText(mia.name).waitFor();
  await desk.getByText(noor.name).waitFor();
});

part("S12 S13 S14 S28 S30 S31 Password reset > Properties: Selected, with the group, saved", async () => {
  await desk.getByRole("link", { name: "Password reset", exact: true }).click();
  await heading(desk, "Properties");
  for (const choice of ["None", "Selected", "All"]) await desk.getByRole("radio", { name: new RegExp(`^${choice}`) }).waitFor();
  await desk.getByRole("radio", { name: /^Selected/ }).check();
  const chosen = desk.getByRole("button", { name: `Remove ${group}` });
  await press(desk, "Select group");
  await field(desk, "Find by name").fill(group);
  await desk.getByRole("checkbox", { name: new RegExp(`^${group}`) }).check();
  await desk.getByRole("button", { name: /^Select \d+ groups?$/ }).click();
  await chosen.waitFor();
  await press(desk, "Save");
  await desk.getByRole("status").getByText("Saved.").waitFor();
  await desk.reload();
  await heading(desk, "Properties");
  await chosen.waitFor();
  assert.ok(await desk.getByRole("radio", { name: /^Selected/ }).isChecked());
  assertQuiet(office);
});

/** From "Keep your account secure" to "You are all set". */
async function registerPhone(page, number, delivery, kind) {
  await heading(page, "Keep your account secure");
  await typePhone(page, number, delivery);
  const code = await pressForCode(page, "Next", sentTo(number), kind);
  await typeCode(page, code);
  await heading(page, "Your phone is registered");
  await press(page, "Next");
  await heading(page, "You are all set");
}

for (const person of [mia, noor]) {
  const { size, displayName } = person;
  const isCalled = person.kind === "voice";

  part(`S33 S34 S35 ${displayName}, ${size}: the first sign-in forces a new password`, async () => {
    person.context = await open(browser, { size });
    person.page = await person.context.newPage();
    const { page } = person;
    await page.goto(isCalled ? "/register" : "/ssprsetup");
    await signIn(page, { name: person.name, password: person.initial });
    await chooseNewPassword(page, person.chosen);
  });

  part(`S36 S37 S38 ${displayName}, ${size}: more information is required; other methods are listed`, async () => {
    const { page } = person;
    await heading(page, "More information required");
    await page.getByRole("link", { name: "Next" }).click();
    await heading(page, "Keep your account secure");
    await press(page, "I want to set up a different method");
    await heading(page, "Which method do you want?");
    for (const method of ["Authenticator app", "Email", "Recovery codes"]) {
      await page.getByRole("link", { name: new RegExp(`^${method}`) }).waitFor();
    }
    await page.getByRole("link", { name: /^Phone/ }).click();
    await heading(page, "Keep your account secure");
  });

  part(`S39 S40 S41 S42 ${displayName}, ${size}: a phone with its country, a code, "registered", Next, Done`, async () => {
    const { page } = person;
    await registerPhone(page, person.phone.typed, isCalled ? "Call me" : "Text me a code", person.kind);
    await page.getByRole("link", { name: "Done" }).click();
    await heading(page, "You are signed in");
    assertQuiet(person.context);
    await person.context.close();
  });

  part(`S44 S45 S46 S47 S48 ${displayName}, ${size}: the sign-in page leads to "Get back into your account"`, async () => {
    person.context = await open(browser, { size });
    person.page = await person.context.newPage();
    const { page } = person;
    await page.goto("/signin");
    await field(page, "What is your user name?").fill(person.name);
    await press(page, "Next");
    await heading(page, "What is your password?");
    await page.getByRole("link", { name: "Forgot my password" }).click();
    await heading(page, "Get back into your account");
    assert.equal(new URL(page.url()).pathname, "/reset");
    await page.goto("/sspr");
    await heading(page, "Get back into your account");
    await field(page, "User name or email").fill(person.name);
    await press(page, "Next");
  });

  const s50 = isCalled ? "S51 call" : "S50 text";
  part(`S49 ${s50} S52 S53 ${displayName}, ${size}: verification step 1 with the whole number, and the code`, async () => {
    const { page } = person;
    await heading(page, "Prove it is you");
    await page.getByText("Verification step 1 of 1").waitFor();
    await typePhone(page, person.phone.typed, isCalled ? "Call my mobile phone" : "Text my mobile phone");
    const code = await pressForCode(page, "Next", person.phone.sent, person.kind);
    await page.getByText("is the number you registered").waitFor();
    // Typed as people do, with a space in it.
    await typeCode(page, `${code.slice(0, 4)} ${code.slice(4)}`);
  });

  part(`S54 S55 ${displayName}, ${size}: rules before typing, a live strength, and Finish`, async () => {
    const { page } = person;
    await heading(page, "Choose a new password");
    await page.getByText(/At least \d+ characters/).waitFor();
    await page.getByText("Strength: nothing typed yet").waitFor();
    const password = field(page, "New password");
    await password.fill("abc");
    await page.getByText("Strength: weak").waitFor();
    await password.fill(person.later);
    await page.getByText(/Strength: (good|strong)/).waitFor();
    await page.locator(".rules .met", { hasText: "At least" }).waitFor();
    await chooseNewPassword(page, person.later, "Finish");
    await heading(page, "Your password is changed");
  });

  part(`S56 S57 S58 ${displayName}, ${size}: the new password and a code let in; signing out ends it`, async () => {
    const { page, context } = person;
    await page.getByRole("link", { name: "Sign in" }).click();
    await signIn(page, { name: person.name, password: person.chosen });
    await page.getByRole("alert").getByText("is not right").waitFor();
    await field(page, "What is your password?").fill("");
    await typePassword(page, person.later);
    await passSecondFactor(page, person.phone.sent);
    await heading(page, "You are signed in");
    await page.getByText(person.displayName).waitFor();
    assert.equal(await page.getByRole("link", { name: "Administration" }).count(), 0);
    await press(page, "Sign out");
    await heading(page, "You are signed out");
    await page.goto("/admin");
    await heading(page, "What is your user name?");
    const { stage } = await page.evaluate(() => fetch("/api/sign-in").then((answer) => answer.json()));
    assert.equal(stage, "signed_out");
    assertQuiet(context);
    await context.close();
  });
}

part("S43 what was registered stays, even if the browser is closed before the end", async () => {
  const caller = new Caller();
  const late = { ...(await somebody({ displayName: "Sam Taylor" })), chosen: "the slow green train" };
  await join(late, group);
  const first = await open(browser, { size: "phone" });
  const page = await first.newPage();
  await page.goto("/register");
  await signIn(page, late);
  await chooseNewPassword(page, late.chosen);
  await heading(page, "More information required");
  await page.getByRole("link", { name: "Next" }).click();
  await heading(page, "Keep your account secure");
  await typePhone(page, late.phone.typed, "Text me a code");
  await typeCode(page, await pressForCode(page, "Next", late.phone.sent));
  await heading(page, "Your phone is registered");
  await first.close();
  const me = await caller.signIn({ name: late.name, password: late.chosen, phone: late.phone.typed });
  assert.equal(me.stage, "signed_in");
  assert.equal(me.methods.length, 1);
});

part("S52 only the registered number gets a message, and the page says the same either way", async () => {
  const person = await somebody({ registered: true });
  await join(person, group);
  const wrong = somePhone();
  const words = [];
  for (const number of [wrong, person.phone]) {
    const context = await open(browser, { size: "phone" });
    const page = await context.newPage();
    await page.goto("/reset");
    await field(page, "User name or email").fill(person.name);
    await press(page, "Next");
    await typePhone(page, number.typed, "Text my mobile phone");
    if (number === wrong) await pressForCodePage(page, "Next");
    else await pressForCode(page, "Next", number.sent);
    words.push((await page.locator("#code-lead").textContent()).replace(/\+44 [\d ]+\d/, "NUMBER"));
    assertQuiet(context);
    await context.close();
  }
  assert.equal(words[0], words[1]);
  // The right number, asked for later, has its message by now; the wrong one has none.
  assert.deepEqual(await messagesTo(wrong.sent), []);
});
