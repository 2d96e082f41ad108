//! No operation that writes is forgotten: each of docs/openapi.yaml is broken, or said to write nothing, and that holds.

use super::{METHODS, PASSWORD, POLICY, RESET, SIGN_IN, Step};
use super::{endings, groups, policy, proofs, registering, users, whole};
use relatch_tests::people::enabled;
use relatch_tests::{Backend, Site, contract};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

on_both_stores!(what_is_said_to_write_nothing_writes_nothing);

/// They only look something up; the body is what is looked for.
const WRITE_NOTHING: &[&str] =
    &["POST /api/users/search", "POST /api/groups/try-rule", "POST /api/audit/search", "POST /api/audit/export"];

fn broken() -> BTreeSet<&'static str> {
    let steps: [&[Step]; 5] = [SIGN_IN, RESET, PASSWORD, METHODS, POLICY];
    let others: [&[&str]; 17] = [
        proofs::OF_A_RESET,
        proofs::OF_A_SIGN_IN,
        registering::AT_FIRST,
        registering::LATER,
        endings::OF_SESSIONS,
        endings::OF_CODES,
        users::PEOPLE,
        users::IMPORT,
        users::HELP,
        groups::GROUPS,
        policy::PAGES,
        policy::LOGO,
        whole::SET_UP,
        whole::SWEEP,
        whole::COUNT,
        whole::BOT_CHECK,
        WRITE_NOTHING,
    ];
    let steps = steps.concat().into_iter().map(Step::operation);
    steps.chain(others.concat()).collect()
}

#[test]
fn every_operation_that_writes_is_broken_at_each_of_its_store_operations() {
    let documented = contract::operations();
    let writing: BTreeSet<&str> =
        documented.iter().map(String::as_str).filter(|operation| !operation.starts_with("GET ")).collect();
    let broken = broken();
    let forgotten: Vec<_> = writing.difference(&broken).collect();
    assert!(forgotten.is_empty(), "no fault is tried in {forgotten:?}: see tests/blackbox/faults");
    let unknown: Vec<_> = broken.difference(&writing).collect();
    assert!(unknown.is_empty(), "{unknown:?} is broken and not in docs/openapi.yaml");
}

async fn dump(site: &Site) -> BTreeMap<String, Vec<u8>> {
    site.settled().await;
    site.dump().await.into_iter().collect()
}

async fn what_is_said_to_write_nothing_writes_nothing(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, _) = enabled(&site).await;
    admin.sign_in_again(&site).await;
    for operation in WRITE_NOTHING {
        let path = operation.strip_prefix("POST ").expect("a POST");
        let body = match *operation {
            "POST /api/users/search" => json!({ "text": "alice" }),
            "POST /api/groups/try-rule" => json!({ "rule": "department == \"Law\"" }),
            _ => json!({}),
        };
        // The first in a while may write down that the session was used.
        admin.browser.post(path, body.clone()).await.expect(200);
        let before = dump(&site).await;
        admin.browser.post(path, body).await.expect(200);
        assert!(dump(&site).await == before, "{operation} writes");
    }
}
