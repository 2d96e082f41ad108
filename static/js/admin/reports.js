// /admin/reports: what was done, and how much it is used.

import { auditView } from "./audit/view.js";
import { start } from "./portal.js";
import { usageView } from "./usage/view.js";

start(
  [
    [/^audit$/, auditView],
    [/^audit\/([\w-]+)$/, auditView],
    [/^usage$/, usageView],
  ],
  "usage",
);
