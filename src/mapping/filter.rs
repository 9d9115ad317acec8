//! Conditions: which of the walked rows a record holds.
//!
//! Conditions are Jinja expressions. Those of the common form, comparisons of fields with constants joined by `and`, `or`
//! and `not` (`status == 'joined' and channel.type != 'public'`), are recognised when the mapping is loaded and evaluated
//! without the expression engine, with the same result.
//!
//! **Invariant:** what is recognised here means the same in Jinja. Anything in doubt is left to the engine.

use std::sync::Arc;

use super::error::ExpressionError;
use super::expression::Expression;
use super::field::{entity_named, field, reachable};
use super::field_info::FieldInfo;
use super::scope::{NameScope, RunValue};
use super::value::{Value, push_seconds, push_sid};
use crate::model::{RowRecords, Timestamp};

/// A compiled condition.
#[derive(Debug, Clone)]
pub struct Filter {
    /// The condition as written.
    pub text: String,
    /// No row fulfils it, whatever is in it: a switch that it needs is off.
    pub(super) is_never: bool,
    pub(super) condition: Condition,
}

/// How a condition is evaluated.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    /// By comparing fields.
    Plain(ConditionNode),
    /// By the expression engine.
    Expression(Arc<Expression>),
}

/// A recognised condition.
#[derive(Debug, Clone)]
pub(super) enum ConditionNode {
    All(Vec<ConditionNode>),
    Any(Vec<ConditionNode>),
    Not(Box<ConditionNode>),
    Equal(&'static FieldInfo, Literal),
    Constant(bool),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    None,
    Boolean(bool),
    Integer(i64),
    Text(String),
}

impl Filter {
    /// Compiles a condition over the rows of an entity.
    pub(super) fn compile(text: &str, scope: NameScope<'_>) -> Result<Self, ExpressionError> {
        let (condition, is_never) = if let Some(node) = recognise(text, scope) {
            let is_never = node.is_always(false);
            (Condition::Plain(node), is_never)
        } else {
            let expression = Expression::compile(text, scope)?;
            (Condition::Expression(Arc::new(expression)), needs_switch_that_is_off(text, scope))
        };
        Ok(Self { text: text.to_owned(), is_never, condition })
    }

    pub(super) fn reads(&self) -> Vec<&'static FieldInfo> {
        match &self.condition {
            Condition::Plain(node) => {
                let mut fields = Vec::new();
                node.collect(&mut fields);
                fields
            }
            Condition::Expression(expression) => expression.needs.all_fields(),
        }
    }

    /// The expression, where the engine is needed.
    pub(super) fn expression(&self) -> Option<&Expression> {
        match &self.condition {
            Condition::Plain(_) => None,
            Condition::Expression(expression) => Some(expression),
        }
    }
}

impl ConditionNode {
    pub(super) fn holds(&self, subject: &RowRecords<'_>) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.holds(subject)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(subject)),
            Self::Not(node) => !node.holds(subject),
            Self::Equal(field, literal) => equals((field.get)(subject), literal),
            Self::Constant(value) => *value,
        }
    }

    /// Whether it is that for every row.
    fn is_always(&self, value: bool) -> bool {
        match self {
            Self::All(nodes) if value => nodes.iter().all(|node| node.is_always(true)),
            Self::All(nodes) => nodes.iter().any(|node| node.is_always(false)),
            Self::Any(nodes) if value => nodes.iter().any(|node| node.is_always(true)),
            Self::Any(nodes) => nodes.iter().all(|node| node.is_always(false)),
            Self::Not(node) => node.is_always(!value),
            Self::Equal(..) => false,
            Self::Constant(constant) => *constant == value,
        }
    }

    fn collect(&self, fields: &mut Vec<&'static FieldInfo>) {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().for_each(|node| node.collect(fields)),
            Self::Not(node) => node.collect(fields),
            Self::Equal(field, _) => fields.push(field),
            Self::Constant(_) => {}
        }
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

