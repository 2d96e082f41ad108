// A dialog to choose people or groups: search, tick, done.

import { Lost, get, post } from "../api.js";
import { openDialog } from "../dialog.js";
import { $, count, stamp } from "../dom.js";
import { detailOf, labelOf } from "./parts.js";

const NOUNS = { users: "user", groups: "group" };
const FIRST = {
  users: "There are no users yet. Make one on the page Users first.",
  groups: "There are no groups yet. Make one on the page Groups first, then come back here.",
};

/** People: the newest, or those whose name starts with the text. */
async function findUsers(text) {
  if (text.length >= 2) return post("/api/users/search", { text });
  const page = await get("/api/users");
  return { users: page.users, more: page.next !== null };
}

/** Groups: all, page after page, kept for as long as the dialog is open. */
async function allGroups() {
  const groups = [];
  let after = "";
  do {
    const page = await get(`/api/groups${after && `?after=${encodeURIComponent(after)}`}`);
    groups.push(...page.groups);
    after = page.next;
  } while (after);
  return groups;
}

/** The same rule as the service's for people: the text starts the name or a word of it. */
const starts = (name, text) => name.startsWith(text) || name.split(/\s+/).some((word) => word.startsWith(text));

async function findPeople(text) {
  const { users, more } = await findUsers(text);
  return { things: users, more };
}

function finder(kind) {
  if (kind === "users") return findPeople;
  let all;
  return async (text) => {
    all ??= await allGroups();
    const things = all.filter(({ name }) => starts(name.toLowerCase(), text.toLowerCase()));
    return { things, more: false };
  };
}

/**
 * Opens the dialog. `chosen` are ticked at first, `without` (ids) are not offered.
 * A promise of everything that is ticked, or of nothing when the person gave up. `single`: just one.
 */
export function pick({ kind, title, chosen = [], without = [], single = false }) {
  const dialog = stamp("t-picker", { title });
  const ticked = new Map(chosen.map((thing) => [thing.id, thing]));
  const noun = NOUNS[kind];
  const yes = $("[data-yes]", dialog);
  const tell = () => {
    yes.textContent = ticked.size > 0 ? `Select ${count(ticked.size, noun)}` : "Select";
  };
  const offer = ({ things, more }) => {
    const open = things.filter(({ id }) => !without.includes(id));
    $(".choices", dialog).replaceChildren(...open.map((thing) => choice(thing, ticked, tell, single)));
    const shown = `${count(open.length, noun)} shown.${more ? " There are more: type the start of a name." : ""}`;
    const missed = $("#f-pick", dialog).value === "" ? FIRST[kind] : "No name starts like that. Try fewer letters.";
    const none = things.length > 0 ? "There is no other one to choose." : missed;
    $("[data-said]", dialog).textContent = open.length > 0 ? shown : none;
  };
  prepareFind(dialog, finder(kind), offer);
  tell();
  return new Promise((answer) => {
    yes.addEventListener("click", () => dialog.close("yes"));
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes" ? [...ticked.values()] : undefined));
    openDialog(dialog);
  });
}

function choice(thing, ticked, tell, single) {
  const label = stamp("t-pick", { label: labelOf(thing), detail: detailOf(thing) });
  const box = $("input", label);
  if (single) Object.assign(box, { type: "radio", name: "pick" });
  box.checked = ticked.has(thing.id);
  box.addEventListener("change", () => {
    if (single) ticked.clear();
    if (box.checked) ticked.set(thing.id, thing);
    else ticked.delete(thing.id);
    tell();
  });
  return label;
}

function prepareFind(dialog, find, offer) {
  const input = $("#f-pick", dialog);
  let turn = 0;
  let soon;
  const look = async () => {
    const mine = ++turn;
    try {
      const found = await find(input.value.trim());
      if (mine === turn) offer(found);
    } catch (error) {
      const isLost = error instanceof Lost;
      const words = isLost ? "The connection was lost. Check that you are online, then type again." : error.message;
      $("[data-said]", dialog).textContent = words;
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(soon);
    soon = setTimeout(look, 250);
  });
  look();
}
