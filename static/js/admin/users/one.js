// One user: who they are, whether they can reset, what happened lately, and what can be done for them.

import { get } from "../../api.js";
import { dateOf } from "../../dates.js";
import { $, make, stamp } from "../../dom.js";
import { showLately } from "../../lately.js";
import { reasonsInWords } from "../../readiness.js";
import { countries } from "../../countries.js";
import { showNews } from "../news.js";
import { tag } from "../parts.js";
import { isMe, may, sayLookOnly } from "../rights.js";
import { SOURCES, kindsInWords, plansInWords, rolesInWords } from "../words.js";
import { showTasks } from "./tasks.js";

export const userPath = (id) => `/api/users/${encodeURIComponent(id)}`;
export const userPlace = (id) => `users/${encodeURIComponent(id)}`;

export function userView(portal, id) {
  return { title: "User", section: "users", load: () => get(userPath(id)), render: (data) => render(data, portal) };
}

function render(data, portal) {
  const root = stamp("t-user");
  const { user } = data;
  const edit = $("[data-edit]", root);
  if (may("manage")) edit.href = `#${userPlace(user.id)}/edit`;
  else edit.remove();
  $("[data-audit]", root).href = `#audit/${encodeURIComponent(user.id)}`;
  const show = (now) => {
    showUser(root, now);
    const any = showTasks(root, now, portal, show);
    if (!may("manage") && !any && !$("h1", root).closest(".title").nextElementSibling.matches(".note"))
      sayLookOnly(root);
  };
  show(data);
  showNews(root);
  return root;
}

function showUser(root, data) {
  const { user } = data;
  for (const [name, text] of [
    ["who", user.display_name],
    ["name", user.name],
  ]) {
    $(`[data-slot=${name}]`, root).textContent = text;
  }
  $("[data-tags]", root).replaceChildren(...tagsOf(data));
  $("[data-readiness]", root).replaceChildren(readinessOf(data));
  $("[data-facts]", root).replaceChildren(...factsOf(data));
  const list = $("[data-lately]", root);
  $("[data-empty]", root).hidden = showLately(list, data.activity);
  const edit = $("[data-edit]", root);
  if (edit) edit.hidden = user.state === "deleted";
}

function tagsOf({ user, locked }) {
  const tags = user.roles.length > 0 ? [tag(rolesInWords(user.roles), "plain")] : [];
  if (isMe(user)) tags.push(tag("This is you", "plain"));
  if (user.state === "blocked") tags.push(tag("Blocked", "bad"));
  if (user.state === "deleted") tags.push(tag("Deleted", "bad"));
  if (locked) tags.push(tag("Locked", "warn"));
  if (user.must_change_password) tags.push(tag("New password due", "warn"));
  return tags;
}

function readinessOf({ readiness, user }) {
  if (!readiness) return make("p", { className: "empty" }, "Not known yet.");
  if (user.state === "deleted")
    return make("p", { className: "empty" }, "No. The account is deleted: restore it first.");
  if (readiness.able) return stamp("t-able", { text: "They can do it now, with what they registered." });
  const note = stamp("t-unable");
  const lines = reasonsInWords(readiness.reasons, "them").map(({ text, act, href }) =>
    make("li", {}, `${text} `, href ? make("a", { href }, act) : act),
  );
  $("[data-reasons]", note).append(...lines);
  return note;
}

const countryName = (code) => countries.find((country) => country.code === code)?.name ?? code;

function factsOf({ user, groups = [], registered_kinds: kinds = [] }) {
  const inside = groups.flatMap(({ id, name }, index) => [
    index > 0 ? ", " : "",
    make("a", { href: `#groups/${encodeURIComponent(id)}` }, name),
  ]);
  const facts = [
    ["Role", rolesInWords(user.roles)],
    ["Registered", kindsInWords(kinds)],
    ["Groups", ...(inside.length > 0 ? inside : ["None"])],
    ["Department", user.department || "Not said"],
    ["Country", user.country ? countryName(user.country) : "Not said"],
    ["Account", SOURCES[user.source] ?? SOURCES.cloud],
    ["Plans", plansInWords(user.plans)],
    ["Created", dateOf(user.created_at)],
  ];
  if (user.deleted_at) facts.push(["Deleted", dateOf(user.deleted_at)]);
  return facts.map(([name, ...what]) => make("div", {}, make("dt", {}, name), make("dd", {}, ...what)));
}
