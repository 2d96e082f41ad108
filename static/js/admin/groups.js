// Groups: the list, a new one, and who is in one.

import { get, post } from "../api.js";
import { shortDateOf } from "../dates.js";
import { $, $$, announce, count, make, stamp } from "../dom.js";
import { flash, warn } from "../flash.js";
import { handle } from "../form.js";
import { required } from "../fields.js";
import { explainSession, labelOf, listChosen, row } from "./parts.js";
import { pick } from "./picker.js";

const section = "groups";
/** Good news for the next view: { id, text }. */
let news;

export function groupsView({ walk }) {
  return { title: "Groups", section, load: () => get("/api/groups"), render: (page) => renderGroups(page, walk) };
}

function groupRow(group) {
  const link = make("a", { href: `#groups/${encodeURIComponent(group.id)}` }, group.name);
  return row([
    ["Name", make("strong", {}, link), make("small", {}, group.description)],
    ["Type", "Security"],
    ["Membership", "Assigned"],
    ["Members", String(group.member_count)],
    ["Created", shortDateOf(group.created_at)],
  ]);
}

function renderGroups(page, walk) {
  const root = stamp("t-groups");
  const more = $("[data-more]", root);
  let next;
  const add = (part) => {
    $("tbody", root).append(...part.groups.map(groupRow));
    next = part.next;
    more.hidden = !next;
  };
  more.addEventListener("click", async () => {
    more.disabled = true;
    try {
      const part = await get(`/api/groups?after=${encodeURIComponent(next)}`);
      add(part);
      announce(`${count(part.groups.length, "more group")} shown.`);
    } catch (error) {
      walk.stumble(error, "groups");
    } finally {
      more.disabled = false;
    }
  });
  add(page);
  $("table", root).hidden = page.groups.length === 0;
  $("[data-empty]", root).hidden = page.groups.length > 0;
  return root;
}

export function newGroupView({ walk }) {
  return { title: "New group", section, render: () => renderNewGroup(walk) };
}

function renderNewGroup(walk) {
  const root = stamp("t-group-new");
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
  handle($("form", root), {
    explain: (problem) => {
      if (problem.code !== "group_name_taken") return explainSession(problem);
      return [{ field: "name", text: "There is a group with this name already. Choose another one." }];
    },
    send: async (values) => {
      const name = required(values, "name", "Type a name for the group.");
      const ids = (kind) => chosen[kind].map(({ id }) => id);
      const body = { name, description: values.description.trim(), members: ids("users"), groups: ids("groups") };
      const { group } = await post("/api/groups", body);
      news = { id: group.id, text: `The group ${group.name} is created.` };
      await walk.replace(`groups/${group.id}`);
    },
  });
  return root;
}

export function groupView({ walk }, id) {
  const load = () => get(`/api/groups/${encodeURIComponent(id)}`);
  return { title: "Group", section, load, render: (data) => renderGroup(data, walk) };
}

function renderGroup(data, walk) {
  const root = stamp("t-group", {
    name: data.group.name,
    description: data.group.description || null,
    created: shortDateOf(data.group.created_at),
  });
  const state = { data, walk, root };
  showGroup(state);
  for (const button of $$("[data-pick]", root)) {
    button.addEventListener("click", () => addTo(state, button.dataset.pick, button.textContent));
  }
  $("[data-more]", root).addEventListener("click", (event) => showMore(state, event.currentTarget));
  if (news?.id === data.group.id) {
    const { text } = news;
    // After the view has taken the focus, so that the news are heard.
    setTimeout(() => flash($("[data-flash]", root), text));
  }
  news = undefined;
  return root;
}

/** Large groups come in pages; the rest is fetched when somebody wants to see it. */
async function showMore(state, button) {
  const { data, root, walk } = state;
  button.disabled = true;
  try {
    const part = await get(`/api/groups/${encodeURIComponent(data.group.id)}?after=${encodeURIComponent(data.next)}`);
    state.data = { ...part, members: [...data.members, ...part.members] };
    showGroup(state);
    announce(`${count(part.members.length, "more member")} shown.`);
    $("[data-pick=users]", root).focus();
  } catch (error) {
    walk.stumble(error, walk.shown);
  } finally {
    button.disabled = false;
  }
}

function showGroup(state) {
  const { data, root } = state;
  $("[data-more]", root).hidden = !data.next;
  $("[data-slot=members]", root).textContent = count(data.group.member_count, "member");
  $("[data-slot=groups]", root).textContent = `${count(data.groups.length, "group")} inside`;
  listChosen(root, "users", data.members, (user, button) => removeFrom(state, "users", user, button));
  listChosen(root, "groups", data.groups, (group, button) => removeFrom(state, "groups", group, button));
}

const NOT_CHANGED = {
  group_cycle: "This group is inside that one, so that one cannot be inside this one. Nothing was changed.",
  busy_record: "Somebody else is changing this group right now. Nothing was changed: try again in a moment.",
};
const LISTS = { users: "members", groups: "groups" };

/** Changes the membership and shows the group as the service now has it. */
async function change(state, body, text, undo) {
  const { data, root, walk } = state;
  const place = $("[data-flash]", root);
  root.setAttribute("aria-busy", "true");
  try {
    state.data = await post(`/api/groups/${encodeURIComponent(data.group.id)}/members`, body);
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
