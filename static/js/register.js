// /register: what proves who somebody is. Asked for at sign-in, or changed later.

import { get, post, session } from "./api.js";
import { $, stamp } from "./dom.js";
import { GONE } from "./form.js";
import { codesLine, KINDS, methodLine } from "./methods.js";
import { loadApp, renderApp, renderAppCode } from "./register/app.js";
import { renderCodes, renderRecoveryCodes } from "./register/codes.js";
import { renderCode, renderEmail, renderPhone } from "./register/sent.js";
import { placeFrom, prepareSignInAgain, showOrganisation, signInFirst } from "./shell.js";
import { among, Walk } from "./walk.js";

const ENDS = ["The code", "Done"];
const PHONE = ["Your phone", ...ENDS];
const EMAIL = ["Your email address", ...ENDS];
const APP = ["Your app", ...ENDS];
const CODES = ["Your codes", "Keep them", "Done"];
const OF = { phone: PHONE, email: EMAIL, app: APP, recovery_codes: CODES };

/**
 * What the steps share: `me` and `info` as the service last told them; `known` is what this walk knows
 * and lives in memory only.
 */
const page = { known: {}, kicker, explain, registered, prepareOther, tell };

const isOffered = (kind) => () => page.info.offered.includes(kind);
const isKnown = (what) => () => page.known[what];
const has = (kind) => page.info.methods.some((method) => method.kind === kind);
const isRequired = () => page.me.stage === "registration_required";
const isEmpty = () => page.info.methods.length === 0 && page.info.recovery_codes === null;
const mayFinish = () => page.info.more_needed === 0 && !isEmpty();
/** Enough is registered, but it is time to look at it again. */
const asksAgain = () => (isRequired() ? mayFinish() : page.me.reconfirm === true);
/** Most steps live in ./register/ and are given the page. */
const from = (render) => () => render(page);

const steps = {
  info: { title: "My security info", latch: "home", ready: () => !isRequired(), load: refresh, render: renderInfo },
  confirm: { title: "Is this still right?", ready: asksAgain, render: renderConfirm },
  choose: { title: "Choose a method", render: renderChoose },
  phone: { title: "Keep your account secure", at: 1, of: PHONE, ready: isOffered("phone"), render: from(renderPhone) },
  email: { title: "Add an email address", at: 1, of: EMAIL, ready: isOffered("email"), render: from(renderEmail) },
  code: {
    title: "Type the code",
    at: 2,
    get of() {
      return page.known.way === "mail" ? EMAIL : PHONE;
    },
    ready: isKnown("sent"),
    render: from(renderCode),
  },
  app: {
    title: "Scan this with your app",
    at: 1,
    of: APP,
    ready: isOffered("app"),
    load: () => loadApp(page),
    render: from(renderApp),
  },
  "app-code": { title: "Type the code from your app", at: 2, of: APP, ready: isKnown("app"), render: from(renderAppCode) },
  "recovery-codes": {
    title: "Make recovery codes",
    at: 1,
    of: CODES,
    ready: isOffered("recovery_codes"),
    render: from(renderRecoveryCodes),
  },
  codes: { title: "Keep these codes", at: 2, of: CODES, ready: isKnown("codes"), render: from(renderCodes) },
  registered: {
    at: 3,
    get title() {
      return KINDS[page.known.registered.kind].done;
    },
    get of() {
      return OF[page.known.registered.kind];
    },
    ready: isKnown("registered"),
    render: renderRegistered,
  },
  again: { title: "Sign in again", ready: isKnown("again"), render: renderAgain },
  done: { title: "You are all set", latch: "home", ready: () => page.known.done || page.known.confirmed, render: renderDone },
};

/** What can still be added; who is asked for another kind is not offered one they have. */
function left() {
  const { offered, recovery_codes: codes } = page.info;
  if (!isRequired() || mayFinish()) return offered;
  return offered.filter((kind) => (kind === "recovery_codes" ? !codes : !has(kind)));
}

/** Phone first; without it the choice, unless there is none. */
function first() {
  if (asksAgain()) return "confirm";
  if (!isRequired()) return "info";
  const kinds = left();
  if (isEmpty() && kinds.includes("phone")) return "phone";
  return kinds.length === 1 ? KINDS[kinds[0]].step : "choose";
}

page.walk = new Walk({
  site: "Security info",
  first,
  find: among(steps),
  trouble: (error) => {
    if (error.code !== "step_up_required") return undefined;
    page.known = { again: true };
    return steps.again;
  },
});

const { walk } = page;

async function refresh() {
  page.info = await get("/api/register");
}

function kicker() {
  return isRequired() ? `Asked for by ${page.me.organisation.name}` : "My security info";
}

async function explain(problem) {
  if (problem.code === "step_up_required") {
    page.known = { again: true };
    walk.go("again");
    return GONE;
  }
  if (problem.code === "registration_incomplete") {
    await refresh();
    walk.go("choose");
    return GONE;
  }
  if (!["wrong_step", "not_signed_in"].includes(problem.code)) return undefined;
  signInFirst("register");
  return GONE;
}

