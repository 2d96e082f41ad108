// Groups: the list.

import { get } from "../../api.js";
import { shortDateOf } from "../../dates.js";
import { $, announce, count, make, stamp } from "../../dom.js";
import { row } from "../parts.js";
import { trim } from "../rights.js";

export function groupsView({ walk }) {
  return { title: "Groups", section: "groups", load: () => get("/api/groups"), render: (page) => render(page, walk) };
}

export const isDynamic = ({ membership }) => membership === "dynamic";

function groupRow(group) {
  const link = make("a", { href: `#groups/${encodeURIComponent(group.id)}` }, group.name);
  return row([
    ["Name", make("strong", {}, link), make("small", {}, group.description)],
    ["Type", "Security"],
    ["Membership", isDynamic(group) ? "Dynamic" : "Assigned"],
    ["Members", isDynamic(group) ? "By rule" : String(group.member_count)],
    ["Created", shortDateOf(group.created_at)],
  ]);
}

function render(page, walk) {
  const root = trim(stamp("t-groups"));
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
