// The bot check: the browser works for a moment, so that asking a million times costs a robot a million
// moments. Nobody has to see, hear or solve anything, and nobody else is asked. (The open protocol of
// ALTCHA. In pieces between which the page answers: a worker would need a script address, which this
// page's policy refuses to make from text.)
//
// Where another company makes the check instead, its widget is on a page of its own, and gives a token.

import { Problem, post } from "../api.js";
import { dropToken, tokenOf } from "./token.js";

const PIECE = 256;
/** Answers are good for ten minutes; one that has waited longer is not sent. */
const FRESH = 9 * 60_000;
const UNSAFE = {
  code: "insecure_page",
  title: "This page was opened without encryption, so it cannot be used. Open it with https at the front of its address.",
};

/** The answer that is being worked on, or lies ready: { since, answer }. It is a function that gives the answer. */
let next;

/** Begins to work, so that there is nothing to wait for when it is needed. */
export function prepare() {
  if (next && performance.now() - next.since < FRESH) return next;
  const answer = work();
  // Whoever needs it hears what went wrong.
  answer.catch(() => undefined);
  next = { since: performance.now(), answer };
  return next;
}

/**
 * An answer that was not used yet; `undefined` when none is asked for. `leave()` goes to where one can be had, and
 * never returns.
 */
export async function answerOf(leave) {
  try {
    return (await prepare().answer)(leave);
  } catch (error) {
    next = undefined;
    throw error;
  }
}

/** It was used, or refused. */
export function forget() {
  next = undefined;
  dropToken();
}

async function work() {
  const { kind, algorithm, challenge, salt, signature, maxnumber } = await post("/api/start-reset/bot-check");
  if (kind === "off") return () => undefined;
  if (kind !== "altcha") return (leave) => tokenOf(kind) ?? leave();
  if (!globalThis.crypto?.subtle) throw new Problem(0, UNSAFE);
  const number = await find(algorithm, challenge, salt, maxnumber);
  const answer = btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
  return () => answer;
}

async function find(algorithm, challenge, salt, most) {
  const encoder = new TextEncoder();
  const wanted = Number.parseInt(challenge.slice(0, 8), 16);
  const hash = (number) => crypto.subtle.digest(algorithm, encoder.encode(salt + number));
  for (let first = 0; first <= most; first += PIECE) {
    const numbers = Array.from({ length: Math.min(PIECE, most - first + 1) }, (_, more) => first + more);
    const hashes = await Promise.all(numbers.map(hash));
    const place = hashes.findIndex((bytes) => startOf(bytes) === wanted && hex(bytes) === challenge);
    if (place >= 0) return numbers[place];
  }
  throw new Problem(0, { code: "bot_check_failed" });
}

const startOf = (bytes) => new DataView(bytes).getUint32(0);
const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
