// An authenticator app (RFC 6238): 6 digits, SHA-1, 30 seconds.

import { createHmac } from "node:crypto";
import { now, pass } from "./browser.mjs";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP = 30;

function bytesOf(secret) {
  const bits = [...secret.replace(/\s/g, "")].map((letter) => LETTERS.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
}

/** What the app shows at this second. */
export function codeAt(secret, seconds) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(seconds / STEP)));
  const digest = createHmac("sha1", bytesOf(secret)).update(counter).digest();
  const at = digest.at(-1) & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** What the app shows next: no code is good twice. */
export async function nextAppCode(secret) {
  await pass(STEP + 1);
  return codeAt(secret, now());
}

/** A code of another day. */
export const wrongAppCode = (secret) => codeAt(secret, now() - 86_400);
