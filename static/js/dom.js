// Small helpers to build pages from <template> elements. Text goes in as text, never as markup.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/**
 * A copy of the template's only element, with its [data-slot] texts put in.
 * A slot that is given null is taken out; one that is not named keeps its words.
 */
export function stamp(id, slots = {}) {
  const copy = document.getElementById(id).content.firstElementChild.cloneNode(true);
  fill(copy, slots);
  return copy;
}

export function fill(root, slots) {
  for (const [name, text] of Object.entries(slots)) {
    for (const slot of $$(`[data-slot="${name}"]`, root)) {
      if (text === null) slot.remove();
      else slot.textContent = text;
    }
  }
}

/** A new element: make("td", { className: "x" }, "text", node). */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export function icon(name) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  const use = document.createElementNS(ns, "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

let clearing;

/** Says something to people who listen to the page, without interrupting them. */
export function announce(text) {
  const region = $("#polite");
  clearTimeout(clearing);
  region.textContent = text;
  // Emptied later, so that the same words can be said again.
  clearing = setTimeout(() => (region.textContent = ""), 4000);
}

/** "1 second", "2 seconds". */
export const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** A waiting time in words. */
export function waiting(seconds) {
  if (seconds < 90) return count(seconds, "second");
  if (seconds < 5400) return count(Math.ceil(seconds / 60), "minute");
  return count(Math.ceil(seconds / 3600), "hour");
}
