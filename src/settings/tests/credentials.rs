//! Which credentials are used, and what is said about those that cannot be.

use super::*;
use crate::secret::{Credentials, Signer};

const ACCOUNT: (&str, &str) = ("TWILIO_ACCOUNT_SID", "AC0123456789abcdef0123456789abcdef");
const KEY: (&str, &str) = ("TWILIO_API_KEY", "SK0123456789abcdef0123456789abcdef");
const TOKEN: (&str, &str) = ("TWILIO_AUTH_TOKEN", "marker1secret");
const API_SECRET: (&str, &str) = ("TWILIO_API_SECRET", "marker2secret");

fn read(world: &World, line: &str) -> Result<(String, String), SettingsError> {
    let credentials = world.connection(line)?.read_credentials()?;
    assert_eq!(credentials.account_sid.to_string(), ACCOUNT.1);
    Ok(signer(&credentials))
}

/// Who signs, and with which secret.
fn signer(credentials: &Credentials) -> (String, String) {
    let (name, secret) = match &credentials.signer {
        Signer::Basic { username, secret } => (username, secret),
        Signer::OAuthClient { client_id, client_secret } => (client_id, client_secret),
    };
    (name.clone(), secret.expose().to_owned())
}

#[test]
fn a_token_goes_with_the_account_and_a_key_with_its_secret() {
    let token = (ACCOUNT.1.to_owned(), TOKEN.1.to_owned());
    let key = (KEY.1.to_owned(), API_SECRET.1.to_owned());
    assert_eq!(read(&World::new(&[ACCOUNT, TOKEN]), "").unwrap(), token);
    assert_eq!(read(&World::new(&[ACCOUNT, KEY, API_SECRET]), "").unwrap(), key);
    assert_eq!(read(&World::new(&[ACCOUNT, TOKEN, KEY, API_SECRET]), "").unwrap(), key);
}

#[test]
fn an_oauth_client_goes_with_its_secret_and_comes_after_a_key() {
    const CLIENT: (&str, &str) = ("TWILIO_CLIENT_ID", "OQ0123456789abcdef0123456789abcdef");
    const CLIENT_SECRET: (&str, &str) = ("TWILIO_CLIENT_SECRET", "marker3secret");
    let client = (CLIENT.1.to_owned(), CLIENT_SECRET.1.to_owned());
    assert_eq!(read(&World::new(&[ACCOUNT, CLIENT, CLIENT_SECRET]), "").unwrap(), client);
    assert_eq!(read(&World::new(&[ACCOUNT, TOKEN, CLIENT, CLIENT_SECRET]), "").unwrap(), client);
    let all = [ACCOUNT, TOKEN, KEY, API_SECRET, CLIENT, CLIENT_SECRET];
    assert_eq!(read(&World::new(&all), "").unwrap().0, KEY.1);
    let error = read(&World::new(&[ACCOUNT, TOKEN, CLIENT]), "").unwrap_err();
    assert!(chain(&error).ends_with("TWILIO_CLIENT_SECRET is not set"), "{error:?}");
    let error = read(&World::new(&[ACCOUNT, ("TWILIO_CLIENT_ID", KEY.1), CLIENT_SECRET]), "").unwrap_err();
    assert!(chain(&error).contains("TWILIO_CLIENT_ID"), "{error:?}");
}

#[test]
fn a_whole_pair_of_the_environment_is_stronger_than_a_key_of_the_file() {
    let file = "api_key = \"SK0123456789abcdef0123456789abcdef\"\nsecret_command = \"echo fromfile\"\n";
    assert_eq!(read(&World::with_file(&[ACCOUNT, TOKEN], file), "").unwrap().0, ACCOUNT.1);
    assert_eq!(
        read(&World::with_file(&[ACCOUNT], file), "").unwrap(),
        (KEY.1.to_owned(), "fromfile".to_owned())
    );
    let listing = World::with_file(&[ACCOUNT, TOKEN], file).listing("").unwrap();
    let credentials = listing.settings.last().unwrap();
    assert_eq!((credentials.key, credentials.value.as_deref()), ("credentials", Some("auth token")));
}

#[test]
fn the_secret_comes_from_the_strongest_layer() {
    let file = "secret_command = \"printf 'fromfile\\\\n'\"\n";
    let file_only = World::with_file(&[ACCOUNT], file);
    assert_eq!(read(&file_only, "").unwrap().1, "fromfile");
    let with_variable = World::with_file(&[ACCOUNT, TOKEN], file);
    assert_eq!(read(&with_variable, "").unwrap().1, TOKEN.1);
    let secret = with_variable.folder.path().join("secret");
    std::fs::write(&secret, "fromflag\r\n").unwrap();
    assert_eq!(read(&with_variable, &format!("--secret-file {}", secret.display())).unwrap().1, "fromflag");
}

