// /reset: name, proof, new password or only an unlocked account. Nothing here ever says whether an
// account exists.

import { post, session } from "./api.js";
import { $, $$, fill, stamp } from "./dom.js";
import {
  addressFrom, codeFrom, enableToggles, explainAddress, helpdeskCodeFrom, recoveryCodeFrom, required,
} from "./fields.js";
import { GONE, handle } from "./form.js";
import { explainRejected, passwordFrom, preparePassword } from "./password.js";
import { explainNumber, phoneFrom, phoneText, preparePhone } from "./phone.js";
import { prepareResend } from "./resend.js";
import { answerOf, forget, prepare } from "./reset/bot.js";
import { renderDone, renderUnlocked } from "./reset/ends.js";
import { takeLink, wantedReturn } from "./reset/link.js";
import { goForToken, hasToken, takeTyped } from "./reset/token.js";
import { showOrganisation } from "./shell.js";
import { among, Walk } from "./walk.js";
import { explainSpent, isSent, prepareWays, wayFrom, waysOf } from "./ways.js";

const MISTAKES = {
  invalid_field: [{ field: "name", text: "This cannot be a user name. Type the whole name, the way you sign in." }],
  bot_check_unavailable: [
    { text: "We cannot find out right now whether you are a robot. Try again in a few minutes, or ask your helpdesk." },
  ],
};
const WAYS = {
  text: "Text my mobile phone",
  call: "Call my mobile phone",
  mail: "Email me a code",
  app: "Use my authenticator app",
  recovery_code: "Use a recovery code",
  helpdesk: "I have a code from my helpdesk",
};
/** What somebody has lost who cannot go a way. */
const THINGS = { text: "this phone", call: "this phone", mail: "this address", app: "this app", recovery_code: "your list of codes" };
/** Ways whose code is not sent have a step of their own. */
const TYPED = { app: "app", recovery_code: "recovery-code", helpdesk: "helpdesk-code" };

/** What this walk knows. Lives in memory only. */
let known = {};
/** What somebody typed before they went for a token of the bot check. */
const typed = takeTyped();
/** What the address brought along: a name and a code from the helpdesk. */
let brought = takeLink() ?? typed?.brought;
let organisation = { domain: "your-organisation.example" };

const can = (way) => () => known.ways?.includes(way);

const steps = {
  "": { title: "Get back into your account", at: 1, render: renderName },
  method: { title: "Prove it is you", at: 2, ready: () => known.ways, render: renderMethod },
  code: { title: "Type the code", at: 2, ready: () => known.sent, render: renderCode },
  "recovery-code": { title: "Type a recovery code", at: 2, ready: can("recovery_code"), render: renderRecovery },
  app: { title: "Type the code from your app", at: 2, ready: can("app"), render: renderApp },
  "helpdesk-code": { title: "Type the code from your helpdesk", at: 2, ready: can("helpdesk"), render: renderHelpdesk },
  unlock: { title: "What do you want to do?", at: 3, ready: () => known.mayUnlock, render: renderUnlock },
  password: { title: "Choose a new password", at: 3, ready: () => known.rules, render: renderPassword },
  unlocked: { title: "Your account is unlocked", at: 4, latch: "home", ready: () => known.unlocked, render: showUnlocked },
  done: { title: "Your password is changed", at: 4, latch: "home", ready: () => known.done, render: showDone },
  again: { title: "You need to start again", at: 1, ready: () => known.over, render: renderAgain },
};

const due = among(steps);

// A link from the helpdesk that is opened while this page is open already. Heard before the walk hears it.
addEventListener("popstate", () => {
  const link = takeLink();
  if (!link) return;
  brought = link;
  known = {};
});

const walk = new Walk({
  site: "Get back into your account",
  first: () => (known.ways ? methodStep() : ""),
  find: (name) => {
    const last = known.reason === "locked" ? "Unlock" : "New password";
    const step = due(name);
    return step && { ...step, of: ["Who you are", "Prove it is you", last] };
  },
});

/** Somebody without any of these may still have a code from the helpdesk. */
const waysOfAnybody = (methods) => [...waysOf(methods), "helpdesk"];
const proofs = () => known.ways.filter((way) => way !== "helpdesk");

/** A single way that needs nothing typed before its code has no page to choose it. */
function methodStep() {
  const own = known.step > 1 && proofs().length > 0 ? proofs() : known.ways;
  return (own.length === 1 && TYPED[own[0]]) || "method";
}

/** Answers that end the walk lead to the page that offers a new start. */
async function explain(problem) {
  if (!["flow_expired", "grant_spent", "wrong_step"].includes(problem.code)) return undefined;
  known = { over: true };
  await walk.go("again");
  return GONE;
}

const hint = () => `The whole name you sign in with, like mias@${organisation.domain}. No other address works.`;

