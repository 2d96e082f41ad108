// What the person at the keyboard may do in the portal: see, help, methods, manage.

import { $, $$, stamp } from "../dom.js";

const ALL = ["see", "help", "methods", "manage"];

let mine = new Set();
let own;

export function learnRights({ name, rights, roles = [] }) {
  mine = new Set(rights ?? (roles.includes("global_administrator") ? ALL : []));
  own = name;
}

export const may = (right) => mine.has(right);

/** The same, done to this user: people with a role are looked after by those who manage. */
export const mayDo = (right, user) => may("manage") || (may(right) && user.roles.length === 0);

/** Nobody blocks or deletes themselves, or changes their own roles. */
export const isMe = (user) => user.name === own;

/** Takes out of a view what this person may not do: everything that names a right. */
export function trim(root) {
  for (const part of $$("[data-right]", root)) if (!may(part.dataset.right)) part.remove();
  return root;
}

/** Says once, under the heading, that nothing can be changed here. */
export function sayLookOnly(root) {
  const heading = $("h1", root);
  (heading.closest(".title") ?? heading).after(stamp("t-look-only"));
}

/** A form that can be looked at only: nothing to type, nothing to press. */
export function freeze(root) {
  for (const input of $$("input, select, textarea", root)) input.disabled = true;
  for (const button of $$("button", root)) button.remove();
  trim(root);
  sayLookOnly(root);
}
