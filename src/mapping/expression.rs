//! Expressions: Jinja, as minijinja has it, over the records of a row.
//!
//! What an expression reads is found when it is compiled. Unknown names are errors then, and only the fields that are read are
//! handed to the engine for a row.
//!
//! **Invariant:** an expression ends. Each evaluation has [`FUEL`] steps; the engine has no loader, no clock and no I/O.
//!
//! **Invariant:** undefined is an error, in an operation and as a result, so that a slip never becomes an empty cell.

use std::fmt;
use std::sync::LazyLock;

use minijinja::{Environment, UndefinedBehavior};

use super::engine_names;
use super::error::ExpressionError;
use super::field::{entity_name, entity_named, field, fields_of, reachable};
use super::field_info::FieldInfo;
use super::functions;
use super::scope::NameScope;
use super::value::ColumnType;
use crate::storage::nearest;

/// How many steps of the engine one evaluation may take.
pub(super) const FUEL: u64 = 50_000;
/// The longest expression, in bytes.
const LONGEST: usize = 16 * 1024;

/// The engine. One for the process: expressions are compiled into it and differ in their context alone.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.remove_global("debug");
    functions::register(&mut environment);
    environment
});

/// A compiled expression.
pub(super) struct Expression {
    pub(super) text: String,
    pub(super) needs: Needs,
    /// Whether it asks for SIDs of the target, so that it works with a plan alone.
    pub(super) needs_plan: bool,
    /// Whether it asks which users there are.
    pub(super) needs_users: bool,
    compiled: minijinja::Expression<'static, 'static>,
}

impl fmt::Debug for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Expression").field(&self.text).finish()
    }
}

/// What an expression reads from a row.
#[derive(Debug, Clone, Default)]
pub(super) struct Needs {
    /// Fields of the walked record that it names without the record.
    pub(super) bare: Vec<&'static FieldInfo>,
    /// Fields that it names with their record.
    pub(super) fields: Vec<&'static FieldInfo>,
    /// The lists of the record that it names.
    pub(super) lists: Vec<String>,
}

impl Needs {
    /// Every field, however it is named.
    pub(super) fn all_fields(&self) -> Vec<&'static FieldInfo> {
        self.bare.iter().chain(&self.fields).copied().collect()
    }

    /// Adds what another expression needs.
    pub(super) fn add(&mut self, other: &Self) {
        for (mine, theirs) in [(&mut self.bare, &other.bare), (&mut self.fields, &other.fields)] {
            for field in theirs {
                if !mine.iter().any(|known| std::ptr::eq(*known, *field)) {
                    mine.push(field);
                }
            }
        }
        for list in &other.lists {
            if !self.lists.contains(list) {
                self.lists.push(list.clone());
            }
        }
    }
}

impl Expression {
    /// Compiles an expression over the rows of an entity.
    pub(super) fn compile(text: &str, scope: NameScope<'_>) -> Result<Self, ExpressionError> {
        if text.len() > LONGEST {
            let message = format!("the expression has {} bytes; at most {LONGEST} are allowed", text.len());
            return Err(ExpressionError { offset: 0, message });
        }
        let compiled =
            ENVIRONMENT.compile_expression_owned(text.to_owned()).map_err(|error| ExpressionError {
                offset: error.range().map_or(0, |range| range.start),
                message: describe(&error),
            })?;
        engine_names::check(text, &ENVIRONMENT)?;
        let mut names: Vec<String> = compiled.undeclared_variables(true).into_iter().collect();
        names.sort();
        let mut needs = Needs::default();
        for name in &names {
            resolve(name, scope, &mut needs)
                .map_err(|message| ExpressionError { offset: offset_of(text, name), message })?;
        }
        if text.contains('[') {
            let mut read = Needs::default();
            for name in mentioned(text) {
                // What is no name of ours here, such as a filter or an argument, was judged above.
                let _known = resolve(name, scope, &mut read).is_ok();
            }
            needs.add(&read);
        }
        check_safe_names(text, scope)?;
        let needs_plan = engine_names::uses(text, functions::COUNTERPART);
        let needs_users = engine_names::uses(text, functions::USER_SID);
        Ok(Self { text: text.to_owned(), needs, needs_plan, needs_users, compiled })
    }

    /// Evaluates it in a context of [`super::context`].
    pub(super) fn evaluate(&self, context: minijinja::Value) -> Result<minijinja::Value, minijinja::Error> {
        self.compiled.eval(context)
    }
}

/// The engine's error in one line, without what it was wrapped in.
pub(super) fn describe(error: &minijinja::Error) -> String {
    use minijinja::ErrorKind;
    match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => format!("it does not end within {FUEL} steps"),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    }
}

