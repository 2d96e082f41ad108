// Fields that more than one page asks for: secrets that can be shown, names, addresses and codes.

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
export function codeFrom(values, length = 8) {
  const digits = values.code.normalize("NFKC").replace(/\D/g, "");
  if (digits.length === length) return digits;
  const wanted = `The code has ${length} digits.`;
  const text = digits ? `${wanted} You typed ${digits.length}.` : `Type the ${length}-digit code.`;
  throw new Mistakes([{ field: "code", text }]);
}

const LOOKALIKES = { 0: "O", 1: "I", 8: "B" };

/** A recovery code, however it was typed. It has no 0, 1 or 8: those are letters that were misread. */
export function recoveryCodeFrom(values) {
  const typed = values.code.normalize("NFKC").toUpperCase().replace(/[\s\p{Pd}._]/gu, "");
  const code = typed.replace(/[018]/g, (digit) => LOOKALIKES[digit]);
  if (/^[A-Z2-7]{24}$/.test(code)) return code;
  let text = `A recovery code has 24 letters and digits. You typed ${code.length}.`;
  if (!code) text = "Type one of your recovery codes.";
  else if (code.length === 24) text = "This has a sign in it that recovery codes do not have. Check it, and type it again.";
  throw new Mistakes([{ field: "code", text }]);
}

/** A code from the helpdesk, however it was typed. The service decides whether it is one. */
export function helpdeskCodeFrom(values) {
  const code = values.code.normalize("NFKC").toUpperCase().replace(/[\s\p{Pd}._]/gu, "");
  if (!code) throw new Mistakes([{ field: "code", text: "Type the code that your helpdesk gave you." }]);
  return code.match(/.{1,4}/g).join("-");
}

/** An email address as typed. The service decides whether it is one. */
export function addressFrom(values) {
  const address = required(values, "address", "Type your whole email address.");
  if (/^[^\s@]+@[^\s@]+$/.test(address)) return address;
  throw new Mistakes([NOT_AN_ADDRESS]);
}

const NOT_AN_ADDRESS = { field: "address", text: "This is not a whole email address. It looks like mia@example.org." };

/** Why the service could not use the address; nothing when it says something else. */
export function explainAddress({ code, field }) {
  return code === "invalid_field" && field === "address" ? [NOT_AN_ADDRESS] : undefined;
}

/** A name that was typed, or a mistake. */
export function required(values, field, text) {
  const value = values[field].trim();
  if (!value) throw new Mistakes([{ field, text }]);
  return value;
}
