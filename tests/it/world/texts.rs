//! Texts: half characters, identities that a path cannot hold, numbers beyond 64 bits.

use super::{apply, conversation, crawl, in_target, named, plain_with, plan_copy, real, real_with, text};
use crate::support::{ndjson, post};

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
    let world = real_with("accepted-503=60%");
    crawl(&world, &[]);
    plan_copy(&world, &[]);
    apply(&world, &[]);
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
