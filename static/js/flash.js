// News above a page: what was done, or why it was not. They take the focus.

import { $, stamp } from "./dom.js";

/** Good news, with a way back where there is one. */
export function flash(place, text, undo) {
  const note = stamp("t-flash", { text });
  if (undo) $("[data-undo]", note).addEventListener("click", undo);
  else $("[data-undo]", note).remove();
  place.replaceChildren(note);
  note.focus();
}

/** Why nothing was changed. */
export function warn(place, text) {
  flash(place, text);
  $(".note", place).dataset.kind = "warn";
  $("use", place).setAttribute("href", "#i-alert");
}
