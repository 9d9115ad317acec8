//! OAuth client credentials: Conversations is read with access tokens, which end, and Chat is not asked.

use assert_cmd::Command;
use chatferry::internals::simulator::Options;

use crate::support::{Ran, World, run};

/// The binary as the account's OAuth client.
fn chatferry(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.chatferry(arguments);
    command
        .env_remove("TWILIO_AUTH_TOKEN")
        .env("TWILIO_CLIENT_ID", world.running.client_id())
        .env("TWILIO_CLIENT_SECRET", world.running.client_secret())
        .env("CHATFERRY_OAUTH_URL", world.running.url());
    command
}

fn crawl(world: &World, flags: &[&str]) -> Ran {
    let arguments = [&["crawl", "--service", world.running.service_sid()], flags].concat();
    run(&mut chatferry(world, &arguments))
}

#[test]
fn a_crawl_turns_to_conversations_and_renews_its_tokens_in_the_middle_of_lists() {
    let world = World::new(Options { users: 60, channels: 40, token_uses: Some(60), ..Options::default() });
    let ran = crawl(&world, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("an OAuth client opens Conversations only"), "{ran:?}");
    assert!(world.running.access_tokens() >= 2, "{}", world.running.access_tokens());
    for secret in [world.running.client_secret(), "Bearer"] {
        assert!(!format!("{ran:?}").contains(secret), "{ran:?}");
    }
    let by_token = world.crawl(&["--source", "conversations", "--snapshot", "token.db"]);
    assert_eq!(by_token.code, 0, "{by_token:?}");
    let same = world.run(&["diff", "token.db", "snapshot.db"]);
    assert_eq!(same.code, 0, "{same:?}");
}

#[test]
fn chat_is_refused_before_any_request() {
    let world = World::new(Options { users: 5, channels: 5, ..Options::default() });
    let ran = crawl(&world, &["--source", "chat"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("an OAuth client opens Conversations only"), "{ran:?}");
    assert!(ran.stderr.contains("--source conversations"), "{ran:?}");
    assert_eq!(world.running.stats().requests, 0);
}

#[test]
fn wrong_clients_and_half_of_them_are_named() {
    let world = World::new(Options { users: 5, channels: 5, ..Options::default() });
    let refused =
        run(chatferry(&world, &["crawl", "--source", "conversations"]).env("TWILIO_CLIENT_SECRET", "wrong"));
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(
        refused.stderr.contains("got no access token") && refused.stderr.contains("TWILIO_CLIENT_ID"),
        "{refused:?}"
    );
    let half = run(chatferry(&world, &["crawl"]).env_remove("TWILIO_CLIENT_SECRET"));
    assert_eq!(half.code, 2, "{half:?}");
    assert!(half.stderr.contains("TWILIO_CLIENT_SECRET"), "{half:?}");
    let shape = run(chatferry(&world, &["crawl"]).env("TWILIO_CLIENT_ID", world.running.account_sid()));
    assert_eq!(shape.code, 2, "{shape:?}");
    assert!(shape.stderr.contains("TWILIO_CLIENT_ID holds an Account SID"), "{shape:?}");
}
