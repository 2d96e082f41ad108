// /account: what proves who I am, where I am signed in, and my password.

import { get, post, remove, session } from "./api.js";
import { momentOf } from "./dates.js";
import { confirm } from "./dialog.js";
import { $, $$, count, make, stamp } from "./dom.js";
import { enableToggles } from "./fields.js";
import { flash, warn } from "./flash.js";
import { GONE, handle } from "./form.js";
import { showLately } from "./lately.js";
import { KINDS, methodLine } from "./methods.js";
import { Mistakes } from "./mistakes.js";
import { explainRejected, passwordFrom, preparePassword } from "./password.js";
import { reasonsInWords } from "./readiness.js";
import { prepareSignInAgain, showOrganisation, signInFirst } from "./shell.js";
import { among, Walk } from "./walk.js";

/** The account as the service last told it. */
let account;
/** News for the list, after something was changed on another step. */
let news;
let mustSignIn = false;
let organisation = {};

const load = async () => take(await get("/api/account"));

const steps = {
  "": { title: "My account", latch: "home", load, render: renderAccount },
  password: { title: "Change my password", load, render: () => (account.fresh ? renderPassword() : renderAgain()) },
  again: { title: "Sign in again", ready: () => mustSignIn, render: renderAgain },
};

const walk = new Walk({
  site: "",
  first: () => "",
  find: among(steps),
  trouble: (error) => {
    if (error.code === "step_up_required") return steps.again;
    if (!["not_signed_in", "wrong_step"].includes(error.code)) return undefined;
    return { title: "Signed out", render: () => stamp("t-signed-out") };
  },
});

function take(answer) {
  account = answer;
}

async function signInAgain() {
  mustSignIn = true;
  await walk.go("again");
}

function renderAccount() {
  const root = stamp("t-account", { name: `${account.display_name}, ${account.name}` });
  for (const link of $$("[data-fresh]", root)) guard(link);
  press($("[data-drop]", root), root, dropCodes);
  press($("[data-others]", root), root, endOthers);
  show(root);
  if (news) {
    const text = news;
    news = undefined;
    // After the page has taken the focus, so that the news are heard.
    setTimeout(() => flash($("[data-flash]", root), text));
  }
  return root;
}

/** A link to something that only a person who signed in a moment ago may do. */
function guard(link) {
  link.addEventListener("click", (event) => {
    if (account.fresh) return;
    event.preventDefault();
    signInAgain();
  });
}

function show(root) {
  const { methods, offered, recovery_codes: codes, sessions } = account;
  $(".methods", root).replaceChildren(...methods.map((method) => ownMethod(method, root)));
  $(".methods", root).hidden = methods.length === 0;
  $("[data-empty]", root).hidden = methods.length > 0;
  $("[data-slot=codes]", root).textContent = codesInWords(codes);
  $("[data-make]", root).hidden = !offered.includes("recovery_codes");
  $("[data-make]", root).textContent = codes ? "Make new codes" : "Make recovery codes";
  $("[data-drop]", root).hidden = !codes;
  $("[data-sessions]", root).replaceChildren(...sessions.map((one) => sessionLine(one, root)));
  $("[data-others]", root).hidden = sessions.length < 2;
  $("[data-readiness]", root).replaceChildren(readinessNote());
  $("[data-no-activity]", root).hidden = showLately($("[data-lately]", root), account.activity, "you");
}

/** Whether a forgotten password would be no trouble, and what to do if it would. */
function readinessNote() {
  const { able = true, reasons = [] } = account.readiness ?? {};
  if (able) return stamp("t-able");
  const note = stamp("t-unable");
  const lines = reasonsInWords(reasons, "you").map(({ text, act, href }) =>
    make("li", {}, `${text} `, href ? make("a", { href }, act) : act),
  );
  $("[data-reasons]", note).append(...lines);
  return note;
}

function codesInWords(codes) {
  if (!codes) return "You have none. They let you in when nothing else is at hand.";
  const left = codes.left === 0 ? "You have used all of your codes" : `${count(codes.left, "code")} left`;
  return `${left}. Made on ${momentOf(codes.created_at)}.`;
}

function ownMethod(method, root) {
  const { name, step } = KINDS[method.kind];
  const line = methodLine(method);
  const tools = stamp("t-do");
  const replace = $("[data-replace]", tools);
  const button = $("[data-remove]", tools);
  const label = `${name} ${method.hint}`.trim();
  replace.href = `/register#${step}`;
  replace.setAttribute("aria-label", `Replace ${label}`);
  if (account.offered.includes(method.kind)) guard(replace);
  else replace.remove();
  button.setAttribute("aria-label", `Remove ${label}`);
  press(button, root, () => removeMethod(method, label));
  line.append(tools);
  return line;
}

