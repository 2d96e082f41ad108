// A rough, honest guess at how hard a password is to guess. It advises; the service decides.

const WORDS = ["nothing typed yet", "weak", "fair", "good", "strong"];
const RUNS = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
const COMMON = ["password", "welcome", "letmein", "admin", "login", "monkey", "dragon", "football", "summer", "winter"];

/** Whether these three characters follow each other on the keyboard, in the alphabet or by counting. */
function isRun(three) {
  const back = [...three].reverse().join("");
  return RUNS.some((run) => run.includes(three) || run.includes(back));
}

/** How many characters really add something: not repeats, runs, names or common words. */
function worth(password, names) {
  let text = password.toLowerCase();
  for (const word of [...COMMON, ...names]) text = text.replaceAll(word, "#");
  let sum = 0;
  for (let at = 0; at < text.length; at += 1) {
    const three = text.slice(Math.max(0, at - 2), at + 1);
    const repeats = at > 0 && text[at] === text[at - 1];
    const isWeak = repeats || (three.length === 3 && isRun(three));
    sum += isWeak ? 0.2 : 1;
  }
  const variety = new Set(text).size;
  return Math.min(sum, variety * 2);
}

/** A level from 0 (empty) to 4, and its word. */
export function strength(password, names) {
  if (!password) return { level: 0, words: WORDS[0] };
  const value = worth(password, names);
  const level = 1 + [9, 15, 20].filter((limit) => value >= limit).length;
  return { level, words: WORDS[level] };
}
