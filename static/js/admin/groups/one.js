// One group, and who is in it.

import { get, post } from "../../api.js";
import { shortDateOf } from "../../dates.js";
import { $, $$, announce, count, stamp } from "../../dom.js";
import { flash, warn } from "../../flash.js";
import { showNews } from "../news.js";
import { labelOf, listChosen } from "../parts.js";
import { pick } from "../picker.js";
import { may, sayLookOnly } from "../rights.js";
import { isDynamic } from "./list.js";

export const groupPath = (id) => `/api/groups/${encodeURIComponent(id)}`;

export function groupView({ walk }, id) {
  return { title: "Group", section: "groups", load: () => get(groupPath(id)), render: (data) => render(data, walk) };
}

function render(data, walk) {
  const { group } = data;
  const dynamic = isDynamic(group);
  const root = stamp("t-group", {
    name: group.name,
    description: group.description || null,
    membership: dynamic ? "Dynamic" : "Assigned",
    created: shortDateOf(group.created_at),
    rule: group.rule ?? "",
  });
  $("[data-edit]", root).href = `#groups/${encodeURIComponent(group.id)}/edit`;
  for (const part of $$("[data-when]", root))
    if (part.dataset.when !== (dynamic ? "dynamic" : "assigned")) part.remove();
  if (!may("manage")) {
    for (const button of $$("[data-pick], [data-edit]", root)) button.remove();
    sayLookOnly(root);
  }
  const state = { data, walk, root, isFixed: dynamic || !may("manage") };
  showGroup(state);
  for (const button of $$("[data-pick]", root)) {
    button.addEventListener("click", () => addTo(state, button.dataset.pick, button.textContent));
  }
  $("[data-more]", root).addEventListener("click", (event) => showMore(state, event.currentTarget));
  showNews(root);
  return root;
}

/** Large groups come in pages; the rest is fetched when somebody wants to see it. */
async function showMore(state, button) {
  const { data, root, walk } = state;
  const start = data.members.length;
  button.disabled = true;
  try {
    const part = await get(`${groupPath(data.group.id)}?after=${encodeURIComponent(data.next)}`);
    state.data = { ...part, members: [...data.members, ...part.members] };
    showGroup(state);
    announce(`${count(part.members.length, "more member")} shown.`);
    const line = $("[data-chosen=users]", root).children[start];
    if (line) {
      line.tabIndex = -1;
      line.focus({ preventScroll: true });
    }
  } catch (error) {
    walk.stumble(error, walk.shown);
  } finally {
    button.disabled = false;
  }
}

function showGroup(state) {
  const { data, root } = state;
  const { group, groups = [], members, next } = data;
  const shown = `${count(members.length, "member")}${next ? " shown" : ""}`;
  $("[data-more]", root).hidden = !next;
  $("[data-slot=members]", root).textContent = isDynamic(group) ? shown : count(group.member_count, "member");
  listChosen(
    root,
    "users",
    members,
    state.isFixed ? undefined : (user, button) => removeFrom(state, "users", user, button),
  );
  if (isDynamic(group)) return;
  $("[data-slot=groups]", root).textContent = `${count(groups.length, "group")} inside`;
  listChosen(
    root,
    "groups",
    groups,
    state.isFixed ? undefined : (one, button) => removeFrom(state, "groups", one, button),
  );
}

const NOT_CHANGED = {
  group_cycle: "This group is inside that one, so that one cannot be inside this one. Nothing was changed.",
  dynamic_group: "A rule finds the members of this group, so nobody can be added or removed by hand.",
  busy_record: "Somebody else is changing this group right now. Nothing was changed: try again in a moment.",
};
const LISTS = { users: "members", groups: "groups" };

/** Changes the membership and shows the group as the service now has it. */
async function change(state, body, text, undo) {
  const { data, root, walk } = state;
  const place = $("[data-flash]", root);
  root.setAttribute("aria-busy", "true");
  try {
    state.data = await post(`${groupPath(data.group.id)}/members`, body);
    showGroup(state);
    flash(place, text, undo);
  } catch (error) {
    const words = NOT_CHANGED[error.code];
    if (!words) return walk.stumble(error, walk.shown);
    showGroup(state);
    warn(place, words);
  } finally {
    root.removeAttribute("aria-busy");
  }
  return undefined;
}

function removeFrom(state, kind, thing, button) {
  if (button.disabled) return;
  button.disabled = true;
  const list = LISTS[kind];
  const undo = () => change(state, { [`add_${list}`]: [thing.id] }, `${labelOf(thing)} is back in the group.`);
  change(state, { [`remove_${list}`]: [thing.id] }, `${labelOf(thing)} is removed.`, undo);
}

async function addTo(state, kind, title) {
  const list = LISTS[kind];
  const without = [...state.data[list].map(({ id }) => id), state.data.group.id];
  const picked = await pick({ kind, title, without });
  if (!picked?.length) return;
  const noun = kind === "users" ? "member" : "group";
  await change(state, { [`add_${list}`]: picked.map(({ id }) => id) }, `${count(picked.length, noun)} added.`);
}
