//! All settings with their help: what the reference page of the documents is made of.

use crate::cli::setting::{SETTINGS, SettingKind};

/// A setting as the reference describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingReference {
    /// Its key in the settings file.
    pub key: &'static str,
    /// Its flag with what it takes, where it has one: `--rps N`.
    pub flag: Option<String>,
    pub variable: &'static str,
    pub default: Option<&'static str>,
    /// What its value looks like in the settings file.
    pub value: &'static str,
    pub help: String,
}

/// Every setting, in the order in which `chatferry config` lists them.
pub fn reference() -> Vec<SettingReference> {
    let settings = SETTINGS.iter().map(|declaration| SettingReference {
        key: declaration.name,
        flag: declaration.has_flag.then(|| match declaration.kind {
            SettingKind::Switch => format!("--{}", declaration.flag_name()),
            _ => format!("--{} {}", declaration.flag_name(), declaration.value_name),
        }),
        variable: declaration.variable,
        default: declaration.default,
        value: match declaration.kind {
            SettingKind::Text => "a string",
            SettingKind::Number => "a whole number",
            SettingKind::Switch => "true or false",
            SettingKind::List => "an array of strings",
        },
        help: declaration.long_help(),
    });
    settings.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_explained_once() {
        let settings = reference();
        for setting in &settings {
            assert!(setting.help.len() > 10, "{}", setting.key);
            assert!(
                !setting.help.contains("  ") && !setting.help.ends_with('.') || setting.help.contains("\n\n")
            );
            let same =
                |other: &&SettingReference| other.key == setting.key || other.variable == setting.variable;
            assert_eq!(settings.iter().filter(same).count(), 1, "{}", setting.key);
        }
        let rps = settings.iter().find(|setting| setting.key == "rps").expect("it is declared");
        assert_eq!(
            (rps.flag.as_deref(), rps.variable, rps.default, rps.help.as_str()),
            (Some("--rps N"), "CHATFERRY_RPS", Some("100"), "Most requests per second; 0 for no limit")
        );
    }
}
