// Recovery codes: made on purpose, shown once, kept on paper or in a password manager.

import { post } from "../api.js";
import { prepareCopy } from "../copy.js";
import { $, make, stamp } from "../dom.js";
import { handle } from "../form.js";
import { Mistakes } from "../mistakes.js";

export function renderRecoveryCodes(page) {
  const slots = { kicker: page.kicker() };
  if (!page.info.recovery_codes) slots.old = null;
  const root = stamp("t-recovery-codes", slots);
  page.prepareOther(root);
  handle($("form", root), {
    explain: page.explain,
    send: async () => {
      page.known.codes = (await post("/api/register/recovery-codes")).codes;
      // Not a step back to: making codes again would end those that are shown.
      await page.walk.replace("codes");
    },
  });
  return root;
}

export function renderCodes(page) {
  const { codes } = page.known;
  const root = stamp("t-codes", { who: page.me.name });
  const list = $(".codes", root);
  list.append(...codes.map((code) => make("li", {}, make("code", {}, code))));
  $("[data-print]", root).addEventListener("click", () => print());
  prepareCopy($("[data-copy]", root), { text: codes.join("\n"), said: "The codes are", show: () => list });
  handle($("form", root), {
    send: async ({ kept }) => {
      if (!kept) throw new Mistakes([{ field: "kept", text: "Keep the codes first, then tick the box." }]);
      await page.registered({ kind: "recovery_codes" });
    },
  });
  return root;
}
