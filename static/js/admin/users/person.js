// What the forms of a user share: department, country, kind of account, plans, roles.

import { countries } from "../../countries.js";
import { $, make } from "../../dom.js";
import { tickBoxes } from "../ticks.js";
import { PLANS, ROLES } from "../words.js";

/** Numbers that are not of a country of their own. */
const NO_COUNTRY = ["AC", "TA"];

/** Puts the countries and plans into the form; gives what reads and writes them. */
export function preparePerson(root) {
  const names = countries.filter(({ code }) => !NO_COUNTRY.includes(code));
  $("#f-country", root).append(...names.map(({ code, name }) => make("option", { value: code }, name)));
  const plans = tickBoxes($("[data-plans]", root), "plan", Object.entries(PLANS));
  const department = $("#f-department", root);
  const country = $("#f-country", root);
  return {
    read: () => ({
      department: department.value.trim(),
      country: country.value,
      source: $("[name=source]:checked", root).value,
      plans: plans.read(),
    }),
    write: (user) => {
      department.value = user.department ?? "";
      country.value = user.country ?? "";
      $(`[name=source][value="${user.source ?? "cloud"}"]`, root).checked = true;
      plans.write(user.plans ?? []);
    },
  };
}

export const roleBoxes = (place) =>
  tickBoxes(
    place,
    "role",
    Object.entries(ROLES).map(([value, { name, about }]) => [value, name, about]),
  );
