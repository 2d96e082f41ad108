// The first administrator, made and signed in over HTTP: what a browser would have to send.

const { RELATCH_URL, CATCHER_URL, SETUP_SECRET } = process.env;
const NAME = "admin";
const PASSWORD = "a calm harbour at first light";
const PHONE = "+447400999000";

const cookies = new Map();
let csrf = "";

async function post(path, body) {
  const headers = {
    origin: RELATCH_URL,
    "content-type": "application/json",
    "x-csrf-token": csrf,
    cookie: [...cookies].map((pair) => pair.join("=")).join("; "),
  };
  const answer = await fetch(`${RELATCH_URL}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const json = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${JSON.stringify(json)}`);
  for (const cookie of answer.headers.getSetCookie()) {
    const [pair] = cookie.split(";");
    const at = pair.indexOf("=");
    cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }
  csrf = json.csrf ?? csrf;
  return json;
}

async function code() {
  for (let tries = 0; tries < 400; tries++) {
    const messages = await (await fetch(`${CATCHER_URL}/messages`)).json();
    const found = messages.findLast(({ to }) => to === PHONE);
    if (found) return found.body.match(/\d{8}/)[0];
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("no message arrived");
}

/** The Cookie header of a signed-in administrator with a second factor. */
export async function administrator() {
  await post("/api/setup", { secret: SETUP_SECRET, name: NAME, display_name: "Ada Admin", password: PASSWORD });
  await post("/api/sign-in", { name: NAME, password: PASSWORD });
  await post("/api/send-code/register", { delivery: "text", country: "GB", number: PHONE });
  await post("/api/verify-code/register", { code: await code() });
  const { stage } = await post("/api/register/finish", {});
  if (stage !== "signed_in") throw new Error(`the administrator is ${stage}`);
  return [...cookies].map((pair) => pair.join("=")).join("; ");
}
