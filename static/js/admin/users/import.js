// Users from a file: read here, sent in small parts, reported line by line.

import { post } from "../../api.js";
import { $, announce, count, make, stamp } from "../../dom.js";
import { handle } from "../../form.js";
import { Mistakes } from "../../mistakes.js";
import { cell, download, fileName } from "../files.js";
import { explainSession, focusRow, row, tag } from "../parts.js";
import { guard } from "../saving.js";
import { split, takePart } from "./split.js";

const MOST_BYTES = 10_000_000;
const LINES_SHOWN = 50;

const RESULTS = {
  created: ["Created", "good"],
  updated: ["Brought up to date", "good"],
  unchanged: ["Right already", "plain"],
  refused: ["Not imported", "bad"],
};

const FIELDS = {
  user_name: "user name",
  name: "user name",
  display_name: "display name",
  department: "department",
  country: "country",
  account_kind: "account kind",
  source: "account kind",
  plans: "plans",
};

const REASONS = {
  invalid: (field) => `The ${FIELDS[field] ?? "line"} cannot be used.`,
  name_taken: () => "Somebody else has this user name.",
  unknown_column: () => "The first line names a column that is not known.",
  wrong_number_of_fields: () => "It has more or fewer columns than the first line.",
};

const reasonOf = ({ reason, field }) => (REASONS[reason] ?? (() => "It could not be used."))(field);

export function importView() {
  return { title: "Import users", section: "users", render };
}

/** What the page can see for itself. */
async function read(file) {
  const wrong = (text) => new Mistakes([{ field: "file", text }]);
  if (!file?.name) throw wrong("Choose a file.");
  if (file.size > MOST_BYTES) throw wrong("This file is too large. Split it into files of 10 MB or less.");
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw wrong("This file is not plain text in UTF-8. In your spreadsheet, save it as “CSV UTF-8”.");
  }
  const { header, rows } = split(text);
  if (header.includes(";") && !header.includes(",")) {
    throw wrong("The columns are separated by semicolons. Save the file with commas.");
  }
  if (rows.length === 0)
    throw wrong("There is nobody in this file. The first line names the columns, and the people follow.");
  return { header, rows };
}

function render() {
  const root = stamp("t-import");
  const form = $("form", root);
  const state = { root, report: [], shown: 0, unsaved: false, isRunning: false };
  $("[data-stop]", root).addEventListener("click", () => (state.stopped = true));
  for (const name of ["download", "plain"]) $(`[data-${name}]`, root).addEventListener("click", () => save(state));
  $("[data-more]", root).addEventListener("click", () => {
    const start = state.shown;
    showLines(state);
    focusRow(root, start);
  });
  guard(root, () => state.unsaved || state.isRunning, "t-leave-report");
  handle(form, {
    explain: (problem) => explain(problem) ?? explainSession(problem),
    send: async ({ file }) => {
      // Trying again after a lost connection goes on where it stopped.
      state.todo ??= { ...(await read(file)), at: 0, line: 2 };
      await run(state);
    },
  });
  $("#f-file", root).addEventListener("change", () => (state.todo = undefined));
  return root;
}

function explain({ code, field }) {
  if (code !== "invalid_field" || field !== "header") return undefined;
  const text = "The first line names a column that is not known, or one is missing. Look at “What stands in the file”.";
  return [{ field: "file", text }];
}

/** Part after part, until all is done or somebody stops it. */
async function run(state) {
  const { root, todo } = state;
  const running = $("[data-running]", root);
  Object.assign(state, { stopped: false, isRunning: true });
  running.hidden = false;
  announce("The import has begun.");
  try {
    while (todo.at < todo.rows.length && !state.stopped && root.isConnected) {
      showProgress(root, todo);
      await step(state);
    }
  } finally {
    state.isRunning = false;
    running.hidden = true;
    if (state.report.length > 0) showReport(state);
  }
  const form = $("form", root);
  form.replaceChildren($("h1", form));
  $("[data-slot=summary]", root).focus();
}

async function step({ todo, report }) {
  const part = takePart(todo.rows, todo.at);
  const body = { header: todo.header, rows: part.text, line: todo.line, last: part.last };
  const answer = await post("/api/users/import", body);
  if (!answer.consumed) {
    throw new Mistakes([
      { field: "file", text: `Line ${todo.line} is too long to be a person. Mend it, then import again.` },
    ]);
  }
  report.push(...answer.report);
  const end = todo.at + answer.consumed;
  for (let at = todo.at; at < end; at += 1) if (todo.rows[at] === 10) todo.line += 1;
  todo.at = end;
}

function showProgress(root, { at, rows, line }) {
  $("progress", root).value = at / rows.length;
  $("[data-said]", root).textContent = `Line ${line}, ${Math.round((at / rows.length) * 100)} %`;
}

function inWords({ report, todo }) {
  const number = (result) => report.filter((line) => line.result === result).length;
  const parts = Object.entries(RESULTS).map(([result, [words]]) => [number(result), words.toLowerCase()]);
  const said = parts
    .filter(([many]) => many > 0)
    .map(([many, words]) => `${many} ${words}`)
    .join(", ");
  const rest = todo.at < todo.rows.length ? ` Stopped before line ${todo.line}.` : "";
  return `${count(report.length, "line")}: ${said}.${rest}`;
}

/** What went wrong comes first. */
function showReport(state) {
  const { root, report } = state;
  state.sorted = [...report].sort((a, b) => (b.result === "refused") - (a.result === "refused") || a.line - b.line);
  state.shown = 0;
  state.unsaved = report.some((line) => line.initial_password);
  $("[data-report]", root).hidden = false;
  $("[data-slot=summary]", root).textContent = inWords(state);
  $("[data-secret]", root).hidden = !state.unsaved;
  $("[data-plain]", root).parentElement.hidden = state.unsaved;
  $("tbody", root).replaceChildren();
  showLines(state);
}

function showLines(state) {
  const next = state.sorted.slice(state.shown, state.shown + LINES_SHOWN);
  $("tbody", state.root).append(...next.map(lineOf));
  state.shown += next.length;
  $("[data-more]", state.root).hidden = state.shown >= state.sorted.length;
}

function lineOf(line) {
  const [words, kind] = RESULTS[line.result] ?? [line.result, "plain"];
  const why = line.result === "refused" ? [make("small", {}, reasonOf(line))] : [];
  return row([
    ["User name", make("strong", {}, line.name || "–")],
    ["Line", String(line.line)],
    ["Result", make("span", {}, tag(words, kind), ...why)],
  ]);
}

function save(state) {
  const lines = state.report.map((line) => {
    const why = line.result === "refused" ? reasonOf(line) : "";
    const cells = [line.line, line.name, line.result, why].map((value) => cell(value));
    return [...cells, cell(line.initial_password, { exact: true })].join(",");
  });
  const text = ["line,user_name,result,reason,initial_password", ...lines, ""].join("\r\n");
  download(fileName("import-report", "csv"), text, "text/csv");
  state.unsaved = false;
  announce("The report is downloaded.");
}
