// What /reset and /bot-check leave for each other. A script of somebody else runs on /bot-check and can
// read all that this site keeps in the browser. So nothing that somebody typed is kept: it waits in the
// history's entry of /reset, which no other page can read.

const TOKEN = "bot-check-token";
const WAY_BACK = "bot-check-way-back";

/** How old a token may be, in milliseconds, a little less than its makers say. */
const FRESH = { turnstile: 280_000, hcaptcha: 110_000 };

function kept(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name)) ?? {};
  } catch {
    return {};
  }
}

const keep = (name, value) => sessionStorage.setItem(name, JSON.stringify(value));

/** A token that was not used yet. */
export function tokenOf(provider) {
  const { token, since, by } = kept(TOKEN);
  const age = Date.now() - since;
  return by === provider && typeof token === "string" && age >= 0 && age < FRESH[provider] ? token : undefined;
}

export const hasToken = () => Object.keys(FRESH).some(tokenOf);
export const keepToken = (by, token) => keep(TOKEN, { by, token, since: Date.now() });
export const dropToken = () => sessionStorage.removeItem(TOKEN);

/** Goes to get a token. What is typed waits for whoever comes back. Never returns. */
export function goForToken(typed, organisation) {
  history.replaceState({ typed }, "");
  const { key } = globalThis.navigation?.currentEntry ?? {};
  keep(WAY_BACK, { search: location.search, key, organisation });
  location.assign("/bot-check");
  return new Promise(() => undefined);
}

/** What was typed before somebody left for a token; nothing otherwise. Told once. */
export function takeTyped() {
  const { typed } = history.state ?? {};
  if (typed) history.replaceState(null, "");
  return typed;
}

/** On /bot-check: whom this is for, as far as /reset knew. */
export const organisationLeft = () => kept(WAY_BACK).organisation ?? {};

/** On /bot-check: back to where somebody came from. Browsers that cannot find it get a new /reset. */
export async function goBack() {
  const { search, key } = kept(WAY_BACK);
  try {
    const { committed, finished } = navigation.traverseTo(key);
    await Promise.all([committed, finished]);
  } catch {
    const query = typeof search === "string" && search.startsWith("?") ? search : "";
    location.replace(`/reset${query}`);
  }
}
