// Audit: what was done, by whom, and when. The service looks at some entries per request; the page
// goes on by itself until it has enough to show.

import { Lost, Problem, get, post } from "../../api.js";
import { momentOf } from "../../dates.js";
import { $, announce, count, make, stamp } from "../../dom.js";
import { warn } from "../../flash.js";
import { handle } from "../../form.js";
import { Mistakes } from "../../mistakes.js";
import { exportAll } from "../files.js";
import { explainSession, focusRow, listChosen, row, tag } from "../parts.js";
import { pick } from "../picker.js";
import { tickBoxes } from "../ticks.js";
import { GROUPS, methodName, nameOf } from "./words.js";

const ENOUGH = 50;

export function auditView(portal, id) {
  const load = id && (async () => (await get(`/api/users/${encodeURIComponent(id)}`)).user);
  return { title: "Audit", section: "audit", load, render: (person) => render(person) };
}

function render(person) {
  const root = stamp("t-audit");
  const kinds = prepareKinds(root);
  const choice = preparePerson(root, person);
  const state = { root, events: 0, next: null, turn: 0 };
  const read = (values) => criteria(values, choice.person?.id, kinds());
  const form = $("form", root);
  handle(form, {
    explain: explainSession,
    send: async (values) => {
      state.asked = read(values);
      begin(state);
      await search(state);
    },
  });
  $("[data-stop]", root).addEventListener("click", () => (state.stopped = true));
  $("[data-further]", root).addEventListener("click", () => further(state));
  prepareExport(state);
  // What is newest is worth a look without a question. A form has to be on the page to be sent.
  setTimeout(() => form.requestSubmit());
  return root;
}

function preparePerson(root, person) {
  const choice = { person };
  const show = () => {
    listChosen(root, "users", choice.person ? [choice.person] : [], () => {
      choice.person = undefined;
      show();
      $("[data-pick]", root).focus();
    });
    $("[data-pick]", root).textContent = choice.person ? "Choose another person" : "Choose a person";
  };
  $("[data-pick]", root).addEventListener("click", async () => {
    const chosen = choice.person ? [choice.person] : [];
    const picked = await pick({ kind: "users", title: "Choose a person", chosen, single: true });
    if (!picked) return;
    [choice.person] = picked;
    show();
  });
  show();
  return choice;
}

/** The boxes of all kinds. None is ticked: everything is wanted. */
function prepareKinds(root) {
  const boxes = GROUPS.map(([name, kinds]) => {
    const part = stamp("t-kinds", { name });
    $("[data-kinds]", root).append(part);
    return tickBoxes($(".choices", part), "kind", Object.entries(kinds));
  });
  const read = () => boxes.flatMap((group) => group.read());
  $("[data-kinds]", root).addEventListener("change", () => {
    const chosen = read();
    $("[data-slot=kinds]", root).textContent =
      `What: ${chosen.length > 0 ? `${count(chosen.length, "kind")} chosen` : "everything"}`;
  });
  return read;
}

/** A day as it begins here, and some days later. */
const startOf = (day, later = 0) => {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
};

function criteria({ from, to }, person, kinds) {
  if (from && to && to < from)
    throw new Mistakes([{ field: "to", text: "This day is before the first one. Choose a later one." }]);
  const asked = {};
  if (person) asked.person = person;
  if (kinds.length > 0) asked.kinds = kinds;
  if (from) asked.from = startOf(from);
  // The whole last day counts.
  if (to) asked.to = startOf(to, 1);
  return asked;
}

function begin(state) {
  Object.assign(state, { events: 0, next: undefined });
  $("tbody", state.root).replaceChildren();
  $("[data-flash]", state.root).replaceChildren();
  for (const name of ["[data-none]", "[data-after]", "table", "[data-slot=found]"]) $(name, state.root).hidden = true;
}

