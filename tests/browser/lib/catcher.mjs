// The catcher: every message that Relatch sent, oldest first.

import { until } from "./browser.mjs";

const CATCHER = process.env.CATCHER_URL ?? "http://localhost:3001";

export async function messagesTo(number) {
  const messages = await (await fetch(`${CATCHER}/messages`)).json();
  return messages.filter(({ to, kind }) => to === number && kind !== "mail");
}

/** Eight digits, with whatever a message puts between them. */
function codeIn(body) {
  const [found] = /(?:\d[\s,.;:…-]*){8}/.exec(body) ?? [];
  return found?.replace(/\D/g, "");
}

/** The code in the message to this number that comes after the `seen` first ones. */
export async function nextCode(number, seen, kind = "sms") {
  const message = await until(`a ${kind} to ${number}`, async () => {
    const messages = (await messagesTo(number)).slice(seen);
    return messages.find((candidate) => candidate.kind === kind && codeIn(candidate.body));
  });
  return codeIn(message.body);
}
