// A recovery code that takes the place of one that was used: shown once.

import { prepareCopy } from "./copy.js";
import { $, stamp } from "./dom.js";

/** The note with the code, or nothing where there is none. */
export function newCodeNote(code) {
  if (!code) return undefined;
  const note = stamp("t-new-code", { code });
  prepareCopy($("[data-copy]", note), { text: code, said: "The code is", show: () => $("code", note) });
  return note;
}
