use super::*;

#[test]
fn keys_are_tame_whatever_goes_in() {
    let keys = Keys::new(Secret::new([1; 32]));
    let id = AccountId::from_bytes([2; 16]);
    let end = Timestamp(1_763_000_000);
    for key in [
        keys.name("' OR c.id LIKE 's%"),
        keys.group_name("../*?\r\n${x}"),
        keys.account(id),
        keys.limit("start", 7, 12, end),
        keys.claim("account:x", 1, 2, end),
        keys.session(&[3; 32], end),
    ] {
        assert!(key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b":_-".contains(&b)), "{key}");
        assert!(key.len() < 80, "{key}");
    }
}

#[test]
fn what_there_is_one_of_is_called_what_it_is() {
    let keys = Keys::new(Secret::new([1; 32]));
    for (key, name) in [
        (keys.account_seq(), "account-seq"),
        (keys.deleted_seq(), "deleted-seq"),
        (keys.administrators(), "administrators"),
        (keys.policy(), "policy"),
        (keys.logo(), "logo"),
        (keys.setup(), "setup"),
        (keys.group_seq(), "group-seq"),
        (keys.purged(), "purged"),
        (keys.usage(), "usage"),
        (keys.census(), "census"),
        (keys.event_seq(), "event-seq"),
    ] {
        assert_eq!(key.split_once(':').map(|(prefix, _)| prefix), Some(name));
    }
}

#[test]
fn a_name_is_made_anew_without_knowing_what_it_names() {
    let listed = |ids: &[u8]| {
        let named = |byte: &u8| NamedKey { id: format!("l{byte}"), key: Secret::new([*byte; 32]) };
        Keys::of(ids.iter().map(named).collect()).unwrap()
    };
    let (one, two, three) = (listed(&[1]), listed(&[2, 1]), listed(&[3, 2, 1]));
    assert_eq!(Keys::new(Secret::new([1; 32])).policy(), one.policy());
    let id = AccountId::from_bytes([2; 16]);
    let names = |keys: &Keys| [keys.account(id), keys.policy(), keys.grant("flow", Timestamp(1_763_000_000))];
    for (before, after) in [(&one, &two), (&two, &three)] {
        for (old, new) in names(before).into_iter().zip(names(after)) {
            assert_ne!(old, new);
            assert_eq!(after.renamed(&old), Some(new));
        }
        // Codes and tokens are hashed as they were.
        assert_eq!(before.mac("code", &[b"1"]), after.mac("code", &[b"1"]));
    }
    assert_eq!(one.renamed(&one.policy()), None);
    for foreign in ["", "policy", "policy:", "policy:zz", "policy:00", "other application's key"] {
        assert_eq!(two.renamed(foreign), None, "{foreign}");
    }
}

#[test]
fn a_key_names_the_hour_after_its_end() {
    let keys = Keys::new(Secret::new([1; 32]));
    assert!(keys.outbox(&[0; 16], Timestamp(7_199)).starts_with("outbox:e2:"));
    assert!(keys.outbox(&[0; 16], Timestamp(7_200)).starts_with("outbox:e3:"));
    assert_eq!(end_of(&keys.outbox(&[0; 16], Timestamp(7_199))), Some(Timestamp(7_200)));
    assert_eq!(end_of(&keys.policy()), None);
    for foreign in ["", "x", "x:y:z", "x:e:z", "x:e1", "e1:x"] {
        assert_eq!(end_of(foreign), None, "{foreign}");
    }
}

#[test]
fn another_lookup_key_gives_other_names() {
    let (a, b) = (Keys::new(Secret::new([1; 32])), Keys::new(Secret::new([2; 32])));
    assert_ne!(a.name("mias@contoso.example"), b.name("mias@contoso.example"));
    assert_eq!(a.decoy(&[b"x"]), a.decoy(&[b"x"]));
}

