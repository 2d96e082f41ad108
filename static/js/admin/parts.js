// What the views of the portal share.

import { $, make, stamp } from "../dom.js";
import { signInFromPortal } from "../shell.js";

/** Said in a form when the session is over; what was typed stays until the person leaves. */
export function explainSession(problem) {
  if (problem.code !== "not_signed_in") return undefined;
  return [{ text: "You have been signed out, so this was not saved. Sign in again.", href: signInFromPortal() }];
}

/** A row of a list that turns into a card on phones: [label, content] for each column, the first its head. */
export function row(cells) {
  const line = make("tr");
  line.setAttribute("role", "row");
  cells.forEach(([label, ...content], index) => {
    const cell = make(index === 0 ? "th" : "td", {}, ...content);
    cell.setAttribute("role", index === 0 ? "rowheader" : "cell");
    if (index === 0) cell.scope = "row";
    else cell.dataset.label = label;
    line.append(cell);
  });
  return line;
}

/** So that "Show more" goes on reading where it stopped. */
export function focusRow(root, index) {
  const head = $("tbody", root).rows[index]?.cells[0];
  if (!head) return;
  head.tabIndex = -1;
  head.focus({ preventScroll: true });
}

/** A short word with a mark of its kind: good, warn, or plain. */
export const tag = (text, kind) => make("span", { className: `tag ${kind}` }, text);

/** The lines of people or groups that were chosen, each with a Remove button where they can be removed. */
export function listChosen(root, kind, things, remove) {
  const lines = things.map((thing) => {
    const line = stamp("t-chosen", { label: labelOf(thing), detail: detailOf(thing) });
    const button = $("[data-remove]", line);
    if (!remove) button.remove();
    button.setAttribute("aria-label", `Remove ${labelOf(thing)}`);
    button.addEventListener("click", () => remove(thing, button));
    return line;
  });
  $(`[data-chosen="${kind}"]`, root).replaceChildren(...lines);
  const empty = $(`[data-empty="${kind}"]`, root);
  if (empty) empty.hidden = things.length > 0;
}

export const labelOf = (thing) => thing.display_name ?? thing.name;
export const detailOf = (thing) => (thing.display_name ? thing.name : (thing.description ?? ""));
