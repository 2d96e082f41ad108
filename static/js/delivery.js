// How a code comes: as a text or as a call.

import { $, fill, stamp } from "./dom.js";
import { Mistakes } from "./mistakes.js";

/** Puts one radio per delivery into the form; `words` gives the label of each. */
export function prepareDelivery(root, deliveries, words, chosen = deliveries[0]) {
  const choices = $(".choices", root);
  for (const delivery of deliveries) {
    const choice = stamp("t-choice");
    const input = $("input", choice);
    input.value = delivery;
    input.id = `f-${delivery}`;
    input.checked = delivery === chosen;
    $("use", choice).setAttribute("href", delivery === "call" ? "#i-call" : "#i-text");
    fill(choice, { label: words[delivery] });
    choices.append(choice);
  }
}

export function deliveryFrom(values) {
  if (values.delivery) return values.delivery;
  throw new Mistakes([{ field: "delivery", text: "Choose how you want the code." }]);
}

/** What the code page says after a code was asked for. */
export function codeLead(delivery, to, minutes) {
  const life = `The code works for ${minutes} minutes.`;
  if (delivery === "call") return `We are calling ${to} now and will read out the code. ${life}`;
  return `We sent a text with a code to ${to}. ${life}`;
}
