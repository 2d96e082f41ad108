//! The rule of a dynamic group: who belongs is not listed, it is read off the account.
//!
//! ```text
//! rule       = all { "or" all }                      "and" binds closer than "or"
//! all        = one { "and" one }
//! one        = { "not" } ( "(" rule ")" | comparison )
//! comparison = attribute ( "==" text | "!=" text | "in" "[" text { "," text } "]" | "starts_with" text )
//! attribute  = "department" | "country" | "domain" | "kind"
//! text       = '"' { any character, or \" or \\ } '"'
//! ```
//!
//! Letter case of values does not matter; attributes and the words between them are lower case. What
//! could never match anybody is refused when it is written, not found out a year later.

mod grammar;

/// Longest rule in characters: a screenful that one person can still check (choice).
pub const RULE_MAX: usize = 500;
/// Comparisons in a rule: what is looked at for every account must stay cheap (choice).
pub const COMPARISONS_MAX: usize = 40;
/// Parentheses inside parentheses: bounds the stack, and nobody reads deeper (choice).
pub const DEPTH_MAX: usize = 8;
/// Texts in one list; a longer one is a group with members, not a rule (choice).
pub const LIST_MAX: usize = 50;

/// A rule that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    text: String,
    root: Node,
}

/// What is known of an account. Letter case does not matter here either.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a> {
    pub department: &'a str,
    /// ISO 3166, two letters; empty when nobody said.
    pub country: &'a str,
    /// What follows the `@` of the sign-in name.
    pub domain: &'a str,
    /// `cloud` or `on_premises`.
    pub kind: &'a str,
}

/// Where a rule stops making sense, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("character {at}: {problem}")]
pub struct BadRule {
    /// The character of what was typed, counted from 1; one past the end when something is missing there.
    pub at: usize,
    pub problem: Problem,
}

/// What is wrong, in words for whoever wrote the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("Write a comparison here, such as department == \"Sales\".")]
    NoComparison,
    #[error("Use one of department, country, domain or kind here, in lower case.")]
    UnknownAttribute,
    #[error("Use one of ==, !=, in or starts_with after the attribute.")]
    UnknownOperator,
    #[error("Use \"cloud\" or \"on_premises\" for kind, and two letters such as \"GB\" for country.")]
    UnknownValue,
    #[error("Put the text in straight double quotes, such as \"Sales\".")]
    NoText,
    #[error("Close this text with a double quote.")]
    NoClosingQuote,
    #[error("Write \\\" for a double quote and \\\\ for a backslash inside text; nothing else follows a backslash.")]
    UnknownEscape,
    #[error("Write at least one character after starts_with; everybody starts with nothing.")]
    EmptyStart,
    #[error("Write a list in square brackets after in, such as [\"GB\", \"IE\"].")]
    NoList,
    #[error("Continue the list with a comma, or close it with ].")]
    OpenList,
    #[error("Put and or or between two comparisons, in lower case.")]
    NotJoined,
    #[error("Close the parenthesis with ).")]
    OpenParenthesis,
    #[error("Keep the rule to 500 characters.")]
    TooLong,
    #[error("Keep the rule to 40 comparisons.")]
    TooManyComparisons,
    #[error("Keep parentheses to 8 inside one another.")]
    TooDeep,
    #[error("Keep a list to 50 texts.")]
    ListTooLong,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attribute {
    Department,
    Country,
    Domain,
    Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Any(Vec<Node>),
    All(Vec<Node>),
    Not(Box<Node>),
    /// One of these, folded.
    Is(Attribute, Vec<String>),
    /// Begins with this, folded.
    StartsWith(Attribute, String),
}

impl Rule {
    pub fn parse(typed: &str) -> Result<Self, BadRule> {
        let text = typed.trim();
        let before = typed.chars().take_while(|c| c.is_whitespace()).count();
        if text.chars().count() > RULE_MAX {
            return Err(BadRule { at: before + RULE_MAX + 1, problem: Problem::TooLong });
        }
        match grammar::parse(text) {
            Ok(root) => Ok(Self { text: text.to_owned(), root }),
            Err(fault) => {
                let chars = text.char_indices().take_while(|(at, _)| *at < fault.at).count();
                Err(BadRule { at: before + chars + 1, problem: fault.problem })
            }
        }
    }

    pub fn matches(&self, of: &Attributes<'_>) -> bool {
        self.root.matches(&Folded {
            department: fold(of.department),
            country: fold(of.country),
            domain: fold(of.domain),
            kind: fold(of.kind),
        })
    }

    /// The rule as it was typed, without the space around it.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

struct Folded {
    department: String,
    country: String,
    domain: String,
    kind: String,
}

impl Folded {
    fn of(&self, attribute: Attribute) -> &str {
        match attribute {
            Attribute::Department => &self.department,
            Attribute::Country => &self.country,
            Attribute::Domain => &self.domain,
            Attribute::Kind => &self.kind,
        }
    }
}

impl Node {
    fn matches(&self, account: &Folded) -> bool {
        match self {
            Self::Any(nodes) => nodes.iter().any(|node| node.matches(account)),
            Self::All(nodes) => nodes.iter().all(|node| node.matches(account)),
            Self::Not(node) => !node.matches(account),
            Self::Is(attribute, values) => values.iter().any(|value| value == account.of(*attribute)),
            Self::StartsWith(attribute, start) => account.of(*attribute).starts_with(start),
        }
    }
}

/// Lower case, letter by letter. `str::to_lowercase` writes a sigma at the end of a word differently, so
/// that the beginning of a word would not be found in the word.
fn fold(text: &str) -> String {
    text.trim().chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c }).collect()
}

#[cfg(test)]
mod tests;
