// Grades the headers of every page as MDN's HTTP Observatory does, with the scorer's own code. What the
// scorer would find out by way of TLS is assumed: the proxy has a certificate, and port 80 redirects.

import { mkdirSync, writeFileSync } from "node:fs";
import { ALL_TESTS } from "@mdn/mdn-http-observatory/src/constants.js";
import { MINIMUM_SCORE_FOR_EXTRA_CREDIT } from "@mdn/mdn-http-observatory/src/grader/charts.js";
import { getGradeForScore, getScoreDescription, getScoreModifier } from "@mdn/mdn-http-observatory/src/grader/grader.js";
import { Session } from "@mdn/mdn-http-observatory/src/retriever/session.js";
import { Requests } from "@mdn/mdn-http-observatory/src/types.js";

const HOST = "reset.contoso.example";
const PAGES = ["/", "/signin", "/reset", "/register", "/account", "/admin", "/admin/policy", "/admin/reports", "/setup"];
/**
 * A hundred, and for the policy of contents 10, for resources 10, for openers 10, for embedding 10, framing 5, referrers 5
 * and integrity 5. What is missing to the most there is (165): cookies, which no page sets, and the browsers' own list of hosts.
 */
const WANTED = 155;
/**
 * What algorithm 6 of the scorer (of 19 August 2026) gives for two headers that the packaged one, algorithm 4, does not
 * look at. Whatever else they say, or say twice, costs points.
 */
const ISOLATION = {
  "cross-origin-opener-policy": { "": 0, "same-origin": 10, "same-origin-allow-popups": 10, "noopener-allow-popups": 10, "unsafe-none": 0 },
  "cross-origin-embedder-policy": { "": 0, "require-corp": 10, credentialless: 10, "unsafe-none": 0 },
};
const UNKNOWN_VALUE = -5;

// The list of hosts that browsers know by heart, which the scorer would fetch when it is installed: ours is not on it.
const conf = new URL("node_modules/@mdn/mdn-http-observatory/conf/", import.meta.url);
mkdirSync(conf, { recursive: true });
writeFileSync(new URL("hsts-preload.json", conf), "{}");

/** What the scorer calls a response. */
function seen(answer) {
  const headers = Object.fromEntries(answer.headers);
  return { headers, status: answer.status, statusText: answer.statusText, verified: true, data: "", config: { headers: {} } };
}

async function requestsFor(path) {
  const base = process.env.RELATCH_URL;
  const page = await fetch(base + path);
  const cors = await fetch(base + path, { headers: { origin: `https://${HOST}.evil.example` } });
  const requests = new Requests(HOST);
  requests.resources.path = await page.text();
  requests.responses.auto = seen(page);
  requests.responses.https = seen(page);
  requests.responses.http = seen(page);
  requests.responses.cors = { ...seen(cors), request: { headers: { origin: `https://${HOST}.evil.example` } } };
  requests.responses.httpRedirects = [
    { url: new URL(`http://${HOST}${path}`), status: 301 },
    { url: new URL(`https://${HOST}${path}`), status: 200 },
  ];
  requests.responses.httpsRedirects = [{ url: new URL(`https://${HOST}${path}`), status: 200 }];
  requests.session = new Session(new URL(`https://${HOST}${path}`));
  for (const cookie of page.headers.getSetCookie()) await requests.session.jar.setCookie(cookie, `https://${HOST}/`);
  return requests;
}

/** Score, grade, and what gave or took points. */
async function grade(path) {
  const requests = await requestsFor(path);
  const results = ALL_TESTS.map((test) => test(requests)).filter(({ result }) => result);
  const points = results.map(({ result }) => ({ what: getScoreDescription(result), points: getScoreModifier(result) }));
  for (const [header, values] of Object.entries(ISOLATION)) {
    const value = (requests.responses.auto.headers[header] ?? "").trim();
    points.push({ what: `${header}: ${value}`, points: values[value] ?? UNKNOWN_VALUE });
  }
  const sum = (list) => list.reduce((total, { points: some }) => total + some, 100);
  const base = sum(points.filter(({ points: some }) => some < 0));
  const score = base >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? sum(points) : base;
  return { ...getGradeForScore(score), points };
}

let isBad = false;
for (const path of PAGES) {
  const { grade: letter, score, points } = await grade(path);
  console.log(`${path.padEnd(16)} ${letter.padEnd(3)} ${score}`);
  if (score >= WANTED) continue;
  isBad = true;
  for (const { what, points: some } of points) console.log(`    ${String(some).padStart(4)} ${what}`);
}
process.exitCode = isBad ? 1 : 0;
