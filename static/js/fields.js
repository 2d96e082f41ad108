// Fields that more than one page asks for: secrets that can be shown, names and codes.

import { $, $$ } from "./dom.js";
import { Mistakes } from "./mistakes.js";

/** Makes the Show buttons beside passwords work. Their data-what names the field in words. */
export function enableToggles(root) {
  for (const toggle of $$(".toggle", root)) {
    const input = $("input", toggle.parentElement);
    const set = (shown) => {
      input.type = shown ? "text" : "password";
      toggle.textContent = shown ? "Hide" : "Show";
      toggle.setAttribute("aria-label", `${toggle.textContent} ${toggle.dataset.what}`);
    };
    set(false);
    toggle.addEventListener("click", () => set(input.type === "password"));
  }
}

/** Before a password leaves, it is hidden again. */
export function hideSecrets(root) {
  for (const toggle of $$(".toggle", root)) {
    if ($("input", toggle.parentElement).type === "text") toggle.click();
  }
}

/** The digits of a code, however they were typed. */
export function codeFrom(values) {
  const digits = values.code.normalize("NFKC").replace(/\D/g, "");
  if (digits.length === 8) return digits;
  const text = digits ? `The code has 8 digits. You typed ${digits.length}.` : "Type the 8-digit code.";
  throw new Mistakes([{ field: "code", text }]);
}

/** A name that was typed, or a mistake. */
export function required(values, field, text) {
  const value = values[field].trim();
  if (!value) throw new Mistakes([{ field, text }]);
  return value;
}
