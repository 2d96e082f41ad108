// What the pages need of zxcvbn-ts: a score from 0 (guessed at once) to 4, for a password and the words of
// the person. Passwords that leaked, and keyboards; the English words changed no score and weigh twice as much.

import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import { adjacencyGraphs, dictionary } from "@zxcvbn-ts/language-common";

// The time it takes grows with the square of the length: what stands behind so many characters only adds.
const zxcvbn = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs, maxLength: 100 });

export const score = (password, words) => zxcvbn.check(password, words).score;
