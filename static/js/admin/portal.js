// What the pages of the portal share: who is signed in, the menu, and the way from one to the other.

import { session, signOut } from "../api.js";
import { $, $$, stamp } from "../dom.js";
import { showOrganisation, signInFromPortal } from "../shell.js";
import { Walk } from "../walk.js";
import { forgetUnless } from "./once.js";
import { learnRights, may } from "./rights.js";
import { mayLeave } from "./saving.js";

/** The page that shows each part of the portal. Each of them understands the addresses of all. */
const PAGES = {
  users: "/admin",
  groups: "/admin",
  "password-reset": "/admin/policy",
  audit: "/admin/reports",
  usage: "/admin/reports",
};

const portal = { me: undefined, walk: undefined };

/** Another page shows it: goes there, and shows nothing more here. */
function elsewhere(name) {
  const part = name.split("/")[0];
  const page = Object.hasOwn(PAGES, part) ? PAGES[part] : undefined;
  if (!page || page === location.pathname) return undefined;
  const load = () => {
    location.replace(`${page}#${name}`);
    return new Promise(() => undefined);
  };
  return { title: "", load };
}

/** The first view whose address fits: [address, view, right that it needs beyond looking]. */
const finder = (views) => (name) => {
  forgetUnless(name);
  for (const [address, view, right = "see"] of views) {
    const [whole, id] = address.exec(name) ?? [];
    if (whole !== undefined) return may(right) ? view(portal, id) : undefined;
  }
  return elsewhere(name);
};

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
  if (error.code === "not_signed_in") return { title: "Signed out", render: renderSignedOut };
  if (error.code === "not_allowed") return { title: "Not allowed", render: () => stamp("t-not-allowed") };
  return undefined;
}

function renderSignedOut() {
  const root = stamp("t-signed-out");
  $(".button", root).href = signInFromPortal();
  return root;
}

/** Starts a page of the portal with its views; `first` is shown when the address says nothing. */
export function start(views, first) {
  portal.walk = new Walk({
    site: "Administration",
    find: finder(views),
    first: () => first,
    leave: mayLeave,
    trouble,
    mark,
  });
  begin();
}

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
    location.replace(signInFromPortal());
    return;
  }
  prepareSignOut();
  learnRights(me);
  if (!may("see")) {
    walk.stumble({ code: "not_allowed" }, "");
    return;
  }
  $(".menu").inert = false;
  await walk.arrive();
}
