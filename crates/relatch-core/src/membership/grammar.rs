//! Reads the text of a rule. Nothing here tries one reading and then another: a token that does not fit
//! where it stands is the fault that is reported, at its own place.

use super::{Attribute, COMPARISONS_MAX, DEPTH_MAX, LIST_MAX, Node, Problem, fold};
use winnow::combinator::{alt, eof, opt, repeat, separated, terminated};
use winnow::error::{ErrMode, ParserError};
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location, Stateful};
use winnow::token::{any, literal, one_of, take_while};

type Input<'a> = Stateful<LocatingSlice<&'a str>, Spent>;
/// `Backtrack` means that a token is not there; `Cut` is the fault that ends the reading.
type Parsed<T> = Result<T, ErrMode<Fault>>;

/// A problem and the byte where it is.
#[derive(Debug)]
pub(super) struct Fault {
    pub at: usize,
    pub problem: Problem,
}

#[derive(Debug, Default)]
struct Spent {
    comparisons: usize,
    depth: usize,
}

impl ParserError<Input<'_>> for Fault {
    type Inner = Self;

    fn from_input(input: &Input<'_>) -> Self {
        Self { at: input.current_token_start(), problem: Problem::NoComparison }
    }

    fn into_inner(self) -> Result<Self::Inner, Self> {
        Ok(self)
    }
}

/// `text` has no space around it and is not longer than a rule may be.
pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let mut input = Input { input: LocatingSlice::new(text), state: Spent::default() };
    let read = rule(&mut input).and_then(|node| {
        need(&mut input, eof, Problem::NotJoined)?;
        Ok(node)
    });
    // The whole text is here, so no parser ever asks for more of it.
    read.map_err(|error| error.into_inner().unwrap_or(Fault { at: 0, problem: Problem::NoComparison }))
}

fn rule(input: &mut Input<'_>) -> Parsed<Node> {
    separated(1.., all, word("or")).map(Node::Any).parse_next(input)
}

fn all(input: &mut Input<'_>) -> Parsed<Node> {
    separated(1.., one, word("and")).map(Node::All).parse_next(input)
}

fn one(input: &mut Input<'_>) -> Parsed<Node> {
    let negated = repeat(0.., word("not")).fold(|| false, |negated, _| !negated).parse_next(input)?;
    let at = input.current_token_start();
    let node = if opt(symbol("(")).parse_next(input)?.is_some() { inside(input, at)? } else { comparison(input)? };
    Ok(if negated { Node::Not(Box::new(node)) } else { node })
}

/// What follows the parenthesis that was opened at `at`.
fn inside(input: &mut Input<'_>, at: usize) -> Parsed<Node> {
    input.state.depth += 1;
    if input.state.depth > DEPTH_MAX {
        return refuse(at, Problem::TooDeep);
    }
    let node = rule(input)?;
    need(input, symbol(")"), Problem::OpenParenthesis)?;
    input.state.depth -= 1;
    Ok(node)
}

fn comparison(input: &mut Input<'_>) -> Parsed<Node> {
    let at = input.current_token_start();
    let attribute = match opt(any_word).parse_next(input)? {
        Some("department") => Attribute::Department,
        Some("country") => Attribute::Country,
        Some("domain") => Attribute::Domain,
        Some("kind") => Attribute::Kind,
        Some(_) => return refuse(at, Problem::UnknownAttribute),
        None => return refuse(at, Problem::NoComparison),
    };
    input.state.comparisons += 1;
    if input.state.comparisons > COMPARISONS_MAX {
        return refuse(at, Problem::TooManyComparisons);
    }
    let at = input.current_token_start();
    match opt(alt((symbol("=="), symbol("!="), any_word))).parse_next(input)? {
        Some("==") => Ok(Node::Is(attribute, vec![value(input, attribute)?])),
        Some("!=") => Ok(Node::Not(Box::new(Node::Is(attribute, vec![value(input, attribute)?])))),
        Some("in") => Ok(Node::Is(attribute, list(input, attribute)?)),
        Some("starts_with") => Ok(Node::StartsWith(attribute, start(input, attribute)?)),
        _ => refuse(at, Problem::UnknownOperator),
    }
}

