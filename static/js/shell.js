// What the pages share besides their steps: whose service this is, and where a sign-in may lead.

import { $ } from "./dom.js";

export function showOrganisation({ organisation }) {
  $("#org").textContent = organisation?.name ?? "";
}

/** Places a sign-in may return to. The address carries only the key. */
const PLACES = new Map([
  ["register", "/register"],
  ["account", "/account"],
  ["admin", "/admin"],
]);

export const placeFrom = (search) => PLACES.get(new URLSearchParams(search).get("next"));

/** Sends somebody who is not signed in to the sign-in page and back. */
export function signInFirst(place) {
  location.replace(`/signin?next=${place}`);
}
