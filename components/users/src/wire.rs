//! Bodies of the users pages.

use relatch_core::Coded;
use relatch_core::entitlement::Source;
use relatch_core::roles::Role;
use relatch_http::{Code, Problem};
use relatch_spin::views::{Activity, GroupName, Readiness, UserView};
use relatch_store::records::Details;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    pub name: String,
    pub display_name: String,
    pub role: Option<String>,
    pub department: Option<String>,
    pub country: Option<String>,
    pub source: Option<String>,
    pub plans: Option<Vec<String>>,
}

/// What is absent stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub version: u64,
    pub display_name: Option<String>,
    pub department: Option<String>,
    pub country: Option<String>,
    pub source: Option<String>,
    pub plans: Option<Vec<String>>,
    pub roles: Option<Vec<String>>,
    pub blocked: Option<bool>,
}

/// What a directory knows, as it was typed.
#[derive(Default)]
pub struct TypedDetails<'a> {
    pub department: Option<&'a str>,
    pub country: Option<&'a str>,
    pub source: Option<&'a str>,
    pub plans: Option<Vec<&'a str>>,
}

/// Longest name of a department, in characters (Entra: 64).
const DEPARTMENT_MAX: usize = 64;

impl<'a> TypedDetails<'a> {
    pub fn new(
        department: &'a Option<String>,
        country: &'a Option<String>,
        source: &'a Option<String>,
        plans: Option<&'a [String]>,
    ) -> Self {
        Self {
            department: department.as_deref(),
            country: country.as_deref(),
            source: source.as_deref(),
            plans: plans.map(|plans| plans.iter().map(String::as_str).collect()),
        }
    }

    /// `known` with what was typed in its place; the field that cannot be used otherwise.
    pub fn over(self, known: &Details) -> Result<Details, &'static str> {
        let mut details = known.clone();
        if let Some(department) = self.department.map(str::trim) {
            let fits = department.chars().count() <= DEPARTMENT_MAX && !department.chars().any(char::is_control);
            details.department = fits.then(|| department.to_owned()).ok_or("department")?;
        }
        if let Some(country) = self.country.map(str::trim) {
            let fits = country.is_empty() || (country.len() == 2 && country.bytes().all(|b| b.is_ascii_alphabetic()));
            details.country = fits.then(|| country.to_ascii_uppercase()).ok_or("country")?;
        }
        if let Some(source) = self.source {
            details.source = Source::parse(source).ok_or("source")?;
        }
        if let Some(plans) = self.plans {
            details.plans = parse_all(plans).ok_or("plans")?;
            details.plans.dedup();
        }
        Ok(details)
    }
}

fn parse_all<'a, C: Coded>(codes: impl IntoIterator<Item = &'a str>) -> Option<Vec<C>> {
    codes.into_iter().map(C::parse).collect()
}

pub fn roles(codes: &[String]) -> Result<Vec<Role>, Problem> {
    let roles = parse_all(codes.iter().map(String::as_str));
    let mut roles: Vec<Role> = roles.ok_or_else(|| Problem::new(Code::InvalidField).field("roles"))?;
    roles.dedup();
    Ok(roles)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    pub header: String,
    pub rows: String,
    /// Which line of the file `rows` begins with; the header is 1.
    pub line: u64,
    /// Nothing follows.
    pub last: bool,
}

#[derive(Serialize)]
pub struct Imported {
    pub report: Vec<ImportedLine>,
    /// Bytes of `rows` that were dealt with.
    pub consumed: u64,
}

#[derive(Default, Serialize)]
pub struct ImportedLine {
    pub line: u64,
    pub name: String,
    pub result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// Only ever in this reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_password: Option<String>,
}

#[derive(Serialize)]
pub struct Exported {
    pub csv: String,
    pub next: Option<String>,
}

#[derive(Serialize)]
pub struct Page<'a> {
    pub users: Vec<UserView<'a>>,
    pub next: Option<String>,
}

#[derive(Serialize)]
pub struct Found<'a> {
    pub users: Vec<UserView<'a>>,
    pub more: bool,
}

#[derive(Serialize)]
pub struct Created<'a> {
    pub user: UserView<'a>,
    /// Only ever in this reply.
    pub initial_password: &'a str,
}

#[derive(Serialize)]
pub struct Shown<'a> {
    pub user: UserView<'a>,
    pub groups: Vec<GroupName>,
    pub version: u64,
    pub readiness: Readiness,
    pub activity: Vec<Activity>,
    pub registered_kinds: Vec<&'static str>,
    /// Signing in waits after too many wrong passwords.
    pub locked: bool,
}

#[derive(Serialize)]
pub struct ResetStarted<'a> {
    /// Only ever in this reply.
    pub code: &'a str,
    pub link: String,
    pub expires_at: String,
}
