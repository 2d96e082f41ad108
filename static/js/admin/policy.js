// Password reset > Authentication methods, Registration, Notifications, Customisation.

import { get, put } from "../api.js";
import { $, count, stamp } from "../dom.js";
import { Mistakes } from "../mistakes.js";
import { showOrganisation } from "../shell.js";
import { prepareSaving } from "./saving.js";

const METHODS = {
  text: "text to a phone",
  call: "call to a phone",
  email: "email",
  app: "authenticator app",
  recovery_codes: "recovery codes",
};

/** "a", "a and b", "a, b and c". */
const joined = (words) => [words.slice(0, -1).join(", "), words.at(-1)].filter(Boolean).join(" and ");

function methodsInWords(values) {
  const on = Object.keys(METHODS).filter((name) => values[name]).map((name) => METHODS[name]);
  const which = on.length > 0 ? `On: ${joined(on)}` : "No method is on";
  return `${which}. ${count(values.needed, "way")} ${values.needed === 1 ? "is" : "are"} needed to reset a password.`;
}

const MOST_DAYS = 730;

function checkDays({ reconfirm_days: days }) {
  if (Number.isInteger(days) && days >= 0 && days <= MOST_DAYS) return;
  throw new Mistakes([{ field: "reconfirm_days", text: `Type a whole number of days from 0 to ${MOST_DAYS}.` }]);
}

function registrationInWords({ ask_at_sign_in: asks, reconfirm_days: days }) {
  const when = `${asks ? "People are" : "Nobody is"} asked to register when they sign in.`;
  const again = days > 0 ? `They look at it again every ${count(days, "day")}.` : "They are never asked to look at it again.";
  return `${when} ${again}`;
}

function notificationsInWords({ person, administrators }) {
  const first = `People ${person ? "are" : "are not"} told what was done with their account.`;
  const other = administrators ? "are" : "are not";
  return `${first} Administrators ${other} told when another administrator resets.`;
}

function checkHelpdesk({ helpdesk }) {
  if (!helpdesk || /^https:\/\/\S+$/.test(helpdesk) || /^[^\s@:/]+@[^\s@]+$/.test(helpdesk)) return;
  const text = "Type a link that starts with https://, or an email address, or leave it empty.";
  throw new Mistakes([{ field: "helpdesk", text }]);
}

function customisationInWords({ organisation, helpdesk }) {
  const name = `The pages say ${organisation ? `“${organisation}”` : "the name that Relatch was installed with"}.`;
  return `${name} ${helpdesk ? `The helpdesk is ${helpdesk}.` : "No helpdesk is named."}`;
}

const SECTIONS = {
  methods: { title: "Authentication methods", inWords: methodsInWords },
  registration: { title: "Registration", inWords: registrationInWords, check: checkDays },
  notifications: { title: "Notifications", inWords: notificationsInWords },
  customisation: {
    title: "Customisation",
    inWords: customisationInWords,
    check: checkHelpdesk,
    saved: ({ organisation: name }, { me }) => {
      if (name) me.organisation.name = name;
      showOrganisation(me);
    },
  },
};

const ONE_KIND = "so leave two different kinds on. Text and call are one kind: a phone.";

/** Why the service does not let a policy be saved. */
const REFUSED = {
  no_first_method: "Leave at least one of these on: text, call, email or recovery codes. With the app alone nobody can start.",
  too_few_kinds: `You ask for two ways, ${ONE_KIND}`,
  locks_administrators_out: `Administrators always need two ways, ${ONE_KIND}`,
};

const NOT_USABLE = {
  helpdesk: "This is not a link or an email address that we can use. Check it.",
  organisation: "This name cannot be used. Make it shorter, and one line.",
};

function explain({ code, reasons, field, message }) {
  if (code === "policy_refused") {
    const known = reasons.filter((reason) => REFUSED[reason]);
    return known.length > 0 ? known.map((reason) => ({ field: "methods", text: REFUSED[reason] })) : undefined;
  }
  return code === "invalid_field" ? [{ field, text: NOT_USABLE[field] ?? message }] : undefined;
}

/** The view of one section. */
export function policyView(portal, name) {
  const section = Object.hasOwn(SECTIONS, name) ? SECTIONS[name] : undefined;
  return section && {
    title: section.title,
    section: `password-reset/${name}`,
    load: () => get("/api/policy"),
    render: (policy) => render(policy[name], name, portal),
  };
}

/** The fields of the form, by name: ticks are true or false, numbers are numbers. */
function valueOf(input) {
  if (input.type === "checkbox") return input.checked;
  const text = input.value.trim();
  if (input.type === "radio" || input.inputMode === "numeric") return text === "" ? NaN : Number(text);
  return text;
}

function render(saved, name, portal) {
  const section = SECTIONS[name];
  const root = stamp(`t-${name}`);
  const inputs = [...root.querySelectorAll("input")];
  const read = () =>
    Object.fromEntries(
      inputs.filter(({ type, checked }) => type !== "radio" || checked).map((input) => [input.name, valueOf(input)]),
    );
  const write = (values) => {
    for (const input of inputs) {
      const value = values[input.name];
      if (input.type === "checkbox") input.checked = value;
      else if (input.type === "radio") input.checked = input.value === String(value);
      else input.value = value;
    }
  };
  prepareSaving(root, saved, {
    read,
    write,
    check: section.check,
    inWords: section.inWords,
    explain,
    isSame: (a, b) => inputs.every(({ name: key }) => a[key] === b[key]),
    put: async (values, version) => {
      const policy = await put(`/api/policy/${name}`, { ...values, version });
      section.saved?.(policy[name], portal);
      return policy[name];
    },
  });
  return root;
}
