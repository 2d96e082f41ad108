// Usage: what people did by themselves, and who is ready for it.

import { get, post } from "../../api.js";
import { dayOf, momentOf } from "../../dates.js";
import { $, announce, count, make, stamp } from "../../dom.js";
import { bars, chart, columns } from "./charts.js";

export function usageView({ walk }) {
  return {
    title: "Usage",
    section: "usage",
    load: () => get("/api/audit/usage"),
    render: (usage) => render(usage, walk),
  };
}

function render(usage, walk) {
  const root = stamp("t-usage");
  root.append(stamp("t-patterns"));
  show(root, usage);
  if (!isCounted(usage)) finish(root, walk, usage.accounts.progress);
  return root;
}

const isCounted = ({ up_to_date: upToDate, accounts }) => upToDate && accounts.progress >= 1;

/** The service counts a piece at a time; the page asks for the next until all is counted. */
async function finish(root, walk, progress) {
  const counting = $("[data-counting]", root);
  $("progress", counting).value = progress;
  counting.hidden = false;
  let last;
  try {
    for (let usage; !usage || !isCounted(usage);) {
      usage = await post("/api/audit/usage/count");
      if (last && !root.isConnected) return;
      last = usage;
      $("progress", counting).value = usage.accounts.progress;
    }
    show(root, last);
    announce("Everything is counted.");
  } catch (error) {
    if (error.code !== "not_allowed" && root.isConnected) walk.stumble(error, "usage");
  } finally {
    counting.hidden = true;
  }
}

/** A day on one line. */
const inShort = (day) => dayOf(day).replace(" ", "\u00a0");

const percent = (part, whole) => (whole > 0 ? `${Math.round((part / whole) * 100)} %` : "–");

function show(root, usage) {
  const { accounts, days, calls_saved: saved } = usage;
  const { total, enabled, registered, capable, counted_at: at } = accounts;
  const sum = (name) => days.reduce((all, day) => all + day[name], 0);
  const figures = [
    [capable, "can reset right now", `${percent(capable, enabled)} of the ${enabled} that may`],
    [sum("resets"), "passwords reset", `in the last ${count(days.length, "day")}`],
    [sum("unlocks"), "accounts unlocked", `in the last ${count(days.length, "day")}`],
    [saved, "calls to the helpdesk saved", "All resets and unlocks so far that took nobody's help."],
  ];
  $("[data-figures]", root).replaceChildren(...figures.map(figure));
  const counted = at ? `${count(total, "account")}, counted ${momentOf(at)}.` : "The accounts were not counted yet.";
  $("[data-slot=counted]", root).textContent = counted;
  $("[data-charts]", root).replaceChildren(
    readyChart({ total, enabled, registered, capable }),
    dayChart(days),
    methodChart(days),
    refusalChart(usage.refusals ?? []),
  );
}

function figure([number, what, more]) {
  return make(
    "div",
    {},
    make("dt", {}, what),
    make("dd", {}, make("strong", {}, String(number)), make("small", {}, more)),
  );
}

function readyChart({ total, enabled, registered, capable }) {
  const things = [
    ["All accounts", total],
    ["May reset: in the scope, with the plan", enabled],
    ["Registered at least one method", registered],
    ["Can reset right now", capable],
  ];
  return chart({
    title: "Who is ready",
    about: `${capable} of the ${count(enabled, "account")} that may reset could do it right now.`,
    drawing: bars(things, total),
    columns: ["Accounts", "Number", "Share"],
    rows: things.map(([name, value]) => [name, value, percent(value, total)]),
  });
}

const empty = (title, text) => stamp("t-no-usage", { title, text });

function dayChart(days) {
  const any = days.some(({ resets, unlocks }) => resets + unlocks > 0);
  if (!any)
    return empty(
      "No resets yet",
      "As soon as somebody resets a password or unlocks an account, it is counted here, day by day.",
    );
  const busiest = days.reduce((best, day) => (day.resets + day.unlocks > best.resets + best.unlocks ? day : best));
  const about = `Most on ${inShort(busiest.day)}: ${count(busiest.resets, "reset")} and ${count(busiest.unlocks, "unlock")}.`;
  return chart({
    title: "Resets and unlocks by day",
    about,
    legend: ["Resets", "Unlocks"],
    drawing: columns(
      days.map(({ day, resets, unlocks }) => [inShort(day), [resets, unlocks]]),
      `A column for each day. ${about}`,
    ),
    columns: ["Day", "Resets", "Unlocks", "Changes", "Sign-ins"],
    rows: days.map(({ day, resets, unlocks, changes, sign_ins: signIns }) => [
      inShort(day),
      resets,
      unlocks,
      changes,
      signIns,
    ]),
  });
}

const METHODS = {
  phone: "Phone",
  email: "Email",
  app: "Authenticator app",
  recovery_codes: "Recovery code",
  helpdesk_code: "Code from the helpdesk",
};

function methodChart(days) {
  const total = (method) => days.reduce((sum, day) => sum + (day.reset_methods?.[method] ?? 0), 0);
  const things = Object.entries(METHODS).map(([method, name]) => [name, total(method)]);
  if (things.every(([, value]) => value === 0)) {
    return empty(
      "No methods yet",
      "Here you see which methods people use to reset. It helps to know which ones to keep.",
    );
  }
  return chart({
    title: "How people proved who they are",
    about: `Resets and unlocks of the last ${count(days.length, "day")}. Who needed two ways counts for both.`,
    drawing: bars(things),
    columns: ["Method", "Resets and unlocks"],
    rows: things,
  });
}

const REASONS = {
  reset_off: "Switched off for everybody",
  reset_not_in_group: "Not in a group that may",
  reset_not_entitled: "No plan that includes it",
  reset_nothing_registered: "Nothing registered",
  reset_too_few_methods: "Too few methods registered",
  reset_sign_in_blocked: "Sign-in blocked",
  reset_no_writeback: "Password lives elsewhere, not connected",
  unknown_account: "No such account",
  code_wrong: "Wrong code",
  code_app: "Wrong code of an app",
  code_code_used_up: "Too many tries of one code",
  code_day_used_up: "Too many wrong codes in a day",
  code_expired: "Code too old",
  sign_in_failed: "Wrong password at sign-in",
};

function refusalChart(refusals) {
  if (refusals.length === 0) {
    return empty("Nobody was refused", "When somebody tries and may not, or cannot, the reasons are counted here.");
  }
  const sorted = [...refusals].sort((a, b) => b.count - a.count);
  const things = sorted.map(({ reason, count: number }) => [REASONS[reason] ?? reason.replaceAll("_", " "), number]);
  return chart({
    title: "Why people were refused",
    about: `All so far. Most often: ${things[0][0].toLowerCase()}. People themselves are never told, so that a stranger learns nothing.`,
    drawing: bars(things),
    columns: ["Reason", "Number"],
    rows: things,
  });
}
