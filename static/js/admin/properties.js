// Password reset > Properties: who can reset their own password.

import { get, put } from "../api.js";
import { confirm } from "../dialog.js";
import { $, count, stamp } from "../dom.js";
import { clear, GONE, handle } from "../form.js";
import { Mistakes } from "../mistakes.js";
import { explainSession, flash, listChosen } from "./parts.js";
import { pick } from "./picker.js";

/** What is on the page: { saved, scope, groups, root }. Nothing when another view is shown. */
let open;

export function propertiesView({ me }) {
  return {
    title: "Properties",
    section: "password-reset",
    load: () => get("/api/enable-group"),
    render: (saved) => render(saved, me.organisation.name),
  };
}

const ids = (groups) => groups.map(({ id }) => id).sort().join(" ");
const isSame = (a, b) => a.scope === b.scope && (a.scope !== "selected" || ids(a.groups) === ids(b.groups));
const isDirty = () => Boolean(open?.root.isConnected) && !isSame(open, open.saved);

addEventListener("beforeunload", (event) => {
  if (isDirty()) event.preventDefault();
});

/** Asks before changes are lost; forgets them when the person leaves. */
export async function mayLeave() {
  if (isDirty() && !(await confirm(stamp("t-leave")))) return false;
  open = undefined;
  return true;
}

function render(saved, organisation) {
  const root = stamp("t-properties", { all: `Everybody in ${organisation}.` });
  open = { root };
  const form = $("form", root);
  root.addEventListener("change", (event) => {
    if (event.target.name !== "scope") return;
    open.scope = event.target.value;
    show();
  });
  $("[data-pick]", root).addEventListener("click", pickGroups);
  handle(form, { send, explain });
  take(saved);
  return root;
}

/** Puts on the page what the service has. */
function take(saved) {
  Object.assign(open, { saved, scope: saved.scope, groups: saved.groups });
  $(`[value="${saved.scope}"]`, open.root).checked = true;
  show();
}

function show() {
  const { root, groups, scope } = open;
  $("[data-selected]", root).hidden = scope !== "selected";
  $("[data-dirty]", root).hidden = isSame(open, open.saved);
  listChosen(root, "groups", groups, (group) => {
    open.groups = open.groups.filter(({ id }) => id !== group.id);
    show();
    $("[data-pick]", root).focus();
  });
}

async function pickGroups() {
  const picked = await pick({ kind: "groups", title: "Select group", chosen: open.groups });
  if (!picked) return;
  open.groups = picked;
  clear($("form", open.root));
  show();
}

async function send() {
  if (open.scope === "selected" && open.groups.length === 0) {
    throw new Mistakes([{ field: "groups", text: "Select at least one group, or choose None or All." }]);
  }
  await save(open.saved.version);
}

async function save(version) {
  const { scope, groups } = open;
  const place = $("[data-flash]", open.root);
  place.replaceChildren();
  take(await put("/api/enable-group", { scope, groups: groups.map(({ id }) => id), version }));
  flash(place, `Saved. ${inWords(open.saved)}`);
}

function inWords({ scope, groups }) {
  if (scope === "none") return "Nobody can reset their own password.";
  if (scope === "all") return "Everybody can reset their own password.";
  return `People in ${count(groups.length, "group")} can: ${groups.map(({ name }) => name).join(", ")}.`;
}

function explain(problem) {
  if (problem.code !== "stale_version" || !problem.current) return explainSession(problem);
  showBoth(problem.current);
  return GONE;
}

/** Somebody else was faster: shows both, and lets the person choose. */
function showBoth(theirs) {
  const { root } = open;
  const place = $("[data-flash]", root);
  const note = stamp("t-stale", { theirs: inWords(theirs), mine: inWords(open) });
  $("[data-theirs]", note).addEventListener("click", () => {
    take(theirs);
    flash(place, `Nothing was changed. ${inWords(theirs)}`);
  });
  $("[data-mine]", note).addEventListener("click", () => {
    open.saved = { ...open.saved, version: theirs.version };
    place.replaceChildren();
    $("form", root).requestSubmit();
  });
  place.replaceChildren(note);
  note.focus();
}
