// /admin/policy: who can reset their password, and how.

import { propertiesView } from "./policy/properties.js";
import { policyView } from "./policy/view.js";
import { start } from "./portal.js";

start(
  [
    [/^password-reset$/, propertiesView],
    [/^password-reset\/([\w-]+)$/, policyView],
  ],
  "password-reset",
);