/// Where a name stands in an expression: its first occurrence that is not part of a longer name.
fn offset_of(text: &str, name: &str) -> usize {
    let is_name = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let bytes = text.as_bytes();
    let stands_alone = |&(start, _): &(usize, &str)| {
        let before = start.checked_sub(1).and_then(|before| bytes.get(before));
        !is_name(before) && before != Some(&b'.') && !is_name(bytes.get(start + name.len()))
    };
    text.match_indices(name).find(stands_alone).map_or(0, |(start, _)| start)
}

/// Every name outside quotes, with what follows it after points. The engine does not tell which names it slices
/// (`identity[:3]`), so in expressions with brackets all that look like names are tried.
fn mentioned(text: &str) -> impl Iterator<Item = &str> {
    let mut quote = None;
    text.split(move |letter: char| {
        match quote {
            Some(open) if letter == open => quote = None,
            None if matches!(letter, '\'' | '"') => quote = Some(letter),
            _ => {}
        }
        quote.is_some() || !(letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.'))
    })
    .filter(|name| name.starts_with(|first: char| first.is_ascii_alphabetic()))
}

/// Checks that the mapping has the rules that `safe_name('rule')` names.
fn check_safe_names(text: &str, scope: NameScope<'_>) -> Result<(), ExpressionError> {
    for (start, call) in text.match_indices("safe_name(") {
        let argument = text.get(start + call.len()..).unwrap_or_default();
        let quote = argument.chars().next().filter(|quote| matches!(quote, '\'' | '"'));
        let rule = quote.and_then(|quote| argument.split(quote).nth(1));
        let rules = &scope.safe_names.0;
        if let Some(rule) = rule.filter(|rule| !rules.contains_key(*rule)) {
            let names: Vec<&str> = rules.keys().map(String::as_str).collect();
            let suggestion = super::error::did_you_mean(nearest(rule, names.iter().copied()));
            let message =
                format!("unknown safe name `{rule}`{suggestion}; `[safe_names]` has {}", or_none(&names));
            return Err(ExpressionError { offset: start, message });
        }
    }
    Ok(())
}

fn or_none(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Finds out what a name of an expression is: `status`, `channel`, `channel.type`, `run.invites`, `lists.members`.
fn resolve(name: &str, scope: NameScope<'_>, needs: &mut Needs) -> Result<(), String> {
    let walked = scope.entity;
    let mut parts = name.splitn(3, '.');
    let (first, second, third) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    if first == "run" {
        return match second {
            Some(key) if scope.run.get(key).is_none() => {
                Err(format!("`run` has {}, not `{key}`", scope.run.names().join(", ")))
            }
            _ => Ok(()),
        };
    }
    if first == "lists" {
        let names: Vec<&str> = scope.lists.iter().map(String::as_str).collect();
        return match second {
            Some(list) if names.contains(&list) => {
                needs.lists.push(list.to_owned());
                Ok(())
            }
            _ => Err(format!("`lists` has {}: name one of them, as in `lists.members`", or_none(&names))),
        };
    }
    if let Some(record) = entity_named(first) {
        if !reachable(walked).contains(&record) {
            let has: Vec<&str> = reachable(walked).iter().map(|&entity| entity_name(entity)).collect();
            return Err(format!(
                "a row of `{}` has no `{first}`, but {}",
                entity_name(walked),
                has.join(", ")
            ));
        }
        let Some(second) = second else {
            needs.fields.extend(fields_of(record));
            return Ok(());
        };
        let Some(found) = field(record, second) else {
            let names: Vec<&str> = fields_of(record).map(|field| field.name).collect();
            return Err(unknown(&format!("{first}.{second}"), second, &names));
        };
        needs.fields.push(found);
        return nested(found, third);
    }
    if let Some(found) = field(walked, first) {
        needs.bare.push(found);
        return nested(found, second);
    }
    if ENVIRONMENT.globals().any(|(global, _)| global == first) && second.is_none() {
        return Ok(());
    }
    let mut names: Vec<&str> = fields_of(walked).map(|field| field.name).collect();
    names.extend(reachable(walked).iter().map(|&entity| entity_name(entity)));
    Err(unknown(first, first, &names))
}

/// Checks what follows a field: only objects have keys of their own.
fn nested(field: &FieldInfo, key: Option<&str>) -> Result<(), String> {
    match key {
        Some(key) if !matches!(field.column_type, ColumnType::Object | ColumnType::Json) => {
            let hint =
                if field.name == "attributes" { "; it is JSON in a string: use `|fromjson`" } else { "" };
            let entity = entity_name(field.entity);
            Err(format!(
                "`{entity}.{}` is {}, so it has no `{key}`{hint}",
                field.name,
                field.column_type.name()
            ))
        }
        _ => Ok(()),
    }
}

fn unknown(name: &str, part: &str, known: &[&str]) -> String {
    let suggestion = super::error::did_you_mean(nearest(part, known.iter().copied()));
    format!("unknown name `{name}`{suggestion}; there are {}", known.join(", "))
}
