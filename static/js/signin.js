// /signin: name, password, and then whatever the service asks next: a new password, a code, a
// registration, or nothing.

import { post, session, signOut } from "./api.js";
import { $, $$, count, stamp } from "./dom.js";
import { codeFrom, enableToggles, recoveryCodeFrom, required } from "./fields.js";
import { GONE, handle, showMistakes } from "./form.js";
import { newCodeNote } from "./newcode.js";
import { explainRejected, passwordFrom, preparePassword } from "./password.js";
import { prepareResend } from "./resend.js";
import { placeFrom, showOrganisation } from "./shell.js";
import { among, Walk } from "./walk.js";
import { codeLead, explainSpent, isSent, prepareWays, wayFrom } from "./ways.js";

/** The session as the service last told it, and what was typed. Lives in memory only. */
let me;
let known = {};

const PHONE = ["text", "call"];
/** Ways whose code is not sent have a step of their own. */
const TYPED = { app: "app", recovery_code: "recovery-code" };

/** The step that belongs to each stage of the session. */
const STAGES = {
  signed_out: () => "",
  password_change_required: () => "new-password",
  second_factor_required: () => TYPED[ways()[0]] ?? "check",
  registration_required: () => "more-information",
  signed_in: () => "signed-in",
};
/** The only other way, as the code page calls it. */
const INSTEAD = { text: "Send a text instead", call: "Call me instead" };
/** So few recovery codes are worth a word. */
const FEW = 3;

const at = (stage) => () => me.stage === stage;
const stageStep = () => STAGES[me.stage]();
const mustProve = at("second_factor_required");

/** What can be the second factor, the quickest first. An email cannot. */
function ways() {
  const kinds = (me.methods ?? []).map(({ kind }) => kind);
  const found = [];
  if (kinds.includes("app")) found.push("app");
  if (kinds.includes("phone")) found.push(...(me.deliveries ?? PHONE));
  if (me.recovery_codes_left > 0) found.push("recovery_code");
  return found.length > 0 ? found : PHONE;
}

const can = (way) => () => mustProve() && ways().includes(way);

const steps = {
  "": { title: "Your user name", ready: at("signed_out"), render: renderName },
  password: { title: "Your password", ready: () => at("signed_out")() && known.name, render: renderPassword },
  "new-password": { title: "Choose a new password", ready: at("password_change_required"), render: renderNewPassword },
  check: { title: "One more check", latch: 2, ready: mustProve, render: renderCheck },
  code: { title: "Type the code", latch: 3, ready: () => mustProve() && known.sent, render: renderCode },
  app: { title: "Type the code from your app", latch: 2, ready: can("app"), render: renderApp },
  "recovery-code": { title: "Type a recovery code", latch: 3, ready: can("recovery_code"), render: renderRecovery },
  "few-codes": { title: "Few recovery codes are left", latch: "home", ready: () => known.few !== undefined, render: renderFew },
  "new-code": { title: "Your new recovery code", latch: "home", ready: () => known.newCode, render: renderNewCode },
  "more-information": { title: "More information required", ready: at("registration_required"), render: renderMore },
  "signed-in": { title: "You are signed in", latch: "home", ready: at("signed_in"), render: renderIn },
  "signed-out": { title: "You are signed out", ready: at("signed_out"), render: renderOut },
};

const walk = new Walk({
  site: "Sign in",
  first: stageStep,
  find: among(steps),
});

/** Goes where the session now stands; finished sign-ins go back to where the person came from. */
async function follow(next, go = (name) => walk.go(name)) {
  me = next;
  known = {};
  const place = placeFrom(location.search);
  // It has been a while: first a look at what is registered, then on.
  if (me.reconfirm) location.replace(`/register${location.search}`);
  else if (me.stage === "signed_in" && place) location.replace(place);
  else await go(stageStep());
}

/** The service says that another step is due: ask it which. */
async function explain(problem) {
  if (!["wrong_step", "not_signed_in"].includes(problem.code)) return undefined;
  await follow(await session());
  if (me.stage === "signed_out") {
    showMistakes($("form"), [{ text: "This took a little too long, so we closed the door again. Please start from here." }]);
  }
  return GONE;
}

/** Every "sign out" on a page. */
function prepareStop(root) {
  for (const button of $$("[data-stop]", root)) {
    button.addEventListener("click", async () => {
      if (button.disabled) return;
      button.disabled = true;
      try {
        await signOut();
        me = await session();
        await walk.go("signed-out");
      } catch (error) {
        walk.stumble(error, walk.shown);
      }
    });
  }
  return root;
}

function renderName() {
  const root = stamp("t-name", { hint: `The whole name, like mias@${me.organisation.domain}` });
  $("#f-name", root).value = known.name ?? "";
  handle($("form", root), {
    send: async (values) => {
      known.name = required(values, "name", "Type your user name.");
      await walk.go("password");
    },
  });
  return root;
}

function renderPassword() {
  const root = stamp("t-password", { name: known.name });
  $("[name=name]", root).value = known.name;
  enableToggles(root);
  $("[data-back]", root).addEventListener("click", () => walk.go(""));
  handle($("form", root), {
    explain: async (problem) => {
      if (problem.code === "invalid_field" && problem.field === "name") {
        await walk.go("");
        showMistakes($("form"), [{ field: "name", text: "This cannot be a user name. Type the whole name." }]);
        return GONE;
      }
      if (problem.code !== "sign_in_failed") return explain(problem);
      $("#f-password").value = "";
      return [{ field: "password", text: "The user name or the password is not right. Check both and try again." }];
    },
    send: async ({ password }) => {
      required({ password }, "password", "Type your password.");
      const { name } = known;
      await follow(await post("/api/sign-in", { name, password }));
    },
  });
  return root;
}

