// A page of Password reset whose fields have the names that the service gives them.

import { put } from "../../api.js";
import { $$, stamp } from "../../dom.js";
import { prepareSaving } from "../saving.js";

/** A tick is true or false, a number is a number, a [data-lines] is a list: one thing per line. */
function valueOf(input) {
  if (input.type === "checkbox") return input.checked;
  if ("lines" in input.dataset)
    return input.value
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
  const text = input.value.trim();
  if ("number" in input.dataset || input.inputMode === "numeric") return text === "" ? NaN : Number(text);
  return text;
}

function setValue(input, value) {
  if (input.type === "checkbox") input.checked = Boolean(value);
  else if (input.type === "radio") input.checked = input.value === String(value);
  else input.value = Array.isArray(value) ? value.join("\n") : (value ?? "");
}

const isEqual = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** Saves one page; gives what is saved now. */
export const putPart = async (name, values, version) =>
  (await put(`/api/policy/${name}`, { ...values, version }))[name];

/**
 * A section is { title, inWords, check?, explain?, saved?, prepare? }: prepare(root, tools) adds what
 * the form alone does not do.
 */
export function renderForm(saved, name, portal, section) {
  const root = stamp(`t-${name}`);
  const inputs = $$("[name]", root);
  const read = () =>
    Object.fromEntries(
      inputs.filter(({ type, checked }) => type !== "radio" || checked).map((input) => [input.name, valueOf(input)]),
    );
  const write = (values) => {
    for (const input of inputs) setValue(input, values[input.name]);
    section.written?.(root);
  };
  const tools = prepareSaving(root, saved, {
    read,
    write,
    check: section.check,
    inWords: section.inWords,
    explain: (problem) => section.explain?.(problem) ?? explain(problem),
    isSame: (a, b) => inputs.every(({ name: key }) => isEqual(a[key], b[key])),
    put: async (values, version) => {
      const now = await putPart(name, section.tidy?.(values, saved) ?? values, version);
      section.saved?.(now, portal);
      root.dispatchEvent(new CustomEvent("saved", { detail: now }));
      return now;
    },
  });
  section.prepare?.(root, { ...tools, saved, portal });
  return root;
}

const explain = ({ code, field, message }) => (code === "invalid_field" ? [{ field, text: message }] : undefined);
