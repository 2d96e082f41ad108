// /admin: the portal. Finds the view for each address and keeps the menu in step.

import { session, signOut } from "../api.js";
import { $, $$, stamp } from "../dom.js";
import { showOrganisation, signInFirst } from "../shell.js";
import { Walk } from "../walk.js";
import { groupView, groupsView, newGroupView } from "./groups.js";
import { policyView } from "./policy.js";
import { propertiesView } from "./properties.js";
import { mayLeave } from "./saving.js";
import { createdView, forgetCreated, newUserView, usersView } from "./users.js";

const portal = { me: undefined, walk: undefined };

const views = {
  users: () => usersView(portal),
  "users/new": () => newUserView(portal),
  "users/created": () => createdView(portal),
  groups: () => groupsView(portal),
  "groups/new": () => newGroupView(portal),
  "password-reset": () => propertiesView(portal),
};

function find(name) {
  if (name !== "users/created") forgetCreated();
  if (Object.hasOwn(views, name)) return views[name]();
  const [, place, id] = /^(groups|password-reset)\/([\w-]+)$/.exec(name) ?? [];
  if (place === "password-reset") return policyView(portal, id);
  return id && groupView(portal, id);
}

/** The menu's mark, and nothing else: the portal has no steps. A part marks the whole it is in, too. */
function mark({ section = "" }) {
  for (const link of $$(".menu a")) {
    const own = link.dataset.section ?? link.dataset.whole;
    if (own === section) link.setAttribute("aria-current", "page");
    else if (link.dataset.whole === section.split("/")[0]) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function trouble(error) {
  if (error.code === "not_signed_in") return { title: "Signed out", render: () => stamp("t-signed-out") };
  if (error.code === "not_allowed") return { title: "Not allowed", render: () => stamp("t-not-allowed") };
  return undefined;
}

portal.walk = new Walk({ site: "Administration", find, first: () => "users", leave: mayLeave, trouble, mark });

function prepareSignOut() {
  const button = $("#sign-out");
  $("#me").textContent = portal.me.display_name;
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (button.disabled || !(await mayLeave())) return;
    button.disabled = true;
    try {
      await signOut();
      location.replace("/signin#signed-out");
    } catch (error) {
      button.disabled = false;
      portal.walk.stumble(error, portal.walk.shown);
    }
  });
}

async function begin() {
  const { walk } = portal;
  try {
    portal.me = await session();
  } catch (error) {
    walk.stumble(error, "", begin);
    return;
  }
  const { me } = portal;
  showOrganisation(me);
  if (me.stage !== "signed_in") {
    signInFirst("admin");
    return;
  }
  prepareSignOut();
  if (!me.roles?.includes("global_administrator")) {
    walk.stumble({ code: "not_allowed" }, "");
    return;
  }
  $(".menu").inert = false;
  await walk.arrive();
}

begin();
