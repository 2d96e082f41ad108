// Password reset > Properties: who can reset their own password.

import { get, put } from "../../api.js";
import { $, count, stamp } from "../../dom.js";
import { clear } from "../../form.js";
import { Mistakes } from "../../mistakes.js";
import { listChosen } from "../parts.js";
import { pick } from "../picker.js";
import { prepareSaving } from "../saving.js";

export function propertiesView({ me }) {
  return {
    title: "Properties",
    section: "password-reset",
    load: () => get("/api/enable-group"),
    render: (saved) => render(saved, me.organisation.name),
  };
}

const idsOf = (groups) => groups.map(({ id }) => id);
const sorted = (groups) => idsOf(groups).sort().join(" ");
const isSame = (a, b) => a.scope === b.scope && (a.scope !== "selected" || sorted(a.groups) === sorted(b.groups));

function inWords({ scope, groups }) {
  if (scope === "none") return "Nobody can reset their own password.";
  if (scope === "all") return "Everybody can reset their own password.";
  return `People in ${count(groups.length, "group")} can: ${groups.map(({ name }) => name).join(", ")}.`;
}

function check({ scope, groups }) {
  if (scope !== "selected" || groups.length > 0) return;
  throw new Mistakes([{ field: "groups", text: "Select at least one group, or choose None or All." }]);
}

function render(saved, organisation) {
  const root = stamp("t-properties", { all: `Everybody in ${organisation}.` });
  const form = $("form", root);
  let groups = [];
  const read = () => ({ scope: new FormData(form).get("scope"), groups });
  const showGroups = (now) => {
    groups = now;
    listChosen(root, "groups", groups, (group) => {
      showGroups(groups.filter(({ id }) => id !== group.id));
      changed();
      $("[data-pick]", root).focus();
    });
  };
  const showScope = () => {
    $("[data-selected]", root).hidden = read().scope !== "selected";
  };
  const write = (values) => {
    $(`[value="${values.scope}"]`, root).checked = true;
    showGroups(values.groups);
    showScope();
  };
  root.addEventListener("change", showScope);
  const save = ({ scope, groups: chosen }, version) =>
    put("/api/enable-group", { scope, groups: idsOf(chosen), version });
  const { changed } = prepareSaving(root, saved, { read, write, check, isSame, inWords, put: save });
  $("[data-pick]", root)?.addEventListener("click", async () => {
    const picked = await pick({ kind: "groups", title: "Select group", chosen: groups });
    if (!picked) return;
    showGroups(picked);
    clear(form);
    changed();
  });
  return root;
}
