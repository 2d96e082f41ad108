// Users: the list of all, the search, and the file with all of them.

import { Lost, get, post } from "../../api.js";
import { shortDateOf } from "../../dates.js";
import { $, announce, count, make, stamp } from "../../dom.js";
import { TO_REGISTER, reasonsInWords } from "../../readiness.js";
import { exportAll } from "../files.js";
import { showNews } from "../news.js";
import { focusRow, row, tag } from "../parts.js";
import { trim } from "../rights.js";
import { rolesInWords } from "../words.js";

export function usersView({ walk }) {
  const load = () => Promise.all([get("/api/users"), ownReasons()]);
  return { title: "Users", section: "users", load, render: ([page, reasons]) => render(page, reasons, walk) };
}

/** Why the administrators themselves could not reset, as far as they can do something about it. */
async function ownReasons() {
  try {
    const { readiness } = await get("/api/account");
    return readiness.reasons.filter((reason) => TO_REGISTER.includes(reason));
  } catch {
    return [];
  }
}

function ownNote([{ text, act, href }]) {
  const note = stamp("t-own-readiness", { text });
  Object.assign($("a", note), { href, textContent: act });
  return note;
}

function userRow(user) {
  // Only what is unusual stands out.
  const registered = user.registered ? "Yes" : tag("Not yet", "plain");
  const must = user.must_change_password ? tag("New password due", "warn") : "Active";
  const link = make("a", { href: `#users/${encodeURIComponent(user.id)}` }, user.display_name);
  return row([
    ["Name", make("strong", {}, link), make("small", {}, user.name)],
    ["Role", rolesInWords(user.roles)],
    ["Registered", registered],
    ["Status", user.state === "blocked" ? tag("Blocked", "bad") : must],
    ["Created", shortDateOf(user.created_at)],
  ]);
}

function render(page, reasons, walk) {
  const root = trim(stamp("t-users"));
  if (reasons.length > 0) $("[data-flash]", root).before(ownNote(reasonsInWords(reasons, "you")));
  const list = { users: page.users, next: page.next };
  const more = $("[data-more]", root);
  const show = (users, next, empty = "") => {
    $("tbody", root).replaceChildren(...users.map(userRow));
    $("table", root).hidden = users.length === 0;
    $("[data-empty]", root).hidden = users.length > 0;
    $("[data-empty]", root).textContent = empty;
    more.hidden = !next;
  };
  more.addEventListener("click", async () => {
    more.disabled = true;
    try {
      const next = await get(`/api/users?after=${encodeURIComponent(list.next)}`);
      const start = list.users.length;
      Object.assign(list, { users: [...list.users, ...next.users], next: next.next });
      show(list.users, list.next);
      announce(`${count(next.users.length, "more user")} shown.`);
      focusRow(root, start);
    } catch (error) {
      walk.stumble(error, "users");
    } finally {
      more.disabled = false;
    }
  });
  prepareSearch(root, list, show, walk);
  exportAll($("[data-export]", root), $("[data-flash]", root), {
    name: "users",
    type: "text/csv",
    what: "user",
    part: async (after) => {
      const { csv, next } = await get(`/api/users/export${after ? `?after=${encodeURIComponent(after)}` : ""}`);
      return { text: csv, next };
    },
  });
  show(list.users, list.next, "There are no users yet.");
  showNews(root);
  return root;
}

function prepareSearch(root, list, show, walk) {
  const input = $("#f-search", root);
  let turn = 0;
  let soon;
  const search = async () => {
    const mine = ++turn;
    const text = input.value.trim();
    if (text.length < 2) {
      show(list.users, list.next);
      return;
    }
    try {
      const found = await post("/api/users/search", { text });
      if (mine !== turn) return;
      show(found.users, false, `Nobody’s name starts with “${text}”. Try fewer letters, or another part of the name.`);
      const extra = found.more ? " There are more: type more letters." : "";
      announce(`${count(found.users.length, "user")} found.${extra}`);
    } catch (error) {
      if (mine !== turn) return;
      if (!(error instanceof Lost)) walk.stumble(error, "users");
      else show([], false, "The connection was lost. Check that you are online, then type again.");
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(soon);
    soon = setTimeout(search, 250);
  });
  input.form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(soon);
    search();
  });
}
