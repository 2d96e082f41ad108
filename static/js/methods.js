// What a person can register to prove who they are: words, pictures and lines in lists.

import { dateOf } from "./dates.js";
import { $, stamp } from "./dom.js";

export const KINDS = {
  phone: {
    name: "Phone",
    noun: "phone",
    icon: "#i-phone",
    step: "phone",
    about: "We text or call you with a code.",
    done: "Your phone is registered",
  },
  app: {
    name: "Authenticator app",
    noun: "authenticator app",
    icon: "#i-app",
    step: "app",
    about: "An app on your phone shows a code, even without a network.",
    done: "Your authenticator app is registered",
  },
  email: {
    name: "Email",
    noun: "email address",
    icon: "#i-mail",
    step: "email",
    about: "We send a code to another address of yours. Only for when you forget your password.",
    done: "Your email address is registered",
  },
  recovery_codes: {
    name: "Recovery codes",
    icon: "#i-list",
    step: "recovery-codes",
    about: "A list of codes to print and keep, for when nothing else is at hand.",
    done: "Your recovery codes are registered",
  },
};

const CLOSED = {
  reset: "Too many wrong codes: set it up again to use it for resets.",
  "sign-in": "Too many wrong codes: set it up again to sign in with it.",
};

/** Since when, and what it is not taken for any more. */
const about = (since, closed = []) => [since, ...closed.map((purpose) => CLOSED[purpose])].filter(Boolean).join(". ") || null;

/** A line of the list of what is registered. */
export function methodLine({ kind, hint, registered_at: at, closed_for: closed }) {
  const { name, icon } = KINDS[kind];
  const line = stamp("t-method", { name, hint, since: about(at && `Registered on ${dateOf(at)}`, closed) });
  $("use", line).setAttribute("href", icon);
  return line;
}

/** The same for recovery codes: how many are left. */
export function codesLine({ left, created_at: at, closed_for: closed }) {
  const { name, icon } = KINDS.recovery_codes;
  const hint = left === 0 ? "none left" : `${left} left`;
  const line = stamp("t-method", { name, hint, since: about(`Made on ${dateOf(at)}`, closed) });
  $("use", line).setAttribute("href", icon);
  return line;
}
