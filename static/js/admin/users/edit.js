// A user's details, saved as a whole.

import { get, patch } from "../../api.js";
import { $, $$, stamp } from "../../dom.js";
import { Mistakes } from "../../mistakes.js";
import { isMe } from "../rights.js";
import { prepareSaving } from "../saving.js";
import { plansInWords, rolesInWords, SOURCES } from "../words.js";
import { explainUser } from "./new.js";
import { userPath, userPlace } from "./one.js";
import { preparePerson, roleBoxes } from "./person.js";

export function editUserView(_, id) {
  return { title: "Edit user", section: "users", load: () => get(userPath(id)), render };
}

const valuesOf = ({ user, version }) => ({
  version,
  display_name: user.display_name,
  roles: user.roles,
  department: user.department ?? "",
  country: user.country ?? "",
  source: user.source ?? "cloud",
  plans: user.plans ?? [],
});

const plain = ({ version, ...values }) =>
  JSON.stringify({ ...values, roles: sorted(values.roles), plans: sorted(values.plans) });
const sorted = (list) => [...list].sort();

function inWords({ display_name: name, roles, department, country, source, plans }) {
  const where = [department, country].filter(Boolean).join(", ");
  return `${name}: ${rolesInWords(roles)}${where && `, ${where}`}. ${SOURCES[source]} account. Plans: ${plansInWords(plans)}.`;
}

function check({ display_name: name }) {
  if (!name) throw new Mistakes([{ field: "display_name", text: "Type the person’s name." }]);
}

function explain(problem) {
  if (problem.code === "last_administrator") {
    const text = "This is the last global administrator who can sign in. Give somebody else this role first.";
    return [{ field: "roles", text }];
  }
  if (problem.code === "not_yourself") {
    return [{ field: "roles", text: "You cannot change your own roles. Ask another administrator." }];
  }
  return explainUser(problem);
}

function render(data) {
  const { user } = data;
  const root = stamp("t-user-edit", { who: user.display_name, name: user.name });
  for (const back of $$("[data-back]", root)) back.href = `#${userPlace(user.id)}`;
  const person = preparePerson(root);
  const roles = roleBoxes($("[data-roles]", root));
  const name = $("#f-display", root);
  if (isMe(user)) {
    $("[data-slot=roles]", root).textContent = "You cannot change your own roles. Another administrator can.";
    for (const box of $$("[data-roles] input", root)) box.disabled = true;
  }
  prepareSaving(root, valuesOf(data), {
    read: () => ({ display_name: name.value.trim(), roles: roles.read(), ...person.read() }),
    write: (values) => {
      name.value = values.display_name;
      roles.write(values.roles);
      person.write(values);
    },
    isSame: (a, b) => plain(a) === plain({ ...b, version: undefined }),
    check,
    explain,
    inWords,
    current: valuesOf,
    put: async ({ roles: wanted, ...values }, version) => {
      const body = isMe(user) ? values : { ...values, roles: wanted };
      return valuesOf(await patch(userPath(user.id), { version, ...body }));
    },
  });
  return root;
}
