// A form that is saved as a whole: changes that are not saved yet, somebody else's save, good news.

import { confirm } from "../dialog.js";
import { $, stamp } from "../dom.js";
import { flash } from "../flash.js";
import { GONE, handle } from "../form.js";
import { explainSession } from "./parts.js";

/** What is on the page: { root, saved, ...what prepareSaving was given }. Nothing when another view is shown. */
let open;

const isDirty = () => Boolean(open?.root.isConnected) && !open.isSame(open.read(), open.saved);

addEventListener("beforeunload", (event) => {
  if (isDirty()) event.preventDefault();
});

/** Asks before changes are lost; forgets them when the person leaves. */
export async function mayLeave() {
  if (isDirty() && !(await confirm(stamp("t-leave")))) return false;
  open = undefined;
  return true;
}

/**
 * Makes the form of a view save itself.
 * - read() gives what the page says now, write(values) puts values on it;
 * - check(values) may throw Mistakes; put(values, version) saves, and gives what is saved now;
 * - isSame(a, b) compares; inWords(values) says it; explain(problem) as in ../form.js.
 * Gives a function to be called when something changed without an event.
 */
export function prepareSaving(root, saved, view) {
  const mine = { ...view, root, saved };
  open = mine;
  const show = () => {
    $("[data-dirty]", root).hidden = mine.isSame(mine.read(), mine.saved);
  };
  root.addEventListener("input", show);
  root.addEventListener("change", show);
  handle($("form", root), {
    send: () => save(mine),
    explain: (problem) => {
      const isStale = problem.code === "stale_version" && problem.current;
      if (!isStale) return mine.explain?.(problem) ?? explainSession(problem);
      showBoth(mine, problem.current);
      return GONE;
    },
  });
  mine.show = show;
  take(mine, saved);
  return show;
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
