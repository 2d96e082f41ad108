//! docs/PROOF.md: what the suite showed, written by the suite.

use crate::check::commit;
use crate::components;
use crate::contract;
use crate::install;
use crate::running::lines_of;
use crate::shell::{cargo, output, say, this_program};
use crate::test;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

const PAGE: &str = "docs/PROOF.md";
/// Parts that are written on their own, since they take hours.
const PARTS: [&str; 3] = ["Fuzzing", "Mutants", "Removals"];
const REQUIREMENTS: u32 = 78;
const ATTACKS: u32 = 46;

/// Where a test ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Sqlite,
    Redis,
    /// Two host processes on one Redis, or no store at all.
    Other,
}

/// What became of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ran {
    name: String,
    place: Place,
    ok: bool,
}

/// Runs every black-box test, the model and the grader, and writes down what came of them. Fails if anything did.
pub fn run(full: bool) -> Result<()> {
    install::program("npm", "npm", "the pages need npm")?;
    components::build_all()?;
    install::program("redis-server", "redis-server", "the tests run on Redis too")?;
    test::build()?;
    let begun = Instant::now();
    say("Every requirement and every attack, on SQLite and on Redis");
    let tests = black_box(full)?;
    say("The model of the protocol");
    let mut model = cargo();
    if full {
        model.args(["run", "--release", "--package", "relatch-model", "--locked", "--", "--full"]);
    } else {
        model.args(["test", "--workspace", "--test", "model", "--locked", "--", "--nocapture"]);
    }
    let scenarios = collect(&mut model, read_states)?;
    say("The headers");
    let grade = collect(Command::new(this_program()?).arg("grade"), |line| Some(line.to_owned()))?;
    let contract = contract::tests()?.filter(|judged| judged.totals().failed == 0).map(|judged| judged.line() + "\n");
    let threats = std::fs::read_to_string("docs/THREATS.md").context("docs/THREATS.md")?;
    let report = Report { full, minutes: begun.elapsed().as_secs().div_ceil(60), tests, scenarios, contract, grade };
    let (mut page, fallen) = report.page(&threats);
    let before = std::fs::read_to_string(PAGE).unwrap_or_default();
    for part in PARTS.iter().filter_map(|heading| part(&before, heading)) {
        let _ = write!(page, "\n{}\n", part.trim_end());
    }
    std::fs::write(PAGE, page).context(PAGE)?;
    say(&format!("{PAGE} is written"));
    if fallen.is_empty() { Ok(()) } else { bail!("not shown: {}", fallen.join(", ")) }
}

/// What became of each test over HTTP.
fn black_box(full: bool) -> Result<Vec<Ran>> {
    let run = |threads: usize, chosen: &[&str]| {
        let mut command = cargo();
        // With the features of `cargo xtask test`, so that nothing is compiled twice.
        command.args(["test", "--workspace", "--test", "blackbox", "--locked", "--no-fail-fast", "--"]).args(chosen);
        command.env("RUST_TEST_THREADS", threads.to_string());
        if full {
            command.env("RELATCH_FULL", "1");
        }
        collect(&mut command, read_test)
    };
    if !full {
        return run(test::threads(), &[]);
    }
    // The clock of SEC-2 on its own: what is left runs wider than the machine is, since much of it is waiting for a
    // store that is late.
    let mut tests = run(1, &["sec_timing"])?;
    tests.extend(run(test::threads().saturating_mul(2), &["--skip", "sec_timing"])?);
    Ok(tests)
}

/// Writes a part of the page and leaves the others as they are.
pub fn record(heading: &str, text: &str) -> Result<()> {
    let page = std::fs::read_to_string(PAGE).unwrap_or_else(|_| "# Proof\n".to_owned());
    let new = format!("## {heading}\n\nOn {}, at commit {}.\n\n{}\n", today(), commit(), text.trim_end());
    let page = match part(&page, heading) {
        Some(old) => page.replace(old, &format!("{new}\n")),
        None => format!("{}\n\n{new}", page.trim_end()),
    };
    std::fs::write(PAGE, format!("{}\n", page.trim_end())).context(PAGE)
}

/// A heading and what is under it, up to the next.
fn part<'a>(page: &'a str, heading: &str) -> Option<&'a str> {
    let rest = page.get(page.find(&format!("## {heading}\n"))?..)?;
    let end = rest.get(3..)?.find("\n## ").map_or(rest.len(), |at| at.saturating_add(4));
    rest.get(..end)
}

