// /register: the phone that proves who somebody is. Asked for at sign-in, or changed later.

import { get, post, session, signOut } from "./api.js";
import { codeLead, deliveryFrom, prepareDelivery } from "./delivery.js";
import { openDialog } from "./dialog.js";
import { $, stamp } from "./dom.js";
import { codeFrom } from "./fields.js";
import { GONE, handle } from "./form.js";
import { explainNumber, phoneFrom, preparePhone } from "./phone.js";
import { prepareResend } from "./resend.js";
import { showOrganisation, signInFirst } from "./shell.js";
import { among, Walk } from "./walk.js";

const OF = ["Your phone", "The code", "Done"];
const DELIVERIES = { text: "Text me a code", call: "Call me" };

let me;
/** What the service knows: { required, methods, deliveries }. */
let info;
/** What this walk knows. Lives in memory only. */
let known = {};

const steps = {
  info: { title: "My security info", latch: "home", ready: () => !info.required, load: refresh, render: renderInfo },
  phone: { title: "Keep your account secure", at: 1, of: OF, render: renderPhone },
  code: { title: "Type the code", at: 2, of: OF, ready: () => known.sent, render: renderCode },
  registered: { title: "Your phone is registered", at: 3, of: OF, ready: justRegistered, render: renderRegistered },
  again: { title: "Sign in again", ready: () => known.again, render: renderAgain },
  done: { title: "You are all set", at: 4, of: OF, latch: "home", ready: () => known.done, render: renderDone },
};

/** Proven a moment ago, or in an earlier try that was not finished. */
function justRegistered() {
  return known.registered ?? (info.required && info.methods[0]);
}

function first() {
  if (!info.required) return "info";
  return info.methods.length > 0 ? "registered" : "phone";
}

const walk = new Walk({
  site: "Security info",
  first,
  find: among(steps),
});

async function refresh() {
  info = await get("/api/register");
}

function explain(problem) {
  if (problem.code === "step_up_required") {
    known = { again: true };
    walk.go("again");
    return GONE;
  }
  if (!["wrong_step", "not_signed_in"].includes(problem.code)) return undefined;
  signInFirst("register");
  return GONE;
}

function listMethods(root) {
  for (const { hint, registered_at: at } of info.methods) {
    const date = at && new Intl.DateTimeFormat("en-GB", { dateStyle: "long" }).format(new Date(at));
    $(".methods", root).append(stamp("t-method", { hint, since: date ? `Registered on ${date}` : null }));
  }
}

function renderInfo() {
  const root = stamp("t-info", { who: me.name });
  listMethods(root);
  const isEmpty = info.methods.length === 0;
  $("[data-empty]", root).hidden = !isEmpty;
  $(".methods", root).hidden = isEmpty;
  if (isEmpty) $("[data-change]", root).textContent = "Add my phone";
  $("[data-change]", root).addEventListener("click", () => walk.go("phone"));
  return root;
}

function renderPhone() {
  const root = stamp("t-phone", {
    kicker: info.required ? `Asked for by ${me.organisation.name}` : "My security info",
    "number-hint": "A mobile is best, because it can get texts.",
  });
  preparePhone(root, known.phone);
  prepareDelivery(root, info.deliveries, DELIVERIES, known.delivery);
  $("[data-other]", root).addEventListener("click", showOthers);
  handle($("form", root), {
    explain: (problem) => explainNumber(problem) ?? explain(problem),
    send: async (values) => {
      const phone = phoneFrom(values);
      Object.assign(known, { phone, delivery: deliveryFrom(values) });
      known.sent = await send();
      await walk.go("code");
    },
  });
  return root;
}

const send = () => post("/api/send-code/register", { delivery: known.delivery, ...known.phone });

function showOthers() {
  const { name } = me.organisation;
  const dialog = stamp("t-other", { lead: `${name} decides which methods you can use. For now that is your phone.` });
  openDialog(dialog);
}

function renderCode() {
  const minutes = Math.round(known.sent.expires_in / 60);
  const root = stamp("t-code", {
    kicker: "Your phone",
    lead: codeLead(known.delivery, known.sent.hint, minutes),
  });
  prepareResend(root, known.sent, send, explain);
  $("[data-back]", root).addEventListener("click", () => walk.go("phone"));
  handle($("form", root), {
    explain: (problem) => {
      if (problem.code !== "wrong_code") return explain(problem);
      return [{ field: "code", text: "This is not the right code. Look at the newest message and type it again." }];
    },
    send: async (values) => {
      const { registered } = await post("/api/verify-code/register", { code: codeFrom(values) });
      known = { registered };
      await walk.go("registered");
    },
  });
  return root;
}

function renderRegistered() {
  const { hint } = justRegistered();
  const root = stamp("t-registered", { hint });
  const next = $("[data-next]", root);
  next.addEventListener("click", async () => {
    if (next.disabled) return;
    next.disabled = true;
    try {
      await finish();
    } catch (error) {
      if (explain(error) !== GONE) walk.stumble(error, "registered");
    }
  });
  return root;
}

/** Somebody who was asked to register is now signed in; somebody who changed a phone already was. */
async function finish() {
  const wasRequired = info.required;
  if (wasRequired) me = await post("/api/register/finish");
  known = { done: wasRequired };
  await refresh();
  await walk.replace(wasRequired ? "done" : "info");
  known = {};
}

function renderDone() {
  const root = stamp("t-done");
  listMethods(root);
  return root;
}

/** A phone may only be changed soon after signing in. */
function renderAgain() {
  const root = stamp("t-again");
  const button = $("[data-again]", root);
  button.addEventListener("click", async () => {
    if (button.disabled) return;
    button.disabled = true;
    try {
      await signOut();
      signInFirst("register");
    } catch (error) {
      walk.stumble(error, "again");
    }
  });
  return root;
}

async function begin() {
  try {
    me = await session();
    if (me.stage !== "registration_required" && me.stage !== "signed_in") {
      signInFirst("register");
      return;
    }
    await refresh();
  } catch (error) {
    walk.stumble(error, "", begin);
    return;
  }
  showOrganisation(me);
  await walk.arrive();
}

begin();
