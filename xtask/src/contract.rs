//! `cargo xtask contract`: Schemathesis makes requests up from docs/openapi.yaml and judges the answers.

use crate::browser::TestSite;
use crate::components;
use crate::install;
use crate::shell::say;
use crate::test::{self, Totals};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const FOLDER: &str = "tests/contract";
/// The environment it is installed in, and what it leaves behind.
const MADE: &str = "target/contract";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance,response_headers_conformance,negative_data_rejection,\
                      unsupported_method,allow_header_conformance";
/// What no made-up request can do: the service is set up once, by the hooks.
const UNREACHABLE: [(&str, &str); 1] = [("POST", "/api/setup")];

#[derive(clap::Args)]
pub struct Contract {
    /// A hundred made-up requests for each operation beside the boundary cases, not six.
    #[arg(long)]
    full: bool,
    /// Where the randomness begins.
    #[arg(long, default_value_t = 1)]
    seed: u32,
}

pub fn run(contract: &Contract) -> Result<()> {
    components::build_all()?;
    test::build()?;
    let schemathesis = install::python_packages(Path::new(FOLDER), Path::new(MADE))?;
    if judge(&schemathesis, contract)?.totals().failed > 0 {
        bail!("the API is not as docs/openapi.yaml says")
    } else {
        Ok(())
    }
}

/// As part of `cargo xtask test`, where Python is there or can be had.
pub fn tests() -> Result<Option<Judged>> {
    match install::python_packages(Path::new(FOLDER), Path::new(MADE)) {
        Ok(schemathesis) => judge(&schemathesis, &Contract { full: false, seed: 1 }).map(Some),
        Err(error) => {
            say(&format!("Contract tests skipped: {error:#}"));
            Ok(None)
        }
    }
}

fn judge(schemathesis: &Path, contract: &Contract) -> Result<Judged> {
    say("Contract: made-up requests, judged by docs/openapi.yaml");
    let made = Path::new(MADE).canonicalize()?;
    let (report, statuses) = (made.join("report.json"), made.join("statuses.json"));
    for old in [&report, &statuses] {
        let _ = std::fs::remove_file(old);
    }
    // What an earlier run remembered would be tried first.
    let _ = std::fs::remove_dir_all(made.join(".schemathesis"));
    let site = TestSite::start()?;
    let mut command = command(schemathesis, &site, contract)?;
    command.args(["--report", "json", "--report-json-path"]).arg(&report).env("STATUSES", &statuses);
    let ok = command.status().context("could not start Schemathesis")?.success();
    let operations = operations(&read(&statuses)?)?;
    for operation in &operations {
        println!("{}", operation.line());
    }
    let judged = Judged::of(ok, &read(&report)?, &operations);
    let unreached = judged.unreached();
    if unreached > 0 {
        say(&format!("{unreached} operations never succeeded (! above): nothing is known of their answers"));
    }
    println!("{}", judged.line());
    Ok(judged)
}

