// Password reset > Customisation: name, helpdesk, colour, where people may go back to, and the logo.

import { $ } from "../../dom.js";
import { Mistakes } from "../../mistakes.js";
import { showOrganisation } from "../../shell.js";
import { contrastWithWhite } from "./colour.js";
import { prepareLogo } from "./logo.js";

const ENOUGH = 4.5;
const MOST_ADDRESSES = 10;
const TOO_PALE = "White words could not be read on this colour. Choose a darker one.";

const isColour = (text) => /^#[\da-f]{6}$/i.test(text);

function check({ helpdesk, colour, return_addresses: addresses = [] }) {
  const mistakes = [];
  if (helpdesk && !/^https:\/\/\S+$/.test(helpdesk) && !/^[^\s@:/]+@[^\s@]+$/.test(helpdesk)) {
    mistakes.push({
      field: "helpdesk",
      text: "Type a link that starts with https://, or an email address, or leave it empty.",
    });
  }
  if (colour && !isColour(colour)) {
    mistakes.push({
      field: "colour",
      text: "Type # and six digits or letters from a to f, like #10392e, or leave it empty.",
    });
  } else if (colour && contrastWithWhite(colour) < ENOUGH) mistakes.push({ field: "colour", text: TOO_PALE });
  const wrong = addresses.find((address) => !/^https:\/\/[^\s/]+/.test(address));
  if (wrong) {
    mistakes.push({
      field: "return_addresses",
      text: `“${wrong}” is not an address. Each begins with https://, like https://mail.example.org/.`,
    });
  }
  if (addresses.length > MOST_ADDRESSES) {
    mistakes.push({
      field: "return_addresses",
      text: `There are ${addresses.length} addresses. Leave at most ${MOST_ADDRESSES}.`,
    });
  }
  if (mistakes.length > 0) throw new Mistakes(mistakes);
}

function inWords({ organisation, helpdesk, colour, return_addresses: addresses = [] }) {
  const name = `The pages say ${organisation ? `“${organisation}”` : "the name that Relatch was installed with"}.`;
  const help = helpdesk ? `The helpdesk is ${helpdesk}.` : "No helpdesk is named.";
  const back = addresses.length > 0 ? `People may go back to ${addresses.join(", ")}.` : "";
  return `${name} ${help} ${colour ? `The colour is ${colour}.` : "The colour is Relatch’s own."} ${back}`.trim();
}

const NOT_USABLE = {
  helpdesk: "This is not a link or an email address that we can use. Check it.",
  organisation: "This name cannot be used. Make it shorter, and one line.",
  return_addresses: "One of these is not an address that we can use. Each begins with https://.",
};

function explain({ code, field, reasons, message }) {
  if (code !== "invalid_field") return undefined;
  if (field === "colour" && reasons.includes("too_pale")) return [{ field, text: TOO_PALE }];
  return [{ field, text: NOT_USABLE[field] ?? message }];
}

function saved({ organisation: name, colour, logo }, { me }) {
  const { organisation } = me;
  if (name) organisation.name = name;
  organisation.colour = colour || undefined;
  if (logo !== undefined) organisation.logo = logo ? `/api/logo/${logo}` : undefined;
  showOrganisation(me);
}

const RELATCH = "#10392e";

/** The box shows the colour that is typed, or Relatch's own where none is. */
function written(root) {
  const text = $("#f-colour", root).value.trim();
  if (!text || isColour(text)) $("[data-colour]", root).value = (text || RELATCH).toLowerCase();
}

function prepare(root, { changed, renew, saved: before, portal }) {
  const box = $("[data-colour]", root);
  const text = $("#f-colour", root);
  box.addEventListener("input", () => {
    text.value = box.value;
    changed();
  });
  text.addEventListener("input", () => written(root));
  prepareLogo(root, before, (now) => {
    renew({ version: now.version, logo: now.logo });
    saved({ ...now, organisation: "", colour: portal.me.organisation.colour }, portal);
  });
}

/** The service wants small letters, and the number of the logo, which it does not look at. */
const tidy = (values, { logo = 0 }) => ({ ...values, colour: values.colour.toLowerCase(), logo });

export const customisation = { title: "Customisation", tidy, inWords, check, explain, saved, written, prepare };
