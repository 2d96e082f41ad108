// The rule of a dynamic group: tried before it is saved, and a mistake in it pointed at.

import { Lost, Problem, post } from "../../api.js";
import { $, count, make } from "../../dom.js";
import { clear, showMistakes } from "../../form.js";
import { Mistakes } from "../../mistakes.js";

/** The rule that was typed, or a mistake. */
export function ruleFrom(text) {
  const rule = text.trim();
  if (!rule) throw new Mistakes([{ field: "rule", text: "Type a rule. Look at the examples below it." }]);
  return rule;
}

const AROUND = 12;

/** Why the service cannot read the rule. The field, once it has the focus, shows the place. */
export function explainRule({ code, field, at, detail, message }, root) {
  if (code !== "invalid_rule" && field !== "rule") return undefined;
  const words = detail ?? message;
  if (!at) return [{ field: "rule", text: words }];
  const input = $("#f-rule", root);
  const rule = input.value;
  // The service reads the rule without the spaces around it.
  const start = rule.length - rule.trimStart().length + at - 1;
  input.addEventListener("focus", () => input.setSelectionRange(start, Math.min(start + 1, rule.length)), {
    once: true,
  });
  const near = rule.slice(Math.max(0, start - AROUND), start + AROUND).trim();
  return [
    { field: "rule", text: `${words.replace(/\.$/, "")}, at character ${start + 1}${near && `, near “${near}”`}.` },
  ];
}

/** The button that tries a rule on the newest accounts. */
export function prepareTry(root) {
  const form = $("form", root);
  const button = $("[data-try-rule]", root);
  const place = $("[data-tried]", root);
  const say = (...content) => place.replaceChildren(...content);
  button.addEventListener("click", async () => {
    if (button.disabled) return;
    button.disabled = true;
    clear(form);
    say();
    try {
      show(await post("/api/groups/try-rule", { rule: ruleFrom($("#f-rule", root).value) }), say);
    } catch (error) {
      if (error instanceof Mistakes) showMistakes(form, error.list);
      else if (error instanceof Lost)
        say(make("p", {}, "The connection was lost. Check that you are online, then try again."));
      else if (error instanceof Problem) showMistakes(form, explainRule(error, root) ?? [{ text: error.message }]);
      else throw error;
    } finally {
      button.disabled = false;
    }
  });
}

function show({ people, looked_at: looked }, say) {
  if (people.length === 0) {
    say(make("p", {}, `Nobody of the ${count(looked, "newest account")} matches.`));
    return;
  }
  const lines = people.map(({ display_name: who, name }) =>
    make("li", {}, make("span", {}, make("strong", {}, who), " ", make("small", {}, name))),
  );
  const words = `Of the ${count(looked, "newest account")}, for example:`;
  say(make("p", {}, words), make("ul", { className: "chosen" }, ...lines));
}
