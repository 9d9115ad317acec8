//! The frame of every HTML page: layout, style, script, charts, and how data gets into it.
//!
//! A page is one file. A report brings a template that extends `base.html`, and a context; the frame brings the rest. What is
//! too long for a context is written afterwards, at the mark where [`RenderedPage`] is cut.
//!
//! **Invariant:** a page asks for nothing. Its policy allows no source but the style and the script that are in it, by their
//! hashes, so that even markup that came through would not run.
//!
//! **Invariant:** what came from data is escaped: by the templates' auto-escape, which nothing turns off, and in a script's data by
//! [`embedded_data`].

pub(crate) mod chart;
pub(crate) mod embedded_data;
mod page_file;
mod policy;

use std::borrow::Cow;
use std::path::Path;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, ErrorKind, HtmlEscape, State, UndefinedBehavior, Value};
use serde::Serialize;

pub(crate) use self::page_file::PageFileError;
use crate::printable::mask_addresses;
use crate::report::text::{format, markdown};

const BASE: &str = include_str!("base.html");
const CHARTS: &str = include_str!("charts.html");
const LISTS: &str = include_str!("lists.html");
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Where the template wants what is written afterwards. No data can bring it in: its `<` would be escaped.
const MARK: &str = "<!--data-->";

/// Why a page could not be made: a template and its context do not fit, which is a fault of the program.
#[derive(Debug, thiserror::Error)]
#[error("the template {template} cannot be rendered")]
pub(crate) struct TemplateError {
    pub template: &'static str,
    pub source: minijinja::Error,
}

/// A rendered page, in two halves.
#[derive(Debug)]
pub(crate) struct RenderedPage {
    /// Up to the mark.
    pub before: String,
    /// From the mark on.
    pub after: String,
}

/// Renders an HTML page from a template that extends `base.html`.
pub(crate) fn html(
    name: &'static str,
    template: &'static str,
    report: &impl Serialize,
) -> Result<RenderedPage, TemplateError> {
    let rendered = render(name, template, report)?;
    Ok(match rendered.split_once(MARK) {
        Some((before, after)) => RenderedPage { before: before.to_owned(), after: after.to_owned() },
        None => RenderedPage { before: rendered, after: String::new() },
    })
}

/// Renders a page that `browse` serves, from a template that extends a layout, which extends `base.html`. Its forms may lead to its
/// own origin; [`served_policy`] is the policy of the answer.
pub(crate) fn served(
    name: &'static str,
    template: &'static str,
    layout: (&'static str, &'static str),
    report: &impl Serialize,
) -> Result<String, TemplateError> {
    let failed = |source| TemplateError { template: name, source };
    let mut environment = environment().map_err(failed)?;
    environment.add_template(layout.0, layout.1).map_err(failed)?;
    rendered(environment, name, template, served_policy(), report)
}

/// The policy of pages that are served: as [`html`]'s, and forms lead to the origin that served them.
pub(crate) fn served_policy() -> &'static str {
    &SERVED_POLICY
}

static SERVED_POLICY: LazyLock<String> =
    LazyLock::new(|| policy::of(STYLE, SCRIPT).replace("form-action 'none'", "form-action 'self'"));

/// Renders a template. The ending of its name decides how values are escaped: `.html`, or `.md` for Markdown.
pub(crate) fn render(
    name: &'static str,
    template: &'static str,
    report: &impl Serialize,
) -> Result<String, TemplateError> {
    let environment = environment().map_err(|source| TemplateError { template: name, source })?;
    rendered(environment, name, template, &policy::of(STYLE, SCRIPT), report)
}

fn rendered(
    mut environment: Environment<'static>,
    name: &'static str,
    template: &'static str,
    policy: &str,
    report: &impl Serialize,
) -> Result<String, TemplateError> {
    let failed = |source| TemplateError { template: name, source };
    environment.add_template(name, template).map_err(failed)?;
    let context = minijinja::context! {
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.to_owned()),
        policy,
        report => Value::from(Serde(report)),
    };
    environment.get_template(name).and_then(|template| template.render(context)).map_err(failed)
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_syntax(
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?,
    );
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| {
        if Path::new(name).extension().is_some_and(|extension| extension == "md") {
            AutoEscape::Custom(MARKDOWN.into())
        } else {
            AutoEscape::Html
        }
    });
    environment.set_formatter(|out, state, value| {
        if value.is_safe() {
            return out.write_str(&value.to_string()).map_err(minijinja::Error::from);
        }
        // Text of other people: an address in it is shown without its credentials.
        let masked = value.as_str().map(mask_addresses).filter(|masked| matches!(masked, Cow::Owned(_)));
        let value = masked.map_or_else(|| value.clone(), |masked| Value::from(masked.into_owned()));
        match state.auto_escape() {
            AutoEscape::Custom(_) => {
                out.write_str(&markdown::escaped(&value.to_string())).map_err(minijinja::Error::from)
            }
            _ => minijinja::escape_formatter(out, state, &value),
        }
    });
    environment.add_filter("count", format::count);
    environment.add_filter("counted", format::counted);
    environment.add_filter("seconds", format::seconds);
    environment.add_filter("code", code);
    environment.add_filter("prose", prose);
    environment.add_filter("opening", opening);
    environment.add_filter("query", query);
    environment.add_template("base.html", BASE)?;
    environment.add_template("charts.html", CHARTS)?;
    environment.add_template("lists.html", LISTS)?;
    Ok(environment)
}

const MARKDOWN: &str = "markdown";

/// Data as inline code of Markdown.
fn code(text: &str) -> Result<Value, minijinja::Error> {
    if text.is_empty() {
        return Err(minijinja::Error::new(ErrorKind::InvalidOperation, "there is no empty inline code"));
    }
    Ok(Value::from_safe_string(markdown::code(&mask_addresses(text))))
}

/// Data as a value in the query of an address.
fn query(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A fragment as it begins a line.
pub(crate) fn opening(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Prose of the program's own, where backticks are around code; the rest is escaped as anything else.
fn prose(state: &State<'_, '_>, text: &str) -> Value {
    let text = mask_addresses(text);
    let markdown = matches!(state.auto_escape(), AutoEscape::Custom(_));
    let mut safe = String::with_capacity(text.len() + 16);
    for (number, part) in text.split('`').enumerate() {
        let is_code = number % 2 == 1 && !part.is_empty();
        let part = match (markdown, is_code) {
            (true, true) => markdown::code(part),
            (true, false) => markdown::escaped(part),
            (false, true) => format!("<code>{}</code>", HtmlEscape(part)),
            (false, false) => HtmlEscape(part).to_string(),
        };
        safe.push_str(&part);
    }
    Value::from_safe_string(safe)
}

#[cfg(test)]
mod tests;
