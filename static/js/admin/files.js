// Files that the portal makes: put together here from the parts that the service gives, never on it.

import { Lost } from "../api.js";
import { announce, make } from "../dom.js";
import { flash, warn } from "../flash.js";

/** Gives the browser a file to keep. */
export function download(name, text, type) {
  const href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = make("a", { href, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

/** "users-2026-11-22.csv". */
export const fileName = (name, ending) => `${name}-${new Date().toISOString().slice(0, 10)}.${ending}`;

/** One cell of a CSV file. A spreadsheet must not take what somebody typed for a formula. */
export function cell(value, { exact = false } = {}) {
  const text = String(value ?? "");
  const safe = !exact && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const lost = "The connection was lost, so no file was made. Check that you are online, then try again.";

/**
 * Makes a button fetch all parts and save them as one file. `part(after)` gives { text, next };
 * a `next` of nothing is the end.
 */
export function exportAll(button, place, { name, ending = "csv", type, what, part }) {
  const words = button.textContent;
  button.addEventListener("click", async () => {
    if (button.disabled) return;
    button.disabled = true;
    place.replaceChildren();
    const texts = [];
    try {
      let after;
      do {
        button.textContent = texts.length > 0 ? `Collecting, part ${texts.length + 1}…` : "Collecting…";
        if (texts.length === 0) announce("The file is being put together.");
        const got = await part(after);
        texts.push(got.text);
        after = got.next;
      } while (after && button.isConnected);
      if (!button.isConnected) return;
      const file = fileName(name, ending);
      download(file, texts.join(""), type);
      flash(place, `The file ${file} is ready. It holds what is said about each ${what}: keep it safe.`);
    } catch (error) {
      warn(place, error instanceof Lost ? lost : `${error.message} No file was made.`);
    } finally {
      button.textContent = words;
      button.disabled = false;
    }
  });
}
