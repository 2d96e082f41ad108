// Whole resets (start, send, verify, set) against a running host, at rising concurrency.
// Run by `cargo xtask bench`, which starts a fresh service and says where it is.
import { createHash } from "node:crypto";
import http from "node:http";
import os from "node:os";
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";

const { RELATCH_URL, RELATCH_ORIGIN, CATCHER_URL, SETUP_SECRET, HOST_PID, DATABASE, COMMIT, FOLDER, WRITE } = process.env;
const JOURNEYS = Number(process.env.JOURNEYS ?? 64);
const LEVELS = [1, 4, 8, 64];
const STEPS = ["start", "send", "verify", "set"];

/** A client at a loopback address of its own, with cookies and keep-alive. */
class Client {
  static count = 0;
  constructor() {
    const n = ++Client.count;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 1, localAddress: `127.${1 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}` });
    this.cookies = new Map();
    this.csrf = undefined;
  }

  call(method, path, body) {
    const started = process.hrtime.bigint();
    const url = new URL(path, RELATCH_URL);
    const headers = { origin: RELATCH_ORIGIN, "content-type": "application/json", cookie: [...this.cookies].map((pair) => pair.join("=")).join("; ") };
    if (this.csrf) headers["x-csrf-token"] = this.csrf;
    return new Promise((resolve, reject) => {
      const request = http.request(url, { method, agent: this.agent, headers }, (response) => {
        let text = "";
        response.on("data", (piece) => (text += piece));
        response.on("end", () => {
          for (const cookie of response.headers["set-cookie"] ?? []) {
            const [pair] = cookie.split(";");
            const at = pair.indexOf("=");
            this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
          }
          const json = text ? JSON.parse(text) : {};
          if (json.csrf) this.csrf = json.csrf;
          resolve({ status: response.statusCode, json, ms: Number(process.hrtime.bigint() - started) / 1e6 });
        });
      });
      request.on("error", reject);
      request.end(body ? JSON.stringify(body) : undefined);
    });
  }

  async must(status, method, path, body) {
    const answer = await this.call(method, path, body);
    if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.json)}`);
    return answer;
  }

  close() {
    this.agent.destroy();
  }
}

/** Waits for the newest message to a number that was not seen before. */
const seen = new Set();
async function codeFor(number) {
  for (let tries = 0; tries < 2_000; tries++) {
    const messages = await (await fetch(`${CATCHER_URL}/messages`)).json();
    const found = messages.findLast((message) => message.to === number && !seen.has(message.id));
    if (found) {
      seen.add(found.id);
      return found.body.match(/\d{8}/)[0];
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("no message arrived");
}

const phoneOf = (n) => `+4474001${String(10_000 + n).padStart(5, "0")}`;

async function prepare(total) {
  const admin = new Client();
  const password = "a calm harbour at first light";
  await admin.must(201, "POST", "/api/setup", { secret: SETUP_SECRET, name: "admin", display_name: "Ada Admin", password });
  await admin.must(200, "POST", "/api/sign-in", { name: "admin", password });
  await registerPhone(admin, "+447400999000");
  await admin.must(200, "PUT", "/api/enable-group", { scope: "all", groups: [], version: 0 });
  const people = [];
  await pool(4, total, async (n) => {
    const { json } = await admin.must(201, "POST", "/api/users", { name: `user${n}`, display_name: `User ${n}` });
    const client = new Client();
    await client.must(200, "POST", "/api/sign-in", { name: `user${n}`, password: json.initial_password });
    await client.must(200, "POST", "/api/set-password/sign-in", { password: `number ${n} walks home slowly` });
    await registerPhone(client, phoneOf(n));
    client.close();
    people.push({ name: `user${n}`, phone: phoneOf(n) });
  });
  admin.close();
  return people;
}

async function registerPhone(client, number) {
  await client.must(202, "POST", "/api/send-code/register", { delivery: "text", country: "GB", number });
  await client.must(200, "POST", "/api/verify-code/register", { code: await codeFor(number) });
  await client.must(200, "POST", "/api/register/finish", {});
}

async function pool(width, total, work) {
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < total) await work(next++);
    }),
  );
}

/** The answer to a bot check, as the page works it out. */
function solve({ json: { algorithm, challenge, salt, signature, maxnumber } }) {
  for (let number = 0; number <= maxnumber; number++) {
    const hash = createHash("sha256").update(salt + number).digest("hex");
    if (hash === challenge) return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
  }
  throw new Error("no answer to the bot check");
}

async function journey(person, times) {
  const client = new Client();
  try {
    // Opens the connection, as the page did before anybody typed a name.
    await client.call("GET", "/api/sign-in");
    // Worked out while the name was typed.
    const answer = solve(await client.must(200, "POST", "/api/start-reset/bot-check", {}));
    const steps = [
      () => client.must(200, "POST", "/api/start-reset", { name: person.name, bot_check: answer }),
      () => client.must(202, "POST", "/api/send-code/reset", { delivery: "text", country: "GB", number: person.phone }),
      async () => client.must(200, "POST", "/api/verify-code/reset", { code: await codeFor(person.phone) }),
      () => client.must(200, "POST", "/api/set-password/reset", { password: `${person.name} drinks cold lemonade` }),
    ];
    for (const [at, step] of steps.entries()) times[STEPS[at]].push((await step()).ms);
  } finally {
    client.close();
  }
}

const percentile = (values, p) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * p))] ?? NaN;

/** SQLite counts every commit in bytes 24 to 27 of its file. */
function commits() {
  const file = openSync(DATABASE, "r");
  const bytes = Buffer.alloc(4);
  readSync(file, bytes, 0, 4, 24);
  closeSync(file);
  return bytes.readUInt32BE();
}

const peakMegabytes = () => Number(readFileSync(`/proc/${HOST_PID}/status`, "utf8").match(/VmHWM:\s+(\d+)/)[1]) / 1024;

const starting = peakMegabytes();
const people = await prepare(JOURNEYS * LEVELS.length);
// A phone that had a code a moment ago gets no other for 30 seconds.
await new Promise((resolve) => setTimeout(resolve, 31_000));
// From here on the peak is that of serving, not that of compiling components.
writeFileSync(`/proc/${HOST_PID}/clear_refs`, "5");
const rows = [];
for (const [level, width] of LEVELS.entries()) {
  const times = Object.fromEntries(STEPS.map((step) => [step, []]));
  const mine = people.slice(level * JOURNEYS, (level + 1) * JOURNEYS);
  const before = commits();
  let failures = 0;
  const started = performance.now();
  await pool(width, mine.length, async (n) => {
    await journey(mine[n], times).catch((error) => {
      failures++;
      console.error(error.message);
    });
  });
  const seconds = (performance.now() - started) / 1000;
  await new Promise((resolve) => setTimeout(resolve, 500));
  const cells = STEPS.map((step) => `${percentile(times[step], 0.5).toFixed(1)} / ${percentile(times[step], 0.95).toFixed(1)}`);
  rows.push(`| ${width} | ${(mine.length / seconds).toFixed(1)} | ${cells.join(" | ")} | ${failures} | ${((commits() - before) / mine.length).toFixed(1)} |`);
}
const report = [
  `Measured ${new Date().toISOString().slice(0, 10)} at commit ${COMMIT}, ${os.cpus().length} x ${os.cpus()[0].model.trim()}, ${JOURNEYS} journeys a row, our own host, SQLite in ${FOLDER}.`,
  "",
  "| concurrency | journeys/s | start p50 / p95 ms | send | verify | set (one hash) | failures | commits/journey |",
  "|---|---|---|---|---|---|---|---|",
  ...rows,
  "",
  `Peak memory of the host: ${peakMegabytes().toFixed(0)} MB while serving these, ${starting.toFixed(0)} MB after starting (components compiled before).`,
].join("\n");
console.log(report);
if (WRITE) {
  const page = readFileSync(WRITE, "utf8");
  writeFileSync(WRITE, page.replace(/<!-- figures -->[\s\S]*<!-- end -->/, `<!-- figures -->\n${report}\n<!-- end -->`));
}
