use super::*;
use proptest::prelude::*;

const MIA: Attributes<'_> = Attributes { department: "Sales", country: "GB", domain: "contoso.example", kind: "cloud" };

fn holds(rule: &str) -> bool {
    Rule::parse(rule).unwrap_or_else(|bad| panic!("{rule}: {bad}")).matches(&MIA)
}

fn refused(rule: &str) -> (usize, Problem) {
    let bad = Rule::parse(rule).expect_err(rule);
    (bad.at, bad.problem)
}

#[test]
fn every_operator_says_what_it_says() {
    assert!(holds(r#"department == "Sales""#));
    assert!(!holds(r#"department == "Sale""#));
    assert!(holds(r#"department != "Finance""#));
    assert!(holds(r#"country in ["IE", "GB"]"#));
    assert!(!holds(r#"country in ["IE"]"#));
    assert!(holds(r#"domain starts_with "contoso.""#));
    assert!(holds(r#"kind == "cloud" and not kind == "on_premises""#));
    assert!(holds("  department==\"Sales\"and(country==\"GB\")\n"));
}

#[test]
fn letter_case_of_values_does_not_matter() {
    assert!(holds(r#"department == "sALES" and country == "gb" and kind == "CLOUD""#));
    let greek = Attributes { department: "ΠΩΛΗΣΕΙΣ ΑΘΗΝΑΣ", ..MIA };
    for start in ["πωλησεις", "ΠΩΛΗΣ", "πωλησεισ α"] {
        let rule = format!("department starts_with \"{start}\"");
        assert!(Rule::parse(&rule).unwrap().matches(&greek), "{rule}");
    }
}

#[test]
fn nobody_said_is_a_value_too() {
    let unknown = Attributes { department: "", country: "", ..MIA };
    assert!(Rule::parse(r#"department == """#).unwrap().matches(&unknown));
    assert!(!Rule::parse(r#"country in ["GB"]"#).unwrap().matches(&unknown));
}

#[test]
fn and_binds_closer_than_or_and_not_closest() {
    let (yes, no) = (r#"country == "GB""#, r#"country == "IE""#);
    assert!(holds(&format!("{yes} or {no} and {no}")));
    assert!(!holds(&format!("({yes} or {no}) and {no}")));
    assert!(holds(&format!("not {no} and {yes}")));
    assert!(holds(&format!("not {no} or {yes} and {no}")));
    assert!(!holds(&format!("not ({no} or {yes})")));
}

#[test]
fn quotes_and_backslashes_are_written_with_a_backslash() {
    let odd = Attributes { department: r#"R"D\X"#, ..MIA };
    assert!(Rule::parse(r#"department == "r\"d\\x""#).unwrap().matches(&odd));
    assert_eq!(refused(r#"department == "a\n""#), (17, Problem::UnknownEscape));
}

#[test]
fn a_rule_is_kept_as_typed() {
    assert_eq!(Rule::parse("  kind ==  \"Cloud\" ").unwrap().as_str(), "kind ==  \"Cloud\"");
}

#[test]
fn what_could_never_match_is_refused() {
    assert_eq!(refused(r#"kind == "onprem""#), (9, Problem::UnknownValue));
    assert_eq!(refused(r#"country == "GBR""#), (12, Problem::UnknownValue));
    assert_eq!(refused(r#"country in ["GB", "4x"]"#), (19, Problem::UnknownValue));
    assert_eq!(refused(r#"country != "é""#), (12, Problem::UnknownValue));
    assert_eq!(refused(r#"country starts_with "GBR""#), (21, Problem::UnknownValue));
    assert_eq!(refused(r#"kind starts_with "x""#), (18, Problem::UnknownValue));
    assert_eq!(refused(r#"domain starts_with """#), (20, Problem::EmptyStart));
    assert!(holds(r#"country starts_with "g" and kind starts_with "cl""#));
}

#[test]
fn a_fault_is_named_where_it_is() {
    assert_eq!(refused(""), (1, Problem::NoComparison));
    assert_eq!(refused("  \n"), (4, Problem::NoComparison));
    assert_eq!(refused(r#"  city == "Leeds""#), (3, Problem::UnknownAttribute));
    assert_eq!(refused(r#"Country == "GB""#), (1, Problem::UnknownAttribute));
    assert_eq!(refused(r#"country = "GB""#), (9, Problem::UnknownOperator));
    assert_eq!(refused(r#"country not in ["GB"]"#), (9, Problem::UnknownOperator));
    assert_eq!(refused("country"), (8, Problem::UnknownOperator));
    assert_eq!(refused("country == GB"), (12, Problem::NoText));
    assert_eq!(refused("department == “Sales”"), (15, Problem::NoText));
    assert_eq!(refused(r#"department == "Sales"#), (15, Problem::NoClosingQuote));
    assert_eq!(refused(r#"country in "GB""#), (12, Problem::NoList));
    assert_eq!(refused("country in []"), (13, Problem::NoText));
    assert_eq!(refused(r#"country in ["GB" "IE"]"#), (18, Problem::OpenList));
    assert_eq!(refused(r#"kind == "cloud" and"#), (20, Problem::NoComparison));
    assert_eq!(refused(r#"kind == "cloud" AND kind == "cloud""#), (17, Problem::NotJoined));
    assert_eq!(refused(r#"kind == "cloud")"#), (16, Problem::NotJoined));
    assert_eq!(refused(r#"(kind == "cloud""#), (17, Problem::OpenParenthesis));
    assert_eq!(refused(r#"notkind == "cloud""#), (1, Problem::UnknownAttribute));
    // Characters, not bytes.
    assert_eq!(refused(r#"department == "Zürich" & kind"#), (24, Problem::NotJoined));
}

#[test]
fn a_rule_has_limits() {
    let one = r#"kind == "cloud""#;
    let long = |length: usize| format!("department == \"{}\"", "ü".repeat(length - 16));
    assert!(Rule::parse(&format!(" {} ", long(RULE_MAX))).is_ok());
    assert_eq!(refused(&format!(" {} ", long(RULE_MAX + 1))), (RULE_MAX + 2, Problem::TooLong));

    let deep = |depth: usize| format!("{}{one}{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Rule::parse(&format!("{} and {}", deep(DEPTH_MAX), deep(DEPTH_MAX))).is_ok());
    assert_eq!(refused(&deep(DEPTH_MAX + 1)), (DEPTH_MAX + 1, Problem::TooDeep));

    let list = |length: usize| format!("department in [{}]", vec![r#""a""#; length].join(","));
    assert!(Rule::parse(&list(LIST_MAX)).is_ok());
    assert_eq!(refused(&list(LIST_MAX + 1)).1, Problem::ListTooLong);
}

#[test]
fn forty_comparisons_are_the_most() {
    // The shortest comparison is longer than a fortieth of a rule, so the grammar is asked itself.
    let many = |count: usize| vec![r#"kind=="cloud""#; count].join(" or ");
    assert!(grammar::parse(&many(COMPARISONS_MAX)).is_ok());
    assert_eq!(grammar::parse(&many(COMPARISONS_MAX + 1)).unwrap_err().problem, Problem::TooManyComparisons);
}

#[test]
fn the_sentences_name_the_limits() {
    for (problem, limit) in [
        (Problem::TooLong, RULE_MAX),
        (Problem::TooManyComparisons, COMPARISONS_MAX),
        (Problem::TooDeep, DEPTH_MAX),
        (Problem::ListTooLong, LIST_MAX),
    ] {
        assert!(problem.to_string().contains(&format!(" {limit} ")), "{problem}");
    }
}

/// A rule that can be read, as text.
fn a_rule() -> impl Strategy<Value = String> {
    let comparison = prop_oneof![
        Just(r#"department == "sales""#.to_owned()),
        Just(r#"country in ["GB", "IE"]"#.to_owned()),
        Just(r#"country != "GB""#.to_owned()),
        Just(r#"domain starts_with "x""#.to_owned()),
    ];
    comparison.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} and {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            inner.prop_map(|a| format!("not ({a})")),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_typed_makes_it_panic(typed in any::<String>()) {
        if let Err(bad) = Rule::parse(&typed) {
            prop_assert!(bad.at >= 1 && bad.at <= typed.chars().count() + 1);
        }
    }

    #[test]
    fn nothing_that_looks_like_a_rule_makes_it_panic(
        words in proptest::collection::vec(
            prop_oneof![
                Just("department"), Just("country"), Just("kind"), Just("=="), Just("in"), Just("starts_with"),
                Just("\"GB\""), Just("\""), Just("\\"), Just("["), Just("]"), Just(","), Just("("), Just(")"),
                Just("not"), Just("and"), Just("or"), Just("ς\u{3000}"),
            ],
            0..60,
        ),
    ) {
        let typed = words.join(" ");
        if let Err(bad) = Rule::parse(&typed) {
            prop_assert!(bad.at >= 1 && bad.at <= typed.chars().count() + 1);
        }
    }

    #[test]
    fn not_not_is_nothing_and_not_turns_it_round(rule in a_rule(), department in "(sales|it)", country in "(GB|IE|FR)") {
        let account = Attributes { department: &department, country: &country, ..MIA };
        prop_assert_eq!(&grammar::parse(&format!("not not ({rule})")).unwrap(), &grammar::parse(&format!("({rule})")).unwrap());
        let folded = |rule: &str| Rule { text: String::new(), root: grammar::parse(rule).unwrap() }.matches(&account);
        prop_assert_eq!(folded(&format!("not ({rule})")), !folded(&rule));
    }

    #[test]
    fn or_of_ands_needs_no_parentheses(a in a_rule(), b in a_rule(), c in a_rule(), country in "(GB|IE|FR)") {
        let account = Attributes { country: &country, ..MIA };
        let is = |rule: &str| Rule { text: String::new(), root: grammar::parse(rule).unwrap() }.matches(&account);
        prop_assert_eq!(is(&format!("{a} or {b} and {c}")), is(&a) || is(&b) && is(&c));
    }
}
