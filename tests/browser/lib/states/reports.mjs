// The portal: audit and usage, and what is seen by whoever may not, or no longer.

import { BASE, field, heading, press } from "../browser.mjs";
import { answer, mistakes, somebodyShown, standing } from "./tools.mjs";

export async function adminSignedOut(page, see, context) {
  await context.clearCookies();
  await page.getByRole("link", { name: "Groups", exact: true }).click();
  await heading(page, "You have been signed out");
  await see("admin-signed-out", page);
}

const event = (number, kind, more = {}) => ({
  number,
  kind,
  at: `2026-11-${10 + (number % 12)}T10:15:00Z`,
  result: "done",
  client: "9f86d081884c",
  request: "5e8848982a",
  ...more,
});
const MIA = { id: "0".repeat(32), name: "Mia Steele" };
const ADA = { id: "1".repeat(32), name: "Ada Okafor" };
const EVENTS = [
  event(9, "password_reset", { target: MIA, method: "phone" }),
  event(8, "code_refused", { target: MIA, result: "wrong" }),
  event(7, "user_created", { actor: ADA, target: MIA }),
  event(6, "members_changed", { actor: ADA, target: { id: "2".repeat(32), name: "SSPRTesters" } }),
];

const day = (index, number) => ({
  day: new Date(Date.UTC(2026, 9, 24 + index)).toISOString().slice(0, 10),
  resets: (index * number) % 11,
  unlocks: (index * number) % 4,
  changes: index % 3,
  sign_ins: 20 + index,
  reset_methods: {
    phone: index % 4,
    email: index % 2,
    app: index % 3,
    recovery_codes: 0,
    helpdesk_code: index % 9 ? 0 : 1,
  },
});
const used = (number, accounts) => ({
  accounts: {
    total: 1240,
    enabled: 1100,
    registered: 830,
    capable: 790,
    counted_at: "2026-11-22T10:00:00Z",
    progress: 1,
    ...accounts,
  },
  days: Array.from({ length: 30 }, (_, index) =>
    number ? day(index, number) : { ...day(index, 0), reset_methods: {} },
  ),
  refusals: number
    ? [
        { reason: "reset_nothing_registered", count: 17 },
        { reason: "code_wrong", count: 9 },
      ]
    : [],
  calls_saved: number ? 214 : 0,
  up_to_date: true,
});

/** Audit and usage, on answers made up here: a fresh service has little to show. */
export async function adminReports(page, see) {
  const found = await answer(page, "/api/audit/search", 200, {
    events: EVENTS,
    next: null,
    looked_back_to: "2026-11-01T10:15:00Z",
  });
  await page.getByRole("link", { name: "Audit", exact: true }).click();
  await page.getByRole("heading", { name: "4 events" }).waitFor();
  await see("admin-audit", page);
  await page.getByText("What: everything").click();
  await page.getByRole("row").nth(1).getByText("Details").click();
  await see("admin-audit-open", page);
  await field(page, "From (if you like)").fill("2026-11-20");
  await field(page, "To (if you like)").fill("2026-11-10");
  await press(page, "Search");
  await mistakes(page);
  await see("admin-audit-mistake", page);
  await found();
  const none = await answer(page, "/api/audit/search", 200, {
    events: [],
    next: null,
    looked_back_to: "2026-11-01T10:15:00Z",
  });
  await field(page, "To (if you like)").fill("2026-11-21");
  await press(page, "Search");
  await page.getByRole("heading", { name: "Nothing found" }).waitFor();
  await see("admin-audit-none", page);
  await none();
  await usage(page, see);
}

async function usage(page, see) {
  const empty = await answer(page, "/api/audit/usage", 200, used(0, { enabled: 0, registered: 0, capable: 0 }));
  await page.getByRole("link", { name: "Usage", exact: true }).click();
  await page.getByRole("heading", { name: "No resets yet" }).waitFor();
  await see("admin-usage-none", page);
  await empty();
  const full = await answer(page, "/api/audit/usage", 200, used(7));
  await page.reload();
  await page.getByRole("heading", { name: "Resets and unlocks by day" }).waitFor();
  await see("admin-usage", page);
  for (const table of await page.getByText("The same as a table").all()) await table.click();
  await see("admin-usage-tables", page);
  await full();
  await counting(page, see);
}

/** The service counts for as long as it does not answer. */
async function counting(page, see) {
  const stale = await answer(page, "/api/audit/usage", 200, { ...used(7, { progress: 0.4 }), up_to_date: false });
  await page.route(`${BASE}/api/audit/usage/count`, () => undefined);
  await page.reload();
  await page.getByRole("progressbar", { name: "Counting accounts…" }).waitFor();
  await see("admin-usage-counting", page);
  await page.unroute(`${BASE}/api/audit/usage/count`);
  await stale();
}

/** What somebody sees who may only look. */
export async function adminReader(page, see) {
  const session = await answer(
    page,
    "/api/sign-in",
    200,
    standing("signed_in", { roles: ["reader"], rights: ["see"] }),
  );
  await page.goto("/admin#users");
  await page.reload();
  await heading(page, "Users");
  await see("admin-reader-users", page);
  const shown = await answer(
    page,
    `/api/users/${"0".repeat(32)}`,
    200,
    somebodyShown({}, { name: "somebody@contoso.example" }),
  );
  await page.goto(`/admin#users/${"0".repeat(32)}`);
  await page.getByText("You can look at this, but not change it.").waitFor();
  await see("admin-reader-user", page);
  await shown();
  await page.goto("/admin/policy#password-reset/methods");
  await heading(page, "Authentication methods");
  await see("admin-reader-methods", page);
  await session();
  await page.goto("/admin#users");
  await heading(page, "Users");
}
