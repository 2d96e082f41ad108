// What the pages share besides their steps: whose service this is, and where a sign-in may lead.

import { signOut } from "./api.js";
import { $, make } from "./dom.js";
import { linkHelpdesk } from "./helpdesk.js";

/** Puts the organisation's name, logo and colour on the page, and links its helpdesk. */
export function showOrganisation({ organisation = {} }) {
  const { name = "", logo, colour } = organisation;
  const place = $("#org");
  const picture = logo ? [make("span", { className: "plate" }, make("img", { src: logo, alt: "" }))] : [];
  place.replaceChildren(...picture, name);
  // The style of this element, not of its markup: the policy of the page forbids the latter.
  const { classList, style } = document.documentElement;
  classList.toggle("own", Boolean(colour));
  if (colour) style.setProperty("--own", colour);
  linkHelpdesk(organisation);
}

/** Places a sign-in may return to. The address carries only the key. */
const PLACES = new Map([
  ["register", "/register"],
  ["account", "/account"],
  ["admin", "/admin"],
  ["admin-policy", "/admin/policy"],
  ["admin-reports", "/admin/reports"],
]);

/** The sign-in page, and from there back to the page of the portal that is open. */
export function signInFromPortal() {
  const [place] = [...PLACES].find(([, path]) => path === location.pathname) ?? ["admin"];
  return `/signin?next=${place}`;
}

export const placeFrom = (search) => PLACES.get(new URLSearchParams(search).get("next"));

/** Sends somebody who is not signed in to the sign-in page and back. */
export function signInFirst(place) {
  location.replace(`/signin?next=${place}`);
}

/** A button for whoever signed in too long ago to change something: out, in again, and back. */
export function prepareSignInAgain(button, place, failed) {
  button.addEventListener("click", async () => {
    if (button.disabled) return;
    button.disabled = true;
    try {
      await signOut();
      signInFirst(place);
    } catch (error) {
      failed(error);
    }
  });
}