/** Above the step that is shown now. */
function tell(text) {
  const note = stamp("t-lost", { title: "Start again with a new one", text });
  $("[data-try]", note).remove();
  $("main section").prepend(note);
  note.focus();
}

function prepareOther(root) {
  const other = $("[data-other]", root);
  if (left().length > 1) other.addEventListener("click", () => walk.go("choose"));
  else other.closest("p").remove();
}

/** A kind is proven: says so, and whether another one is due. */
async function registered(method) {
  await refresh();
  page.known = { registered: method };
  await walk.go("registered");
}

function listMethods(root) {
  const { methods, recovery_codes: codes } = page.info;
  $(".methods", root).append(...methods.map(methodLine), ...(codes ? [codesLine(codes)] : []));
}

function renderInfo() {
  const root = stamp("t-info", { who: page.me.name });
  const change = $("[data-change]", root);
  const more = $("[data-more]", root);
  listMethods(root);
  $("[data-empty]", root).hidden = !isEmpty();
  $(".methods", root).hidden = isEmpty();
  if (!has("phone")) change.textContent = "Add my phone";
  if (isEmpty()) more.textContent = "Add something else";
  change.hidden = !isOffered("phone")();
  change.addEventListener("click", () => walk.go("phone"));
  more.hidden = page.info.offered.length === 0;
  more.addEventListener("click", () => walk.go("choose"));
  return root;
}

/** Runs when the button is pressed, once; a refusal leads on or is said on the page. */
function onPress(button, act, step) {
  button.addEventListener("click", async () => {
    if (button.disabled) return;
    button.disabled = true;
    try {
      await act();
    } catch (error) {
      if ((await explain(error)) !== GONE) walk.stumble(error, step);
    }
  });
}

/** Registered in an earlier try that was not finished, or a long time ago. */
function renderConfirm() {
  const root = stamp("t-confirm", { kicker: kicker() });
  listMethods(root);
  onPress($("[data-next]", root), isRequired() ? finish : confirmed, "confirm");
  $("[data-change]", root).addEventListener("click", () => walk.go(isRequired() ? "choose" : "info"));
  return root;
}

/** It is still right: on to where the person wanted to go. */
async function confirmed() {
  page.me = await post("/api/register/confirm");
  page.known.confirmed = true;
  const place = placeFrom(location.search);
  if (place) location.replace(place);
  else await walk.go("done");
}

const CHOOSE = {
  title: "Which method do you want?",
  lead: "Choose how you want to prove that it is you. You can add more of them later.",
};

/** Something is registered, but not enough. */
function chooseMore() {
  const isTwo = page.info.needed > 1;
  const why = isTwo ? `${page.me.organisation.name} asks for two different ways.` : "What you have is not enough to get in with.";
  return { title: "One more way is needed", lead: `${why} If you lose one, you still have the other.` };
}

function renderChoose() {
  if (left().length === 0) return stamp("t-nothing");
  const isMore = isRequired() && !isEmpty() && !mayFinish();
  const root = stamp("t-choose", { kicker: kicker(), ...(isMore ? chooseMore() : CHOOSE) });
  $(".ways", root).append(...left().map(wayTo));
  return root;
}

function wayTo(kind) {
  const { name, about, icon, step } = KINDS[kind];
  const isThere = kind === "recovery_codes" ? page.info.recovery_codes : has(kind);
  const more = isThere ? " You have this already: a new one takes its place." : "";
  const way = stamp("t-way", { name, about: about + more });
  $("use", way).setAttribute("href", icon);
  $("a", way).href = `#${step}`;
  return way;
}

function renderRegistered() {
  const { kind, hint } = page.known.registered;
  const slots = { title: KINDS[kind].done, hint: kind === "app" ? "your app" : hint };
  if (kind === "recovery_codes") {
    slots.hint = "each of your codes";
    slots.what = "can prove once that it is you.";
  }
  const isMore = isRequired() && page.info.more_needed > 0;
  if (!isMore) slots.more = null;
  const root = stamp("t-registered", slots);
  onPress($("[data-next]", root), isMore ? () => walk.go("choose") : finish, "registered");
  return root;
}

/** Somebody who was asked to register is now signed in; somebody who changed something already was. */
async function finish() {
  const wasRequired = isRequired();
  if (wasRequired) page.me = await post("/api/register/finish");
  page.known = { done: wasRequired };
  await refresh();
  await walk.replace(wasRequired ? "done" : "info");
  page.known = {};
}

function renderDone() {
  const root = stamp("t-done");
  listMethods(root);
  return root;
}

/** What is registered may only be changed soon after signing in. */
function renderAgain() {
  const root = stamp("t-again");
  prepareSignInAgain($("[data-again]", root), "register", (error) => walk.stumble(error, "again"));
  return root;
}

async function begin() {
  try {
    page.me = await session();
    if (page.me.stage !== "registration_required" && page.me.stage !== "signed_in") {
      signInFirst("register");
      return;
    }
    await refresh();
  } catch (error) {
    walk.stumble(error, "", begin);
    return;
  }
  showOrganisation(page.me);
  await walk.arrive();
}

begin();
