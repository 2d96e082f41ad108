// A new user, and the password that is shown once.

import { post } from "../../api.js";
import { prepareCopy } from "../../copy.js";
import { $, announce, make, stamp } from "../../dom.js";
import { handle } from "../../form.js";
import { Mistakes } from "../../mistakes.js";
import { keep, keptFor } from "../once.js";
import { explainSession } from "../parts.js";
import { ROLES } from "../words.js";
import { preparePerson } from "./person.js";

const section = "users";

export function newUserView(portal) {
  return { title: "New user", section, render: () => render(portal) };
}

function check(values) {
  const mistakes = [];
  if (!values.name.trim()) mistakes.push({ field: "name", text: "Type a user name." });
  if (!values.display_name.trim()) mistakes.push({ field: "display_name", text: "Type the person’s name." });
  if (mistakes.length > 0) throw new Mistakes(mistakes);
}

function explain(problem) {
  if (problem.code === "name_taken") {
    return [{ field: "name", text: "Somebody has this user name already. Choose another one." }];
  }
  return explainUser(problem) ?? explainSession(problem);
}

const NOT_USABLE = {
  name: "Use letters, digits, dots and dashes only.",
  display_name: "This name cannot be used. Make it shorter, and one line.",
  department: "This cannot be used. Make it shorter, and one line.",
};

/** Why the service cannot use what was typed about a person. */
export function explainUser({ code, field }) {
  return code === "invalid_field" && NOT_USABLE[field] ? [{ field, text: NOT_USABLE[field] }] : undefined;
}

function render({ me, walk }) {
  const { domain } = me.organisation;
  const root = stamp("t-user-new", { suffix: `@${domain}` });
  const person = preparePerson(root);
  const roles = Object.entries(ROLES).map(([value, { name }]) => make("option", { value }, name));
  $("#f-role", root).append(...roles);
  handle($("form", root), {
    explain,
    send: async (values) => {
      check(values);
      const name = values.name.trim().replace(new RegExp(`@${domain.replaceAll(".", "\\.")}$`, "i"), "");
      const body = { name, display_name: values.display_name.trim(), ...said(person.read()) };
      if (values.role) body.role = values.role;
      const answer = await post("/api/users", body);
      keep("users/created", { ...answer.user, password: answer.initial_password });
      await walk.replace("users/created");
    },
  });
  return root;
}

/** Only what differs from what everybody has. */
function said({ department, country, source, plans }) {
  const body = {};
  if (department) body.department = department;
  if (country) body.country = country;
  if (source !== "cloud") body.source = source;
  if (plans.length > 0) body.plans = plans;
  return body;
}

export function createdView() {
  const created = keptFor("users/created");
  return created && { title: "User created", section, render: () => renderCreated(created) };
}

function renderCreated(created) {
  const { password } = created;
  const root = stamp("t-user-created", { who: created.display_name, name: created.name });
  const secret = $("[data-secret]", root);
  const hidden = secret.textContent;
  const show = $("[data-show]", root);
  show.addEventListener("click", () => {
    const isHidden = secret.textContent === hidden;
    secret.textContent = isHidden ? password : hidden;
    show.textContent = isHidden ? "Hide password" : "Show password";
    announce(isHidden ? "The password is shown." : "The password is hidden.");
  });
  prepareCopy($("[data-copy]", root), {
    text: password,
    said: "The password is",
    show: () => {
      secret.textContent = password;
      return secret;
    },
  });
  return root;
}
