//! The settings that were typed as flags, by name: the first of the layers. clap's flags are made of the declarations.

use std::collections::BTreeMap;
use std::fmt::Debug;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use super::declaration::{Declaration, DeclaredSetting, SettingKind};

/// The settings that were given as flags.
#[derive(Debug, Default, Clone)]
pub(crate) struct Flags(BTreeMap<&'static str, Vec<String>>);

impl Flags {
    pub(crate) fn get(&self, declaration: &Declaration) -> Option<&[String]> {
        self.0.get(declaration.name).map(Vec::as_slice)
    }

    /// These flags and those of another group.
    #[must_use]
    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.0.extend(other.0.iter().map(|(name, texts)| (*name, texts.clone())));
        both
    }

    /// The same, as if this had been typed too: for verbs that run other verbs.
    #[must_use]
    pub(crate) fn with<T>(mut self, setting: &'static DeclaredSetting<T>, text: impl Into<String>) -> Self {
        self.0.insert(setting.declaration.name, vec![text.into()]);
        self
    }

    /// What was typed of a setting that a verb may have, whichever verb it is.
    pub(crate) fn of_any_verb<T>(mut matches: &ArgMatches, setting: &'static DeclaredSetting<T>) -> Self {
        while let Some((_, of_verb)) = matches.subcommand() {
            matches = of_verb;
        }
        let name = setting.declaration.name;
        let typed = matches.try_get_many::<String>(name).ok().flatten();
        Self(typed.map(|texts| (name, texts.cloned().collect())).into_iter().collect())
    }

    /// What of these settings is on the command line, as clap parsed it.
    fn typed(matches: &ArgMatches, settings: &[&'static Declaration]) -> Self {
        let mut flags = Self::default();
        for declaration in settings {
            if matches.value_source(declaration.name) != Some(ValueSource::CommandLine) {
                continue;
            }
            let texts = match declaration.kind {
                SettingKind::Switch => vec!["true".to_owned()],
                _ => matches.get_many::<String>(declaration.name).unwrap_or_default().cloned().collect(),
            };
            flags.0.insert(declaration.name, texts);
        }
        flags
    }
}

/// A verb's settings with a flag, as a type that clap can flatten into the verb's arguments.
pub(crate) trait FlagGroup: Debug + Default + Clone {
    fn settings() -> Vec<&'static Declaration>;

    fn flags(&self) -> &Flags;

    fn of(flags: Flags) -> Self;

    /// What this verb's flag has besides its declaration: conflicts, requirements.
    fn adapt(flag: Arg) -> Arg {
        flag
    }

    fn augment(command: Command) -> Command {
        command.args(Self::settings().into_iter().map(|declaration| Self::adapt(declaration.arg())))
    }

    fn read(matches: &ArgMatches) -> Self {
        Self::of(Flags::typed(matches, &Self::settings()))
    }
}

/// Declares the flag group of a verb: `flag_group!(CrawlFlags: SERVICE, SNAPSHOT);`, with what is special to the verb after `where`.
macro_rules! flag_group {
    ($(#[$meta:meta])* $visibility:vis $name:ident: $($setting:ident),+ $(; where $adapt:expr)?) => {
        $(#[$meta])*
        #[derive(Debug, Default, Clone)]
        $visibility struct $name($crate::cli::setting::Flags);

        impl $crate::cli::setting::FlagGroup for $name {
            fn settings() -> Vec<&'static $crate::cli::setting::Declaration> {
                vec![$(&$crate::cli::setting::declarations::$setting.declaration),+]
            }

            fn flags(&self) -> &$crate::cli::setting::Flags {
                &self.0
            }

            fn of(flags: $crate::cli::setting::Flags) -> Self {
                Self(flags)
            }

            $(fn adapt(flag: clap::Arg) -> clap::Arg {
                let adapt: fn(clap::Arg) -> clap::Arg = $adapt;
                adapt(flag)
            })?
        }

        impl clap::Args for $name {
            fn augment_args(command: clap::Command) -> clap::Command {
                <Self as $crate::cli::setting::FlagGroup>::augment(command)
            }

            fn augment_args_for_update(command: clap::Command) -> clap::Command {
                Self::augment_args(command)
            }
        }

        impl clap::FromArgMatches for $name {
            fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
                Ok(<Self as $crate::cli::setting::FlagGroup>::read(matches))
            }

            fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
                *self = <Self as $crate::cli::setting::FlagGroup>::read(matches);
                Ok(())
            }
        }
    };
}
pub(crate) use flag_group;
