// A phone or an email address: typed, then proven with the code that was sent to it.

import { post } from "../api.js";
import { $, stamp } from "../dom.js";
import { addressFrom, codeFrom, explainAddress } from "../fields.js";
import { handle } from "../form.js";
import { explainNumber, phoneFrom, preparePhone } from "../phone.js";
import { prepareResend } from "../resend.js";
import { codeLead, explainSpent, prepareWays, wayFrom } from "../ways.js";

const WAYS = { text: "Text me a code", call: "Call me" };

/** `page` is the walk with what it knows: see ../register.js. */
export function renderPhone(page) {
  const { known } = page;
  const ways = page.info.deliveries;
  const root = stamp("t-phone", { kicker: page.kicker(), "number-hint": "A mobile is best, because it can get texts." });
  preparePhone(root, known.phone);
  prepareWays(root, ways, WAYS, known.way);
  page.prepareOther(root);
  handle($("form", root), {
    explain: (problem) => explainNumber(problem) ?? page.explain(problem),
    send: async (values) => {
      const phone = phoneFrom(values);
      Object.assign(known, { phone, way: wayFrom(values, ways) });
      await ask(page);
    },
  });
  return root;
}

export function renderEmail(page) {
  const { known } = page;
  const root = stamp("t-email", { kicker: page.kicker(), "address-hint": "The whole address, like mia@example.org" });
  $("#f-address", root).value = known.address ?? "";
  page.prepareOther(root);
  handle($("form", root), {
    explain: (problem) => explainAddress(problem) ?? page.explain(problem),
    send: async (values) => {
      Object.assign(known, { address: addressFrom(values), way: "mail" });
      await ask(page);
    },
  });
  return root;
}

function send({ known }) {
  const { way: delivery, address, phone } = known;
  return post("/api/send-code/register", delivery === "mail" ? { delivery, address } : { delivery, ...phone });
}

async function ask(page) {
  page.known.sent = await send(page);
  await page.walk.go("code");
}

export function renderCode(page) {
  const { sent, way } = page.known;
  const isMail = way === "mail";
  const slots = {
    kicker: isMail ? "Your email address" : "Your phone",
    lead: codeLead(way, sent.hint, Math.round(sent.expires_in / 60)),
    help: null,
  };
  if (isMail) slots.back = "Use another address";
  const root = stamp("t-code", slots);
  prepareResend(root, sent, () => send(page), page.explain);
  $("[data-back]", root).addEventListener("click", () => page.walk.go(isMail ? "email" : "phone"));
  handle($("form", root), {
    explain: (problem) => {
      if (problem.code !== "wrong_code") return explainSpent(problem, true, "Or add another way.") ?? page.explain(problem);
      return [{ field: "code", text: "This is not the right code. Look at the newest message and type it again." }];
    },
    send: async (values) => {
      const { registered } = await post("/api/verify-code/register", { code: codeFrom(values) });
      await page.registered(registered);
    },
  });
  return root;
}
