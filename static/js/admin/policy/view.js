// The pages of Password reset, but for Properties.

import { get } from "../../api.js";
import { customisation } from "./customisation.js";
import { entitlement } from "./entitlement.js";
import { renderForm } from "./form.js";
import { limits } from "./limits.js";
import { passwords } from "./passwords.js";
import { methods, notifications, registration } from "./simple.js";

const SECTIONS = { methods, registration, notifications, passwords, entitlement, customisation, limits };

/** The view of one section. */
export function policyView(portal, name) {
  const section = Object.hasOwn(SECTIONS, name) ? SECTIONS[name] : undefined;
  const render = section?.render ?? renderForm;
  return (
    section && {
      title: section.title,
      section: `password-reset/${name}`,
      load: section.load ?? (() => get("/api/policy")),
      render: (loaded) => (section.load ? render(loaded) : render(loaded[name], name, portal, section, loaded)),
    }
  );
}
