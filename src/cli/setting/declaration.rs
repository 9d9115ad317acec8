//! What the declaration of a setting says.

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgAction, ValueEnum, ValueHint};

use super::error::ValueError;

/// What a setting's value looks like in the settings file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SettingKind {
    /// A string.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Switch,
    /// An array of strings; a string with commas in the environment and in one flag.
    List,
}

/// Whether `chatferry config` may print a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Display {
    AsIs,
    /// Only if it has the shape of a SID: a secret may have been put in its place.
    SidOnly,
    /// Only that it is set.
    Hidden,
}

/// What a setting is called and how it is explained.
#[derive(Debug)]
pub(crate) struct Declaration {
    /// Its name in the settings file; with `-` for `_` it is the flag.
    pub name: &'static str,
    /// The environment variable that sets it.
    pub variable: &'static str,
    pub has_flag: bool,
    pub(crate) kind: SettingKind,
    /// Its value where no layer sets it.
    pub default: Option<&'static str>,
    /// What stands for the value in the help, such as `N` or `FILE`.
    pub value_name: &'static str,
    /// The heading of its flag in the help; none is the verb's own list.
    pub heading: Option<&'static str>,
    pub(crate) hint: ValueHint,
    /// The values there are, where there are few.
    pub(crate) choices: Option<fn() -> Vec<PossibleValue>>,
    pub(crate) display: Display,
    /// The comment of the declaration: a first paragraph, and perhaps more for `--help`.
    pub(super) comment: &'static str,
}

/// A declared setting with the parser of its values.
#[derive(Debug)]
pub(crate) struct DeclaredSetting<T: 'static> {
    pub(crate) declaration: Declaration,
    pub(crate) parse: fn(&str) -> Result<T, ValueError>,
}

impl Declaration {
    pub(super) const fn flag(name: &'static str, value_name: &'static str, variable: &'static str) -> Self {
        Self {
            name,
            variable,
            has_flag: true,
            kind: SettingKind::Text,
            default: None,
            value_name,
            heading: None,
            hint: ValueHint::Unknown,
            choices: None,
            display: Display::AsIs,
            comment: "",
        }
    }

    /// Of the file and the environment only: credentials and what goes with them.
    pub(super) const fn without_flag(
        name: &'static str,
        value_name: &'static str,
        variable: &'static str,
    ) -> Self {
        Self { has_flag: false, ..Self::flag(name, value_name, variable) }
    }

    pub(super) const fn file(name: &'static str, variable: &'static str) -> Self {
        Self { hint: ValueHint::FilePath, ..Self::flag(name, "FILE", variable) }
    }

    pub(super) const fn number(self) -> Self {
        Self { kind: SettingKind::Number, ..self }
    }

    pub(super) const fn switch(self) -> Self {
        Self { kind: SettingKind::Switch, default: Some("false"), ..self }
    }

    pub(super) const fn list(self) -> Self {
        Self { kind: SettingKind::List, ..self }
    }

    pub(super) const fn choices(self, values: fn() -> Vec<PossibleValue>) -> Self {
        Self { choices: Some(values), ..self }
    }

    pub(super) const fn default(self, text: &'static str) -> Self {
        Self { default: Some(text), ..self }
    }

    pub(super) const fn under(self, heading: &'static str) -> Self {
        Self { heading: Some(heading), ..self }
    }

    pub(super) const fn display(self, display: Display) -> Self {
        Self { display, ..self }
    }

    pub(super) const fn explained(self, comment: &'static str) -> Self {
        Self { comment, ..self }
    }

    /// The first paragraph of the comment: what `-h` and tables show.
    pub(crate) fn help(&self) -> String {
        paragraphs(self.comment).next().unwrap_or_default()
    }

    /// The complete comment: what `--help` shows, without the default.
    pub(crate) fn long_help(&self) -> String {
        paragraphs(self.comment).collect::<Vec<_>>().join("\n\n")
    }

    /// Its flag without the dashes.
    pub(crate) fn flag_name(&self) -> String {
        self.name.replace('_', "-")
    }

    /// The flag that clap parses. It has no default: `settings` asks the other layers first.
    pub(super) fn arg(&self) -> Arg {
        let default = match self.default {
            Some(text) if self.kind != SettingKind::Switch => format!(" [default: {text}]"),
            _ => String::new(),
        };
        let mut help = self.help();
        let mut long_help = self.long_help();
        if let Some(rest) = long_help.strip_prefix(&help) {
            long_help = format!("{help}{default}{rest}");
        }
        help.push_str(&default);
        let arg = Arg::new(self.name).long(self.flag_name()).help(help);
        let arg = if paragraphs(self.comment).count() > 1 { arg.long_help(long_help) } else { arg };
        let arg = match self.heading {
            // Shared by many verbs, so `-h` folds it.
            Some(heading) => arg.help_heading(heading).hide_short_help(true),
            None => arg,
        };
        let arg = match self.choices {
            Some(values) => arg.value_parser(PossibleValuesParser::new(values())),
            None => arg,
        };
        match self.kind {
            SettingKind::Switch => arg.action(ArgAction::SetTrue),
            SettingKind::List => {
                arg.action(ArgAction::Append).value_name(self.value_name).value_hint(self.hint)
            }
            SettingKind::Text | SettingKind::Number => {
                arg.action(ArgAction::Set).value_name(self.value_name).value_hint(self.hint)
            }
        }
    }
}

/// The values of an enumeration, for [`Declaration::choices`].
pub(super) fn possible_values<T: ValueEnum>() -> Vec<PossibleValue> {
    T::value_variants().iter().filter_map(ValueEnum::to_possible_value).collect()
}

/// The paragraphs of a comment, each as one line.
fn paragraphs(comment: &str) -> impl Iterator<Item = String> + '_ {
    let joined = |paragraph: &str| {
        paragraph.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    };
    comment.split("\n\n").map(joined).filter(|paragraph| !paragraph.is_empty())
}