fn command(schemathesis: &Path, site: &TestSite, contract: &Contract) -> Result<Command> {
    let (folder, described) = (Path::new(FOLDER).canonicalize()?, Path::new("docs/openapi.yaml").canonicalize()?);
    let mut command = Command::new(schemathesis);
    command.arg("--config-file").arg(folder.join("schemathesis.toml"));
    command.arg("run").arg(described).args(["--url", site.url(), "--no-color"]);
    command.args(["--phases", "examples,coverage,fuzzing", "--checks", CHECKS, "--continue-on-failure"]);
    command.args(["--max-examples", if contract.full { "100" } else { "6" }]);
    // One after the other, nothing remembered: the same seed makes the same requests.
    command.args(["--workers", "1", "--generation-database", "none", "--seed", &contract.seed.to_string()]);
    site.describe(&mut command, "", MADE);
    command.env("SCHEMATHESIS_HOOKS", "hooks").env("PYTHONPATH", folder).env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

fn read(file: &Path) -> Result<Value> {
    let text = std::fs::read(file).context("Schemathesis left no report; what it said is above")?;
    Ok(serde_json::from_slice(&text)?)
}

/// An operation, and how often which status was answered.
struct Operation {
    method: String,
    path: String,
    statuses: Vec<(String, u64)>,
}

impl Operation {
    fn succeeded(&self) -> bool {
        self.statuses.iter().any(|(status, _)| status.starts_with('2'))
    }

    /// Did it succeed, or is it known that it cannot?
    fn reached(&self) -> bool {
        self.succeeded() || UNREACHABLE.contains(&(self.method.as_str(), self.path.as_str()))
    }

    fn line(&self) -> String {
        let counts: Vec<String> = self.statuses.iter().map(|(status, count)| format!("{status} x{count}")).collect();
        format!("{} {:<7}{:<38}{}", if self.reached() { ' ' } else { '!' }, self.method, self.path, counts.join(", "))
    }
}

fn operations(rows: &Value) -> Result<Vec<Operation>> {
    let rows: Vec<(String, String, serde_json::Map<String, Value>)> = serde_json::from_value(rows.clone())?;
    let operation = |(method, path, counts): (String, String, serde_json::Map<String, Value>)| Operation {
        method,
        path,
        statuses: counts.into_iter().map(|(status, count)| (status, count.as_u64().unwrap_or(0))).collect(),
    };
    // What came with a method that is not documented is judged, and stands under no operation.
    Ok(rows.into_iter().map(operation).filter(|operation| operation.method != "-").collect())
}

/// A run in numbers.
pub struct Judged {
    reached: u64,
    all: u64,
    cases: u64,
    failures: u64,
}

impl Judged {
    fn of(ok: bool, report: &Value, operations: &[Operation]) -> Self {
        let number = |pointer: &str| report.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
        let cases = number("/test_cases/generated");
        let failures = number("/test_cases/with_failures") + number("/test_cases/errored");
        let failures = failures.max(u64::from(!ok || cases == 0));
        let reached = operations.iter().filter(|operation| operation.reached()).count() as u64;
        Self { reached, all: number("/operations/total"), cases, failures }
    }

    fn unreached(&self) -> u64 {
        self.all.saturating_sub(self.reached)
    }

    /// A run in which hardly anything got past the door proves nothing, so that is a failure too.
    pub fn totals(&self) -> Totals {
        let passed = self.reached.saturating_sub(self.failures);
        Totals { passed, failed: self.failures + self.unreached() }
    }

    pub fn line(&self) -> String {
        let Self { reached, all, cases, failures } = self;
        format!("{reached} of {all} operations reached; {cases} cases, {failures} failures.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn judged(report: &Value, rows: &Value) -> (u64, u64) {
        let totals = Judged::of(true, report, &operations(rows).unwrap()).totals();
        (totals.passed, totals.failed)
    }

    #[test]
    fn an_operation_that_never_succeeded_is_a_failure_unless_that_is_known() {
        let report = json!({ "test_cases": { "generated": 9 }, "operations": { "total": 2 } });
        let setup = json!(["POST", "/api/setup", { "409": 3 }]);
        let read = |statuses: Value| json!([["GET", "/api/users", statuses], setup, ["-", "/api/users", { "405": 7 }]]);
        assert_eq!(judged(&report, &read(json!({ "200": 1, "401": 5 }))), (2, 0));
        assert_eq!(judged(&report, &read(json!({ "401": 5, "429": 1 }))), (1, 1));
        assert_eq!(judged(&report, &json!([setup])), (1, 1));
    }

    #[test]
    fn a_run_without_cases_or_with_a_failure_has_failed() {
        let rows = json!([["GET", "/api/users", { "200": 1 }]]);
        let all = json!({ "total": 1 });
        assert_eq!(judged(&json!({ "test_cases": { "generated": 0 }, "operations": all }), &rows).1, 1);
        let failed = json!({ "test_cases": { "generated": 9, "with_failures": 2, "errored": 1 }, "operations": all });
        assert_eq!(judged(&failed, &rows).1, 3);
    }
}