function renderName() {
  const root = stamp("t-name", { hint: hint() });
  $("#f-name", root).value = known.name ?? typed?.name ?? brought?.name ?? "";
  if (brought) fill(root, { lead: "Your helpdesk started this for you. Check that this is your user name, then go on." });
  const before = known.reason ?? typed?.reason;
  for (const choice of $$("[name=reason]", root)) if (choice.value === before) choice.checked = true;
  $("form", root).addEventListener("input", prepare, { once: true });
  handle($("form", root), {
    explain: (problem) => MISTAKES[problem.code] ?? explain(problem),
    send: async (values) => {
      const name = required(values, "name", "Type your user name or email.");
      const { reason } = values;
      const body = { name, reason };
      const back = wantedReturn();
      if (back) body.return_to = back;
      const started = await start(root, body);
      const { step, steps: all, methods, return_to: returnTo } = started;
      known = { name, reason, returnTo, step, steps: all, ways: waysOfAnybody(methods) };
      await walk.go(brought?.code ? "helpdesk-code" : methodStep());
    },
  });
  return root;
}

/** How long the bot check may take before the page says what it is doing. */
const UNNOTICED = 1000;

/** Somebody is back with a token; a new one would not be better. */
let isBack = typed && hasToken();

/** An answer that is refused was too old, or used in another tab: once more with a new one. */
async function start(root, body, isAgain = isBack) {
  isBack = false;
  const late = setTimeout(() => fill(root, { check: "Making sure that you are not a robot. This can take a moment." }), UNNOTICED);
  let answer;
  try {
    answer = await answerOf(() => goForToken({ name: body.name, reason: body.reason, brought }, organisation));
  } finally {
    clearTimeout(late);
    fill(root, { check: "" });
  }
  try {
    const started = await post("/api/start-reset", answer ? { ...body, bot_check: answer } : body);
    forget();
    return started;
  } catch (error) {
    if (error.code !== "invalid_field") forget();
    if (error.code !== "bot_check_failed" || isAgain) throw error;
    return start(root, body, true);
  }
}

function kicker() {
  const { step, steps: all } = known;
  return `Verification step ${step}${all ? ` of ${all}` : ""}`;
}

function methodLead() {
  const ways = proofs();
  const only = "Type the whole";
  if (ways.every((way) => way === "mail")) {
    return `We send a code to the email address you registered. ${only} address: we only send if it is the right one.`;
  }
  if (ways.every((way) => ["text", "call"].includes(way))) {
    return `We send a code to the mobile phone you registered. ${only} number: we only send if it is the right one.`;
  }
  return "Choose something that you registered. We only send a code to the right number or address, so type all of it.";
}

function renderMethod() {
  const { ways } = known;
  const slots = {
    kicker: kicker(),
    lead: methodLead(),
    "number-hint": "Type all of it, the way you would dial it.",
    "address-hint": "Type all of it, like mia@example.org.",
  };
  if (known.step > 1) slots.title = "Prove it in one more way";
  if (proofs().length === 1) slots.helpless = `No longer have ${THINGS[ways[0]]}?`;
  const root = stamp("t-method", slots);
  prepareWays(root, ways, WAYS, known.way);
  preparePhone(root, known.phone);
  $("#f-address", root).value = known.address ?? "";
  handle($("form", root), {
    explain: (problem) => explainNumber(problem) ?? explainAddress(problem) ?? explain(problem),
    send: async (values) => {
      const way = wayFrom(values, ways);
      if (isSent(way)) {
        Object.assign(known, way === "mail" ? { address: addressFrom(values) } : { phone: phoneFrom(values) }, { way });
        known.sent = await send();
      }
      known.way = way;
      await walk.go(TYPED[way] ?? "code");
    },
  });
  return root;
}

function send() {
  const { way: delivery, address, phone } = known;
  return post("/api/send-code/reset", delivery === "mail" ? { delivery, address } : { delivery, ...phone });
}

/** The same words whether the number or address was right or not. */
function codeLead() {
  const { way, sent } = known;
  const what = way === "mail" ? `${known.address} is the address` : `${phoneText(known.phone)} is the number`;
  const how = way === "call" ? "we are calling it now with a code" : "a code is on its way to it";
  const minutes = Math.round(sent.expires_in / 60);
  return `If ${what} you registered, ${how}. The code works for ${minutes} minutes.`;
}

/** A page where a code is typed; `read` takes it from the form, and gives what the service wants. */
function prepareCode(root, read, wrong, { isAsked = false } = {}) {
  $("[data-back]", root).addEventListener("click", () => walk.go(methodStep()));
  if (methodStep() === walk.wanted) $(".aside", root).replaceWith(helpless());
  handle($("form", root), {
    explain: (problem) => {
      if (problem.code === "wrong_code") return [{ field: "code", text: wrong }];
      return explainSpent(problem, isAsked, "If you cannot wait, ask your helpdesk.") ?? explain(problem);
    },
    send: async (values) => {
      const proof = read(values);
      await follow(await post("/api/verify-code/reset", proof), proof.method === "helpdesk_code");
    },
  });
  return root;
}

