//! What can be wrong with `chatferry.toml`, and how it is reported.

use super::*;

fn error(toml: &str) -> SettingsError {
    World::with_file(&[], toml).listing("").unwrap_err()
}

#[test]
fn errors_name_line_and_column_and_what_was_meant() {
    let says = [
        (
            "rps = 1\nconcurency = 2\n",
            "line 2, column 1: unknown key `concurency`",
            Some("did you mean `concurrency`?"),
        ),
        (
            "[profiles.x]\n  nonsense = 1\n",
            "line 2, column 3: unknown key `nonsense`",
            Some("`chatferry config` lists every key"),
        ),
        ("rps = \"5\"\n", "line 1, column 7: `rps` must be a whole number", None),
        ("allow_http = 1\n", "line 1, column 14: `allow_http` must be true or false", None),
        ("service = \"IS1\"\n", "line 1, column 11: `service` must be an array of strings", None),
        ("profiles = 1\n", "line 1, column 12: `profiles` must be tables", None),
        ("profiles.x = 1\n", "line 1, column 14: `x` must be a table", None),
    ];
    for (toml, said, hint) in says {
        let error = error(toml);
        assert_eq!(chain(&error), format!("the settings file chatferry.toml cannot be used: {said}"));
        assert_eq!(error.hint().as_deref(), hint, "{toml}");
    }
}

#[test]
fn a_secret_in_the_file_is_refused_and_never_repeated() {
    for toml in [
        "auth_token = \"hunter2\"\n",
        "[profiles.x]\napi_secret = \"hunter2\"\n",
        "auth_token = hunter2\n",
        "TWILIO_AUTH_TOKEN = \"hunter2\"\n",
    ] {
        let error = error(toml);
        let text = format!("{}{error:?}{:?}", chain(&error), error.hint());
        assert!(!text.contains("hunter2"), "{text}");
    }
    let error = error("auth_token = \"hunter2\"\n");
    assert!(
        chain(&error).ends_with("`auth_token` is a secret, and secrets are not read from a settings file")
    );
}

#[test]
fn a_wrong_value_is_told_with_its_line() {
    let error = error("\nrps = 100000\n");
    assert_eq!(
        chain(&error),
        "chatferry.toml:2 cannot be used: `100000` is not a whole number from 0 to 10000"
    );
}

#[test]
fn the_default_file_may_be_missing_and_a_named_one_may_not() {
    let world = World::new(&[]);
    assert!(world.listing("").unwrap().files.is_empty());
    let error = world.listing("--config gone.toml").unwrap_err();
    assert!(chain(&error).starts_with("the settings file gone.toml cannot be used: it cannot be read: "));
    let error = World::new(&[("CHATFERRY_CONFIG", "gone.toml")]).listing("").unwrap_err();
    assert!(matches!(error, SettingsError::File { .. }));
    std::fs::write(world.folder.path().join("other.toml"), "rps = 0x10\n").unwrap();
    let listing = world.listing("--config other.toml").unwrap();
    assert!(listing.settings.iter().any(|setting| setting.value.as_deref() == Some("16")));
}

#[test]
fn a_profile_must_exist() {
    let error = World::new(&[]).listing("--profile p").unwrap_err();
    assert_eq!(error.to_string(), "profile `p` is asked for, but there is no settings file");
    let world = World::with_file(&[], "[profiles.live]\n[profiles.test]\n");
    let error = world.listing("--profile p").unwrap_err();
    assert_eq!(chain(&error), "the settings file chatferry.toml cannot be used: it has no profile `p`");
    assert_eq!(error.hint().as_deref(), Some("it has live, test"));
}

#[test]
fn the_users_own_file_is_below_the_folders_and_a_named_file_stands_by_itself() {
    let home = TempDir::new().unwrap();
    std::fs::create_dir(home.path().join("chatferry")).unwrap();
    let own = home.path().join("chatferry/chatferry.toml");
    std::fs::write(&own, "rps = 1\nconcurrency = 2\nmax_age = 3\n[profiles.p]\nconcurrency = 4\n").unwrap();
    let config: &'static str = home.path().to_str().unwrap().to_owned().leak();
    let world = World::with_file(&[("XDG_CONFIG_HOME", config)], "rps = 5\n[profiles.q]\nrps = 6\n");
    let values = |line: &str| {
        let listing = world.listing(line).unwrap();
        let value = |name: &str| {
            listing.settings.iter().find(|setting| setting.key == name).unwrap().value.clone().unwrap()
        };
        (value("rps"), value("concurrency"), value("max_age"))
    };
    let of =
        |rps: &str, concurrency: &str, age: &str| (rps.to_owned(), concurrency.to_owned(), age.to_owned());
    assert_eq!(values(""), of("5", "2", "3"));
    assert_eq!(values("--profile p"), of("5", "4", "3"));
    assert_eq!(values("--profile q"), of("6", "2", "3"));
    assert_eq!(world.listing("").unwrap().files.len(), 2);
    std::fs::write(world.folder.path().join("other.toml"), "rps = 7\n").unwrap();
    assert_eq!(values("--config other.toml"), of("7", "16", "24"));
    let error = world.listing("--profile r").unwrap_err();
    assert_eq!(error.hint().as_deref(), Some("it has q, p"));
    std::fs::write(&own, "nonsense = 1\n").unwrap();
    assert!(chain(&world.listing("").unwrap_err()).contains("unknown key `nonsense`"));
}
