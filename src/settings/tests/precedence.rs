//! Who wins: flags, environment, profile, top level, default.

use super::*;
use crate::cli::setting::{SETTINGS, SettingKind};

#[test]
fn the_strongest_layer_that_says_something_wins() {
    let file = "rps = 4\n[profiles.p]\nrps = 3\n";
    let environment: Variables = &[("CHATFERRY_RPS", "2")];
    let cases: [(&str, Variables, &str, &str, &str); 6] = [
        ("--rps 1 --profile p", environment, file, "1", "--rps"),
        ("--profile p", environment, file, "2", "CHATFERRY_RPS"),
        ("--profile p", &[], file, "3", "chatferry.toml:3 (profile p)"),
        ("", &[("CHATFERRY_PROFILE", "p")], file, "3", "chatferry.toml:3 (profile p)"),
        ("", &[], file, "4", "chatferry.toml:1"),
        ("", &[("CHATFERRY_RPS", "")], "", "100", "default"),
    ];
    for (line, variables, file, value, place) in cases {
        let listing = World::with_file(variables, file).listing(line).unwrap();
        let rps = listing.settings.iter().find(|setting| setting.key == "rps").unwrap();
        assert_eq!(rps.value.as_deref(), Some(value), "{line}");
        let found = rps.place.as_ref().unwrap().to_string();
        assert!(found.ends_with(place), "{line}: {found}");
    }
}

#[test]
fn every_key_is_read_from_its_variable_and_from_the_file() {
    for key in SETTINGS {
        let (text, toml) = match (key.name, key.kind) {
            ("account_sid" | "target_account_sid", _) => ("AC0123456789abcdef0123456789abcdef", None),
            ("api_key" | "target_api_key", _) => ("SK0123456789abcdef0123456789abcdef", None),
            ("client_id" | "target_client_id", _) => ("OQ0123456789abcdef0123456789abcdef", None),
            ("chat_url" | "conversations_url" | "oauth_url" | "media_url", _) => ("http://127.0.0.1:7", None),
            ("max_duration", _) => ("2h", None),
            ("log_format", _) => ("json", None),
            ("progress", _) => ("plain", None),
            ("color", _) => ("never", None),
            ("source", _) => ("chat", None),
            ("region" | "edge", _) => ("ie1", None),
            (_, SettingKind::Number) => ("7", Some("7".to_owned())),
            (_, SettingKind::Switch) => ("true", Some("true".to_owned())),
            ("include", _) => ("roles,users", Some("[\"roles\", \"users\"]".to_owned())),
            (_, SettingKind::List) => ("a,b", Some("[\"a\", \"b\"]".to_owned())),
            (_, SettingKind::Text) => ("text", None),
        };
        let shown = if key.name.ends_with("secret_command") { "set" } else { text };
        let toml = format!("{} = {}\n", key.name, toml.unwrap_or_else(|| format!("\"{text}\"")));
        for (world, layer) in
            [(World::new(&[(key.variable, text)]), "environment"), (World::with_file(&[], &toml), "file")]
        {
            let listing = world.listing("").unwrap();
            let setting = listing.settings.iter().find(|setting| setting.key == key.name).unwrap();
            assert_eq!(setting.value.as_deref(), Some(shown), "{} from {layer}", key.name);
            assert_eq!(setting.place.as_ref().unwrap().layer(), layer, "{}", key.name);
        }
    }
}

#[test]
fn a_slip_in_the_name_of_a_variable_is_noticed() {
    let variables = [
        ("CHATFERRY_RSP", "1"),
        ("CHATFERRY_RPS", "1"),
        ("CHATFERRY_TARGET_AUTH_TOKEN", "x"),
        ("TWILIO_X", "1"),
    ];
    let loader = World::new(&variables).loader(&World::cli("config")).unwrap();
    assert_eq!(loader.unknown_variables(), [("CHATFERRY_RSP".to_owned(), Some("CHATFERRY_RPS"))]);
}

#[test]
fn a_key_with_a_flag_has_that_flag_on_some_verb() {
    let command = crate::cli::command();
    let flags: Vec<String> = std::iter::once(&command)
        .chain(command.get_subcommands())
        .flat_map(clap::Command::get_arguments)
        .filter_map(|argument| argument.get_long().map(str::to_owned))
        .collect();
    for key in SETTINGS {
        assert_eq!(flags.contains(&key.name.replace('_', "-")), key.has_flag, "{}", key.name);
    }
}

#[test]
fn of_two_that_exclude_each_other_the_stronger_layer_wins() {
    let sid = "IS0123456789abcdef0123456789abcdef";
    let world = World::with_file(&[], "all_services = true\n");
    let settings = world.crawl(&format!("--service {sid}")).unwrap();
    assert_eq!(settings.services, ServiceChoice::Listed(vec![sid.parse().unwrap()]));

    let world = World::with_file(&[], &format!("service = [\"{sid}\"]\n"));
    assert_eq!(world.crawl("--all-services").unwrap().services, ServiceChoice::All);

    let world = World::with_file(&[], &format!("service = [\"{sid}\"]\nall_services = true\n"));
    let error = world.crawl("").unwrap_err();
    assert_eq!(error.to_string(), "chatferry.toml:1 and chatferry.toml:2 cannot be used together");
}

#[test]
fn region_and_edge_choose_twilios_hosts_unless_a_url_is_given() {
    let world = World::new(&[("TWILIO_EDGE", "dublin"), ("CHATFERRY_CHAT_URL", "http://127.0.0.1:9")]);
    let settings = world.connection("").unwrap();
    assert_eq!(settings.chat.to_string(), "http://127.0.0.1:9");
    assert_eq!(settings.conversations.to_string(), "https://conversations.dublin.us1.twilio.com");
    let listing = world.listing("").unwrap();
    let url = listing.settings.iter().find(|setting| setting.key == "conversations_url").unwrap();
    assert_eq!(url.place, Some(Provenance::Derived("edge")));

    let error = World::new(&[("TWILIO_REGION", "x/y")]).connection("").unwrap_err();
    assert_eq!(
        chain(&error),
        "TWILIO_REGION cannot be used: `x/y` is not a region or edge such as `ie1` or `dublin`"
    );
}
