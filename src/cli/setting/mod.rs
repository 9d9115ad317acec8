//! Every setting, declared once: its name, flag, variable, default, help and parser.
//!
//! From a declaration in [`declarations`] follow the clap flag with its help (`flags`), the key of the settings file, the variable and
//! the line of `chatferry config` (`settings`), and the table of the reference. Every layer gives text, and the declared parser reads
//! it, so a value is right or wrong in the same way wherever it came from.
//!
//! To add a setting: its declaration, its name in the flag group of each verb that takes it, and one `read` where it is used.
//!
//! **Invariant:** no setting's value is a secret. Secrets come from variables, a file or a command that `settings::credentials` reads.

mod declaration;
pub(crate) mod declarations;
mod error;
mod flags;
pub(crate) mod parse;
mod value;

pub(crate) use declaration::Declaration;
pub(crate) use declaration::{DeclaredSetting, Display, SettingKind};
pub(crate) use declarations::SETTINGS;
pub(crate) use error::ValueError;
pub(crate) use flags::{FlagGroup, Flags, flag_group};
pub(crate) use value::{
    ColorWhen, Include, IncludePart, LogFormat, MigrationTarget, ProgressStyle, SourceChoice,
};
