//! Every list page, search and save of the portal, as a request that can be made again and again.

use crate::client::{Client, Request, text};
use crate::people::RARE;
use anyhow::{Context, Result};
use serde_json::{Value, json};

/// What the requests are about, looked up once in each store.
pub struct Facts {
    /// Ids of a page, newest first, without those whose passwords live in a directory.
    users: Vec<String>,
    users_next: String,
    /// The rarely named person.
    somebody: String,
    groups_next: String,
    /// With more members than a page holds, where the store has as many people.
    large: String,
    large_next: Option<String>,
    /// With sixty members.
    small: String,
    dynamic: String,
    /// When half of the people were there.
    long_ago: String,
}

type Prepare = fn(&Facts, &mut Client, usize) -> Result<Request>;

pub struct Case {
    pub name: &'static str,
    /// What has to happen before, unmeasured, and then the request.
    pub prepare: Prepare,
}

fn ids(page: &Value, list: &str) -> Result<Vec<String>> {
    let rows = page.get(list).and_then(Value::as_array).with_context(|| format!("no {list}"))?;
    let is_ours = |row: &&Value| row.get("source").is_none_or(|source| source == "cloud");
    rows.iter().filter(is_ours).map(|row| text(row, "/id")).collect()
}

impl Facts {
    pub fn find(client: &mut Client, long_ago: String) -> Result<Self> {
        let users = client.get("/api/users")?;
        let found = client.send("POST", "/api/users/search", json!({ "text": RARE.1 }))?;
        let groups = client.get("/api/groups")?;
        let rows = groups.get("groups").and_then(Value::as_array).context("no groups")?;
        let is_dynamic = |row: &&Value| row.get("membership").and_then(Value::as_str) == Some("dynamic");
        let dynamic = text(rows.iter().find(is_dynamic).context("no dynamic group")?, "/id")?;
        // Newest first; the first group that was made is the large one, the third the small one.
        let mut oldest = ids(&client.get("/api/groups?after=4")?, "groups")?;
        let large = oldest.pop().context("no first group")?;
        let small = oldest.into_iter().next().context("no third group")?;
        let shown = client.get(&format!("/api/groups/{large}"))?;
        Ok(Self {
            users_next: text(&users, "/next")?,
            users: ids(&users, "users")?,
            somebody: text(&found, "/users/0/id")?,
            groups_next: text(&groups, "/next")?,
            large_next: text(&shown, "/next").ok(),
            large,
            small,
            dynamic,
            long_ago,
        })
    }

    fn user(&self, round: usize) -> &str {
        // Not the first: that is the administrator.
        self.users.get(1 + round % (self.users.len().max(2) - 1)).map_or("", String::as_str)
    }
}

fn search(words: &str) -> Request {
    Request::with("POST", "/api/users/search", json!({ "text": words }))
}

/// Saves a page of the policy as it is, over the version it has.
fn save_page(client: &mut Client, page: &str) -> Result<Request> {
    let policy = client.get("/api/policy")?;
    let wanted = policy.get(page).with_context(|| format!("no page {page}"))?.clone();
    Ok(Request::with("PUT", format!("/api/policy/{page}"), wanted))
}

fn change_member(facts: &Facts, client: &mut Client, round: usize, add: bool) -> Result<Request> {
    let path = format!("/api/groups/{}/members", facts.small);
    let user = facts.user(round);
    let (before, measured) = if add { ("remove_members", "add_members") } else { ("add_members", "remove_members") };
    client.send("POST", &path, json!({ before: [user] }))?;
    Ok(Request::with("POST", path, json!({ measured: [user] })))
}

/// Something that is done to one of the users, whom the requests take in turn.
fn to_user(facts: &Facts, round: usize, what: &str) -> Request {
    Request::with("POST", format!("/api/users/{}/{what}", facts.user(round)), json!({}))
}

/// Deletes one of the users, if nobody has yet.
fn delete(facts: &Facts, round: usize) -> Request {
    Request { method: "DELETE", path: format!("/api/users/{}", facts.user(round)), body: None }
}

const RULE: &str = "department == \"Engineering\" and not country in [\"US\", \"IN\"]";

