// Password reset > Limits: the numbers Relatch goes by, to be looked at.

import { get } from "../../api.js";
import { $, announce, count, make, stamp } from "../../dom.js";

/** `a` stands for code in the documents; here it is only words. */
const plain = (text) => text.replaceAll("`", "");

function line({ name, amount, what }) {
  const row = make("tr", {}, make("td", {}, plain(what)), make("td", {}, amount));
  row.setAttribute("role", "row");
  for (const cell of row.children) cell.setAttribute("role", "cell");
  return { row, words: `${name} ${amount} ${what}`.toLowerCase() };
}

function renderLimits({ limits }) {
  const root = stamp("t-limits");
  const lines = limits.map(line);
  $("tbody", root).append(...lines.map(({ row }) => row));
  $("#f-find", root).addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    for (const { row, words } of lines) row.hidden = !words.includes(wanted);
    const shown = lines.filter(({ row }) => !row.hidden).length;
    $("[data-none]", root).hidden = shown > 0;
    $("table", root).hidden = shown === 0;
    announce(count(shown, "limit"));
  });
  return root;
}

export const limits = { title: "Limits", load: () => get("/api/policy/limits"), render: renderLimits };