/** Request after request, until there is enough to show, the beginning is reached, or somebody stops it. */
async function search(state) {
  const { root, asked } = state;
  const turn = ++state.turn;
  const goal = state.events + ENOUGH;
  const searching = $("[data-searching]", root);
  state.stopped = false;
  searching.hidden = false;
  $("[data-looked]", root).textContent = "Looking…";
  try {
    do {
      const found = await post("/api/audit/search", state.next ? { ...asked, before: state.next } : asked);
      if (turn !== state.turn || !root.isConnected) return;
      add(state, found.events);
      state.next = found.next;
      if (found.looked_back_to)
        $("[data-looked]", root).textContent = `Looked back to ${momentOf(found.looked_back_to)}.`;
    } while (state.next && state.events < goal && !state.stopped);
    sum(state);
  } finally {
    if (turn === state.turn) searching.hidden = true;
  }
}

function sum(state) {
  const { root, events, next } = state;
  const looked = $("[data-looked]", root).textContent;
  const heading = $("[data-slot=found]", root);
  const words = next ? `${count(events, "event")} so far` : count(events, "event");
  heading.textContent = words;
  heading.hidden = events === 0 && !next;
  $("[data-none]", root).hidden = events > 0 || Boolean(next);
  $("[data-after]", root).hidden = events === 0 && !next;
  $("[data-further]", root).hidden = !next;
  announce(`${words}. ${next ? looked : "The beginning is reached."}`);
}

async function further(state) {
  const { root } = state;
  const button = $("[data-further]", root);
  const start = state.events;
  button.disabled = true;
  try {
    await search(state);
    focusRow(root, start);
  } catch (error) {
    if (error instanceof Lost)
      warn($("[data-flash]", root), "The connection was lost. Check that you are online, then look further.");
    else if (error instanceof Problem) warn($("[data-flash]", root), error.message);
    else throw error;
  } finally {
    button.disabled = false;
  }
}

function add(state, events) {
  state.events += events.length;
  if (events.length === 0) return;
  $("table", state.root).hidden = false;
  $("tbody", state.root).append(...events.map(eventRow));
}

const isFailure = ({ kind, result }) =>
  /_(failed|refused)$/.test(kind) || (kind === "reset_started" && result !== "started");

function person({ id, name }) {
  return make("a", { href: `#users/${encodeURIComponent(id)}` }, name || "Somebody who is gone");
}

function eventRow(event) {
  const { kind, method, actor, target, at } = event;
  const what = [make("strong", {}, nameOf(kind))];
  if (method) what.push(make("small", {}, methodName(method)));
  if (isFailure(event)) what.push(tag("Did not work", "warn"));
  const isSame = actor && target && actor.id === target.id;
  const who = actor ? [person(actor)] : [make("span", {}, "Not signed in")];
  if (target && !isSame) who.push(make("small", {}, "for ", targetOf(event)));
  return row([
    ["What", ...what],
    ["Who", make("span", {}, ...who)],
    ["When", momentOf(at)],
    ["More", details(event)],
  ]);
}

/** What it was done to: a person, or a group where the kind says so. */
function targetOf({ kind, target }) {
  if (!/^(group|members)_/.test(kind)) return person(target);
  return make("a", { href: `#groups/${encodeURIComponent(target.id)}` }, target.name || "a group that is gone");
}

function details({ number, kind, result, changes = [], client, request }) {
  const facts = [
    ["Number", number],
    ["Kind", kind],
    ["Result", result],
    ...changes.map((change) => ["Changed", change]),
    ["From", client],
    ["Request", request],
  ];
  const lines = facts
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, String(value))));
  const summary = make("summary", {}, "Details");
  summary.setAttribute("aria-label", `Details of event ${number}`);
  return make("details", {}, summary, make("dl", {}, ...lines));
}

function prepareExport(state) {
  const place = $("[data-flash]", state.root);
  for (const [format, type] of [
    ["csv", "text/csv"],
    ["ndjson", "application/x-ndjson"],
  ]) {
    exportAll($(`[data-${format}]`, state.root), place, {
      name: "audit",
      ending: format,
      type,
      what: "event",
      part: async (before) => post("/api/audit/export", { format, ...state.asked, ...(before && { before }) }),
    });
  }
}
