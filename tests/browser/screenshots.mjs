// node screenshots.mjs OUT_DIR: a picture of every page in every state, light and dark, phone and desktop.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SIZES, launch, settled } from "./lib/browser.mjs";
import { everyState } from "./lib/states.mjs";

const out = process.argv[2];
if (!out) throw new Error("say where to put the pictures: node screenshots.mjs OUT_DIR");
await mkdir(out, { recursive: true });

const browser = await launch();

/** The whole page in one picture: the window grows, so that what sticks to it stays in place. */
async function shoot(page, path, { width, height }) {
  await settled(page);
  const full = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.min(Math.max(full, height), 2400) });
  await page.screenshot({ path });
  await page.setViewportSize({ width, height });
}

for (const size of Object.keys(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    const troubles = await everyState(browser, { size, colorScheme, reducedMotion: "reduce" }, async (name, page) => {
      await shoot(page, join(out, `${name}-${size}-${colorScheme}.png`), SIZES[size]);
    });
    for (const trouble of troubles) process.stderr.write(`${size} ${colorScheme}: ${trouble}\n`);
  }
}
await browser.close();
