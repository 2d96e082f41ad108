// What can be done for a user: each with its words, who may do it, and when it makes sense.

import { patch, post, remove } from "../../api.js";
import { confirm } from "../../dialog.js";
import { $, stamp } from "../../dom.js";
import { flash, warn } from "../../flash.js";
import { keep } from "../once.js";
import { isMe, mayDo } from "../rights.js";

const path = ({ id }) => `/api/users/${encodeURIComponent(id)}`;
const isHere = ({ state }) => state !== "deleted";
const setBlocked =
  (blocked) =>
  ({ user, version }) =>
    patch(path(user), { version, blocked });

/**
 * `sure` asks before; `act(data)` gives the user as they are now. `mine`: may be done to oneself.
 * A person's own name stands in the words where there is a *.
 */
const TASKS = [
  {
    right: "help",
    when: (user) => user.state === "enabled" && user.source !== "on_premises" && !isMe(user),
    label: "Start a reset",
    button: "Start a reset",
    text: "Gives you a code for somebody who has nothing at hand to prove who they are.",
    sure: [
      "Start a reset for *?",
      "First be sure that it is really them: see them, or call a number that you know already.",
      "Yes, start it",
      "Not now",
    ],
    act: startReset,
  },
  {
    right: "help",
    when: (user, { locked }) => isHere(user) && locked,
    label: "Unlock",
    button: "Unlock",
    text: "Wrong passwords were typed too often. This lets them try again at once.",
    act: ({ user }) => post(`${path(user)}/unlock`),
    done: "The account is unlocked.",
  },
  {
    right: "help",
    when: isHere,
    label: "End sessions",
    button: "End sessions",
    mine: true,
    text: "Signs them out everywhere. They can sign in again.",
    sure: ["Sign * out everywhere?", "What they have not saved is lost there.", "End all sessions", "Cancel"],
    act: ({ user }) => post(`${path(user)}/end-sessions`),
    done: "All sessions are ended.",
  },
  {
    right: "methods",
    when: (user, { registered_kinds: kinds = [] }) => isHere(user) && kinds.length > 0 && !isMe(user),
    label: "Take away methods",
    button: "Take away",
    text: "Removes everything they registered, like a phone that was stolen. At the next sign-in they register anew.",
    sure: [
      "Take away all methods of *?",
      "Without them they cannot reset their password, and the next sign-in asks for the password alone.",
      "Take them away",
      "Cancel",
    ],
    act: ({ user }) => remove(`${path(user)}/methods`),
    done: "What was registered is taken away.",
  },
  {
    right: "help",
    when: (user) => user.state === "enabled" && !isMe(user),
    label: "Block",
    button: "Block",
    text: "They can no longer sign in or reset, until somebody allows it again.",
    sure: [
      "Block *?",
      "They are signed out, and cannot sign in or reset until somebody allows it again.",
      "Block",
      "Cancel",
    ],
    act: setBlocked(true),
    done: "Sign-in is blocked.",
  },
  {
    right: "help",
    when: (user) => user.state === "blocked",
    label: "Allow sign-in again",
    button: "Unblock",
    text: "They are blocked now, and cannot sign in or reset.",
    act: setBlocked(false),
    done: "Sign-in is allowed again.",
  },
  {
    right: "manage",
    when: (user) => isHere(user) && !isMe(user),
    label: "Delete",
    button: "Delete",
    text: "The account can be restored for 30 days.",
    sure: [
      "Delete *?",
      "They can no longer sign in or reset. You can restore the account for 30 days.",
      "Delete",
      "Cancel",
    ],
    act: ({ user }) => remove(path(user)),
    done: "The account is deleted. You can restore it for 30 days.",
  },
  {
    right: "manage",
    when: (user) => user.state === "deleted",
    label: "Restore",
    button: "Restore",
    text: "The account comes back as it was. It can sign in and reset again.",
    act: ({ user }) => post(`${path(user)}/restore`),
    done: "The account is restored.",
  },
];

/** Refusals that change nothing, and what to do. */
const REFUSED = {
  last_administrator:
    "This is the last global administrator who can sign in, so it stays as it is. Give somebody else this role first.",
  not_yourself: "You cannot do this to yourself. Ask another administrator.",
  reset_elsewhere: "The password of this person lives in another directory, so it is reset there.",
  not_restorable: "It is too late to restore this account: it was deleted more than 30 days ago.",
  not_allowed: "You may not do this for this person. Ask a global administrator.",
  busy_record: "Somebody else is changing this account right now. Nothing was changed: try again in a moment.",
};

/** A new code is shown on a page of its own, once. */
async function startReset({ user }, { walk }) {
  const started = await post(`${path(user)}/start-reset`);
  const view = `users/${encodeURIComponent(user.id)}/code`;
  keep(view, { ...started, user });
  await walk.go(view);
}

/** Lists what may be done now. True when there is anything. */
export function showTasks(root, data, portal, show) {
  const { user } = data;
  const tasks = TASKS.filter(({ right, when }) => mayDo(right, user) && when(user, data));
  $("[data-tasks]", root).replaceChildren(...tasks.map((task) => taskLine(task, { root, data, portal, show })));
  $("[data-help]", root).hidden = tasks.length === 0;
  return tasks.length > 0;
}

function taskLine(task, state) {
  const { label, text, button: words } = task;
  const line = stamp("t-task", { label, text, button: words });
  const button = $("button", line);
  if (words !== label) button.setAttribute("aria-label", `${words}: ${label}`);
  button.addEventListener("click", () => run(task, button, state));
  return line;
}

async function run({ sure, act, done }, button, { root, data, portal, show }) {
  if (button.disabled || (sure && !(await isSure(sure, data.user)))) return;
  button.disabled = true;
  const place = $("[data-flash]", root);
  try {
    const now = await act(data, portal);
    if (!now) return;
    show(now);
    flash(place, done);
  } catch (error) {
    if (error.code === "stale_version" && error.current) {
      show(error.current);
      warn(place, "Somebody else changed this account just now. Nothing was done: look at it, then try again.");
    } else if (REFUSED[error.code]) warn(place, REFUSED[error.code]);
    else portal.walk.stumble(error, portal.walk.shown);
  } finally {
    button.disabled = false;
  }
}

function isSure([title, text, yes, no], { display_name: name }) {
  return confirm(stamp("t-sure", { title: title.replace("*", name), text, yes, no }));
}
