// A new password: its rules before typing, ticks while typing, and why one was refused.

import { $, announce, make } from "./dom.js";
import { Mistakes } from "./mistakes.js";
import { watchStrength } from "./strength.js";

/** Words for the reasons why the service may refuse a password. */
const REASONS = {
  too_short: (rules) => `Make it longer: at least ${rules.min_length} characters.`,
  too_long: (rules) => `Make it shorter: at most ${rules.max_length} characters.`,
  same_as_before: () => "You have used this password before. Choose another one.",
  used_before: () => "You have used this password before. Choose another one.",
  contains_name: () => "Do not use your name, your user name or your organisation's name in it.",
  common: () => "Many people use this password, or your organisation does not allow it. Choose another one.",
  breached: () => "This password was leaked somewhere, so others may know it. Choose another one.",
  too_few_kinds: () => "Use three of these four: small letters, capital letters, digits and signs.",
  too_few_points: () => "It is made of too few different parts, so it is easy to guess. Add a word or two.",
  unsupported_character: () => "It has a character that cannot be used. Use letters, digits, spaces and signs.",
};

export function explainRejected(problem, rules) {
  const known = problem.reasons.filter((reason) => REASONS[reason]);
  return known.length === 0 ? undefined : known.map((reason) => ({ field: "password", text: REASONS[reason](rules) }));
}

const length = (text) => [...text.normalize("NFC")].length;
const plain = (text) => text.normalize("NFKC").toLowerCase();

const isLong = (word) => length(word) >= 4;
/** Names without the domain of a user name. */
const beforeAt = (names) => names.filter(Boolean).flatMap((name) => [plain(name), plain(name).split("@")[0]]);
/** The same and each of their words. */
const wordsOf = (names) => beforeAt(names).flatMap((name) => (name.includes("@") ? [] : [name, ...name.split(/[^\p{L}\p{N}]+/u)]));

/** The service's own rules: a name that makes up half of it or more; with Entra's, any part of a name. */
function hasName(password, names, rules) {
  const text = plain(password);
  if (wantsKinds(rules)) return wordsOf(names).filter(isLong).some((word) => text.includes(word));
  return beforeAt(names).filter(isLong).some((word) => text.includes(word) && length(word) * 2 >= length(text));
}

const SMALL = /\p{Ll}/u;
const CAPITAL = /\p{Lu}/u;
const DIGIT = /\p{Nd}/u;
const SIGN = /[^\p{L}\p{Nd}]/u;

/** How many of the four kinds of characters are in it. */
const kindsIn = (password) => [SMALL, CAPITAL, DIGIT, SIGN].filter((kind) => kind.test(password)).length;
const wantsKinds = ({ profile }) => profile === "entra";

/** ASCII that can be typed and seen. */
const isPlain = (password) => /^[ -~]*$/.test(password);

function rulesFor(rules, namesNow) {
  const { min_length: min, max_length: max } = rules;
  const isRight = (password) => length(password) >= min && length(password) <= max;
  const entras = [
    {
      text: "Three of these four: small letters, capital letters, digits, signs",
      met: (password) => kindsIn(password) >= 3,
    },
    { text: "No letters with accents, no other alphabets", met: (password) => password !== "" && isPlain(password) },
  ];
  return [
    { text: wantsKinds(rules) ? `${min} to ${max} characters` : `At least ${min} characters`, met: isRight },
    ...(wantsKinds(rules) ? entras : []),
    {
      text: "Not your name, nor your organisation's",
      met: (password) => password !== "" && !hasName(password, namesNow(), rules),
    },
    { text: "The same in both boxes", met: (password, confirm) => password !== "" && password === confirm },
  ];
}

/** What only the service knows: which passwords are common, and the old ones. */
function laterRules(rules) {
  const { history } = rules;
  const common = wantsKinds(rules) ? "Not made of words that many people use" : "Not one that many people use";
  const old = history > 1 ? `None of the last ${history} that you had` : "Not the one you had before";
  return [common, ...(history > 0 ? [old] : [])].map((text) => ({ text: `${text}. We check this when you save.` }));
}

/**
 * Shows the rules before typing, and ticks them while a password is typed. `names` are the person's own;
 * `others()` gives the organisation's.
 */
export function preparePassword(root, rules, names, others = () => []) {
  const list = $(".rules", root);
  const password = $("#f-password", root);
  const confirm = $("#f-confirm", root);
  $("[name=username]", root).value = names[0] ?? "";
  const words = () => [...names, ...others()].filter(Boolean);
  const typed = rulesFor(rules, words);
  const wanted = [...typed, ...laterRules(rules)];
  const shown = wanted.map((rule) => {
    const state = make("span", { className: "hidden" });
    const item = make("li", {}, state, rule.text);
    list.append(item);
    return { ...rule, item, state };
  });
  let met = 0;
  let strength = "";
  const say = sayer(() => password.value && `${strength}${met} of ${typed.length} rules met.`);
  const look = () => {
    met = shown.filter((rule) => tick(rule, password.value, confirm.value)).length;
    say();
  };
  watchStrength(root, password, words, (found) => {
    showStrength(root, found);
    strength = found.level > 0 ? `Strength: ${found.words}. ` : "";
    say();
  });
  password.addEventListener("input", look);
  confirm.addEventListener("input", look);
  look();
}

/** Says what `text()` gives when nothing has changed for a moment, and never the same twice. */
function sayer(text) {
  let said = "";
  let soon;
  return () => {
    clearTimeout(soon);
    soon = setTimeout(() => {
      const now = text();
      if (now && now !== said) announce((said = now));
    }, 900);
  };
}

function tick(rule, password, confirm) {
  if (!rule.met) {
    rule.item.className = "later";
    return false;
  }
  const met = rule.met(password, confirm);
  rule.item.className = met ? "met" : "";
  rule.state.textContent = met ? "Done: " : "To do: ";
  return met;
}

function showStrength(root, { level, words }) {
  const meter = $(".strength", root);
  meter.dataset.level = level;
  $("[data-strength]", meter).textContent = `Strength: ${words}`;
}

/** The new password, when both boxes and the length are right. */
export function passwordFrom(values, rules) {
  const { password, confirm } = values;
  const mistakes = [];
  if (!password) mistakes.push({ field: "password", text: "Type a new password." });
  else if (length(password) < rules.min_length) {
    const more = rules.min_length - length(password);
    mistakes.push({ field: "password", text: `Make it longer: ${more} more ${more === 1 ? "character" : "characters"}.` });
  } else if (length(password) > rules.max_length) {
    mistakes.push({ field: "password", text: REASONS.too_long(rules) });
  }
  if (password && wantsKinds(rules) && kindsIn(password) < 3) {
    mistakes.push({ field: "password", text: REASONS.too_few_kinds() });
  }
  if (password && password !== confirm) {
    mistakes.push({ field: "confirm", text: "The two boxes are not the same. Type the new password again." });
  }
  if (mistakes.length > 0) throw new Mistakes(mistakes);
  return password;
}