/// In this order: what makes more of something comes late, and counting last.
pub const CASES: &[Case] = &[
    Case { name: "GET /api/users", prepare: |_, _, _| Ok(Request::get("/api/users")) },
    Case {
        name: "GET /api/users, next page",
        prepare: |facts, _, _| Ok(Request::get(format!("/api/users?after={}", facts.users_next))),
    },
    Case { name: "GET /api/users/deleted", prepare: |_, _, _| Ok(Request::get("/api/users/deleted")) },
    Case { name: "GET /api/users/export", prepare: |_, _, _| Ok(Request::get("/api/users/export")) },
    Case {
        name: "GET /api/users/{id}",
        prepare: |facts, _, round| Ok(Request::get(format!("/api/users/{}", facts.user(round)))),
    },
    Case { name: "POST /api/users/search, common name", prepare: |_, _, _| Ok(search("smith")) },
    Case { name: "POST /api/users/search, two common names", prepare: |_, _, _| Ok(search("maria smith")) },
    Case { name: "POST /api/users/search, two letters", prepare: |_, _, _| Ok(search("ma")) },
    Case { name: "POST /api/users/search, rare name", prepare: |_, _, _| Ok(search(RARE.1)) },
    Case { name: "POST /api/users/search, nobody", prepare: |_, _, _| Ok(search("qqqq")) },
    Case {
        name: "PATCH /api/users/{id}",
        prepare: |facts, client, round| {
            let path = format!("/api/users/{}", facts.user(round));
            let version = client.get(&path)?.get("version").cloned();
            Ok(Request::with("PATCH", path, json!({ "version": version, "department": format!("Team {round}") })))
        },
    },
    Case {
        name: "POST /api/users/{id}/start-reset",
        prepare: |facts, _, round| Ok(to_user(facts, round, "start-reset")),
    },
    Case { name: "POST /api/users/{id}/unlock", prepare: |facts, _, round| Ok(to_user(facts, round, "unlock")) },
    Case {
        name: "POST /api/users/{id}/end-sessions",
        prepare: |facts, _, round| Ok(to_user(facts, round, "end-sessions")),
    },
    Case {
        name: "DELETE /api/users/{id}",
        prepare: |facts, client, round| {
            // Deleted in an earlier round, or not: then there is nobody to restore.
            let _ = client.call(&to_user(facts, round, "restore"));
            Ok(delete(facts, round))
        },
    },
    Case {
        name: "POST /api/users/{id}/restore",
        prepare: |facts, client, round| {
            let _ = client.call(&delete(facts, round));
            Ok(to_user(facts, round, "restore"))
        },
    },
    Case { name: "GET /api/groups", prepare: |_, _, _| Ok(Request::get("/api/groups")) },
    Case {
        name: "GET /api/groups, next page",
        prepare: |facts, _, _| Ok(Request::get(format!("/api/groups?after={}", facts.groups_next))),
    },
    Case {
        name: "GET /api/groups/{id}, the largest",
        prepare: |facts, _, _| Ok(Request::get(format!("/api/groups/{}", facts.large))),
    },
    Case {
        name: "GET /api/groups/{id}, more members",
        prepare: |facts, _, _| {
            let after = facts.large_next.as_ref().map(|next| format!("?after={next}")).unwrap_or_default();
            Ok(Request::get(format!("/api/groups/{}{after}", facts.large)))
        },
    },
    Case {
        name: "GET /api/groups/{id}, dynamic",
        prepare: |facts, _, _| Ok(Request::get(format!("/api/groups/{}", facts.dynamic))),
    },
    Case {
        name: "POST /api/groups/try-rule",
        prepare: |_, _, _| Ok(Request::with("POST", "/api/groups/try-rule", json!({ "rule": RULE }))),
    },
    Case {
        name: "POST /api/groups/{id}/members, add",
        prepare: |facts, client, round| change_member(facts, client, round, true),
    },
    Case {
        name: "POST /api/groups/{id}/members, remove",
        prepare: |facts, client, round| change_member(facts, client, round, false),
    },
    Case {
        name: "PATCH /api/groups/{id}, rule",
        prepare: |facts, client, round| {
            let path = format!("/api/groups/{}", facts.dynamic);
            let version = client.get(&path)?.pointer("/group/version").cloned();
            let rule = format!("department == \"Team {round}\" or {RULE}");
            Ok(Request::with("PATCH", path, json!({ "version": version, "rule": rule })))
        },
    },
    Case { name: "GET /api/enable-group", prepare: |_, _, _| Ok(Request::get("/api/enable-group")) },
    Case {
        name: "PUT /api/enable-group",
        prepare: |facts, client, _| {
            let version = client.get("/api/enable-group")?.get("version").cloned();
            let groups = json!([facts.large, facts.small]);
            let wanted = json!({ "scope": "selected", "groups": groups, "version": version });
            Ok(Request::with("PUT", "/api/enable-group", wanted))
        },
    },
    Case { name: "GET /api/policy", prepare: |_, _, _| Ok(Request::get("/api/policy")) },
    Case { name: "PUT /api/policy/methods", prepare: |_, client, _| save_page(client, "methods") },
    Case { name: "PUT /api/policy/registration", prepare: |_, client, _| save_page(client, "registration") },
    Case { name: "PUT /api/policy/notifications", prepare: |_, client, _| save_page(client, "notifications") },
    Case { name: "PUT /api/policy/customisation", prepare: |_, client, _| save_page(client, "customisation") },
    Case { name: "PUT /api/policy/passwords", prepare: |_, client, _| save_page(client, "passwords") },
    Case { name: "PUT /api/policy/entitlement", prepare: |_, client, _| save_page(client, "entitlement") },
    Case {
        name: "POST /api/audit/search",
        prepare: |_, _, _| Ok(Request::with("POST", "/api/audit/search", json!({}))),
    },
    Case {
        name: "POST /api/audit/search, one person",
        prepare: |facts, _, _| Ok(Request::with("POST", "/api/audit/search", json!({ "person": facts.somebody }))),
    },
    Case {
        name: "POST /api/audit/search, of long ago",
        prepare: |facts, _, _| Ok(Request::with("POST", "/api/audit/search", json!({ "to": facts.long_ago }))),
    },
    Case {
        name: "POST /api/audit/export",
        prepare: |_, _, _| Ok(Request::with("POST", "/api/audit/export", json!({ "format": "csv" }))),
    },
    Case {
        name: "POST /api/groups",
        prepare: |_, _, round| {
            Ok(Request::with("POST", "/api/groups", json!({ "name": format!("Made in round {round}") })))
        },
    },
    Case {
        name: "POST /api/users, which hashes a password",
        prepare: |_, _, round| {
            let user = json!({ "name": format!("made.in.round.{round}"), "display_name": format!("Round {round}") });
            Ok(Request::with("POST", "/api/users", user))
        },
    },
    Case { name: "GET /api/audit/usage", prepare: |_, _, _| Ok(Request::get("/api/audit/usage")) },
    Case {
        name: "POST /api/audit/usage/count",
        prepare: |_, _, _| Ok(Request::with("POST", "/api/audit/usage/count", json!({}))),
    },
];
