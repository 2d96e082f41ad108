// How hard a password is to guess, by zxcvbn. It advises; the service decides. The module weighs more than
// any page, so it comes when somebody types, and the page works as well without it.

import { $ } from "./dom.js";

/** The scores of zxcvbn, 0 to 4, as levels of the meter and in words. */
const SCORES = [
  { level: 1, words: "weak" },
  { level: 1, words: "weak" },
  { level: 2, words: "fair" },
  { level: 3, words: "good" },
  { level: 4, words: "strong" },
];
const EMPTY = { level: 0, words: "nothing typed yet" };
const COMING = { level: 0, words: "one moment…" };
const ABSENT = { level: 0, words: "cannot be shown now" };
const PAUSE = 150;

let zxcvbn;

/** The link's integrity counts for the import too: both are the same entry in the browser's list of modules. */
function load(root) {
  const [link] = document.importNode($("template[data-zxcvbn]", root).content, true).children;
  document.head.append(link);
  return import(link.href);
}

/** The parts of names that a guesser would try. */
const partsOf = (names) => [...new Set(names.flatMap((name) => [name, ...name.split(/[\s@.,_-]+/)]))].filter((part) => part.length > 2);

/**
 * Calls `show` with a level from 0 to 4 and its word whenever what is typed into `input` was judged: after a
 * pause, since judging takes some milliseconds. `names()` gives the words that would be easy to guess.
 */
export function watchStrength(root, input, names, show) {
  let soon;
  const judge = async () => {
    if (!input.value) return EMPTY;
    try {
      zxcvbn ??= load(root);
      const { score } = await zxcvbn;
      return input.value ? SCORES[score(input.value, partsOf(names()))] : EMPTY;
    } catch {
      return ABSENT;
    }
  };
  let shown = EMPTY;
  const put = (next) => show((shown = next));
  input.addEventListener("input", () => {
    if (shown === EMPTY && input.value) put(COMING);
    clearTimeout(soon);
    soon = setTimeout(async () => put(await judge()), PAUSE);
  });
  put(EMPTY);
}