/// Whether an expression is `run.NAME and …`, with a switch that is off: the engine then evaluates nothing behind it.
fn needs_switch_that_is_off(text: &str, scope: NameScope<'_>) -> bool {
    let Some((first, rest)) = text.trim_start().split_once(char::is_whitespace) else { return false };
    let switch = first.strip_prefix("run.").and_then(|name| scope.run.get(name));
    if !matches!(switch, Some(RunValue::Switch(false))) {
        return false;
    }
    let (mut depth, mut quote) = (0_u32, None);
    let outside: String = rest
        .chars()
        .map(|letter| {
            match (quote, letter) {
                (Some(open), _) if letter == open => quote = None,
                (None, '\'' | '"') => quote = Some(letter),
                (None, '(' | '[' | '{') => depth += 1,
                (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
                (None, _) if depth == 0 && (letter.is_ascii_alphanumeric() || letter == '_') => {
                    return letter;
                }
                _ => {}
            }
            ' '
        })
        .collect();
    // `or` and `if` bind less than `and`. A quote with a backslash in it may end elsewhere.
    let mut words = outside.split_ascii_whitespace();
    !rest.contains('\\') && words.next() == Some("and") && !words.any(|word| matches!(word, "or" | "if"))
}

/// Recognises a condition of the common form.
fn recognise(text: &str, scope: NameScope<'_>) -> Option<ConditionNode> {
    let tokens = tokens(text)?;
    let mut parser = ConditionParser { tokens: &tokens, scope };
    let node = parser.any()?;
    parser.tokens.is_empty().then_some(node)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum ConditionToken<'a> {
    Word(&'a str),
    Text(&'a str),
    Sign(&'static str),
}

/// Splits a condition into words, quoted texts and signs; nothing when it has anything else.
fn tokens(text: &str) -> Option<Vec<ConditionToken<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let sign = ["==", "!=", "(", ")", "[", "]", ","].into_iter().find(|sign| rest.starts_with(sign));
        let (token, after) = if let Some(sign) = sign {
            (ConditionToken::Sign(sign), rest.strip_prefix(sign)?)
        } else if matches!(first, '\'' | '"') {
            let (inner, after) = rest.get(1..)?.split_once(first)?;
            if inner.contains('\\') {
                return None;
            }
            (ConditionToken::Text(inner), after)
        } else {
            let is_word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.');
            let (word, after) = rest.split_at(rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()));
            if word.is_empty() {
                return None;
            }
            (ConditionToken::Word(word), after)
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Some(tokens)
}

/// Reads tokens with Jinja's precedence: `or` binds least, then `and`, then `not`.
struct ConditionParser<'t, 'a> {
    tokens: &'t [ConditionToken<'a>],
    scope: NameScope<'t>,
}

impl<'a> ConditionParser<'_, 'a> {
    fn take(&mut self, token: ConditionToken<'_>) -> bool {
        match self.tokens.split_first() {
            Some((first, rest)) if *first == token => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }

    fn next(&mut self) -> Option<ConditionToken<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(*first)
    }

    fn any(&mut self) -> Option<ConditionNode> {
        let mut nodes = vec![self.all()?];
        while self.take(ConditionToken::Word("or")) {
            nodes.push(self.all()?);
        }
        Some(if nodes.len() == 1 { nodes.pop()? } else { ConditionNode::Any(nodes) })
    }

    fn all(&mut self) -> Option<ConditionNode> {
        let mut nodes = vec![self.not()?];
        while self.take(ConditionToken::Word("and")) {
            nodes.push(self.not()?);
        }
        Some(if nodes.len() == 1 { nodes.pop()? } else { ConditionNode::All(nodes) })
    }

    fn not(&mut self) -> Option<ConditionNode> {
        if self.take(ConditionToken::Word("not")) {
            return Some(ConditionNode::Not(Box::new(self.not()?)));
        }
        if self.take(ConditionToken::Sign("(")) {
            let node = self.any()?;
            // What follows a bracket could be a comparison of its result, which is left to the engine.
            return self.take(ConditionToken::Sign(")")).then_some(node);
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Option<ConditionNode> {
        let ConditionToken::Word(path) = self.next()? else { return None };
        if let Some(RunValue::Switch(on)) = self.run_value(path) {
            // A switch stands by itself; compared with anything it is left to the engine.
            let ends = match self.tokens.first() {
                None => true,
                Some(token) => {
                    matches!(token, ConditionToken::Word("and" | "or") | ConditionToken::Sign(")"))
                }
            };
            return ends.then_some(ConditionNode::Constant(on));
        }
        if self.take(ConditionToken::Sign("==")) {
            let literal = self.literal()?;
            return self.equal(path, literal);
        }
        if self.take(ConditionToken::Sign("!=")) {
            let literal = self.literal()?;
            return Some(ConditionNode::Not(Box::new(self.equal(path, literal)?)));
        }
        if self.take(ConditionToken::Word("is")) {
            let negated = self.take(ConditionToken::Word("not"));
            if !self.take(ConditionToken::Word("none")) {
                return None;
            }
            let node = self.equal(path, Literal::None)?;
            return Some(if negated { ConditionNode::Not(Box::new(node)) } else { node });
        }
        let negated = self.take(ConditionToken::Word("not"));
        if !(self.take(ConditionToken::Word("in")) && self.take(ConditionToken::Sign("["))) {
            return None;
        }
        let mut nodes = Vec::new();
        loop {
            let literal = self.literal()?;
            nodes.push(self.equal(path, literal)?);
            if self.take(ConditionToken::Sign("]")) {
                break;
            }
            if !self.take(ConditionToken::Sign(",")) {
                return None;
            }
        }
        Some(if negated {
            ConditionNode::Not(Box::new(ConditionNode::Any(nodes)))
        } else {
            ConditionNode::Any(nodes)
        })
    }

    fn literal(&mut self) -> Option<Literal> {
        match self.next()? {
            ConditionToken::Text(text) => Some(Literal::Text(text.to_owned())),
            ConditionToken::Word("none") => Some(Literal::None),
            ConditionToken::Word("true") => Some(Literal::Boolean(true)),
            ConditionToken::Word("false") => Some(Literal::Boolean(false)),
            ConditionToken::Word(word) => word.parse().ok().map(Literal::Integer),
            ConditionToken::Sign(_) => None,
        }
    }

    fn run_value(&self, path: &str) -> Option<RunValue> {
        path.strip_prefix("run.").and_then(|name| self.scope.run.get(name))
    }

    fn equal(&self, path: &str, literal: Literal) -> Option<ConditionNode> {
        if let Some(RunValue::Text(value)) = self.run_value(path) {
            return Some(ConditionNode::Constant(literal == Literal::Text(value.to_owned())));
        }
        let field = match path.split_once('.') {
            Some((record, name)) => {
                let record =
                    entity_named(record).filter(|record| reachable(self.scope.entity).contains(record))?;
                field(record, name)?
            }
            None => field(self.scope.entity, path)?,
        };
        // Lists and objects compare by their parts, which the engine knows how to do.
        let scalar = !matches!(field.column_type, super::ColumnType::Array | super::ColumnType::Object);
        scalar.then_some(ConditionNode::Equal(field, literal))
    }
}
