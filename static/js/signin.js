// /signin: name, password, and then whatever the service asks next: a new password, a code from the
// phone, a registration, or nothing.

import { post, session, signOut } from "./api.js";
import { codeLead, deliveryFrom, prepareDelivery } from "./delivery.js";
import { $, $$, stamp } from "./dom.js";
import { codeFrom, enableToggles, required } from "./fields.js";
import { GONE, handle, showMistakes } from "./form.js";
import { explainRejected, passwordFrom, preparePassword } from "./password.js";
import { prepareResend } from "./resend.js";
import { placeFrom, showOrganisation } from "./shell.js";
import { among, Walk } from "./walk.js";

/** The session as the service last told it, and what was typed. Lives in memory only. */
let me;
let known = {};

/** The step that belongs to each stage of the session. */
const STAGES = {
  signed_out: "",
  password_change_required: "new-password",
  second_factor_required: "check",
  registration_required: "more-information",
  signed_in: "signed-in",
};

const at = (stage) => () => me.stage === stage;

const steps = {
  "": { title: "Your user name", ready: at("signed_out"), render: renderName },
  password: { title: "Your password", ready: () => at("signed_out")() && known.name, render: renderPassword },
  "new-password": { title: "Choose a new password", ready: at("password_change_required"), render: renderNewPassword },
  check: { title: "One more check", latch: 2, ready: at("second_factor_required"), render: renderCheck },
  code: { title: "Type the code", latch: 3, ready: () => at("second_factor_required")() && known.sent, render: renderCode },
  "more-information": { title: "More information required", ready: at("registration_required"), render: renderMore },
  "signed-in": { title: "You are signed in", latch: "home", ready: at("signed_in"), render: renderIn },
  "signed-out": { title: "You are signed out", ready: at("signed_out"), render: renderOut },
};

const walk = new Walk({
  site: "Sign in",
  first: () => STAGES[me.stage],
  find: among(steps),
});

/** Goes where the session now stands; finished sign-ins go back to where the person came from. */
async function follow(next, go = (name) => walk.go(name)) {
  me = next;
  known = {};
  const place = placeFrom(location.search);
  if (me.stage === "signed_in" && place) location.replace(place);
  else await go(STAGES[me.stage]);
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
  preparePassword(root, rules, [me.name, me.display_name]);
  handle($("form", root), {
    explain: (problem) => (problem.code === "password_rejected" ? explainRejected(problem, rules) : explain(problem)),
    send: async (values) => follow(await post("/api/set-password/sign-in", { password: passwordFrom(values, rules) })),
  });
  return root;
}

const send = () => post("/api/send-code/sign-in", { delivery: known.delivery });
const phone = () => me.methods?.[0]?.hint ?? "your phone";

function renderCheck() {
  const root = prepareStop(stamp("t-method"));
  prepareDelivery(root, ["text", "call"], { text: `Text ${phone()}`, call: `Call ${phone()}` }, known.delivery);
  handle($("form", root), {
    explain,
    send: async (values) => {
      known.delivery = deliveryFrom(values);
      known.sent = await send();
      await walk.go("code");
    },
  });
  return root;
}

function renderCode() {
  const minutes = Math.round(known.sent.expires_in / 60);
  const root = stamp("t-code", {
    kicker: "One more check",
    lead: codeLead(known.delivery, phone(), minutes),
    back: known.delivery === "call" ? "Send a text instead" : "Call me instead",
  });
  prepareResend(root, known.sent, send, explain);
  $("[data-back]", root).addEventListener("click", () => walk.go("check"));
  handle($("form", root), {
    explain: (problem) => {
      if (problem.code !== "wrong_code") return explain(problem);
      return [{ field: "code", text: "This is not the right code. Look at the newest message and type it again." }];
    },
    send: async (values) => follow(await post("/api/verify-code/sign-in", { code: codeFrom(values) })),
  });
  return root;
}

function renderMore() {
  const { name } = me.organisation;
  const lead = `${name} needs a way to check that it is you, so that you can get back in if you forget your password.`;
  return prepareStop(stamp("t-more", { lead }));
}

function renderIn() {
  const root = stamp("t-in", { organisation: me.organisation.name, who: me.display_name, name: me.name });
  if (!me.roles?.includes("global_administrator")) $("[data-admin]", root).remove();
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
