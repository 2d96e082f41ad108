// The "Send a new code" button: waits, counts down for the eye, and speaks twice for the ear.

import { Lost } from "./api.js";
import { $, announce, count, waiting } from "./dom.js";
import { GONE } from "./form.js";

/** `sent` is what the service said about the last code; `send` asks for another; `refused` explains a no. */
export function prepareResend(root, sent, send, refused) {
  const parts = { root, button: $("[data-resend]", root), words: $("[data-wait]", root) };
  parts.button.addEventListener("click", () => again(parts, send, refused));
  rest(parts, sent.resend_in, sent.sends_left);
}

/** Nothing can be asked for until the time is over, and never again when no code is left. */
function rest(parts, seconds, left) {
  const { button, root, words } = parts;
  clearInterval(parts.timer);
  button.disabled = true;
  button.hidden = left === 0;
  if (left === 0) {
    words.textContent = "That was the last code we can send for now. Use another way, or ask your helpdesk.";
    return;
  }
  const until = Date.now() + seconds * 1000;
  const look = () => {
    const more = Math.ceil((until - Date.now()) / 1000);
    words.textContent = more > 0 ? `No code yet? You can ask for a new one in ${waiting(more)}.` : "No code yet?";
    if (more > 0) return;
    clearInterval(parts.timer);
    button.disabled = false;
    if (root.isConnected) announce("You can ask for a new code now.");
  };
  parts.timer = setInterval(look, 1000);
  look();
}

async function again(parts, send, refused) {
  const { button, root } = parts;
  if (button.disabled) return;
  button.disabled = true;
  try {
    const sent = await send();
    rest(parts, sent.resend_in, sent.sends_left);
    announce(`A new code was asked for. You can do this ${count(sent.sends_left, "more time")}.`);
    $("#f-code", root).focus();
  } catch (error) {
    await explain(parts, error, refused);
  }
}

async function explain(parts, error, refused) {
  const { button, words } = parts;
  if (error.code === "too_soon") return rest(parts, error.retryAfter ?? 30, 1);
  if (error.code === "too_many_codes") return rest(parts, 0, 0);
  const isLost = error instanceof Lost;
  if (!isLost && (await refused(error)) === GONE) return undefined;
  button.disabled = false;
  words.textContent = isLost ? "The connection was lost. Check that you are online, then try again." : error.message;
  return announce(words.textContent);
}
