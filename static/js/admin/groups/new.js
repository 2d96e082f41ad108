// A new group: members picked by hand, or found by a rule.

import { post } from "../../api.js";
import { $, $$, announce, stamp } from "../../dom.js";
import { required } from "../../fields.js";
import { handle } from "../../form.js";
import { tellNext } from "../news.js";
import { explainSession, labelOf, listChosen } from "../parts.js";
import { pick } from "../picker.js";
import { explainRule, prepareTry, ruleFrom } from "./rule.js";

export function newGroupView({ walk }) {
  return { title: "New group", section: "groups", render: () => render(walk) };
}

/** The lists of people and groups that are chosen; gives their ids. */
function prepareChoosing(root) {
  const chosen = { users: [], groups: [] };
  const show = (kind) =>
    listChosen(root, kind, chosen[kind], (thing) => {
      chosen[kind] = chosen[kind].filter(({ id }) => id !== thing.id);
      show(kind);
      $(`[data-pick="${kind}"]`, root).focus();
      announce(`${labelOf(thing)} is removed.`);
    });
  for (const button of $$("[data-pick]", root)) {
    const kind = button.dataset.pick;
    button.addEventListener("click", async () => {
      const picked = await pick({ kind, title: button.textContent, chosen: chosen[kind] });
      if (!picked) return;
      chosen[kind] = picked;
      show(kind);
    });
  }
  return (kind) => chosen[kind].map(({ id }) => id);
}

/** Why the service does not take a group's name or rule. */
export function explainGroup(problem, root) {
  if (problem.code === "group_name_taken") {
    return [{ field: "name", text: "There is a group with this name already. Choose another one." }];
  }
  return explainRule(problem, root);
}

function render(walk) {
  const root = stamp("t-group-new");
  const idsOf = prepareChoosing(root);
  const membership = $("#f-membership", root);
  const show = () => {
    for (const part of $$("[data-when]", root)) part.hidden = part.dataset.when !== membership.value;
  };
  membership.addEventListener("change", show);
  show();
  prepareTry(root);
  handle($("form", root), {
    explain: (problem) => explainGroup(problem, root) ?? explainSession(problem),
    send: async (values) => {
      const name = required(values, "name", "Type a name for the group.");
      const body = { name, description: values.description.trim(), membership: values.membership };
      if (values.membership === "dynamic") body.rule = ruleFrom(values.rule);
      else Object.assign(body, { members: idsOf("users"), groups: idsOf("groups") });
      const { group } = await post("/api/groups", body);
      tellNext(`The group ${group.name} is created.`);
      await walk.replace(`groups/${group.id}`);
    },
  });
  return root;
}
