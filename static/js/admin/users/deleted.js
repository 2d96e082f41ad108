// Users who were deleted, and can still be restored.

import { get, post } from "../../api.js";
import { shortDateOf } from "../../dates.js";
import { $, announce, count, make, stamp } from "../../dom.js";
import { flash } from "../../flash.js";
import { focusRow, row } from "../parts.js";
import { may } from "../rights.js";

export function deletedView({ walk }) {
  return {
    title: "Deleted users",
    section: "users",
    load: () => get("/api/users/deleted"),
    render: (page) => render(page, walk),
  };
}

function render(page, walk) {
  const root = stamp("t-deleted");
  const list = { users: page.users, next: page.next };
  const more = $("[data-more]", root);
  const show = () => {
    $("tbody", root).replaceChildren(...list.users.map((user) => line(user, restore)));
    $("table", root).hidden = list.users.length === 0;
    $("[data-empty]", root).hidden = list.users.length > 0;
    more.hidden = !list.next;
  };
  const restore = async (user, button) => {
    button.disabled = true;
    try {
      await post(`/api/users/${encodeURIComponent(user.id)}/restore`);
      list.users = list.users.filter(({ id }) => id !== user.id);
      show();
      flash($("[data-flash]", root), `${user.display_name} is restored.`);
    } catch (error) {
      walk.stumble(error, walk.shown);
    }
  };
  more.addEventListener("click", async () => {
    more.disabled = true;
    try {
      const next = await get(`/api/users/deleted?after=${encodeURIComponent(list.next)}`);
      const start = list.users.length;
      Object.assign(list, { users: [...list.users, ...next.users], next: next.next });
      show();
      announce(`${count(next.users.length, "more user")} shown.`);
      focusRow(root, start);
    } catch (error) {
      walk.stumble(error, walk.shown);
    } finally {
      more.disabled = false;
    }
  });
  show();
  return root;
}

function line(user, restore) {
  const link = make("a", { href: `#users/${encodeURIComponent(user.id)}` }, user.display_name);
  const button = make("button", { type: "button", className: "link" }, "Restore");
  button.setAttribute("aria-label", `Restore ${user.display_name}`);
  button.addEventListener("click", () => restore(user, button));
  return row([
    ["Name", make("strong", {}, link), make("small", {}, user.name)],
    ["Deleted", user.deleted_at ? shortDateOf(user.deleted_at) : ""],
    ["", may("manage") ? button : ""],
  ]);
}
