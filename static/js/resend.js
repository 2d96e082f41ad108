// The "Send a new code" button: waits, counts down for the eye, and speaks twice for the ear.

import { Lost, Problem } from "./api.js";
import { $, announce, count, waiting } from "./dom.js";

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
      if (error instanceof Lost) {
        button.disabled = false;
        say("The connection was lost. Check that you are online, then try again.", true);
      } else if (error instanceof Problem && error.code === "too_soon") wait(error.retryAfter ?? 30, 1);
      else if (error instanceof Problem && error.code === "too_many_codes") wait(0, 0);
      else refused(error);
    }
  });
  wait(sent.resend_in, sent.sends_left);
}
