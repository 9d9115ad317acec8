//! The condition of a record: which of the walked rows it holds.
//!
//! Conditions are Jinja expressions. Those of the common form, comparisons of fields with constants joined by `and`
//! (`status == 'joined' and channel.type != 'public'`), are recognised when the mapping is loaded and evaluated without the
//! expression engine, with the same result.
//!
//! **Invariant:** what is recognised here means the same in Jinja. Anything in doubt is left to the engine.

use super::field::{FieldInfo, Subject, entity_named, field};
use super::value::{Value, push_seconds, push_sid};
use crate::model::{Entity, Timestamp};

/// A compiled condition.
#[derive(Debug, Clone)]
pub struct Filter {
    /// The condition as written.
    pub text: String,
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq)]
struct Term {
    field: FieldRef,
    equal: bool,
    literal: Literal,
}

#[derive(Debug, Clone, Copy)]
struct FieldRef(&'static FieldInfo);

impl PartialEq for FieldRef {
    fn eq(&self, other: &Self) -> bool {
        (self.0.entity, self.0.name) == (other.0.entity, other.0.name)
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Literal {
    None,
    Boolean(bool),
    Integer(i64),
    Text(String),
}

impl Filter {
    /// Recognises a condition of the common form over the rows of an entity.
    pub(super) fn recognise(text: &str, walked: Entity) -> Option<Self> {
        let tokens = tokens(text)?;
        let mut terms = Vec::new();
        let mut rest = tokens.as_slice();
        loop {
            let (term, after) = term(rest, walked)?;
            terms.push(term);
            match after {
                [] => return Some(Self { text: text.to_owned(), terms }),
                [Token::Word("and"), after @ ..] => rest = after,
                _ => return None,
            }
        }
    }

    /// Whether the row is kept.
    pub fn keeps(&self, subject: &Subject<'_>) -> bool {
        self.terms.iter().all(|term| equals((term.field.0.get)(subject), &term.literal) == term.equal)
    }

    /// Whether it reads that record.
    pub(super) fn reads(&self, entity: Entity) -> bool {
        self.terms.iter().any(|term| term.field.0.entity == entity)
    }
}

fn equals(value: Value<'_>, literal: &Literal) -> bool {
    match (value, literal) {
        (Value::Null, Literal::None) => true,
        (Value::Boolean(value), Literal::Boolean(literal)) => value == *literal,
        (Value::Integer(value), Literal::Integer(literal)) => value == *literal,
        (Value::Text(value), Literal::Text(literal)) => value == literal,
        (Value::Sid(prefix, digits), Literal::Text(literal)) => {
            let mut text = Vec::with_capacity(34);
            push_sid(&mut text, prefix, digits);
            text == literal.as_bytes()
        }
        (Value::Time(Timestamp::Verbatim(value)), Literal::Text(literal)) => **value == **literal,
        (Value::Time(Timestamp::Seconds(seconds)), Literal::Text(literal)) => {
            let mut text = Vec::with_capacity(20);
            push_seconds(&mut text, *seconds) && text == literal.as_bytes()
        }
        _ => false,
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Text(&'a str),
    Equal,
    Unequal,
}

/// Splits a condition into words, quoted texts and comparisons; nothing when it has anything else.
fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '\'' | '"' => {
                let (inner, after) = rest.get(1..)?.split_once(first)?;
                if inner.contains('\\') {
                    return None;
                }
                (Token::Text(inner), after)
            }
            '=' => (Token::Equal, rest.strip_prefix("==")?),
            '!' => (Token::Unequal, rest.strip_prefix("!=")?),
            _ => {
                let end = rest
                    .find(|letter: char| {
                        !(letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-'))
                    })
                    .unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                if word.is_empty() {
                    return None;
                }
                (Token::Word(word), after)
            }
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Some(tokens)
}

fn term<'t, 'a>(tokens: &'t [Token<'a>], walked: Entity) -> Option<(Term, &'t [Token<'a>])> {
    let (Token::Word(path), rest) = tokens.split_first()? else { return None };
    let field = FieldRef(path_of(path, walked)?);
    let (equal, literal, rest) = match rest {
        [Token::Word("is"), Token::Word("not"), Token::Word("none"), rest @ ..] => {
            (false, Literal::None, rest)
        }
        [Token::Word("is"), Token::Word("none"), rest @ ..] => (true, Literal::None, rest),
        [comparison @ (Token::Equal | Token::Unequal), literal, rest @ ..] => {
            (*comparison == Token::Equal, literal_of(*literal)?, rest)
        }
        _ => return None,
    };
    Some((Term { field, equal, literal }, rest))
}

fn path_of(path: &str, walked: Entity) -> Option<&'static FieldInfo> {
    match path.split_once('.') {
        Some((record, name)) => field(entity_named(record)?, name),
        None => field(walked, path),
    }
}

fn literal_of(token: Token<'_>) -> Option<Literal> {
    match token {
        Token::Text(text) => Some(Literal::Text(text.to_owned())),
        Token::Word("none") => Some(Literal::None),
        Token::Word("true") => Some(Literal::Boolean(true)),
        Token::Word("false") => Some(Literal::Boolean(false)),
        Token::Word(word) => word.parse().ok().map(Literal::Integer),
        Token::Equal | Token::Unequal => None,
    }
}
