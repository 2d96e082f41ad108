// People for the tests, made through the API: quick, and as many as a test needs.

import { createHash, randomBytes, randomInt } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { BASE, pass, someAddress } from "./browser.mjs";
import { messagesTo, nextCode } from "./catcher.mjs";

export const ADMIN = {
  local: "admin",
  displayName: "Ada Okafor",
  password: "seven brown kettles sing",
  phone: "07400 111222",
};

const digits = (count) => Array.from({ length: count }, () => randomInt(10)).join("");

/** A British mobile number that no other test uses: as typed, and as it is sent to. */
export function somePhone() {
  const rest = `740${digits(7)}`;
  return { typed: `0${rest.slice(0, 4)} ${rest.slice(4)}`, sent: `+44${rest}` };
}

/** A mailbox that no other test uses. */
export const someMailbox = () => `${someName()}@mail.example`;

export const sentTo = (typed) => `+44${typed.replace(/\D/g, "").replace(/^0/, "")}`;
/** Two dozen of them are made in one millisecond, so neither a clock nor a few digits would do. */
export const someName = () => `t${randomBytes(6).toString("hex")}`;

/** Somebody who talks to the API without a browser. */
export class Caller {
  cookies = new Map();
  address = someAddress();

  async call(method, path, body) {
    const headers = {
      Origin: new URL(BASE).origin,
      "Sec-Fetch-Site": "same-origin",
      "Sec-Fetch-Mode": "cors",
      "X-Forwarded-For": this.address,
      Cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
    };
    if (body) headers["Content-Type"] = "application/json";
    if (this.csrf && method !== "GET") headers["X-CSRF-Token"] = this.csrf;
    const response = await fetch(BASE + path, { method, headers, body: body && JSON.stringify(body) });
    this.keep(response.headers.getSetCookie());
    const data = await response.json().catch(() => ({}));
    if (data.csrf) this.csrf = data.csrf;
    return { status: response.status, data };
  }

  async must(method, path, body) {
    const { status, data } = await this.call(method, path, body);
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${data.code}`);
    return data;
  }

  keep(lines) {
    for (const line of lines) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === "" || /max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }

  /** Asks for a code, as soon as the service lets it, and reads it from the message. */
  async code(use, sent, body) {
    const seen = (await messagesTo(sent)).length;
    for (;;) {
      const { status, data } = await this.call("POST", `/api/send-code/${use}`, body);
      if (status === 202) return nextCode(sent, seen);
      if (data.code !== "too_soon") throw new Error(`send-code/${use}: ${status} ${data.code}`);
      await pass(data.retry_after);
    }
  }

  /** Through every stage that the service asks for. */
  async signIn({ name, password, newPassword, phone }) {
    let me = await this.must("POST", "/api/sign-in", { name, password });
    if (me.stage === "password_change_required") {
      me = await this.must("POST", "/api/set-password/sign-in", { password: newPassword });
    }
    // Who may not reset yet is not asked to register, but can.
    if (me.stage === "registration_required" || (me.stage === "signed_in" && me.methods.length === 0)) {
      const code = await this.code("register", sentTo(phone), { delivery: "text", country: "GB", number: phone });
      await this.must("POST", "/api/verify-code/register", { code });
      me = await this.must("POST", "/api/register/finish", {});
    }
    if (me.stage === "second_factor_required") {
      const code = await this.code("sign-in", sentTo(phone), { delivery: "text" });
      me = await this.must("POST", "/api/verify-code/sign-in", { code });
    }
    return me;
  }

  /** Gives this session to a browser. */
  async lend(context) {
    const cookies = [...this.cookies].map(([name, value]) => ({
      name, value, url: BASE.replace(/^http:/, "https:"), secure: true, httpOnly: true, sameSite: "Strict",
    }));
    await context.addCookies(cookies);
  }
}

export async function organisation() {
  return (await new Caller().must("GET", "/api/sign-in")).organisation;
}

const SAVED = path.join(tmpdir(), `relatch-browser-${createHash("sha256").update(BASE).digest("hex").slice(0, 12)}.json`);

/** The first administrator's session, shared by all test files, since each sign-in costs a text. */
export async function administrator() {
  const caller = new Caller();
  if (existsSync(SAVED)) {
    caller.cookies = new Map(JSON.parse(readFileSync(SAVED, "utf8")));
    if ((await caller.must("GET", "/api/sign-in")).stage === "signed_in") return caller;
    caller.cookies.clear();
  }
  const setup = await caller.call("GET", "/api/setup");
  const { domain } = await organisation();
  if (setup.data.needed) {
    const secret = process.env.SETUP_SECRET;
    await caller.must("POST", "/api/setup", {
      secret, name: ADMIN.local, display_name: ADMIN.displayName, password: ADMIN.password,
    });
  }
  await caller.signIn({ ...ADMIN, name: `${ADMIN.local}@${domain}` });
  writeFileSync(SAVED, JSON.stringify([...caller.cookies]), { mode: 0o600 });
  return caller;
}

/** A new user with an initial password and a phone; with `registered`, signed in once and all set. */
export async function somebody({ displayName = "Noor Haddad", role, registered = false } = {}) {
  const admin = await administrator();
  const body = { name: someName(), display_name: displayName };
  if (role) body.role = role;
  const { user, initial_password: initial } = await admin.must("POST", "/api/users", body);
  const phone = somePhone();
  const person = { ...user, displayName, password: initial, phone };
  if (registered) {
    person.password = `quiet lanterns over ${digits(6)}`;
    person.caller = new Caller();
    await person.caller.signIn({ name: user.name, password: initial, newPassword: person.password, phone: phone.typed });
  }
  return person;
}

/** Somebody becomes a member of the group with this name. */
export async function join(person, group) {
  const admin = await administrator();
  const { groups } = await admin.must("GET", "/api/groups");
  const { id } = groups.find(({ name }) => name === group);
  await admin.must("POST", `/api/groups/${id}/members`, { add_members: [person.id] });
}

/** Saves a page of Password reset; gives what it was before, to be put back. */
export async function setPolicy(page, changes) {
  const admin = await administrator();
  const { [page]: before } = await admin.must("GET", "/api/policy");
  await admin.must("PUT", `/api/policy/${page}`, { ...before, ...changes });
  const { version, ...values } = before;
  return values;
}

/** Everybody may reset, until a test says otherwise. */
export async function everybodyMayReset() {
  const admin = await administrator();
  const { version, scope } = await admin.must("GET", "/api/enable-group");
  if (scope !== "all") await admin.must("PUT", "/api/enable-group", { scope: "all", groups: [], version });
}
