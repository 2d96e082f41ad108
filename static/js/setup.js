// /setup: the first administrator. Works once.

import { get, post } from "./api.js";
import { chooseCountry } from "./countries.js";
import { $, stamp } from "./dom.js";
import { enableToggles, required } from "./fields.js";
import { GONE, handle, showMistakes } from "./form.js";
import { Mistakes } from "./mistakes.js";
import { explainRejected, passwordFrom, preparePassword } from "./password.js";
import { showOrganisation } from "./shell.js";
import { among, Walk } from "./walk.js";

const OF = ["The secret", "The administrator"];

let state;
/** What was typed and made. Lives in memory only. */
let known = {};

const steps = {
  "": { title: "The setup secret", at: 1, of: OF, ready: () => state.needed, render: renderSecret },
  administrator: { title: "The first administrator", at: 2, of: OF, ready: () => known.secret, render: renderAdministrator },
  done: { title: "Relatch is set up", at: 3, of: OF, latch: "home", ready: () => known.created, render: renderDone },
  finished: { title: "Setup is finished", latch: "home", ready: () => !state.needed, render: () => stamp("t-over") },
};

const walk = new Walk({
  site: "Setup",
  first: () => (state.needed ? "" : "finished"),
  find: among(steps),
});

function renderSecret() {
  const root = stamp("t-secret");
  enableToggles(root);
  handle($("form", root), {
    send: async (values) => {
      known.secret = required(values, "secret", "Type the setup secret.");
      await walk.go("administrator");
    },
  });
  return root;
}

/** Everything that is missing, in the order of the page. */
function check(values, rules) {
  const mistakes = [];
  if (!values.name.trim()) mistakes.push({ field: "name", text: "Type a user name." });
  if (!values.display_name.trim()) mistakes.push({ field: "display_name", text: "Type your name." });
  if (!values.country) mistakes.push({ field: "country", text: "Choose a country." });
  try {
    passwordFrom(values, rules);
  } catch (error) {
    mistakes.push(...error.list);
  }
  if (mistakes.length > 0) throw new Mistakes(mistakes);
}

async function explain(problem) {
  if (problem.code === "password_rejected") return explainRejected(problem, state.password_rules);
  if (problem.code === "invalid_field" && problem.field === "name") {
    return [{ field: "name", text: "Use letters, digits, dots and dashes only." }];
  }
  if (problem.code === "wrong_secret") {
    known = {};
    await walk.go("");
    showMistakes($("form"), [{ field: "secret", text: "This is not the setup secret. Look it up and type it again." }]);
    return GONE;
  }
  if (problem.code !== "already_set_up") return undefined;
  known = {};
  state.needed = false;
  await walk.replace("finished");
  return GONE;
}

function renderAdministrator() {
  const { domain } = state.organisation;
  const rules = state.password_rules;
  const root = stamp("t-setup", { suffix: `@${domain}` });
  enableToggles(root);
  chooseCountry($("#f-country", root));
  const typed = () => ["#f-name", "#f-display"].map((field) => $(field, root).value);
  preparePassword(root, rules, [state.organisation.name], typed);
  $("#f-name", root).addEventListener("input", (event) => {
    // So that a password manager keeps the whole sign-in name.
    $("[name=username]", root).value = `${event.target.value}@${domain}`;
  });
  handle($("form", root), {
    explain,
    send: async (values) => {
      check(values, rules);
      const body = { secret: known.secret, name: values.name.trim(), display_name: values.display_name.trim(), country: values.country };
      const answer = await post("/api/setup", { ...body, password: values.password });
      known = { created: answer.name };
      state.needed = false;
      await walk.replace("done");
      known = {};
    },
  });
  return root;
}

function renderDone() {
  return stamp("t-done", { name: known.created });
}

async function begin() {
  try {
    state = await get("/api/setup");
  } catch (error) {
    if (error.status !== 404) {
      walk.stumble(error, "", begin);
      return;
    }
    state = { needed: false };
  }
  showOrganisation(state);
  await walk.arrive();
}

begin();
