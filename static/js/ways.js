// The ways to prove who somebody is, and the choice between them: text, call, mail, app,
// recovery_code, helpdesk.

import { $, fill, stamp, waiting } from "./dom.js";
import { Mistakes } from "./mistakes.js";

const ICONS = {
  text: "#i-text",
  call: "#i-call",
  mail: "#i-mail",
  app: "#i-app",
  recovery_code: "#i-list",
  helpdesk: "#i-key",
};

/** One way for each thing a person can choose; a phone has two. */
export function waysOf(methods) {
  return methods.flatMap(({ kind, deliveries = ["text", "call"] }) => {
    if (kind === "phone") return deliveries;
    return kind === "email" ? ["mail"] : [kind];
  });
}

export const isSent = (way) => ["text", "call", "mail"].includes(way);

/**
 * Puts one radio per way into the form; `words` gives the label of each. A single way is no choice.
 * Only the fields of the chosen way are shown: those inside its [data-way].
 */
export function prepareWays(root, ways, words, chosen) {
  const first = ways.includes(chosen) ? chosen : ways[0];
  const field = $("[data-field=way]", root);
  const show = (way) => {
    for (const part of root.querySelectorAll("[data-way]")) part.hidden = !part.dataset.way.split(" ").includes(way);
  };
  for (const way of ways) {
    const choice = stamp("t-choice");
    const input = $("input", choice);
    input.value = way;
    input.id = `f-${way}`;
    input.checked = way === first;
    $("use", choice).setAttribute("href", ICONS[way]);
    fill(choice, { label: words[way] });
    $(".choices", field).append(choice);
  }
  field.addEventListener("change", (event) => show(event.target.value));
  if (ways.length === 1) field.remove();
  show(first);
}

export function wayFrom(values, ways) {
  if (ways.length === 1) return ways[0];
  if (values.way) return values.way;
  throw new Mistakes([{ field: "way", text: "Choose one of these." }]);
}

/** Why this code is no use any more, or none is for now, and what to do next; nothing when it is something else. */
export function explainSpent({ code, retryAfter }, isAsked, instead) {
  if (code === "code_expired") {
    const next = isAsked ? "Ask for a new one." : "Wait until your app shows the next one, and type that.";
    return [{ field: "code", text: `This code is too old. ${next}` }];
  }
  if (code !== "too_many_attempts") return undefined;
  if (!retryAfter && isAsked) {
    return [{ field: "code", text: "Too many codes were wrong, so this one does not work any more. Ask for a new one." }];
  }
  const when = retryAfter ? `in ${waiting(retryAfter)}` : "tomorrow";
  const text = `Too many codes were wrong. You can try again ${when}. ${instead}`;
  return [{ field: "code", text, ...(retryAfter && { later: "You can try again now.", after: retryAfter }) }];
}

/** What the code page says after a code was sent. */
export function codeLead(way, to, minutes) {
  const life = `The code works for ${minutes} minutes.`;
  if (way === "call") return `We are calling ${to} now and will read out the code. ${life}`;
  return `We sent ${way === "mail" ? "an email" : "a text"} with a code to ${to}. ${life}`;
}
