// The kinds of events in plain words, in the groups they are searched by.

export const GROUPS = [
  [
    "Signing in",
    {
      signed_in: "Signed in",
      sign_in_failed: "Sign-in failed",
      signed_out: "Signed out",
      session_ended: "Session ended",
    },
  ],
  [
    "Getting back in",
    {
      reset_started: "Reset begun",
      reset_started_for_user: "Reset started by the helpdesk",
      code_requested: "Code asked for",
      code_accepted: "Code accepted",
      code_refused: "Code refused",
      delivery_failed: "Message not delivered",
      password_reset: "Password reset",
      password_changed: "Password changed",
      account_unlocked: "Account unlocked",
    },
  ],
  [
    "Registering",
    {
      registration_finished: "Registration finished",
      method_registered: "Method registered",
      method_removed: "Method removed",
      method_closed: "Method closed after wrong codes",
      methods_confirmed: "Methods confirmed",
      recovery_codes_made: "Recovery codes made",
      recovery_code_used: "Recovery code used",
    },
  ],
  [
    "Administration",
    {
      setup_done: "Relatch set up",
      user_created: "User created",
      user_changed: "User changed",
      user_deleted: "User deleted",
      user_restored: "User restored",
      group_created: "Group created",
      group_changed: "Group changed",
      members_changed: "Members of a group changed",
      scope_changed: "Who may reset changed",
      policy_changed: "Policy changed",
      alert: "Alert",
    },
  ],
];

const ALL = Object.assign({}, ...GROUPS.map(([, kinds]) => kinds));

export const nameOf = (kind) => ALL[kind] ?? kind.replaceAll("_", " ");

const METHODS = {
  phone: "phone",
  text: "text",
  sms: "text",
  call: "call",
  email: "email",
  mail: "email",
  app: "authenticator app",
  recovery_code: "recovery code",
  recovery_codes: "recovery codes",
  helpdesk_code: "code from the helpdesk",
  password: "password",
};

const oneName = (method) => METHODS[method] ?? method.replaceAll("_", " ");

/** Whoever needed two ways has both: "phone+app". */
export const methodName = (methods) => methods.split("+").map(oneName).join(" and ");
