// Password reset > Limits: how often, how long and how much, to be looked at.

import { get } from "../../api.js";
import { $, announce, count, stamp } from "../../dom.js";
import { row } from "../parts.js";

/** `a` stands for code in the documents; here it is only words. */
const plain = (text) => text.replaceAll("`", "");

function line({ name, amount, what }) {
  return { row: row([["What", plain(what)], ["How much", amount]]), words: `${name} ${amount} ${what}`.toLowerCase() };
}

function renderLimits({ limits }) {
  const root = stamp("t-limits");
  const lines = limits.map(line);
  $("tbody", root).append(...lines.map((one) => one.row));
  $("#f-find", root).addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    for (const one of lines) one.row.hidden = !one.words.includes(wanted);
    const shown = lines.filter((one) => !one.row.hidden).length;
    $("[data-none]", root).hidden = shown > 0;
    $("table", root).hidden = shown === 0;
    announce(count(shown, "limit"));
  });
  return root;
}

export const limits = { title: "Limits", load: () => get("/api/policy/limits"), render: renderLimits };
