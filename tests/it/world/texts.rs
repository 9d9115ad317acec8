//! Texts: half characters, identities that a path cannot hold, numbers beyond 64 bits.

use serde_json::Value;

use super::{
    apply, conversation, count, crawl, in_target, named, plain_with, plan_copy, real, real_with, text,
};
use crate::support::{Row, ndjson, post};

/// Case 5.
#[test]
fn half_of_a_surrogate_pair_costs_that_character_and_no_more() {
    let world = real();
    crawl(&world, &[]);
    world.assert_exported_truth(&world.export("out", &[]), &["users", "channels"]);
    let names = ndjson(&world.path("out/channels.ndjson"));
    named(&names, "half of a smile \u{fffd}");
}

/// Case 13.
#[test]
fn an_identity_of_dots_is_looked_up_through_the_list() {
    // Each create is performed and its answer lost, so that each user is looked up by its identity.
    let world = real_with("accepted-503=100%");
    crawl(&world, &[]);
    plan_copy(&world, &[]);
    let (ran, result) = apply(&world, &[]);
    assert_eq!(
        (count(&result, "create_user", "failed"), count(&result, "create_user", "blocked")),
        (0, 0),
        "{ran:?}"
    );
    let identities: Vec<String> =
        in_target(&world, |truth| truth.users().map(|row| text(&row, "identity").to_owned()).collect());
    // The users with attributes that are not JSON are blocked.
    let expected = [".", ".."].map(|identity| identities.iter().filter(|known| *known == identity).count());
    assert_eq!(expected, [1, 1], "{identities:?}");
    assert_eq!(world.running.created_more_than_once(), []);
}

/// Case 21.
#[test]
fn numbers_beyond_64_bits_are_compared_as_written() {
    let world = plain_with("");
    let sid = conversation(&world);
    let path = format!("/v1/Services/{}/Conversations/{sid}", world.running.service_sid());
    post(&world, &path, &[("Attributes", "{\"n\":340282366920938463463374607431768211455}")]);
    crawl(&world, &["--source", "conversations"]);
    post(&world, &path, &[("Attributes", "{\"n\":340282366920938463463374607431768211456}")]);
    let ran = world.run(&["verify", "--snapshot", "snapshot.db", "--format", "ndjson", "--quiet"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.stdout.contains(&sid), "{ran:?}");
}

/// Case 13: a person may name a user by any identity.
#[test]
fn a_user_of_any_identity_has_its_own_channels_listed() {
    let world = real();
    let truth = world.running.truth();
    let own = world.running.service_sid();
    let users: Vec<Row> = truth.users().collect();
    for identity in
        [".", "..", "a/b", "../Channels", "100%", "a%2Fb", "what?", "#number", " blanks around ", "😀"]
    {
        let user = users.iter().find(|row| row["identity"] == identity).unwrap();
        for source in ["chat", "conversations"] {
            let listed = world.run(&[
                "user-channel",
                "list",
                "--service",
                own,
                &format!("--user={identity}"),
                "--source",
                source,
                "--json",
            ]);
            assert_eq!(listed.code, 0, "{identity}: {listed:?}");
            let rows: Value = serde_json::from_str(&listed.stdout).unwrap();
            let expected = match source {
                "chat" => truth.user_channels(text(user, "sid")).len(),
                _ => truth.user_conversations(text(user, "sid")).len(),
            };
            assert_eq!(rows.as_array().unwrap().len(), expected, "{identity} in {source}");
            assert!(rows.as_array().unwrap().iter().all(|row| row["user_sid"] == user["sid"]), "{identity}");
        }
    }
}

/// Case 21: a number that no program computes with costs the column that computes with it, by its `on_error`.
#[test]
fn a_number_that_cannot_be_computed_with_costs_its_own_column_and_is_counted() {
    const MAPPING: &str = r#"
version = 1
name = "numbers"

[[records]]
name = "numbers"
entity = "user"
key = ["sid"]
columns = [
  { name = "sid", path = "user.sid" },
  { name = "handle", value = "identity ~ '!'" },
  { name = "bigger", type = "number", value = "((attributes or '{}')|fromjson).bigger|default(none)", on_error = "null" },
]
"#;
    let world = real();
    crawl(&world, &[]);
    std::fs::write(world.path("numbers.toml"), MAPPING).unwrap();
    let folder = world.export("out", &["--mapping", "numbers.toml", "--format", "ndjson"]);
    let rows = ndjson(&folder.join("numbers.ndjson"));
    assert_eq!(rows.len(), world.running.truth().users().count());
    assert!(rows.iter().all(|row| row["handle"].as_str().is_some_and(|text| text.ends_with('!'))));
    assert!(rows.iter().all(|row| row["bigger"].is_null()));
    let package = std::fs::read_to_string(folder.join("datapackage.json")).unwrap();
    let users: Vec<Row> = world.running.truth().users().collect();
    let with_number = |row: &&Row| row["attributes"].as_str().is_some_and(|text| text.contains("1e400"));
    let user = users.iter().find(with_number).unwrap();
    assert!(package.contains("failures") && package.contains(text(user, "sid")), "{package}");
}
