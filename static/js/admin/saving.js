// A form that is saved as a whole: changes that are not saved yet, somebody else's save, good news.

import { confirm } from "../dialog.js";
import { $, stamp } from "../dom.js";
import { flash } from "../flash.js";
import { GONE, handle } from "../form.js";
import { explainSession } from "./parts.js";
import { freeze, may } from "./rights.js";

/** What is on the page: { root, isUnsaved, ... }. Nothing when another view is shown. */
let open;

const wouldLose = () => Boolean(open?.root.isConnected) && open.isUnsaved();

addEventListener("beforeunload", (event) => {
  if (wouldLose()) event.preventDefault();
});

/** Something else that is lost when the person leaves; `dialog` asks. */
export function guard(root, isUnsaved, dialog) {
  open = { root, isUnsaved, dialog };
}

/** Asks before something is lost; forgets it when the person leaves. */
export async function mayLeave() {
  if (wouldLose() && !(await confirm(stamp(open.dialog ?? "t-leave")))) return false;
  open = undefined;
  return true;
}

/**
 * Makes the form of a view save itself.
 * - read() gives what the page says now, write(values) puts values on it;
 * - check(values) may throw Mistakes; put(values, version) saves, and gives what is saved now;
 * - isSame(a, b) compares; inWords(values) says it; explain(problem) as in ../form.js;
 * - current(body) makes values of what the service says is saved, where that is not the same.
 * Gives changed(), to be called when something changed without an event, and renew(part), for what
 * was saved in another way. Who may not manage can look only.
 */
export function prepareSaving(root, saved, view) {
  const mine = { ...view, root, saved };
  mine.isUnsaved = () => !mine.isSame(mine.read(), mine.saved);
  open = mine;
  const show = () => {
    $("[data-dirty]", root)?.toggleAttribute("hidden", !mine.isUnsaved());
  };
  root.addEventListener("input", show);
  root.addEventListener("change", show);
  handle($("form", root), {
    send: () => save(mine),
    explain: (problem) => {
      const isStale = problem.code === "stale_version" && problem.current;
      if (!isStale) return mine.explain?.(problem) ?? explainSession(problem);
      showBoth(mine, mine.current?.(problem.current) ?? problem.current);
      return GONE;
    },
  });
  mine.show = show;
  take(mine, saved);
  if (!may("manage")) freeze(root);
  const renew = (part) => Object.assign(mine, { saved: { ...mine.saved, ...part } });
  return { changed: show, renew };
}

/** Puts on the page what the service has. */
function take(mine, saved) {
  mine.saved = saved;
  mine.write(saved);
  mine.show();
}

async function save(mine) {
  const values = mine.read();
  mine.check?.(values);
  const place = $("[data-flash]", mine.root);
  place.replaceChildren();
  take(mine, await mine.put(values, mine.saved.version));
  flash(place, `Saved. ${mine.inWords(mine.saved)}`);
}

/** Somebody else was faster: shows both, and lets the person choose. */
function showBoth(mine, theirs) {
  const { root, inWords } = mine;
  const place = $("[data-flash]", root);
  const note = stamp("t-stale", { theirs: inWords(theirs), mine: inWords(mine.read()) });
  $("[data-theirs]", note).addEventListener("click", () => {
    take(mine, theirs);
    flash(place, `Nothing was changed. ${inWords(theirs)}`);
  });
  $("[data-mine]", note).addEventListener("click", () => {
    mine.saved = { ...mine.saved, version: theirs.version };
    place.replaceChildren();
    $("form", root).requestSubmit();
  });
  place.replaceChildren(note);
  note.focus();
}
