// Talks to the API. Every answer is data or one of two errors: Problem (the service said no) and
// Lost (no answer came). Reads are tried again by themselves; writes never are.

/** The service answered, and the answer is no. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.title ?? "Something went wrong.");
    this.status = status;
    this.code = body.code ?? (status >= 500 ? "unavailable" : "unknown");
    this.field = body.field;
    this.reasons = body.reasons ?? [];
    this.retryAfter = body.retry_after;
    this.current = body.current;
    this.detail = body.detail;
    this.at = body.at;
  }
}

/** No answer: the network, or a service that is down. */
export class Lost extends Error {}

const PATIENCE = 30_000;
const PAUSES = [400, 1200, 3000];
let csrf;

const pause = (milliseconds) =>
  new Promise((done) => {
    setTimeout(done, milliseconds);
    // Back online: no need to wait longer.
    addEventListener("online", done, { once: true });
  });

async function ask(method, path, body) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (csrf && method !== "GET") headers["X-CSRF-Token"] = csrf;
  const request = { method, headers, body: JSON.stringify(body), cache: "no-store" };
  request.signal = AbortSignal.timeout(PATIENCE);
  let response, text;
  try {
    response = await fetch(path, request);
    text = await response.text();
  } catch {
    throw new Lost();
  }
  return understand(response, text);
}

function understand(response, text) {
  let data = {};
  try {
    if (text) data = JSON.parse(text);
  } catch {
    // A proxy's own page, not our answer.
    throw response.ok || response.status >= 500 ? new Lost() : new Problem(response.status, {});
  }
  if (!response.ok) throw new Problem(response.status, data);
  if (data.stage || data.csrf) csrf = data.csrf;
  return data;
}

/** Reads. Tries again a few times when no answer comes. */
export async function get(path) {
  for (const milliseconds of PAUSES) {
    try {
      return await ask("GET", path);
    } catch (error) {
      const worthIt = error instanceof Lost || error.status === 503;
      if (!worthIt) throw error;
      await pause(milliseconds);
    }
  }
  return ask("GET", path);
}

/** Who I am and what is asked of me next. */
export const session = () => get("/api/sign-in");

async function write(method, path, body) {
  try {
    return await ask(method, path, body);
  } catch (error) {
    if (error.code !== "csrf_failed") throw error;
    // Another tab started a new session: learn its token. The refused write did nothing.
    await session();
    return ask(method, path, body);
  }
}

export const post = (path, body = {}) => write("POST", path, body);
export const put = (path, body) => write("PUT", path, body);
export const patch = (path, body) => write("PATCH", path, body);
export const remove = (path, body) => write("DELETE", path, body);
export const signOut = async () => {
  await remove("/api/sign-in");
  csrf = undefined;
};
