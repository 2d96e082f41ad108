// A telephone number: country and number, as typed. The service decides whether it is one.

import { chooseCountry, countries } from "./countries.js";
import { $ } from "./dom.js";
import { Mistakes } from "./mistakes.js";

/** Fills the country list; puts back what was typed before. */
export function preparePhone(root, typed = {}) {
  chooseCountry($("#f-country", root), typed.country, ({ name, calling }) => `${name} (+${calling})`);
  $("#f-number", root).value = typed.number ?? "";
}

/** Country and number as typed, or the mistakes in them. The service decides whether it is a number. */
export function phoneFrom(values) {
  const mistakes = [];
  const number = values.number.trim();
  const digits = number.replace(/\D/g, "");
  if (!values.country) mistakes.push({ field: "country", text: "Choose a country." });
  if (!digits) mistakes.push({ field: "number", text: "Type your whole phone number." });
  else if (digits.length < 4) mistakes.push({ field: "number", text: "This number is too short. Type the whole number." });
  if (mistakes.length > 0) throw new Mistakes(mistakes);
  return { country: values.country, number };
}

/** The number as a person reads it. */
export function phoneText({ country, number }) {
  const calling = countries.find(({ code }) => code === country)?.calling;
  return number.startsWith("+") || !calling ? number : `+${calling} ${number}`;
}

const NOT_THERE = "Your organisation does not send codes to this country. Use another number, or ask your helpdesk.";

/** Why the service could not use the number; nothing when it says something else. */
export function explainNumber({ code, field }) {
  if (code === "country_not_allowed") return [{ field: "country", text: NOT_THERE }];
  const isAboutIt = code === "number_not_usable" || (code === "invalid_field" && ["number", "country"].includes(field));
  if (!isAboutIt) return undefined;
  return [{ field: "number", text: "This is not a phone number we can use. Check the country, and type the whole number." }];
}
