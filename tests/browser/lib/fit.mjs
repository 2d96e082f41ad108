// The pages fit: 320 px wide (which is 1280 px at 400 %), and text at 200 %. Nothing has to be scrolled
// sideways, nothing is cut off, and what can be pressed is large enough.

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
  ["320 px", { width: 320, height: 640 }, 100],
  ["360 px", { width: 360, height: 740 }, 100],
  ["200 % zoom on a desktop", { width: 640, height: 450 }, 100],
  ["200 % text on a desktop", { width: 1280, height: 900 }, 200],
];

/** Two frames: styles are worked out in the one after a change. */
const settle = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

/** What does not fit, in words. The window is another one afterwards. */
export async function misfits(page) {
  const found = [];
  for (const [what, size, percent] of WINDOWS) {
    await page.setViewportSize(size);
    await page.evaluate((share) => (document.documentElement.style.fontSize = `${share}%`), percent);
    await page.evaluate(settle);
    const { sideways, sticking } = await page.evaluate(overflow);
    if (sideways > 0 || sticking.length > 0) found.push(`${what}: ${sideways} px sideways ${sticking.join(" ")}`);
    for (const target of await page.evaluate(small)) found.push(`${what}: small ${target}`);
  }
  await page.evaluate(() => (document.documentElement.style.fontSize = ""));
  return found;
}
