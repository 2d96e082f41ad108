// What was done with an account lately, in words. The person and the administrator read the same list.

import { momentOf } from "./dates.js";
import { make } from "./dom.js";
import { KINDS } from "./methods.js";

const WORDS = {
  password_reset: "Password reset",
  password_changed: "Password changed",
  password_set_at_first_sign_in: "Own password chosen at the first sign-in",
  unlocked: "Account unlocked",
  methods_confirmed: "Registered methods confirmed",
  recovery_code_used: "Recovery code used",
  created: "Account created",
  edited: "Details of the account changed",
  blocked: "Sign-in blocked",
  unblocked: "Sign-in allowed again",
  deleted: "Account deleted",
  restored: "Account restored",
  reset_started_by_administrator: "Reset started, with a code from the helpdesk",
  sessions_ended: "Signed out everywhere",
  roles_changed: "Roles changed",
};

const ACTS = {
  method_registered: "registered",
  method_removed: "removed",
  method_closed: "closed after 100 wrong codes",
};

const WHO = {
  self: { them: "By themselves", you: "By you" },
  administrator: { them: "By an administrator", you: "By an administrator" },
  unknown: { them: "By somebody unknown", you: "By somebody unknown" },
};

/** "method_registered:phone" and its like name what was registered. */
function inWords(what) {
  const [act, kind] = what.split(":");
  if (ACTS[act] && kind === "all") return `Everything registered was ${ACTS[act]}`;
  if (ACTS[act]) return `${KINDS[kind]?.name ?? "Method"} ${ACTS[act]}`;
  return WORDS[act] ?? act.replaceAll("_", " ");
}

/** Fills the list; `whom` is "them" or "you". True when there was anything to show. */
export function showLately(list, activity = [], whom = "them") {
  const lines = activity.map(({ at, what, by }) => {
    const who = WHO[by]?.[whom];
    const when = make("small", {}, [momentOf(at), who].filter(Boolean).join(" · "));
    return make("li", {}, make("span", {}, make("strong", {}, inWords(what)), " ", when));
  });
  list.replaceChildren(...lines);
  list.hidden = lines.length === 0;
  return lines.length > 0;
}
