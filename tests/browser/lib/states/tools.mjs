// What the lists of states share: answers in the place of the service, windows, people who are made up.

import { BASE, open } from "../browser.mjs";

export const LOCAL = (status, body) => ({
  status,
  contentType: status < 400 ? "application/json" : "application/problem+json",
  body: JSON.stringify(body),
});

/** Answers one call in the place of the service, until the returned function is called. */
export async function answer(page, path, status, body) {
  const url = `${BASE}${path}`;
  await page.route(url, (route) => route.fulfill(LOCAL(status, body)));
  return () => page.unroute(url);
}

export const mistakes = (page) => page.getByRole("heading", { name: "Please check this" }).waitFor();

export async function withPage(browser, options, walk) {
  const context = await open(browser, options);
  try {
    await walk(await context.newPage(), context);
    return context.troubles;
  } finally {
    await context.close();
  }
}

export const PHONE = { id: "p", kind: "phone", hint: "+44 •••• ••3456", registered_at: "2026-01-02T10:00:00Z" };
const LONG = "m•••@a-very-long-company-name.example.org";
export const EMAIL = { id: "e", kind: "email", hint: LONG, registered_at: "2026-03-04T10:00:00Z" };
export const APP = { id: "a", kind: "app", hint: "", registered_at: "2026-05-06T10:00:00Z" };

/** What a session that stands here would say. */
export const standing = (stage, more = {}) => ({
  stage,
  organisation: { name: "Contoso", domain: "contoso.example" },
  csrf: "made-up",
  name: "mias@contoso.example",
  display_name: "Mia Steele",
  roles: [],
  methods: [PHONE],
  recovery_codes_left: 0,
  ...more,
});

export const KINDS = ["phone", "email", "app", "recovery_codes"];

/** A user as the portal's page of one person knows them. */
export const somebodyShown = (more = {}, user = {}) => ({
  user: {
    id: "0".repeat(32), name: "mias@contoso.example", display_name: "Mia Steele", roles: [], registered: true, state: "enabled",
    must_change_password: false, created_at: "2026-01-02T10:00:00Z", department: "Sales", country: "GB", source: "cloud",
    plans: ["p1", "business_premium"], ...user,
  },
  groups: [{ id: "1".repeat(32), name: "Sales in Britain and Ireland, and whoever helps them out" }],
  version: 3,
  locked: true,
  readiness: { able: true, reasons: [] },
  registered_kinds: ["phone", "app", "recovery_codes"],
  activity: [
    { at: "2026-11-21T10:15:00Z", what: "password_reset", by: "self" },
    { at: "2026-11-20T10:15:00Z", what: "reset_started_by_administrator", by: "administrator" },
    { at: "2026-11-19T10:15:00Z", what: "method_registered:phone", by: "self" },
    { at: "2026-01-02T10:00:00Z", what: "created", by: "administrator" },
  ],
  ...more,
});

/** Everything that can stand in somebody's way. */
export const NOT_READY = {
  able: false,
  reasons: [
    "reset_off", "reset_not_in_group", "reset_not_entitled", "reset_nothing_registered", "reset_too_few_methods",
    "reset_sign_in_blocked", "reset_no_writeback",
  ],
};
