// The catcher: every message that Relatch sent, oldest first.

import { until } from "./browser.mjs";

const CATCHER = process.env.CATCHER_URL ?? "http://localhost:3001";

/** Texts and calls to a number, or mails to an address. */
export async function messagesTo(place) {
  const messages = await (await fetch(`${CATCHER}/messages`)).json();
  return messages.filter(({ to, kind }) => to === place && (kind === "mail") === place.includes("@"));
}

/** Eight digits, with whatever a message puts between them. */
function codeIn(body) {
  const [found] = /(?:\d[\s,.;:…-]*){8}/.exec(body) ?? [];
  return found?.replace(/\D/g, "");
}

/** The code in a message to this number or address that comes after the `seen` first ones, if there is one. */
export async function codeAfter(number, seen, kind = "sms") {
  const messages = (await messagesTo(number)).slice(seen);
  const message = messages.findLast((candidate) => candidate.kind === kind && codeIn(candidate.body));
  return message && codeIn(message.body);
}

export const nextCode = (number, seen, kind) => until(`a code for ${number}`, () => codeAfter(number, seen, kind));
