use super::*;
use crate::account_changes::{AccountChange, AccountChanged};
use crate::policy::{SavedPolicy, Section};
use crate::records::{GroupPlans, Included, ScopeKind};
use crate::vault::testing::{TestVault, account, vault};
use relatch_core::entitlement::Plan;
use relatch_core::name::Description;
use relatch_core::roles::Role;

const NOW: Timestamp = Timestamp(1_000_000);

fn named(name: &str) -> GroupName {
    GroupName::parse(name).unwrap()
}

async fn create(vault: &TestVault, name: &str, rule: Option<&Rule>, change: &MemberChange) -> Changed {
    let mut batch = Batch::default();
    let changed = vault.create_group(&mut batch, &named(name), None, rule, change, NOW).await.unwrap();
    if matches!(changed, Changed::Done(_)) {
        vault.commit(batch).await.unwrap();
    }
    changed
}

/// A group of this name, with these others in it.
async fn group(vault: &TestVault, name: &str, add_groups: &[GroupId]) -> GroupRecord {
    let change = MemberChange { add_groups: add_groups.to_vec(), ..MemberChange::default() };
    done(create(vault, name, None, &change).await)
}

fn done(changed: Changed) -> GroupRecord {
    match changed {
        Changed::Done(group) => group,
        _ => panic!("refused"),
    }
}

/// At a moment when nobody else claims the same versions.
async fn change(vault: &TestVault, id: GroupId, change: MemberChange) -> Changed {
    let mut batch = Batch::default();
    let changed = vault.change_members(&mut batch, id, &change, NOW).await.unwrap();
    if matches!(changed, Changed::Done(_)) {
        vault.commit(batch).await.unwrap();
    }
    changed
}

async fn rename(vault: &TestVault, group: &GroupRecord, name: &str, rule: Option<&Rule>) -> Changed {
    let description = Description::parse("what it is for").unwrap();
    let wanted = GroupChange { name: &named(name), description: Some(&description), rule };
    let mut batch = Batch::default();
    let changed = vault.change_group(&mut batch, group.id, group.version, &wanted, NOW).await.unwrap();
    if matches!(changed, Changed::Done(_)) {
        vault.commit(batch).await.unwrap();
    }
    changed
}

fn names(people: &[Person]) -> Vec<&str> {
    people.iter().map(|person| person.account.display_name.as_str()).collect()
}

async fn below(vault: &TestVault, id: GroupId) -> Vec<String> {
    let mut all: Vec<_> =
        vault.with_nested(&[id]).await.unwrap().unwrap().into_iter().map(|group| group.name).collect();
    all.sort();
    all
}

#[test]
fn groups_hold_groups_and_never_themselves() {
    pollster::block_on(async {
        let vault = vault();
        let c = group(&vault, "c", &[]).await;
        let b = group(&vault, "b", &[c.id]).await;
        let a = group(&vault, "a", &[b.id]).await;
        assert_eq!(below(&vault, a.id).await, ["a", "b", "c"]);
        assert_eq!(below(&vault, c.id).await, ["c"]);
        let other = group(&vault, "other", &[c.id]).await;
        let top = group(&vault, "top", &[b.id, other.id]).await;
        assert_eq!(
            below(&vault, top.id).await,
            ["b", "c", "other", "top"],
            "what is reached on two ways is once in it"
        );
        let remove = |id| MemberChange { remove_groups: vec![id], ..MemberChange::default() };
        done(change(&vault, top.id, remove(b.id)).await);
        done(change(&vault, other.id, remove(c.id)).await);
        let parents = async |id| vault.group(id).await.unwrap().unwrap().parents;
        assert_eq!((parents(c.id).await, parents(b.id).await, parents(a.id).await), (vec![b.id], vec![a.id], vec![]));
        let add = |id| MemberChange { add_groups: vec![id], ..MemberChange::default() };
        for (whole, part) in [(c.id, a.id), (c.id, b.id), (a.id, a.id)] {
            assert!(matches!(change(&vault, whole, add(part)).await, Changed::Cycle));
        }
        let nobody = GroupId::from_bytes([9; 16]);
        assert!(matches!(change(&vault, a.id, add(nobody)).await, Changed::UnknownGroup));
        assert!(matches!(change(&vault, nobody, add(a.id)).await, Changed::NoSuchGroup));
        assert!(vault.with_nested(&[a.id, nobody]).await.unwrap().is_none());
        // Twice is once, and what is not in it does not have to be taken out.
        assert_eq!(done(change(&vault, a.id, add(b.id)).await).children, [b.id]);
        assert_eq!(done(change(&vault, a.id, remove(c.id)).await).children, [b.id]);
        assert!(done(change(&vault, a.id, remove(b.id)).await).children.is_empty());
        assert!(parents(b.id).await.is_empty());
        assert_eq!(below(&vault, a.id).await, ["a"]);
    });
}

