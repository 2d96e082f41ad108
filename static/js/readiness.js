// "Can this person reset their password?", and if not, why not and what to do, in words.

/** Each reason as the administrator and as the person reads it: what is wrong, what to do, where to go. */
const REASONS = {
  reset_off: {
    them: ["Password reset is switched off for everybody.", "Switch it on", "#password-reset"],
    you: ["It is not switched on yet.", "Ask your helpdesk."],
  },
  reset_not_in_group: {
    them: ["They are in none of the groups that may reset.", "See which groups may", "#password-reset"],
    you: ["It is not switched on for you yet.", "Ask your helpdesk."],
  },
  reset_not_entitled: {
    them: [
      "No plan of theirs includes it for this kind of account.",
      "See which plans do",
      "#password-reset/entitlement",
    ],
    you: [
      "Your plan does not include it, or has not arrived yet.",
      "If you were given one just now, load this page again in a while. If it stays so, ask your helpdesk.",
    ],
  },
  reset_nothing_registered: {
    them: [
      "They have not registered anything that proves who they are.",
      "Ask them to sign in and to open “My security info”.",
    ],
    you: ["You have not registered anything that proves that it is you.", "Register something now", "/register"],
  },
  reset_too_few_methods: {
    them: [
      "They registered too few ways to prove who they are.",
      "Ask them to sign in and to add one more, of another kind.",
    ],
    you: [
      "It takes two different kinds of proof, and you have registered only one.",
      "Add another kind",
      "/register#choose",
    ],
  },
  reset_sign_in_blocked: {
    them: ["Their sign-in is blocked.", "As long as it is, they cannot reset either."],
    you: ["Your account is blocked.", "Ask your helpdesk."],
  },
  reset_no_writeback: {
    them: [
      "Their password lives in another directory, which is not connected.",
      "They change it there, or ask whoever looks after it.",
    ],
    you: [
      "Your password lives in another directory, which is not connected here.",
      "Ask your helpdesk how to change it there.",
    ],
  },
};

const OTHER = [
  "There is a reason that this page does not know.",
  "Load the page again. If it stays so, ask whoever runs Relatch.",
];

/** What somebody lacks who only has to register something. */
export const TO_REGISTER = ["reset_nothing_registered", "reset_too_few_methods"];

/** Why not, for whom ("them" or "you"): { text, act, href? } for each reason. */
export function reasonsInWords(reasons, whom) {
  return reasons.map((reason) => {
    const [text, act, href] = REASONS[reason]?.[whom] ?? OTHER;
    return { text, act, href };
  });
}
