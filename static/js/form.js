// One way to send a form: check, send once, and say what to do when it does not work. What was typed
// always stays.

import { Lost, Problem } from "./api.js";
import { $, $$, make, stamp, waiting } from "./dom.js";
import { hideSecrets } from "./fields.js";
import { Mistakes } from "./mistakes.js";

/**
 * Makes `form` send itself through `send(values)`.
 * `explain(problem)` may turn a Problem into [{ field?, text, href? }], or say GONE when it led the
 * person elsewhere; without an answer the service's own words are shown.
 */
export function handle(form, { send, explain = () => undefined }) {
  let busy = false;
  const submit = async () => {
    if (busy) return;
    busy = true;
    clear(form);
    setBusy(form, true);
    try {
      await send(Object.fromEntries(new FormData(form)));
    } catch (error) {
      await complain(form, error, explain, submit);
    } finally {
      busy = false;
      setBusy(form, false);
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
}

function setBusy(form, busy) {
  form.setAttribute("aria-busy", String(busy));
  for (const button of $$("button:not([type=button])", form)) {
    button.setAttribute("aria-disabled", String(busy));
  }
  if (busy) hideSecrets(form);
}

async function complain(form, error, explain, again) {
  if (error instanceof Mistakes) return showMistakes(form, error.list);
  if (error instanceof Lost) return showLost(form, again);
  if (!(error instanceof Problem)) {
    showMistakes(form, [{ text: "Something is wrong with this page. Load it again, then try once more." }]);
    throw error;
  }
  let answer;
  try {
    answer = await explain(error);
  } catch (other) {
    // Explaining may ask the service where the person stands, and that can fail too.
    return complain(form, other, () => undefined, again);
  }
  if (answer === GONE) return undefined;
  return showMistakes(form, answer ?? [general(form, error)]);
}

/** What `explain` returns when it led the person to another step. */
export const GONE = Symbol("gone");

/** The service's own words. When it asks for patience, the words change once the time is over. */
function general(form, problem) {
  const field = $(`[data-field="${problem.field}"]`, form) ? problem.field : undefined;
  if (!problem.retryAfter) return { field, text: sentence(problem.message) };
  const [what] = problem.message.split(/(?<=[.!?]) /);
  const rest = `You can try again in ${waiting(problem.retryAfter)}.`;
  return { field, text: `${sentence(what)} ${rest}`, later: "You can try again now.", after: problem.retryAfter };
}

const sentence = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

export function clear(form) {
  $$(".note.errors, .note.lost", form).forEach((note) => note.remove());
  for (const field of $$(".field.wrong", form)) {
    field.classList.remove("wrong");
    $(".error", field)?.remove();
    for (const input of $$("[aria-invalid]", field)) {
      input.removeAttribute("aria-invalid");
      describe(input, "remove", `${field.dataset.field}-error`);
    }
  }
  document.title = document.title.replace(/^Error: /, "");
}

function describe(input, act, id) {
  const ids = new Set((input.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  if (act === "add") ids.add(id);
  else ids.delete(id);
  if (ids.size > 0) input.setAttribute("aria-describedby", [...ids].join(" "));
  else input.removeAttribute("aria-describedby");
}

/** The summary on top takes the focus and leads to each field; the field says it too. */
export function showMistakes(form, list) {
  clear(form);
  const summary = stamp("t-errors");
  for (const { field, text, href, later, after } of list) {
    const target = field && markField(form, field, text);
    const words = target ? linkTo(target, text) : text;
    const line = make("li", {}, href ? make("a", { href }, text) : words);
    $("ul", summary).append(line);
    if (later) setTimeout(() => (line.textContent = later), after * 1000);
  }
  form.prepend(summary);
  document.title = `Error: ${document.title}`;
  summary.focus();
}

function markField(form, name, text) {
  const field = $(`[data-field="${name}"]`, form);
  const input = field && $("input, select, textarea, button", field);
  if (!input) return undefined;
  const id = `${name}-error`;
  const before = field.classList.contains("wrong") && $(".error", field);
  if (before) {
    before.append(make("br"), text);
    return input;
  }
  field.classList.add("wrong");
  field.closest("details")?.setAttribute("open", "");
  const message = make("p", { className: "error", id }, text);
  (input.closest(".secret, .suffixed, .choices") ?? input).before(message);
  input.setAttribute("aria-invalid", "true");
  describe(input, "add", id);
  return input;
}

function linkTo(input, text) {
  const link = make("a", { href: `#${input.id}` }, text);
  link.addEventListener("click", (event) => {
    // The address belongs to the steps, so the link moves the focus by hand.
    event.preventDefault();
    input.focus();
    input.scrollIntoView({ block: "center" });
  });
  return link;
}

function showLost(form, again) {
  const note = stamp("t-lost");
  note.classList.add("lost");
  $("[data-try]", note).addEventListener("click", again);
  form.prepend(note);
  note.focus();
}
