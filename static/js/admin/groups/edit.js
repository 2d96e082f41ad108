// A group's name, description and rule, saved as a whole.

import { get, patch } from "../../api.js";
import { $, $$, stamp } from "../../dom.js";
import { Mistakes } from "../../mistakes.js";
import { prepareSaving } from "../saving.js";
import { isDynamic } from "./list.js";
import { explainGroup } from "./new.js";
import { groupPath } from "./one.js";
import { prepareTry, ruleFrom } from "./rule.js";

export function editGroupView(_, id) {
  return { title: "Edit group", section: "groups", load: () => get(groupPath(id)), render };
}

/** The service gives the group alone, or with its members around it. */
function valuesOf(body) {
  const { name, description, rule, version } = body.group ?? body;
  return { name, description, rule, version: version ?? body.version };
}

function inWords({ name, description, rule }) {
  return [`“${name}”`, description, rule && `Rule: ${rule}`].filter(Boolean).join(". ");
}

function check({ name, rule }) {
  if (!name) throw new Mistakes([{ field: "name", text: "Type a name for the group." }]);
  if (rule !== undefined) ruleFrom(rule);
}

function render(data) {
  const { group } = data;
  const dynamic = isDynamic(group);
  const root = stamp("t-group-edit", { group: group.name });
  for (const back of $$("[data-back]", root)) back.href = `#groups/${encodeURIComponent(group.id)}`;
  const name = $("#f-name", root);
  const description = $("#f-description", root);
  const rule = $("#f-rule", root);
  if (dynamic) prepareTry(root);
  else $("[data-when=dynamic]", root).remove();
  prepareSaving(root, valuesOf(data), {
    read: () => ({
      name: name.value.trim(),
      description: description.value.trim(),
      rule: dynamic ? rule.value.trim() : undefined,
    }),
    write: (values) => {
      name.value = values.name;
      description.value = values.description ?? "";
      if (dynamic) rule.value = values.rule;
    },
    isSame: (a, b) => ["name", "description", "rule"].every((key) => (a[key] ?? "") === (b[key] ?? "")),
    check,
    inWords,
    explain: (problem) => explainGroup(problem, root),
    current: valuesOf,
    put: async (values, version) => valuesOf(await patch(groupPath(group.id), { version, ...values })),
  });
  return root;
}
