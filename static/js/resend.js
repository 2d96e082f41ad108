// The "Send a new code" button: waits, counts down for the eye, and speaks twice for the ear.

import { Lost, Problem } from "./api.js";
import { $, announce, count, waiting } from "./dom.js";
import { GONE } from "./form.js";

/** `sent` is what the service said about the last code; `send` asks for another. */
export function prepareResend(root, sent, send, refused) {
  const button = $("[data-resend]", root);
  const words = $("[data-wait]", root);
  let timer;
  const say = (text, aloud) => {
    words.textContent = text;
    if (aloud) announce(text);
  };
  const wait = (seconds, left) => {
    clearInterval(timer);
    button.disabled = true;
    button.hidden = left === 0;
    if (left === 0) return say("That was the last code we can send for now.");
    const until = Date.now() + seconds * 1000;
    const look = () => {
      const rest = Math.ceil((until - Date.now()) / 1000);
      if (!root.isConnected && timer) return clearInterval(timer);
      if (rest > 0) return say(`No code yet? You can ask for a new one in ${waiting(rest)}.`);
      clearInterval(timer);
      button.disabled = false;
      return say("No code yet?", false) ?? announce("You can ask for a new code now.");
    };
    say(`No code yet? You can ask for a new one in ${waiting(seconds)}.`);
    timer = setInterval(look, 1000);
    return undefined;
  };
  button.addEventListener("click", async () => {
    if (button.disabled) return;
    button.disabled = true;
    try {
      const next = await send();
      wait(next.resend_in, next.sends_left);
      announce(`A new code was asked for. You can do this ${count(next.sends_left, "more time")}.`);
      $("#f-code", root).focus();
    } catch (error) {
      await explain(error);
    }
  });
  const explain = async (error) => {
    if (error.code === "too_soon") return wait(error.retryAfter ?? 30, 1);
    if (error.code === "too_many_codes") return wait(0, 0);
    if (error instanceof Problem && (await refused(error)) === GONE) return undefined;
    button.disabled = false;
    const isLost = error instanceof Lost;
    return say(isLost ? "The connection was lost. Check that you are online, then try again." : error.message, true);
  };
  wait(sent.resend_in, sent.sends_left);
}