fn list(input: &mut Input<'_>, attribute: Attribute) -> Parsed<Vec<String>> {
    need(input, symbol("["), Problem::NoList)?;
    let mut values = vec![value(input, attribute)?];
    while opt(symbol(",")).parse_next(input)?.is_some() {
        if values.len() == LIST_MAX {
            return refuse(input.current_token_start(), Problem::ListTooLong);
        }
        values.push(value(input, attribute)?);
    }
    need(input, symbol("]"), Problem::OpenList)?;
    Ok(values)
}

/// A text this attribute can have.
fn value(input: &mut Input<'_>, attribute: Attribute) -> Parsed<String> {
    let at = input.current_token_start();
    let value = text(input)?;
    let possible = match attribute {
        Attribute::Department | Attribute::Domain => true,
        Attribute::Country => value.len() == 2 && value.bytes().all(|b| b.is_ascii_lowercase()),
        Attribute::Kind => KINDS.contains(&value.as_str()),
    };
    if possible { Ok(value) } else { refuse(at, Problem::UnknownValue) }
}

/// A text with which a value of this attribute can begin.
fn start(input: &mut Input<'_>, attribute: Attribute) -> Parsed<String> {
    let at = input.current_token_start();
    let start = text(input)?;
    let possible = match attribute {
        Attribute::Department | Attribute::Domain => true,
        Attribute::Country => start.len() <= 2 && start.bytes().all(|b| b.is_ascii_lowercase()),
        Attribute::Kind => KINDS.iter().any(|kind| kind.starts_with(&start)),
    };
    match start.as_str() {
        "" => refuse(at, Problem::EmptyStart),
        _ if possible => Ok(start),
        _ => refuse(at, Problem::UnknownValue),
    }
}

const KINDS: [&str; 2] = ["cloud", "on_premises"];

/// A quoted text, folded.
fn text(input: &mut Input<'_>) -> Parsed<String> {
    let at = input.current_token_start();
    need(input, '"', Problem::NoText)?;
    let mut text = String::new();
    loop {
        let here = input.current_token_start();
        match opt(any).parse_next(input)? {
            None => return refuse(at, Problem::NoClosingQuote),
            Some('"') => break,
            Some('\\') => match opt(one_of(['"', '\\'])).parse_next(input)? {
                Some(escaped) => text.push(escaped),
                None => return refuse(here, Problem::UnknownEscape),
            },
            Some(plain) => text.push(plain),
        }
    }
    spaces(input)?;
    Ok(fold(&text))
}

fn word<'a>(wanted: &'static str) -> impl Parser<Input<'a>, &'a str, ErrMode<Fault>> {
    any_word.verify(move |found: &str| found == wanted)
}

/// The longest run of letters, so that `orange` is no `or`.
fn any_word<'a>(input: &mut Input<'a>) -> Parsed<&'a str> {
    terminated(take_while(1.., |c: char| c.is_alphanumeric() || c == '_'), spaces).parse_next(input)
}

fn symbol<'a>(wanted: &'static str) -> impl Parser<Input<'a>, &'a str, ErrMode<Fault>> {
    terminated(literal(wanted), spaces)
}

fn spaces(input: &mut Input<'_>) -> Parsed<()> {
    take_while(0.., char::is_whitespace).void().parse_next(input)
}

/// What must come next; `problem` when it does not.
fn need<'a, T>(
    input: &mut Input<'a>,
    wanted: impl Parser<Input<'a>, T, ErrMode<Fault>>,
    problem: Problem,
) -> Parsed<T> {
    let at = input.current_token_start();
    opt(wanted).parse_next(input)?.map_or_else(|| refuse(at, problem), Ok)
}

fn refuse<T>(at: usize, problem: Problem) -> Parsed<T> {
    Err(ErrMode::Cut(Fault { at, problem }))
}
