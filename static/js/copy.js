// The copy buttons.

import { announce } from "./dom.js";

/**
 * Copies the text and says so on the button. Where the browser does not let us, `show()` gives the
 * element that holds the text, which is then selected.
 */
export function prepareCopy(button, { text, show, said }) {
  const words = button.textContent;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      announce(`${said} copied.`);
      setTimeout(() => (button.textContent = words), 3000);
    } catch {
      getSelection().selectAllChildren(show());
      announce(`This browser does not let us copy. ${said} shown and selected: copy with your keyboard.`);
    }
  });
}
