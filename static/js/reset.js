// /reset: name, proof, new password. Nothing here ever says whether an account exists.

import { post, session } from "./api.js";
import { deliveryFrom, prepareDelivery } from "./delivery.js";
import { $, fill, stamp } from "./dom.js";
import { codeFrom, enableToggles, required } from "./fields.js";
import { GONE, handle } from "./form.js";
import { explainRejected, passwordFrom, preparePassword } from "./password.js";
import { explainNumber, phoneFrom, phoneText, preparePhone } from "./phone.js";
import { prepareResend } from "./resend.js";
import { showOrganisation } from "./shell.js";
import { among, Walk } from "./walk.js";

const OF = ["Who you are", "Prove it is you", "New password"];
const NOT_A_NAME = { field: "name", text: "This cannot be a user name. Type the whole name, the way you sign in." };
const DELIVERIES = { text: "Text my mobile phone", call: "Call my mobile phone" };

/** What this walk knows. Lives in memory only. */
let known = {};
let domain = "your-organisation.example";

const steps = {
  "": { title: "Get back into your account", at: 1, of: OF, render: renderName },
  method: { title: "Prove it is you", at: 2, of: OF, ready: () => known.methods, render: renderMethod },
  code: { title: "Type the code", at: 2, of: OF, ready: () => known.sent, render: renderCode },
  password: { title: "Choose a new password", at: 3, of: OF, ready: () => known.rules, render: renderPassword },
  done: { title: "Your password is changed", at: 4, of: OF, latch: "home", ready: () => known.done, render: renderDone },
  again: { title: "You need to start again", at: 1, of: OF, ready: () => known.over, render: renderAgain },
};

const walk = new Walk({
  site: "Get back into your account",
  first: () => "",
  find: among(steps),
});

/** Answers that end the walk lead to the page that offers a new start. */
async function explain(problem) {
  if (!["flow_expired", "grant_spent", "wrong_step"].includes(problem.code)) return undefined;
  known = { over: true };
  await walk.go("again");
  return GONE;
}

const hint = () => `The whole name, like mias@${domain}`;

function renderName() {
  const root = stamp("t-name", { hint: hint() });
  $("#f-name", root).value = known.name ?? "";
  handle($("form", root), {
    explain: (problem) => (problem.code === "invalid_field" ? [NOT_A_NAME] : explain(problem)),
    send: async (values) => {
      const name = required(values, "name", "Type your user name or email.");
      const started = await post("/api/start-reset", { name });
      known = { name, step: started.step, steps: started.steps, methods: started.methods };
      await walk.go("method");
    },
  });
  return root;
}

const kicker = () => `Verification step ${known.step} of ${known.steps}`;

function renderMethod() {
  const root = stamp("t-method", {
    kicker: kicker(),
    "number-hint": "Type all of it, the way you would dial it.",
  });
  prepareDelivery(root, known.methods[0]?.deliveries ?? ["text", "call"], DELIVERIES, known.delivery);
  preparePhone(root, known.phone);
  handle($("form", root), {
    explain: (problem) => explainNumber(problem) ?? explain(problem),
    send: async (values) => {
      const delivery = deliveryFrom(values);
      const phone = phoneFrom(values);
      Object.assign(known, { delivery, phone });
      known.sent = await send();
      await walk.go("code");
    },
  });
  return root;
}

const send = () => post("/api/send-code/reset", { delivery: known.delivery, ...known.phone });

/** The same words whether the number was right or not. */
function lead() {
  const minutes = Math.round(known.sent.expires_in / 60);
  const how = known.delivery === "call" ? "we are calling it now with a code" : "a code is on its way to it";
  return `If ${phoneText(known.phone)} is the number you registered, ${how}. The code works for ${minutes} minutes.`;
}

function renderCode() {
  const root = stamp("t-code", { kicker: kicker(), lead: lead() });
  prepareResend(root, known.sent, send, explain);
  $("[data-back]", root).addEventListener("click", () => walk.go("method"));
  handle($("form", root), {
    explain: (problem) => {
      if (problem.code !== "wrong_code") return explain(problem);
      return [{ field: "code", text: "This is not the right code. Look at the newest message and type it again." }];
    },
    send: async (values) => {
      const answer = await post("/api/verify-code/reset", { code: codeFrom(values) });
      known = { name: known.name, rules: answer.password_rules };
      await walk.go("password");
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
  const rules = known.rules;
  enableToggles(root);
  preparePassword(root, rules, [known.name], { isFirst: true });
  handle($("form", root), {
    explain: (problem) => (problem.code === "password_rejected" ? explainRejected(problem, rules) : explain(problem)),
    send: async (values) => {
      await post("/api/set-password/reset", { password: passwordFrom(values, rules) });
      known = { done: true };
      await walk.replace("done");
      // Shown once: going back and forth must not bring it up again.
      known = {};
    },
  });
  return root;
}

function renderDone() {
  return stamp("t-done");
}

function renderAgain() {
  const root = stamp("t-start-again");
  $("[data-again]", root).addEventListener("click", () => {
    known = {};
    walk.go("");
  });
  return root;
}

walk.arrive();

// Only to greet with the organisation's name: the page works without it.
session().then((me) => {
  domain = me.organisation.domain;
  showOrganisation(me);
  fill(document, { hint: hint() });
}, () => undefined);