/** Beside the only way that is left. */
function helpless() {
  const aside = stamp("t-helpless");
  const code = $("[data-code]", aside);
  if (can("helpdesk")() && walk.wanted !== "helpdesk-code") code.addEventListener("click", () => walk.go("helpdesk-code"));
  else code.closest("p").remove();
  return aside;
}

/** Where the service wants to go on: another proof, the choice to unlock, or a new password. */
async function follow({ next, step, steps: all, methods, password_rules: rules }, isHelped = false) {
  const { name, reason, returnTo } = known;
  brought = undefined;
  if (next === "verify") {
    const ways = isHelped ? waysOf(methods) : waysOfAnybody(methods);
    known = { name, reason, returnTo, step, steps: all, ways };
    await walk.go(methodStep());
  } else {
    known = { name, reason, returnTo, rules, mayUnlock: next === "unlock" };
    await walk.go(next === "unlock" ? "unlock" : "password");
  }
}

function renderCode() {
  const isPhoneOnly = proofs().every((way) => ["text", "call"].includes(way));
  const lost = THINGS[known.way];
  const help = `No code after a few minutes? Look at what you typed. Do not have ${lost} any more? Ask your helpdesk.`;
  const slots = { kicker: kicker(), lead: codeLead(), help };
  if (!isPhoneOnly) slots.back = proofs().length === 1 ? "Use another address" : "Use another way";
  const root = stamp("t-code", slots);
  prepareResend(root, known.sent, send, explain);
  const wrong = "This is not the right code. Look at the newest message and type it again.";
  return prepareCode(root, (values) => ({ code: codeFrom(values) }), wrong, { isAsked: true });
}

function renderRecovery() {
  const wrong = "This code does not work. Check it letter by letter, or type another one that you have not used yet.";
  const read = (values) => ({ method: "recovery_code", code: recoveryCodeFrom(values) });
  return prepareCode(stamp("t-recovery", { kicker: kicker() }), read, wrong);
}

function renderApp() {
  const wrong = "This is not the right code. Look at your app, wait for the next code, and type that one.";
  const read = (values) => ({ method: "app", code: codeFrom(values, 6) });
  return prepareCode(stamp("t-app-code", { kicker: kicker() }), read, wrong);
}

function renderHelpdesk() {
  const root = stamp("t-helpdesk-code", { kicker: kicker() });
  $("#f-code", root).value = brought?.code ?? "";
  const wrong =
    "This code does not work. Check it sign by sign. " +
    "If it is older than a day, or was used already, ask your helpdesk for a new one.";
  return prepareCode(root, (values) => ({ method: "helpdesk_code", code: helpdeskCodeFrom(values) }), wrong);
}

/** An end is shown once: going back and forth must not bring it up again. */
async function end(step, what) {
  known = { ...what, reason: known.reason, returnTo: known.returnTo };
  await walk.replace(step);
  known = {};
}

function renderUnlock() {
  const root = stamp("t-unlock");
  handle($("form", root), {
    explain,
    send: async ({ choice }) => {
      if (choice === "new") {
        await walk.go("password");
        return;
      }
      const { new_recovery_code: newCode } = await post("/api/unlock");
      await end("unlocked", { unlocked: true, newCode });
    },
  });
  return root;
}

function renderPassword() {
  const root = stamp("t-new-password", {
    kicker: null,
    lead: "Thank you, we know it is you. Now choose a password that you have not used before.",
    button: "Finish",
  });
  const { rules } = known;
  enableToggles(root);
  preparePassword(root, rules, [known.name], () => [organisation.name]);
  handle($("form", root), {
    explain: (problem) => (problem.code === "password_rejected" ? explainRejected(problem, rules) : explain(problem)),
    send: async (values) => {
      const { new_recovery_code: newCode } = await post("/api/set-password/reset", { password: passwordFrom(values, rules) });
      await end("done", { done: true, newCode });
    },
  });
  return root;
}

function showUnlocked() {
  return renderUnlocked(known);
}

function showDone() {
  return renderDone(known, known.reason === "locked");
}

function renderAgain() {
  const root = stamp("t-start-again");
  $("[data-again]", root).addEventListener("click", () => {
    known = {};
    walk.go("");
  });
  return root;
}

/** How long the organisation's name is waited for, so that it does not move what stands below. */
const MOMENT = 1000;

/** Only to greet with it: the page works without, and takes it in when it comes late. */
async function greet() {
  const me = await session();
  organisation = me.organisation;
  showOrganisation(me);
  fill(document, { hint: hint() });
}

async function begin() {
  await Promise.race([greet().catch(() => undefined), new Promise((done) => setTimeout(done, MOMENT))]);
  await walk.arrive();
  // They said "Next" before they left.
  if (isBack) $("form").requestSubmit();
}

begin();