#[test]
fn what_is_missing_or_in_the_wrong_place_is_named() {
    const SWAPPED_KEY: (&str, &str) = ("TWILIO_ACCOUNT_SID", KEY.1);
    const SWAPPED_ACCOUNT: (&str, &str) = ("TWILIO_API_KEY", ACCOUNT.1);
    let cases: [(Variables, &str, &str); 11] = [
        (&[], "", "TWILIO_ACCOUNT_SID is not set"),
        (&[TOKEN], "", "TWILIO_ACCOUNT_SID is not set"),
        (&[ACCOUNT], "", "TWILIO_AUTH_TOKEN is not set"),
        (&[ACCOUNT, KEY], "", "TWILIO_API_SECRET is not set"),
        (&[ACCOUNT, KEY, TOKEN], "", "TWILIO_API_SECRET is not set"),
        (
            &[SWAPPED_KEY, TOKEN],
            "",
            "TWILIO_ACCOUNT_SID holds an API key, where an Account SID (`AC` and 32 hexadecimal digits) belongs",
        ),
        (
            &[ACCOUNT, SWAPPED_ACCOUNT, API_SECRET],
            "",
            "TWILIO_API_KEY holds an Account SID, where an API key's SID (`SK` and 32 hexadecimal digits) belongs",
        ),
        (
            &[("TWILIO_ACCOUNT_SID", "marker1secret"), TOKEN],
            "",
            "TWILIO_ACCOUNT_SID is not an Account SID (`AC` and 32 hexadecimal digits)",
        ),
        (
            &[ACCOUNT, ("TWILIO_AUTH_TOKEN", "marker1secret\"")],
            "",
            "TWILIO_AUTH_TOKEN is not an auth token or an API key's secret (letters and digits)",
        ),
        (
            &[ACCOUNT, ("TWILIO_AUTH_TOKEN", ACCOUNT.1)],
            "",
            "TWILIO_AUTH_TOKEN holds a SID, where an auth token or an API key's secret (letters and digits) belongs",
        ),
        (&[ACCOUNT], "--secret-command false", "the secret command failed (exit status: 1)"),
    ];
    for (variables, line, said) in cases {
        let error = read(&World::new(variables), line).unwrap_err();
        assert_eq!(chain(&error), format!("the credentials cannot be used: {said}"));
        let everything = format!("{}{error:?}{:?}", chain(&error), error.hint());
        assert!(!everything.contains("marker"), "{everything}");
        assert!(error.hint().is_some());
    }
}

#[test]
fn an_unreadable_or_empty_secret_file_is_named() {
    let world = World::new(&[ACCOUNT]);
    let error = read(&world, "--secret-file gone").unwrap_err();
    assert!(chain(&error).contains("the secret file gone cannot be read"), "{error}");
    let empty = world.folder.path().join("empty");
    std::fs::write(&empty, "\n").unwrap();
    let error = read(&world, &format!("--secret-file {}", empty.display())).unwrap_err();
    assert!(chain(&error).contains("--secret-file is not an auth token"), "{error:?}");
}

#[test]
fn nothing_that_is_shown_holds_a_secret() {
    let variables = [ACCOUNT, TOKEN, KEY, API_SECRET, ("CHATFERRY_SECRET_COMMAND", "echo marker3secret")];
    let world = World::new(&variables);
    let cli = World::cli("config");
    let loader = world.loader(&cli).unwrap();
    let listing = world.listing("").unwrap();
    let shown =
        format!("{listing:?}{loader:?}{:?}", world.connection("").unwrap().credentials.secret_place());
    assert!(!shown.contains("marker"), "{shown}");
    let set: Vec<_> =
        listing.settings.iter().filter(|setting| setting.value.as_deref() == Some("set")).collect();
    assert_eq!(set.len(), 3);

    let misplaced = World::new(&[("TWILIO_ACCOUNT_SID", "marker1secret")]).listing("").unwrap();
    assert!(!format!("{misplaced:?}").contains("marker"));
}

#[test]
fn a_second_account_has_names_of_its_own_and_is_none_unless_set() {
    const OTHER: (&str, &str) = ("CHATFERRY_TARGET_ACCOUNT_SID", "AC00000000000000000000000000000002");
    const OTHER_TOKEN: (&str, &str) = ("CHATFERRY_TARGET_AUTH_TOKEN", "second2token");
    let target = |variables: &[(&'static str, &'static str)]| {
        let world = World::new(variables);
        let connection = world.connection("").unwrap();
        let target = connection.of_target(&world.loader(&World::cli("config")).unwrap()).unwrap();
        target.read_credentials()
    };
    let same = target(&[ACCOUNT, TOKEN]).unwrap();
    assert_eq!(signer(&same), (ACCOUNT.1.to_owned(), TOKEN.1.to_owned()));
    let other = target(&[ACCOUNT, TOKEN, OTHER, OTHER_TOKEN]).unwrap();
    assert_eq!(other.account_sid.to_string(), OTHER.1);
    assert_eq!(signer(&other), (OTHER.1.to_owned(), OTHER_TOKEN.1.to_owned()));
    let error = target(&[ACCOUNT, TOKEN, OTHER]).unwrap_err();
    assert!(chain(&error).ends_with("CHATFERRY_TARGET_AUTH_TOKEN is not set"), "{error:?}");
    assert!(error.hint().unwrap().contains("CHATFERRY_TARGET_SECRET_FILE"));
    let error = target(&[ACCOUNT, TOKEN, OTHER_TOKEN]).unwrap_err();
    assert!(chain(&error).ends_with("CHATFERRY_TARGET_ACCOUNT_SID is not set"), "{error:?}");
    assert!(error.hint().unwrap().contains("none of them"));
}

#[test]
fn a_dot_env_is_pointed_out_where_nothing_is_set_and_never_read() {
    let world = World::new(&[]);
    assert!(!read(&world, "").unwrap_err().hint().unwrap().contains(".env"));
    std::fs::write(world.folder.path().join(".env"), "TWILIO_ACCOUNT_SID=marker\n").unwrap();
    let hint = read(&world, "").unwrap_err().hint().unwrap();
    assert!(hint.contains("`.env`") && hint.contains("set -a") && !hint.contains("marker"), "{hint}");
    // Who has set a part of it knows what it takes.
    let world = World::new(&[TOKEN]);
    std::fs::write(world.folder.path().join(".env"), "").unwrap();
    assert!(!read(&world, "").unwrap_err().hint().unwrap().contains(".env"));
}