function sessionLine({ id, current, begun, seen }, root) {
  const line = stamp("t-session", {
    what: current ? "This one" : `Last used ${momentOf(seen)}`,
    when: `Signed in ${momentOf(begun)}`,
  });
  const button = $("[data-end]", line);
  if (current) {
    button.remove();
    return line;
  }
  button.setAttribute("aria-label", `End the one last used ${momentOf(seen)}`);
  press(button, root, () => endSession(id));
  return line;
}

/** A button that changes something: `act` gives the news, or nothing when the person thought better of it. */
function press(button, root, act) {
  button.addEventListener("click", async () => {
    if (button.disabled) return;
    button.disabled = true;
    const place = $("[data-flash]", root);
    try {
      const done = await act();
      if (done === undefined) return;
      take(done.account);
      show(root);
      flash(place, done.text);
    } catch (error) {
      await refuse(error, place);
    } finally {
      button.disabled = false;
    }
  });
}

const LAST =
  "This is what you sign in with, or your only way back in, so it cannot be removed. " +
  "You can replace it, or add another one first.";

function refuse(error, place) {
  if (error.code === "step_up_required") return signInAgain();
  if (error.code !== "last_method") return walk.stumble(error, walk.shown);
  return warn(place, LAST);
}

const isSure = (title, text, yes, no) => confirm(stamp("t-sure", { title, text, yes, no }));

async function removeMethod({ id, kind, hint }, label) {
  if (!account.fresh) return signInAgain();
  const text = `${hint || "This app"} can then no longer prove that it is you.`;
  if (!(await isSure(`Remove this ${KINDS[kind].noun}?`, text, "Remove it", "Keep it"))) return undefined;
  return { account: await remove(`/api/account/methods/${encodeURIComponent(id)}`), text: `${label} is removed.` };
}

async function dropCodes() {
  if (!account.fresh) return signInAgain();
  const text = "None of your codes works any more then. You can make new ones at any time.";
  if (!(await isSure("Remove your recovery codes?", text, "Remove them", "Keep them"))) return undefined;
  return { account: await remove("/api/account/recovery-codes"), text: "Your recovery codes are removed." };
}

async function endSession(id) {
  return { account: await remove(`/api/account/sessions/${encodeURIComponent(id)}`), text: "You are signed out there." };
}

async function endOthers() {
  const text = "You stay signed in here. Everywhere else you have to sign in again.";
  if (!(await isSure("Sign out everywhere else?", text, "End all others", "Cancel"))) return undefined;
  return { account: await post("/api/account/end-other-sessions"), text: "You are signed in only here now." };
}

/** What is shown where the account does not say it: the service decides anyway. */
function likelyRules() {
  const isGuarded = account.methods.some(({ kind }) => kind === "phone" || kind === "app");
  return { min_length: isGuarded ? 8 : 15, max_length: 256 };
}

function renderPassword() {
  const rules = account.password_rules ?? likelyRules();
  const root = stamp("t-change", { name: account.name });
  enableToggles(root);
  preparePassword(root, rules, [account.name, account.display_name], () => [organisation.name]);
  $("[data-cancel]", root).addEventListener("click", () => walk.go(""));
  handle($("form", root), {
    explain: (problem) => explain(problem, rules),
    send: async (values) => {
      const { current, password } = check(values, rules);
      await post("/api/set-password/change", { current, password });
      news = "Your password is changed. If you were signed in anywhere else, you are signed out there.";
      await walk.replace("");
    },
  });
  return root;
}

/** Everything that is missing, in the order of the page. */
function check(values, rules) {
  const mistakes = [];
  if (!values.current) mistakes.push({ field: "current", text: "Type your current password." });
  try {
    passwordFrom(values, rules);
  } catch (error) {
    mistakes.push(...error.list);
  }
  if (mistakes.length > 0) throw new Mistakes(mistakes);
  return values;
}

async function explain(problem, rules) {
  if (problem.code === "password_rejected") return explainRejected(problem, rules);
  if (problem.code === "wrong_password") {
    $("#f-current").value = "";
    return [{ field: "current", text: "This is not your current password. Type the one that you signed in with." }];
  }
  if (problem.code === "step_up_required") await signInAgain();
  else if (["not_signed_in", "wrong_step"].includes(problem.code)) signInFirst("account");
  else return undefined;
  return GONE;
}

function renderAgain() {
  const root = stamp("t-again");
  $("[data-back]", root).addEventListener("click", () => walk.go(""));
  prepareSignInAgain($("[data-again]", root), "account", (error) => walk.stumble(error, "again"));
  return root;
}

async function begin() {
  try {
    const me = await session();
    showOrganisation(me);
    ({ organisation } = me);
    if (me.stage !== "signed_in") {
      signInFirst("account");
      return;
    }
  } catch (error) {
    walk.stumble(error, "", begin);
    return;
  }
  await walk.arrive();
}

begin();
