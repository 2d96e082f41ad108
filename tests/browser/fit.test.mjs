// The pages fit: 320 px wide (which is 1280 px at 400 %), and text at 200 %. Nothing has to be scrolled
// sideways, nothing is cut off, and what can be pressed is large enough.

import assert from "node:assert/strict";
import test from "node:test";
import { launch } from "./lib/browser.mjs";
import { everyState } from "./lib/states.mjs";

const browser = await launch();
test.after(() => browser.close());

/**
 * How far the page, or an open dialog, can be scrolled sideways, and what sticks out. Numbers may scroll
 * in a place of their own.
 */
function overflow() {
  const frame = document.querySelector("dialog[open]") ?? document.documentElement;
  const width = document.documentElement.clientWidth;
  const sticking = [...document.querySelectorAll("main *, dialog[open] *")].filter((element) => {
    const { right, width: own } = element.getBoundingClientRect();
    return own > 1 && right > width + 1 && !element.closest(".wide, .sample");
  });
  return {
    sideways: frame.scrollWidth - frame.clientWidth,
    sticking: sticking.slice(0, 3).map(({ outerHTML }) => outerHTML.slice(0, 90)),
  };
}

/** Targets smaller than 24 px either way, except links inside a sentence. */
function small() {
  const all = [...document.querySelectorAll("button, select, input:not([hidden]), .way, .menu a")];
  return all
    .filter((element) => element.checkVisibility() && !element.matches("[type=radio], [type=checkbox]"))
    .filter((element) => element.getBoundingClientRect().height < 24)
    .map(({ outerHTML }) => outerHTML.slice(0, 90));
}

const WINDOWS = [
  ["320 px", { size: { width: 320, height: 640 } }, 100],
  ["360 px", { size: { width: 360, height: 740 } }, 100],
  ["200 % zoom on a desktop", { size: { width: 640, height: 450 } }, 100],
  ["200 % text on a desktop", { size: "desktop" }, 200],
];

for (const [what, options, percent] of WINDOWS) {
  test(`every page and state fits: ${what}`, async () => {
    const found = [];
    await everyState(browser, options, async (name, page) => {
      await page.evaluate((size) => (document.documentElement.style.fontSize = `${size}%`), percent);
      const { sideways, sticking } = await page.evaluate(overflow);
      if (sideways > 0 || sticking.length > 0) found.push(`${name}: ${sideways} px sideways ${sticking.join(" ")}`);
      for (const target of await page.evaluate(small)) found.push(`${name}: small ${target}`);
    });
    assert.deepEqual(found, []);
  });
}
