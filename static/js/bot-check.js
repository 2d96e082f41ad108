// /bot-check: somebody else's widget finds out whether this is a robot. The policy of this page lets no
// script on it talk to our service, so what the page knows stands in its head or was left by /reset.

import { $, fill } from "./dom.js";
import { goBack, keepToken, organisationLeft } from "./reset/token.js";
import { showOrganisation } from "./shell.js";

const WIDGETS = {
  turnstile: { company: "Cloudflare", api: () => window.turnstile, more: { action: "reset" } },
  hcaptcha: { company: "hCaptcha", api: () => window.hcaptcha, more: {} },
};
/** How long their script may take to come. */
const PATIENCE = 15_000;
/** A normal widget is this wide, in pixels. */
const WIDE = 304;

const described = $("meta[name=bot-check]");
const provider = described.content;
const { company, api, more } = WIDGETS[provider];
const place = $("#widget");
const trouble = $("#trouble");
let late;

const say = (state) => fill(document, { state });

function stumble() {
  clearTimeout(late);
  say("");
  place.hidden = !place.hasChildNodes();
  const isNew = trouble.hidden;
  trouble.hidden = false;
  if (isNew) trouble.focus();
  // (Turnstile asks: was this dealt with?)
  return true;
}

function solved(token) {
  keepToken(provider, token);
  trouble.hidden = true;
  say("Thank you. One moment…");
  goBack();
}

function show() {
  clearTimeout(late);
  trouble.hidden = true;
  place.hidden = false;
  say("");
  api().render(place, {
    sitekey: described.dataset.siteKey,
    theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
    size: place.clientWidth < WIDE ? "compact" : "normal",
    callback: solved,
    "error-callback": stumble,
    ...more,
  });
}

function begin() {
  showOrganisation({ organisation: organisationLeft() });
  fill(document, { company });
  say("One moment…");
  $("[data-try]").addEventListener("click", () => location.reload());
  $("[data-back]").addEventListener("click", (event) => {
    event.preventDefault();
    goBack();
  });
  // A page that comes back from the browser's memory has a widget that was used: load it again.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  late = setTimeout(stumble, PATIENCE);
  // Their script comes after this one, and calls this.
  window.botCheckReady = show;
  $("script[src*='render=explicit']").addEventListener("error", stumble);
}

begin();
