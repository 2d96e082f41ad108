// Password reset > Authentication methods, Registration, Notifications.

import { countries } from "../../countries.js";
import { $, count } from "../../dom.js";
import { Mistakes } from "../../mistakes.js";
import { joined } from "../words.js";

const METHODS = {
  text: "text to a phone",
  call: "call to a phone",
  email: "email",
  app: "authenticator app",
  recovery_codes: "recovery codes",
};

function methodsInWords(values) {
  const on = Object.keys(METHODS)
    .filter((name) => values[name])
    .map((name) => METHODS[name]);
  const which = on.length > 0 ? `On: ${joined(on)}` : "No method is on";
  const where = values.countries.length > 0 ? named(values.countries) : "every country";
  const needed = `${count(values.needed, "way")} ${values.needed === 1 ? "is" : "are"} needed to reset a password.`;
  return `${which}. ${needed} Codes go to phones in ${where}.`;
}

const known = (text) => {
  const wanted = text.toLowerCase();
  return countries.find(({ code, name }) => code.toLowerCase() === wanted || name.toLowerCase() === wanted);
};

const named = (list) => joined(list.map((text) => known(text)?.name ?? text));

/** Each country by its code, once. */
const tidyMethods = (values) => ({
  ...values,
  countries: [...new Set(values.countries.map((text) => known(text)?.code ?? text))],
});

function checkMethods({ countries: wanted }) {
  const strange = wanted.find((text) => !known(text));
  if (!strange) return;
  const text = `“${strange}” is not a country we know. Type its English name or its two letters, like GB.`;
  throw new Mistakes([{ field: "countries", text }]);
}

/** Says which countries the letters mean. */
function showNamed(root) {
  const line = $("[data-named]", root);
  const lines = $("[name=countries]", root).value.split("\n");
  const list = lines.map((text) => text.trim()).filter(known);
  line.textContent = named(list);
  line.hidden = list.length === 0;
}

function prepareMethods(root) {
  $("[name=countries]", root).addEventListener("input", () => showNamed(root));
}

const MOST_DAYS = 730;

function checkDays({ reconfirm_days: days }) {
  if (Number.isInteger(days) && days >= 0 && days <= MOST_DAYS) return;
  throw new Mistakes([{ field: "reconfirm_days", text: `Type a whole number of days from 0 to ${MOST_DAYS}.` }]);
}

function registrationInWords({ ask_at_sign_in: asks, reconfirm_days: days }) {
  const when = `${asks ? "People are" : "Nobody is"} asked to register when they sign in.`;
  const again =
    days > 0 ? `They look at it again every ${count(days, "day")}.` : "They are never asked to look at it again.";
  return `${when} ${again}`;
}

function notificationsInWords({ person, administrators }) {
  const first = `People ${person ? "are" : "are not"} told what was done with their account.`;
  const other = administrators ? "are" : "are not";
  return `${first} Administrators ${other} told when another administrator resets.`;
}

const ONE_KIND = "so leave two different kinds on. Text and call are one kind: a phone.";

/** Why the service does not let a policy be saved. */
const REFUSED = {
  no_first_method:
    "Leave at least one of these on: text, call, email or recovery codes. With the app alone nobody can start.",
  too_few_kinds: `You ask for two ways, ${ONE_KIND}`,
  locks_administrators_out:
    `Administrators always need two ways, and a phone or the app to sign in, ${ONE_KIND}`,
};

function explainMethods({ code, reasons }) {
  if (code !== "policy_refused") return undefined;
  const known = reasons.filter((reason) => REFUSED[reason]);
  return known.length > 0 ? known.map((reason) => ({ field: "methods", text: REFUSED[reason] })) : undefined;
}

export const methods = {
  title: "Authentication methods",
  inWords: methodsInWords,
  check: checkMethods,
  tidy: tidyMethods,
  explain: explainMethods,
  prepare: prepareMethods,
  written: showNamed,
};
export const registration = { title: "Registration", inWords: registrationInWords, check: checkDays };
export const notifications = { title: "Notifications", inWords: notificationsInWords };
