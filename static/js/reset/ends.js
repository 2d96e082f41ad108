// The last pages of /reset: what was done, a new recovery code, and the way on.

import { $, make, stamp } from "../dom.js";
import { newCodeNote } from "../newcode.js";
import { placeOf } from "./link.js";

/** `end` is { newCode?, returnTo? }. */
function finish(root, { newCode, returnTo }) {
  const note = newCodeNote(newCode);
  if (note) $(".lead", root).after(note);
  const place = placeOf(returnTo);
  if (!place) return root;
  const onward = make("a", { className: "button", href: returnTo }, `Continue to ${place}`);
  $(".actions a", root).classList.add("plain");
  $(".actions", root).prepend(onward);
  return root;
}

export const renderUnlocked = (end) => finish(stamp("t-unlocked"), end);
export const renderDone = (end, wasLocked) => finish(stamp("t-done", wasLocked ? {} : { unlocked: null }), end);