/// Runs a program to its end, showing what it prints, and keeps what `read` makes of its lines.
fn collect<T>(command: &mut Command, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>> {
    let mut child =
        command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().context("could not start a part of the suite")?;
    let found = lines_of(&mut child).into_iter().filter_map(|line| read(&line)).collect();
    child.wait()?;
    Ok(found)
}

/// `test sec_flow::redis::sec_21_steps_only_in_their_order ... ok`
fn read_test(line: &str) -> Option<Ran> {
    let (path, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let name = path.rsplit("::").next()?.to_owned();
    let place = if path.contains("::sqlite::") {
        Place::Sqlite
    } else if path.contains("::redis::") {
        Place::Redis
    } else {
        Place::Other
    };
    Some(Ran { name, place, ok: !outcome.contains("FAILED") })
}

/// `guessing: 495147 states, 67 deep`
fn read_states(line: &str) -> Option<(String, u64)> {
    let (name, rest) = line.split_once(": ")?;
    let (states, _) = rest.split_once(" states")?;
    Some((name.to_owned(), states.parse().ok()?))
}

/// The number in `sec_21_steps_...`.
fn requirement(name: &str) -> Option<u32> {
    name.strip_prefix("sec_")?.split('_').next()?.parse().ok()
}

struct Report {
    full: bool,
    minutes: u64,
    tests: Vec<Ran>,
    scenarios: Vec<(String, u64)>,
    /// What the contract tests said; nothing if they failed or could not be run.
    contract: Option<String>,
    grade: Vec<String>,
}

impl Report {
    /// The page, and what is not shown by it.
    fn page(&self, threats: &str) -> (String, Vec<String>) {
        let mut fallen = Vec::new();
        let size = if self.full { "full" } else { "CI" };
        let mut page = format!(
            "# Proof\n\nWritten by `cargo xtask attack{}` on {}, at commit {}, in {} minutes; not by hand.\n\n",
            if self.full { " --full" } else { "" },
            today(),
            commit(),
            self.minutes,
        );
        let (passed, failed) = (self.tests.iter().filter(|test| test.ok).count(), self.failed());
        let _ = writeln!(
            page,
            "Tests over HTTP against the shipped components, in {size} size: {passed} passed, {} failed.\n",
            failed.len()
        );
        fallen.extend(failed);
        self.requirements(&mut page, &mut fallen);
        self.attacks(threats, &mut page, &mut fallen);
        self.model(&mut page, &mut fallen);
        match &self.contract {
            Some(said) => page.push_str(&format!("## Made-up requests\n\n{said}\n")),
            None => fallen.push("the contract".to_owned()),
        }
        page.push_str("## Headers\n\n```\n");
        for line in &self.grade {
            let _ = writeln!(page, "{line}");
        }
        page.push_str("```\n");
        if self.grade.is_empty() {
            fallen.push("the grade of the headers".to_owned());
        }
        (page, fallen)
    }

    fn failed(&self) -> Vec<String> {
        self.tests.iter().filter(|test| !test.ok).map(|test| format!("{} ({:?})", test.name, test.place)).collect()
    }

    fn requirements(&self, page: &mut String, fallen: &mut Vec<String>) {
        let mut rows: BTreeMap<u32, Vec<&Ran>> = BTreeMap::new();
        for test in &self.tests {
            if let Some(number) = requirement(&test.name) {
                rows.entry(number).or_default().push(test);
            }
        }
        let mut shown = 0;
        let mut table = String::new();
        for number in 1..=REQUIREMENTS {
            let tests = rows.get(&number).map(Vec::as_slice).unwrap_or_default();
            let whole = [Place::Sqlite, Place::Redis].iter().all(|place| tests.iter().any(|test| test.place == *place))
                && tests.iter().all(|test| test.ok);
            shown += u32::from(whole);
            if !whole {
                fallen.push(format!("SEC-{number}"));
            }
            let count = |place: Place| tests.iter().filter(|test| test.ok && test.place == place).count();
            let (sqlite, redis, other) = (count(Place::Sqlite), count(Place::Redis), count(Place::Other));
            let mark = if whole { "yes" } else { "**no**" };
            let _ = writeln!(table, "| SEC-{number} | {sqlite} | {redis} | {other} | {mark} |");
        }
        let _ = writeln!(
            page,
            "## Requirements: {shown} of {REQUIREMENTS}\n\nTests that passed, by store; \"elsewhere\" is two host processes on one Redis, or no store.\n\n| requirement | SQLite | Redis | elsewhere | shown |\n|---|---|---|---|---|\n{table}",
        );
    }

    fn attacks(&self, threats: &str, page: &mut String, fallen: &mut Vec<String>) {
        let (mut safe, mut table) = (0, String::new());
        for number in 1..=ATTACKS {
            let start = format!("| A{number} |");
            let line = threats.lines().find(|line| line.starts_with(&start)).unwrap_or_default();
            let mut cells = line.split('|').map(str::trim).skip(2);
            let (what, named) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
            let named: Vec<&str> = named.split_whitespace().map(|name| name.trim_matches('`')).collect();
            let of = |name: &str| self.tests.iter().filter(|test| test.name == name).map(|test| test.ok).collect();
            let outcomes: Vec<Vec<bool>> = named.iter().map(|name| of(name)).collect();
            let holds =
                !outcomes.is_empty() && outcomes.iter().all(|each| !each.is_empty() && each.iter().all(|ok| *ok));
            safe += u32::from(holds);
            if !holds {
                fallen.push(format!("A{number}"));
            }
            let runs: usize = outcomes.iter().map(Vec::len).sum();
            let mark = if holds { "safe" } else { "**not shown**" };
            let _ = writeln!(table, "| A{number} | {what} | {runs} | {mark} |");
        }
        let _ = writeln!(
            page,
            "## Attacks: {safe} of {ATTACKS} with their safe outcome\n\nWhich tests make them is in THREATS.md.\n\n| attack | what | tests run | outcome |\n|---|---|---|---|\n{table}",
        );
    }

    fn model(&self, page: &mut String, fallen: &mut Vec<String>) {
        let states: u64 = self.scenarios.iter().map(|(_, states)| states).sum();
        let _ = writeln!(
            page,
            "## Model\n\n{states} states explored, everything that must hold holds in each (crates/relatch-model).\n\n| scenario | states |\n|---|---|"
        );
        for (name, states) in &self.scenarios {
            let _ = writeln!(page, "| {name} | {states} |");
        }
        page.push('\n');
        if states == 0 {
            fallen.push("the model".to_owned());
        }
    }
}

fn today() -> String {
    output(Command::new("date").args(["-u", "+%Y-%m-%d"]))
        .map_or_else(|_| "an unknown day".to_owned(), |day| day.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(name: &str, place: Place, ok: bool) -> Ran {
        Ran { name: name.to_owned(), place, ok }
    }

    fn report(tests: Vec<Ran>) -> Report {
        let scenarios = vec![("guessing".to_owned(), 5), ("crashing".to_owned(), 7)];
        Report {
            full: false,
            minutes: 3,
            tests,
            scenarios,
            contract: Some("9 cases, 0 failures.\n".to_owned()),
            grade: vec!["A+ 155".to_owned()],
        }
    }

    #[test]
    fn a_part_is_found_up_to_the_next() {
        let page = "# Proof\n\n## Fuzzing\n\na\n\n## Mutants\n\nb\n";
        assert_eq!(part(page, "Fuzzing"), Some("## Fuzzing\n\na\n\n"));
        assert_eq!(part(page, "Mutants"), Some("## Mutants\n\nb\n"));
        assert_eq!(part(page, "Model"), None);
    }

    #[test]
    fn lines_are_read() {
        let test = read_test("test sec_flow::redis::sec_21_steps_only_in_their_order ... ok").unwrap();
        assert_eq!(test, ran("sec_21_steps_only_in_their_order", Place::Redis, true));
        assert_eq!(requirement(&test.name), Some(21));
        assert!(!read_test("test two_hosts::sec_72_caps ... FAILED").unwrap().ok);
        assert_eq!(read_test("test result: ok. 3 passed"), None);
        assert_eq!(read_states("guessing: 495147 states, 67 deep"), Some(("guessing".to_owned(), 495_147)));
    }

    #[test]
    fn a_requirement_is_shown_on_both_stores_or_not_at_all() {
        let both = |name: &str, ok| [ran(name, Place::Sqlite, true), ran(name, Place::Redis, ok)];
        let mut tests = both("sec_1_a", true).to_vec();
        tests.extend(both("sec_2_b", false));
        tests.push(ran("sec_3_c", Place::Sqlite, true));
        let (page, fallen) =
            report(tests).page("| A1 | x | `sec_1_a` |\n| A2 | y | `sec_1_a` `sec_2_b` |\n| A3 | z | `gone` |");
        assert!(page.contains("## Requirements: 1 of 78"));
        assert!(page.contains("| SEC-1 | 1 | 1 | 0 | yes |") && page.contains("| SEC-3 | 1 | 0 | 0 | **no** |"));
        assert!(page.contains("## Attacks: 1 of 46"));
        assert!(page.contains("| A1 | x | 2 | safe |") && page.contains("| A2 | y | 4 | **not shown** |"));
        assert!(page.contains("12 states explored"));
        for missing in ["sec_2_b (Redis)", "SEC-2", "SEC-3", "SEC-78", "A2", "A3", "A46"] {
            assert!(fallen.iter().any(|one| one == missing), "{missing}: {fallen:?}");
        }
        assert!(!fallen.contains(&"SEC-1".to_owned()) && !fallen.contains(&"A1".to_owned()));
    }
}
