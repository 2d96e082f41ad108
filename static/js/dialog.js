// Dialogs. The browser keeps the focus inside, closes on Escape, and gives the focus back.

import { $ } from "./dom.js";

/** Opens a <dialog> that is not in the page yet; it leaves the page when it closes. */
export function openDialog(dialog) {
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    // A click on the backdrop is a click on the dialog itself.
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  });
  dialog.showModal();
  ($("[autofocus]", dialog) ?? $("h2", dialog)).focus();
}

/** Asks; true when the person chose the button that is marked [data-yes]. */
export function confirm(dialog) {
  return new Promise((answer) => {
    $("[data-yes]", dialog).addEventListener("click", () => dialog.close("yes"));
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"));
    openDialog(dialog);
  });
}
