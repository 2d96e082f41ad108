// The code that starts a reset for somebody: shown once, with how to hand it over.

import { prepareCopy } from "../../copy.js";
import { momentOf } from "../../dates.js";
import { $, $$, stamp } from "../../dom.js";
import { keptFor } from "../once.js";
import { userPlace } from "./one.js";

export function codeView(_, id) {
  const started = keptFor(`${userPlace(id)}/code`);
  return started && { title: "A reset is started", section: "users", render: () => render(started) };
}

function render({ user, code, link, expires_at: until }) {
  const root = stamp("t-user-code", {
    who: user.display_name,
    until: momentOf(until),
    place: link.replace(/^https?:\/\//, "").split("#")[0],
  });
  for (const back of $$("[data-back]", root)) back.href = `#${userPlace(user.id)}`;
  for (const [name, text, said] of [
    ["code", code, "The code is"],
    ["link", link, "The link is"],
  ]) {
    const shown = $(`[data-${name}]`, root);
    shown.textContent = text;
    prepareCopy($(`[data-copy-${name}]`, root), { text, said, show: () => shown });
  }
  return root;
}