#[test]
fn members_come_once_and_go() {
    pollster::block_on(async {
        let vault = vault();
        let mut people = Vec::new();
        for name in ["mia", "max", "ada"] {
            people.push(account(&vault, name, "", Vec::new(), NOW).await.id);
        }
        let group = group(&vault, "testers", &[]).await;
        let add = |ids: &[AccountId]| MemberChange { add_members: ids.to_vec(), ..MemberChange::default() };
        assert_eq!(done(change(&vault, group.id, add(&people)).await).member_count, 3);
        assert_eq!(done(change(&vault, group.id, add(&people[..1])).await).member_count, 3, "twice is once");
        let stranger = AccountId::from_bytes([9; 16]);
        assert!(matches!(change(&vault, group.id, add(&[stranger])).await, Changed::UnknownMember));
        let remove = MemberChange { remove_members: vec![people[1]], ..MemberChange::default() };
        let group = done(change(&vault, group.id, remove).await);
        assert_eq!(group.member_count, 2);
        let (listed, more) = vault.list_members(&group, None).await.unwrap();
        let mut listed = names(&listed);
        listed.sort_unstable();
        assert_eq!((listed, more), (vec!["ada", "mia"], None));
        let mia = vault.account(people[0]).await.unwrap().unwrap();
        assert_eq!(mia.group_ids(), [group.id]);
        assert!(vault.account(people[1]).await.unwrap().unwrap().group_ids().is_empty());
    });
}

#[test]
fn a_name_is_one_group_s_at_a_time() {
    pollster::block_on(async {
        let vault = vault();
        let nothing = MemberChange::default();
        let first = group(&vault, "Testers", &[]).await;
        assert!(matches!(create(&vault, "TESTERS", None, &nothing).await, Changed::NameTaken));
        let second = group(&vault, "others", &[]).await;
        assert!(matches!(rename(&vault, &second, "testers", None).await, Changed::NameTaken));
        let renamed = done(rename(&vault, &first, "testers", None).await);
        assert_eq!((renamed.name.as_str(), renamed.description.as_str()), ("testers", "what it is for"));
        assert!(
            matches!(rename(&vault, &first, "again", None).await, Changed::Stale(now) if now.version == renamed.version)
        );
        let moved = done(rename(&vault, &renamed, "pilots", None).await);
        assert!(matches!(rename(&vault, &second, "Pilots", None).await, Changed::NameTaken));
        // The name it had is free again.
        assert_eq!(done(rename(&vault, &second, "Testers", None).await).name, "Testers");
        let nobody = GroupRecord { id: GroupId::from_bytes([9; 16]), ..moved };
        assert!(matches!(rename(&vault, &nobody, "x", None).await, Changed::NoSuchGroup));
    });
}