function renderNewPassword() {
  const root = stamp("t-new-password", {
    kicker: `Signing in as ${me.name}`,
    lead: "The password you were given works once. Choose your own now, so that only you know it.",
  });
  const rules = me.password_rules;
  enableToggles(root);
  const { name } = me.organisation;
  preparePassword(root, rules, [me.name, me.display_name], () => [name]);
  handle($("form", root), {
    explain: (problem) => (problem.code === "password_rejected" ? explainRejected(problem, rules) : explain(problem)),
    send: async (values) => follow(await post("/api/set-password/sign-in", { password: passwordFrom(values, rules) })),
  });
  return root;
}

const send = () => post("/api/send-code/sign-in", { delivery: known.way });
const phone = () => me.methods?.find(({ kind }) => kind === "phone")?.hint ?? "your phone";

function renderCheck() {
  const root = prepareStop(stamp("t-method"));
  const words = {
    app: "Use my authenticator app",
    text: `Text ${phone()}`,
    call: `Call ${phone()}`,
    recovery_code: "Use a recovery code",
  };
  prepareWays(root, ways(), words, known.way);
  handle($("form", root), {
    explain,
    send: async (values) => {
      known.way = wayFrom(values, ways());
      if (isSent(known.way)) known.sent = await send();
      await walk.go(TYPED[known.way] ?? "code");
    },
  });
  return root;
}

/** A page where a code is typed; `read` takes it from the form, and gives what the service wants. */
function prepareCode(root, read, wrong, { go = follow, isAsked = false } = {}) {
  const instead = ways().length > 1 ? "Or use another way." : "If you cannot wait, ask your helpdesk.";
  const back = $("[data-back]", root);
  if (ways().length > 1) back.addEventListener("click", () => walk.go("check"));
  else {
    back.textContent = "Stop and sign out";
    back.dataset.stop = "";
    prepareStop(root);
  }
  handle($("form", root), {
    explain: (problem) => {
      if (problem.code === "wrong_code") return [{ field: "code", text: wrong }];
      return explainSpent(problem, isAsked, instead) ?? explain(problem);
    },
    send: async (values) => go(await post("/api/verify-code/sign-in", read(values))),
  });
  return root;
}

function renderCode() {
  const minutes = Math.round(known.sent.expires_in / 60);
  const slots = { kicker: "One more check", lead: codeLead(known.way, phone(), minutes) };
  const others = ways().filter((way) => way !== known.way);
  slots.back = (others.length === 1 && INSTEAD[others[0]]) || "Use another way";
  const root = stamp("t-code", slots);
  prepareResend(root, known.sent, send, explain);
  const wrong = "This is not the right code. Look at the newest message and type it again.";
  return prepareCode(root, (values) => ({ code: codeFrom(values) }), wrong, { isAsked: true });
}

function renderApp() {
  const root = stamp("t-app-code", { kicker: "One more check" });
  const wrong = "This is not the right code. Look at your app, wait for the next code, and type that one.";
  return prepareCode(root, (values) => ({ method: "app", code: codeFrom(values, 6) }), wrong);
}

function renderRecovery() {
  const root = stamp("t-recovery", { kicker: "One more check" });
  const wrong = "This code does not work. Check it letter by letter, or type another one that you have not used yet.";
  const read = (values) => ({ method: "recovery_code", code: recoveryCodeFrom(values) });
  const go = async (next) => {
    const { recovery_codes_left: left, new_recovery_code: newCode } = next;
    if (newCode) {
      me = next;
      known = { newCode };
      await walk.replace("new-code");
      return;
    }
    if (next.stage !== "signed_in" || left === undefined || left > FEW) {
      await follow(next);
      return;
    }
    me = next;
    known = { few: left };
    await walk.replace("few-codes");
  };
  return prepareCode(root, read, wrong, { go });
}

function renderFew() {
  const left = known.few === 0 ? "no recovery codes" : count(known.few, "recovery code");
  const root = stamp("t-few", { title: `You have ${left} left` });
  $("[data-later]", root).addEventListener("click", () => follow(me));
  return root;
}

function renderNewCode() {
  const root = stamp("t-new-code-page");
  $("h1", root).after(newCodeNote(known.newCode));
  $("[data-later]", root).addEventListener("click", () => follow(me));
  return root;
}

function renderMore() {
  const { name } = me.organisation;
  const lead = `${name} needs a way to check that it is you, so that you can get back in if you forget your password.`;
  return prepareStop(stamp("t-more", { lead }));
}

function renderIn() {
  const root = stamp("t-in", { organisation: me.organisation.name, who: me.display_name, name: me.name });
  const isAdmin = me.rights?.includes("see") ?? me.roles?.includes("global_administrator");
  if (!isAdmin) $("[data-admin]", root).remove();
  return prepareStop(root);
}

function renderOut() {
  const root = stamp("t-out");
  $("[data-again]", root).addEventListener("click", () => walk.go(""));
  return root;
}

async function begin() {
  try {
    me = await session();
  } catch (error) {
    walk.stumble(error, "", begin);
    return;
  }
  showOrganisation(me);
  if (me.stage === "signed_in" && placeFrom(location.search)) await follow(me);
  else await walk.arrive();
}

begin();
