// Lighthouse's scores of the pages people see first, on a phone and on a desktop. Run by `cargo xtask lighthouse`, which
// starts a service and says where it is. Ends with 1 when a score is below 100.
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";
import desktop from "lighthouse/core/config/desktop-config.js";
import { administrator } from "./administrator.mjs";

const { RELATCH_URL, CHROMIUM } = process.env;
const CATEGORIES = ["performance", "accessibility", "best-practices"];
const FLAGS = ["--headless=new", "--no-sandbox", "--disable-background-networking"];
const SETTINGS = { mobile: undefined, desktop };
/** The median of so many runs counts, as Lighthouse advises. */
const RUNS = 5;

/** One run in a browser of its own: scores by category, and what kept them below 100. */
async function run(path, form, cookie) {
  const chrome = await launch({ chromePath: CHROMIUM, chromeFlags: FLAGS });
  try {
    const flags = { port: chrome.port, logLevel: "silent", onlyCategories: CATEGORIES };
    if (cookie) flags.extraHeaders = { Cookie: cookie };
    const { lhr } = await lighthouse(`${RELATCH_URL}${path}`, flags, SETTINGS[form]);
    if (lhr.runtimeError) throw new Error(`${path}: ${lhr.runtimeError.message}`);
    if (CATEGORIES.some((id) => lhr.categories[id].score === null)) throw new Error(`${path}: not everything was measured`);
    const seen = new URL(lhr.finalDisplayedUrl).pathname;
    const scores = Object.fromEntries(CATEGORIES.map((id) => [id, Math.round(lhr.categories[id].score * 100)]));
    return { scores, seen, faults: CATEGORIES.filter((id) => scores[id] < 100).flatMap((id) => faults(lhr, id)) };
  } finally {
    chrome.kill();
  }
}

function faults(lhr, category) {
  const weighty = lhr.categories[category].auditRefs.filter(({ weight }) => weight > 0).map(({ id }) => lhr.audits[id]);
  const bad = weighty.filter(({ score }) => score !== null && score < (category === "performance" ? 0.995 : 1));
  return bad.map(({ id, title, displayValue, details }) => {
    const items = (details?.items ?? []).map((item) => item.node?.snippet ?? item.source?.url ?? item.url ?? item.description);
    return `${category}: ${id}: ${title} ${displayValue ?? ""} ${items.filter(Boolean).slice(0, 5).join(" | ")}`.trim();
  });
}

const isPerfect = ({ scores }) => Object.values(scores).every((score) => score === 100);
const sum = ({ scores }) => Object.values(scores).reduce((total, score) => total + score, 0);

/**
 * The median run, by what its scores add up to. When most are perfect, so is the median: no need for the rest.
 * A run in which the browser measured nothing is no run, but not for ever.
 */
async function median(path, form, cookie) {
  const runs = [];
  for (let lost = 0; runs.length < RUNS && runs.filter(isPerfect).length <= RUNS / 2;) {
    try {
      runs.push(await run(path, form, cookie));
    } catch (error) {
      lost += 1;
      if (lost > RUNS) throw error;
    }
  }
  const sorted = runs.toSorted((one, other) => sum(one) - sum(other));
  return { ...sorted[Math.floor(sorted.length / 2)], each: runs.map(({ scores }) => scores.performance).join(" ") };
}

const session = await administrator();
let below = 0;
console.log(`${"page".padEnd(10)}${"as".padEnd(10)}${CATEGORIES.map((id) => id.padStart(16)).join("")}`);
// The portal as a signed-in administrator sees it; the other two as a stranger does.
for (const [path, cookie] of [["/signin"], ["/reset"], ["/admin", session]]) {
  for (const form of Object.keys(SETTINGS)) {
    const { scores, seen, faults: why, each } = await median(path, form, cookie);
    const figures = CATEGORIES.map((id) => String(scores[id]).padStart(16)).join("");
    console.log(`${path.padEnd(10)}${form.padEnd(10)}${figures}   performance of each run: ${each}`);
    if (seen !== path) console.log(`  the page led to ${seen}`);
    for (const line of why) console.log(`  ${line}`);
    below += seen !== path || !isPerfect({ scores });
  }
}
if (below) {
  console.error(`${below} of 6 are below 100`);
  process.exitCode = 1;
}