#[test]
fn who_is_in_a_dynamic_group_is_its_rule_s() {
    pollster::block_on(async {
        let vault = vault();
        for (name, department) in [("mia", "Sales"), ("max", "Support"), ("ada", "Sales")] {
            account(&vault, name, department, Vec::new(), NOW).await;
        }
        let mia = vault.list_accounts(None).await.unwrap().0[0].account.id;
        let rule = Rule::parse(r#"department == "Sales""#).unwrap();
        let with_mia = || MemberChange { add_members: vec![mia], ..MemberChange::default() };
        assert!(matches!(create(&vault, "sales", Some(&rule), &with_mia()).await, Changed::Dynamic));
        let sales = done(create(&vault, "sales", Some(&rule), &MemberChange::default()).await);
        let (matching, more) = vault.list_members(&sales, None).await.unwrap();
        assert_eq!((names(&matching), more), (vec!["ada", "mia"], None));
        for refused in [
            with_mia(),
            MemberChange { remove_members: vec![mia], ..MemberChange::default() },
            MemberChange { add_groups: vec![sales.id], ..MemberChange::default() },
            MemberChange { remove_groups: vec![sales.id], ..MemberChange::default() },
        ] {
            assert!(matches!(change(&vault, sales.id, refused).await, Changed::Dynamic));
        }
        assert!(matches!(rename(&vault, &sales, "sales", None).await, Changed::Dynamic), "it stays dynamic");
        assert!(vault.list_matching("no rule", None).await.unwrap().0.is_empty());
    });
}

/// Gives this group a plan.
async fn give_plan(vault: &TestVault, group: GroupId) -> SavedPolicy {
    let mut page = vault.policy().await.unwrap().entitlement;
    page.groups = vec![GroupPlans { group, plans: vec![Plan::P1], included: Included::default() }];
    let mut batch = Batch::default();
    let saved = vault.save_section(&mut batch, Section::Entitlement(page), NOW).await.unwrap();
    if matches!(saved, SavedPolicy::Done { .. }) {
        vault.commit(batch).await.unwrap();
    }
    saved
}

#[test]
fn plans_of_a_group_are_those_of_the_groups_inside_it() {
    pollster::block_on(async {
        let vault = vault();
        let inner = group(&vault, "inner", &[]).await;
        let outer = group(&vault, "outer", &[inner.id]).await;
        assert!(matches!(give_plan(&vault, GroupId::from_bytes([9; 16])).await, SavedPolicy::UnknownGroup));
        let SavedPolicy::Done { after: policy, .. } = give_plan(&vault, outer.id).await else { panic!("not saved") };
        let mut included = policy.entitlement.groups[0].included.groups.clone();
        included.sort();
        let mut wanted = vec![inner.id, outer.id];
        wanted.sort();
        assert_eq!(included, wanted);
    });
}

/// Selects these groups on the page Properties.
async fn select(vault: &TestVault, version: u64, groups: &[GroupId]) -> SavedPolicy {
    let mut batch = Batch::default();
    let saved = vault.save_policy(&mut batch, version, ScopeKind::Selected, groups.to_vec(), NOW).await.unwrap();
    if matches!(saved, SavedPolicy::Done { .. }) {
        vault.commit(batch).await.unwrap();
    }
    saved
}

#[test]
fn selected_groups_are_saved_over_the_version_that_was_read_with_what_is_in_them() {
    pollster::block_on(async {
        let vault = vault();
        let rule = Rule::parse(r#"department == "Sales""#).unwrap();
        let dynamic = done(create(&vault, "dynamic", Some(&rule), &MemberChange::default()).await);
        let inner = group(&vault, "inner", &[]).await;
        let outer = group(&vault, "outer", &[inner.id, dynamic.id]).await;
        let version = vault.policy().await.unwrap().version;
        assert!(matches!(select(&vault, version + 1, &[outer.id]).await, SavedPolicy::Stale(_)));
        assert!(matches!(select(&vault, version, &[GroupId::from_bytes([9; 16])]).await, SavedPolicy::UnknownGroup));
        let SavedPolicy::Done { before, after } = select(&vault, version, &[outer.id]).await else {
            panic!("not saved")
        };
        assert_eq!((before.version, before.scope, before.selected.len()), (version, ScopeKind::None, 0));
        assert_eq!((after.version, after.scope, &after.selected), (version + 1, ScopeKind::Selected, &vec![outer.id]));
        let mut included = after.included.groups.clone();
        included.sort();
        let mut wanted = vec![inner.id, outer.id];
        wanted.sort();
        assert_eq!((included, after.included.rules.len()), (wanted, 1));
        assert!(
            matches!(select(&vault, version, &[]).await, SavedPolicy::Stale(policy) if policy.version == version + 1)
        );
    });
}

#[test]
fn what_the_policy_includes_follows_nesting() {
    pollster::block_on(async {
        for (is_selected, has_plan) in [(true, false), (false, true), (true, true), (false, false)] {
            let vault = vault();
            let (inner, outer) = (group(&vault, "inner", &[]).await, group(&vault, "outer", &[]).await);
            if is_selected {
                assert!(matches!(select(&vault, 0, &[outer.id]).await, SavedPolicy::Done { .. }));
            }
            if has_plan {
                assert!(matches!(give_plan(&vault, outer.id).await, SavedPolicy::Done { .. }));
            }
            let wanted = |nest: bool| match nest {
                true => MemberChange { add_groups: vec![inner.id], ..MemberChange::default() },
                false => MemberChange { remove_groups: vec![inner.id], ..MemberChange::default() },
            };
            for (nest, expected) in [(true, 2), (false, 1)] {
                let before = vault.policy().await.unwrap();
                done(change(&vault, outer.id, wanted(nest)).await);
                vault.after_change(&wanted(nest), NOW).await.unwrap();
                let policy = vault.policy().await.unwrap();
                let included = policy.included.groups.len();
                assert_eq!(included, if is_selected { expected } else { 0 });
                let plans = policy.entitlement.groups.iter().map(|plans| plans.included.groups.len());
                assert_eq!(plans.sum::<usize>(), if has_plan { expected } else { 0 });
                assert_eq!(policy.version, before.version, "nothing an administrator wrote there changed");
                assert_eq!(policy.revision - before.revision, u64::from(is_selected || has_plan));
            }
            // Members are no nesting: the policy is not written.
            let before = vault.kv().commits();
            vault.after_change(&MemberChange::default(), NOW).await.unwrap();
            assert_eq!(vault.kv().commits(), before);
        }
    });
}

#[test]
fn lists_come_in_pages_newest_first() {
    pollster::block_on(async {
        let vault = vault();
        for number in 0..120 {
            let department = if number % 10 == 0 { "Sales" } else { "Support" };
            account(&vault, &format!("u{number:03}"), department, Vec::new(), NOW).await;
            if number < 55 {
                group(&vault, &format!("g{number:03}"), &[]).await;
            }
        }
        let (first, next) = vault.list_accounts(None).await.unwrap();
        assert_eq!((first.len(), names(&first)[0], names(&first)[49], next), (50, "u119", "u070", Some(71)));
        let (last, next) = vault.list_accounts(Some(21)).await.unwrap();
        assert_eq!((last.len(), names(&last)[0], next), (20, "u019", None));
        let (groups, next) = vault.list_groups(None).await.unwrap();
        assert_eq!((groups.len(), groups[0].name.as_str(), next), (50, "g054", Some(6)));
        let (groups, next) = vault.list_groups(next).await.unwrap();
        assert_eq!((groups.len(), groups[4].name.as_str(), next), (5, "g000", None));
        // A rule looks through two pages of accounts at a time.
        let (matching, next) = vault.list_matching(r#"department == "Sales""#, None).await.unwrap();
        assert_eq!((matching.len(), names(&matching)[0], next), (10, "u110", Some(21)));
        let (matching, next) = vault.list_matching(r#"department == "Sales""#, next).await.unwrap();
        assert_eq!((names(&matching), next), (vec!["u010", "u000"], None));
        // Whoever is deleted is in another list.
        let delete = AccountChange { deleted: Some(true), ..AccountChange::default() };
        let mut batch = Batch::default();
        let changed = vault.change_account(&mut batch, first[0].account.id, None, delete, NOW).await.unwrap();
        assert!(matches!(changed, AccountChanged::Done(_)));
        vault.commit(batch).await.unwrap();
        assert_eq!(names(&vault.list_accounts(None).await.unwrap().0)[0], "u118");
        let (deleted, next) = vault.list_deleted(None, NOW).await.unwrap();
        assert_eq!((names(&deleted), next), (vec!["u119"], None));
    });
}

#[test]
fn members_come_in_pages_too() {
    pollster::block_on(async {
        let vault = vault();
        let mut people = Vec::new();
        for number in 0..60 {
            people.push(account(&vault, &format!("u{number:03}"), "", Vec::new(), NOW).await.id);
        }
        let group = group(&vault, "many", &[]).await;
        let all = MemberChange { add_members: people, ..MemberChange::default() };
        let group = done(change(&vault, group.id, all).await);
        let (first, next) = vault.list_members(&group, None).await.unwrap();
        assert_eq!((first.len(), next), (50, Some(11)));
        let (rest, next) = vault.list_members(&group, next).await.unwrap();
        assert_eq!((rest.len(), next), (10, None));
        let mut seen: Vec<_> = first.iter().chain(&rest).map(|person| person.account.id).collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 60);
    });
}

#[test]
fn other_administrators_are_those_who_may_manage() {
    pollster::block_on(async {
        let vault = vault();
        let ada = account(&vault, "ada", "", vec![Role::GlobalAdministrator], NOW).await;
        let bob = account(&vault, "bob", "", vec![Role::GlobalAdministrator], NOW).await;
        account(&vault, "eve", "", vec![Role::Helpdesk], NOW).await;
        account(&vault, "mia", "", Vec::new(), NOW).await;
        assert_eq!(names(&vault.other_administrators(ada.id).await.unwrap()), ["bob"]);
        assert_eq!(names(&vault.other_administrators(bob.id).await.unwrap()), ["ada"]);
    });
}
