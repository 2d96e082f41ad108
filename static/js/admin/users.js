// Users: the list, a new one, and the password that is shown once.

import { Lost, get, post } from "../api.js";
import { prepareCopy } from "../copy.js";
import { shortDateOf } from "../dates.js";
import { $, announce, count, make, stamp } from "../dom.js";
import { handle } from "../form.js";
import { Mistakes } from "../mistakes.js";
import { explainSession, row, tag } from "./parts.js";

const section = "users";
/** The user that was just made, with the first password. Forgotten when another view is shown. */
let created;

export function forgetCreated() {
  created = undefined;
}

export function usersView({ walk }) {
  return { title: "Users", section, load: () => get("/api/users"), render: (page) => renderUsers(page, walk) };
}

function userRow(user) {
  const roles = user.roles.includes("global_administrator") ? "Global administrator" : "User";
  // Only what is unusual stands out.
  const registered = user.registered ? "Yes" : tag("Not yet", "plain");
  const must = user.must_change_password ? tag("New password due", "warn") : "Active";
  return row([
    ["Name", make("strong", {}, user.display_name), make("small", {}, user.name)],
    ["Role", roles],
    ["Registered", registered],
    ["Status", user.state === "blocked" ? tag("Blocked", "bad") : must],
    ["Created", shortDateOf(user.created_at)],
  ]);
}

function renderUsers(page, walk) {
  const root = stamp("t-users");
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
  show(list.users, list.next, "There are no users yet.");
  return root;
}

/** So that "Show more" goes on reading where it stopped. */
function focusRow(root, index) {
  const head = $("tbody", root).rows[index]?.cells[0];
  if (!head) return;
  head.tabIndex = -1;
  head.focus({ preventScroll: true });
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

export function newUserView(portal) {
  return { title: "New user", section, render: () => renderNewUser(portal) };
}

function checkUser(values) {
  const mistakes = [];
  if (!values.name.trim()) mistakes.push({ field: "name", text: "Type a user name." });
  if (!values.display_name.trim()) mistakes.push({ field: "display_name", text: "Type the person’s name." });
  if (mistakes.length > 0) throw new Mistakes(mistakes);
}

function renderNewUser({ me, walk }) {
  const { domain } = me.organisation;
  const root = stamp("t-user-new", { suffix: `@${domain}` });
  handle($("form", root), {
    explain: (problem) => {
      if (problem.code === "name_taken") {
        return [{ field: "name", text: "Somebody has this user name already. Choose another one." }];
      }
      if (problem.code === "invalid_field" && problem.field === "name") {
        return [{ field: "name", text: "Use letters, digits, dots and dashes only." }];
      }
      return explainSession(problem);
    },
    send: async (values) => {
      checkUser(values);
      const name = values.name.trim().replace(new RegExp(`@${domain.replaceAll(".", "\\.")}$`, "i"), "");
      const body = { name, display_name: values.display_name.trim() };
      if (values.role) body.role = values.role;
      const answer = await post("/api/users", body);
      created = { ...answer.user, password: answer.initial_password };
      await walk.replace("users/created");
    },
  });
  return root;
}

export function createdView() {
  if (!created) return undefined;
  return { title: "User created", section, render: renderCreated };
}

function renderCreated() {
  const { password } = created;
  const root = stamp("t-user-created", { who: created.display_name, name: created.name });
  const secret = $("[data-secret]", root);
  const hidden = secret.textContent;
  const show = $("[data-show]", root);
  show.addEventListener("click", () => {
    const isHidden = secret.textContent === hidden;
    secret.textContent = isHidden ? password : hidden;
    show.textContent = isHidden ? "Hide password" : "Show password";
    announce(isHidden ? "The password is shown." : "The password is hidden.");
  });
  prepareCopy($("[data-copy]", root), {
    text: password,
    said: "The password is",
    show: () => {
      secret.textContent = password;
      return secret;
    },
  });
  return root;
}
