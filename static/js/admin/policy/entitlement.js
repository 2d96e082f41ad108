// Password reset > Entitlement: which plans include it, and which groups have a plan.

import { $, count, stamp } from "../../dom.js";
import { clear } from "../../form.js";
import { Mistakes } from "../../mistakes.js";
import { pick } from "../picker.js";
import { prepareSaving } from "../saving.js";
import { tickBoxes } from "../ticks.js";
import { PLANS, plansInWords } from "../words.js";
import { putPart } from "./form.js";

const ALL = Object.entries(PLANS);

const plain = ({ check, cloud, on_premises: onPremises, groups }) =>
  JSON.stringify([
    check,
    [...cloud].sort(),
    [...onPremises].sort(),
    groups.map(({ group, plans }) => [group, [...plans].sort()]).sort(),
  ]);

function inWords({ check, cloud, on_premises: onPremises, groups }) {
  const who = check ? "Only people with a plan can reset." : "Plans are not looked at.";
  const which = `Cloud: ${plansInWords(cloud)}. On premises: ${plansInWords(onPremises)}.`;
  return `${who} ${which} ${count(groups.length, "group")} with a plan.`;
}

function check({ groups }) {
  const without = groups.find(({ plans }) => plans.length === 0);
  if (!without) return;
  throw new Mistakes([{ field: "groups", text: `Tick a plan for ${without.name}, or remove the group.` }]);
}

/** A policy that nobody could meet. */
function explain({ code, reasons, field, message }) {
  if (code === "policy_refused" && reasons.includes("nobody_entitled")) {
    return [
      {
        field: "cloud",
        text: "Tick at least one plan, here or for on-premises accounts. Otherwise nobody could reset.",
      },
    ];
  }
  return code === "invalid_field" ? [{ field, text: message }] : undefined;
}

/** The lines of groups, each with its plans. */
function prepareGroups(root, changed) {
  const list = $("[data-groups]", root);
  let lines = [];
  const show = () => {
    $("[data-empty=groups]", root).hidden = lines.length > 0;
    list.replaceChildren(...lines.map(({ line }) => line));
  };
  const add = ({ group, name, plans }) => {
    const line = stamp("t-group-plans", { name });
    const boxes = tickBoxes($("[data-ticks]", line), `plan-${group}`, ALL, "t-small-tick");
    boxes.write(plans);
    const button = $("[data-remove]", line);
    button.setAttribute("aria-label", `Remove ${name}`);
    button.addEventListener("click", () => {
      lines = lines.filter((one) => one.group !== group);
      show();
      changed();
      $("[data-pick]", root).focus();
    });
    lines.push({ group, name, line, boxes });
  };
  return {
    read: () => lines.map(({ group, name, boxes }) => ({ group, name, plans: boxes.read() })),
    write: (groups) => {
      lines = [];
      groups.forEach(add);
      show();
    },
  };
}

function render(saved, _name, _portal, _section, { group_names: named = [] }) {
  const names = new Map(named.map(({ id, name }) => [id, name]));
  /** What is saved, with the names beside the ids. */
  const withNames = ({ groups: lines, ...rest }) => ({
    ...rest,
    groups: lines.map(({ group, plans }) => ({ group, plans, name: names.get(group) ?? "A group that is gone" })),
  });
  const root = stamp("t-entitlement");
  let changed = () => undefined;
  const box = $("#f-check", root);
  const cloud = tickBoxes($("[data-tick=cloud]", root), "cloud", ALL);
  const onPremises = tickBoxes($("[data-tick=on_premises]", root), "on_premises", ALL);
  const groups = prepareGroups(root, () => changed());
  const pickGroups = async () => {
    const before = groups.read();
    const chosen = before.map(({ group, name }) => ({ id: group, name }));
    const picked = await pick({ kind: "groups", title: "Select groups", chosen });
    if (!picked) return;
    for (const { id, name } of picked) names.set(id, name);
    groups.write(
      picked.map(({ id, name }) => before.find(({ group }) => group === id) ?? { group: id, name, plans: [] }),
    );
    clear($("form", root));
    changed();
  };
  $("[data-pick]", root).addEventListener("click", pickGroups);
  ({ changed } = prepareSaving(root, withNames(saved), {
    read: () => ({ check: box.checked, cloud: cloud.read(), on_premises: onPremises.read(), groups: groups.read() }),
    write: (values) => {
      box.checked = values.check;
      cloud.write(values.cloud);
      onPremises.write(values.on_premises);
      groups.write(values.groups);
    },
    check,
    explain,
    inWords,
    current: withNames,
    isSame: (a, b) => plain(a) === plain(b),
    put: async ({ groups: wanted, ...values }, version) => {
      const lines = wanted.map(({ group, plans }) => ({ group, plans }));
      return withNames(await putPart("entitlement", { ...values, groups: lines }, version));
    },
  }));
  return root;
}

export const entitlement = { title: "Entitlement", render };