/// Every key that is one of many, for a thing that `n` tells apart.
fn many(keys: &Keys, n: u8) -> Vec<(&'static str, String)> {
    let (id, other, group) = (AccountId::from_bytes([n; 16]), [n; 32], GroupId::from_bytes([n; 16]));
    let (number, text, end) = (u64::from(n), n.to_string(), Timestamp(1_763_000_000));
    let (purpose, device) = (Purpose::Reset, Device::Known);
    vec![
        ("account", keys.account(id)),
        ("account-at", keys.account_at(number)),
        ("deleted-at", keys.deleted_at(number)),
        ("name", keys.name(&text)),
        ("password", keys.password(id)),
        ("methods", keys.methods(id)),
        ("method-failures", keys.method_failures(purpose, id, 1, "m")),
        ("method-failures", keys.method_failures(Purpose::SignIn, id, 1, "m")),
        ("method-failures", keys.method_failures(purpose, id, 2, "m")),
        ("method-failures", keys.method_failures(purpose, id, 1, "other")),
        ("pending-app", keys.pending_app(id)),
        ("recovery-used", keys.recovery_used(&text, 1)),
        ("recovery-used", keys.recovery_used(&text, 2)),
        ("helpdesk-code", keys.helpdesk_code(id)),
        ("sharers", keys.sharers(&other)),
        ("session-at", keys.session_at(id, 1)),
        ("session-at", keys.session_at(id, 2)),
        ("session-seq", keys.session_seq(id)),
        ("lock", keys.lock(id, device)),
        ("lock", keys.lock(id, Device::Unknown)),
        ("wrong", keys.wrong(id, device)),
        ("wrong", keys.wrong(id, Device::Unknown)),
        ("challenge", keys.challenge(purpose, id)),
        ("challenge", keys.challenge(Purpose::Register, id)),
        ("sends", keys.sends(&other)),
        ("group", keys.group(group)),
        ("group-at", keys.group_at(number)),
        ("group-name", keys.group_name(&text)),
        ("member-at", keys.member_at(group, 1)),
        ("member-at", keys.member_at(group, 2)),
        ("find", keys.find(&text, 1)),
        ("find", keys.find(&text, 2)),
        ("find-seq", keys.find_seq(&text)),
        ("claim", keys.claim(&text, 1, 1, end)),
        ("claim", keys.claim(&text, 2, 1, end)),
        ("claim", keys.claim(&text, 1, 2, end)),
        ("limit", keys.limit("start", u32::from(n), 1, end)),
        ("limit", keys.limit("send", u32::from(n), 1, end)),
        ("limit", keys.limit("start", u32::from(n), 2, end)),
        ("limit-closed", keys.limit_closed("start", u32::from(n), 1, end)),
        ("limit-closed", keys.limit_closed("start", u32::from(n), 2, end)),
        ("attempts", keys.attempts(purpose, id, 1, 1, end)),
        ("attempts", keys.attempts(Purpose::SignIn, id, 1, 1, end)),
        ("attempts", keys.attempts(purpose, id, 2, 1, end)),
        ("attempts", keys.attempts(purpose, id, 1, 2, end)),
        ("failed", keys.failed(purpose, id, 1, 1, end)),
        ("failed", keys.failed(purpose, id, 2, 1, end)),
        ("failed", keys.failed(purpose, id, 1, 2, end)),
        ("app-attempts", keys.app_attempts(purpose, id, 1, end)),
        ("app-attempts", keys.app_attempts(purpose, id, 2, end)),
        ("app-step", keys.app_step(id, "app", 1, end)),
        ("app-step", keys.app_step(id, "other", 1, end)),
        ("app-step", keys.app_step(id, "app", 2, end)),
        ("grant", keys.grant(&text, end)),
        ("code-claim", keys.code_claim(&[n; 16], end)),
        ("send-claim", keys.send_claim(&other, 1, 1, end)),
        ("send-claim", keys.send_claim(&other, 2, 1, end)),
        ("send-claim", keys.send_claim(&other, 1, 2, end)),
        ("sign-in", keys.sign_in(id, device, 1, 1, 1, end)),
        ("sign-in", keys.sign_in(id, Device::Unknown, 1, 1, 1, end)),
        ("sign-in", keys.sign_in(id, device, 2, 1, 1, end)),
        ("sign-in", keys.sign_in(id, device, 1, 2, 1, end)),
        ("sign-in", keys.sign_in(id, device, 1, 1, 2, end)),
        ("bot-check", keys.bot_check(&other, end)),
        ("pressure", keys.pressure(number)),
        ("outbox", keys.outbox(&[n; 16], end)),
        ("session", keys.session(&other, end)),
        ("session-seen", keys.session_seen(&text, end)),
        ("event", keys.event(number)),
    ]
}

#[test]
fn no_two_things_share_a_key() {
    let keys = Keys::new(Secret::new([1; 32]));
    let all: Vec<_> = many(&keys, 1).into_iter().chain(many(&keys, 2)).collect();
    for (prefix, key) in &all {
        assert_eq!(key.split_once(':').map(|(prefix, _)| prefix), Some(*prefix));
        let ends = PREFIXES.iter().find(|(known, _)| known == prefix).map_or(*prefix == CLAIM, |(_, ends)| *ends);
        assert_eq!(end_of(key).is_some(), ends, "{prefix}");
    }
    let different: std::collections::BTreeSet<_> = all.iter().map(|(_, key)| key).collect();
    assert_eq!(different.len(), all.len());
}

#[test]
fn slots_are_spread_and_bounded() {
    let keys = Keys::new(Secret::new([1; 32]));
    let slots: std::collections::BTreeSet<u32> = (0..200_u8).map(|n| keys.slot("client", &[&[n]])).collect();
    assert!(slots.iter().all(|slot| *slot < STRANGER_SLOTS));
    assert!(slots.len() > 190 && slots.iter().any(|slot| *slot >= STRANGER_SLOTS / 2), "{}", slots.len());
    assert_ne!(keys.slot("client", &[b"x"]), keys.slot("decoy", &[b"x"]));
}
