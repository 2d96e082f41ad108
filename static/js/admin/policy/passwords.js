// Password reset > Password rules: how long, which kinds, words of the organisation, old ones.

import { count } from "../../dom.js";
import { Mistakes } from "../../mistakes.js";

const MOST_OLD = 10;
const MOST_WORDS = 1000;
const SHORTEST = 4;
const LONGEST = 16;

const PROFILES = {
  nist: "Long passwords, without rules about signs",
  entra: "8 to 256 characters, of three kinds out of four",
};

const length = (text) => [...text].length;

/** Why a word cannot be on the list. */
const WORDS = {
  too_short: (word) => `“${word}” is too short: a word has ${SHORTEST} characters or more.`,
  too_long: (word) => `“${word}” is too long: a word has at most ${LONGEST} characters.`,
};

const wrongWord = (text) => ({ field: "own_words", text });

function check({ own_words: words, history }) {
  const mistakes = [];
  if (words.length > MOST_WORDS) {
    mistakes.push(wrongWord(`The list has ${words.length} words. Leave at most ${MOST_WORDS}.`));
  }
  const short = words.find((word) => length(word) < SHORTEST);
  const long = words.find((word) => length(word) > LONGEST);
  if (short) mistakes.push(wrongWord(WORDS.too_short(short)));
  if (long) mistakes.push(wrongWord(WORDS.too_long(long)));
  if (!Number.isInteger(history) || history < 0 || history > MOST_OLD) {
    mistakes.push({ field: "history", text: `Type a whole number from 0 to ${MOST_OLD}.` });
  }
  if (mistakes.length > 0) throw new Mistakes(mistakes);
}

function inWords({ profile, own_words: words, history, breach_check: breaches }) {
  const old =
    history > 0 ? `The last ${count(history, "password")} cannot be used again.` : "Old passwords are not remembered.";
  const leaks = `Passwords are ${breaches ? "" : "not "}compared with known leaks.`;
  return `${PROFILES[profile]}. ${count(words.length, "word")} of your own. ${old} ${leaks}`;
}

/** The service names the line of a word that it cannot use, and says why. */
function explain({ code, field, at, detail }) {
  if (code !== "invalid_field" || field !== "own_words") return undefined;
  return [wrongWord(`${at ? `Line ${at}: ` : ""}${detail ?? "One of these words cannot be used."}`)];
}

export const passwords = { title: "Password rules", inWords, check, explain };
