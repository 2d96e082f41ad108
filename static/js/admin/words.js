// Words for what the service names by codes: roles, plans, kinds of account, what is registered.

import { KINDS } from "../methods.js";

export const ROLES = {
  global_administrator: { name: "Global administrator", about: "May do everything here." },
  authentication_administrator: {
    name: "Authentication administrator",
    about: "Helps people without a role, and may take away what they registered.",
  },
  helpdesk: { name: "Helpdesk", about: "Helps people without a role: starts a reset, unlocks, blocks." },
  reader: { name: "Reader", about: "May look at everything here, and change nothing." },
};

export const PLANS = {
  p1: "P1",
  p2: "P2",
  business_standard: "Business Standard",
  business_premium: "Business Premium",
};

export const SOURCES = { cloud: "Cloud", on_premises: "On premises" };

/** "a", "a and b", "a, b and c". */
export const joined = (words) => [words.slice(0, -1).join(", "), words.at(-1)].filter(Boolean).join(" and ");

const namesOf = (table) => (codes) => codes.map((code) => table[code] ?? code);

export const plansInWords = (plans = []) => joined(namesOf(PLANS)(plans)) || "None";

export const rolesInWords = (roles) => joined(roles.map((role) => ROLES[role]?.name ?? role)) || "User";

export const kindsInWords = (kinds) => joined(kinds.map((kind) => KINDS[kind]?.name ?? kind)) || "Nothing yet";
