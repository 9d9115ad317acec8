//! Lists, pages, and the one relation behind them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::client::{rows_of, simulate, values};
use crate::simulator::{Options, WorldKind};

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap()
}

#[tokio::test]
async fn every_list_followed_to_its_end_is_the_truth() {
    every_list_is_the_truth(Options { users: 230, channels: 90, ..Options::default() }).await;
}

#[tokio::test]
async fn every_list_of_the_real_world_is_the_truth() {
    let world = WorldKind::Real;
    every_list_is_the_truth(Options { world, users: 20, channels: 20, ..Options::default() }).await;
}

async fn every_list_is_the_truth(options: Options) {
    let asked = simulate(options).await;
    let truth = asked.running.truth();
    assert_eq!(asked.rows(&asked.in_service("/Users?PageSize=37")).await, values(truth.users()));
    let channels = asked.rows(&asked.in_service("/Channels?Type=public&Type=private&PageSize=7")).await;
    assert_eq!(channels, values(truth.channels()));
    assert_eq!(asked.rows(&asked.in_service("/Roles?PageSize=4")).await, values(truth.roles()));
    assert_eq!(asked.rows(&asked.in_service("/Bindings?PageSize=4")).await, values(truth.bindings()));
    let conversations = asked.in_service("/Bindings?PageSize=100").replace("/v2/", "/v1/");
    assert_eq!(asked.rows(&conversations).await, values(truth.conversation_bindings()));
    for user in truth.user_sids() {
        let rows = asked.rows(&asked.in_service(&format!("/Users/{user}/Channels?PageSize=50"))).await;
        assert_eq!(rows, values(truth.user_channels(&user)));
    }
    for channel in truth.channel_sids() {
        for (list, rows) in [
            ("Members", truth.members(&channel)),
            ("Invites", truth.invites(&channel)),
            ("Messages", truth.messages(&channel)),
        ] {
            let path = asked.in_service(&format!("/Channels/{channel}/{list}?PageSize=9"));
            assert_eq!(asked.rows(&path).await, values(rows), "{path}");
        }
    }
}

#[tokio::test]
async fn both_sides_tell_of_the_same_memberships() {
    let asked = simulate(Options { users: 400, channels: 150, ..Options::default() }).await;
    let truth = asked.running.truth();
    let (mut of_users, mut invited, mut degrees) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut statuses = BTreeMap::<String, usize>::new();
    for user in truth.users() {
        let user = Value::Object(user);
        let rows = values(truth.user_channels(text(&user, "sid")));
        let joined = rows.iter().filter(|row| row["status"] == "joined");
        assert_eq!(user["joined_channels_count"], joined.clone().count());
        of_users.extend(
            joined.map(|row| (text(row, "channel_sid").to_owned(), text(row, "member_sid").to_owned())),
        );
        let pending = rows.iter().filter(|row| row["status"] == "invited");
        invited.extend(
            pending.map(|row| (text(row, "channel_sid").to_owned(), text(&user, "identity").to_owned())),
        );
        for row in &rows {
            *statuses.entry(text(row, "status").to_owned()).or_default() += 1;
        }
        degrees.insert(rows.len());
    }
    let (mut of_channels, mut pending, mut sizes) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for channel in truth.channels() {
        let sid = text(&Value::Object(channel.clone()), "sid").to_owned();
        let members = values(truth.members(&sid));
        assert_eq!(channel["members_count"], members.len());
        sizes.insert(members.len());
        of_channels.extend(members.iter().map(|row| (sid.clone(), text(row, "sid").to_owned())));
        let rows = values(truth.invites(&sid));
        pending.extend(rows.iter().map(|row| (sid.clone(), text(row, "identity").to_owned())));
    }
    assert_eq!(of_users, of_channels);
    assert_eq!(invited, pending);
    assert_eq!(
        statuses.keys().collect::<Vec<_>>(),
        ["invited", "joined", "notParticipating", "not_participating"]
    );
    assert!([0, 50, 51, 100].iter().all(|degree| degrees.contains(degree)), "{degrees:?}");
    assert!(*degrees.last().unwrap() > 120, "{degrees:?}");
    assert!(sizes.contains(&0) && *sizes.last().unwrap() > 200, "{sizes:?}");
}

#[tokio::test]
async fn a_seed_says_everything() {
    let make = |seed| simulate(Options { seed, users: 40, channels: 20, ..Options::default() });
    let (first, again, other) = (make(5).await, make(5).await, make(6).await);
    let users = |asked: &super::client::Asked| values(asked.running.truth().users());
    assert_eq!(users(&first), users(&again));
    assert_eq!(first.running.auth_token(), again.running.auth_token());
    assert_ne!(users(&first), users(&other));
}

#[tokio::test]
async fn pages_lead_back_to_where_they_came_from() {
    let asked = simulate(Options { users: 45, ..Options::default() }).await;
    let pages = asked.pages(&asked.in_service("/Users?PageSize=10")).await;
    assert_eq!(pages.len(), 5);
    for pair in pages.windows(2) {
        let back = asked.path_of(pair[1]["meta"]["previous_page_url"].as_str().unwrap());
        let page = asked.get(&back).await.json();
        assert_eq!(rows_of(&page), rows_of(&pair[0]));
        assert_eq!(page["meta"]["page"], pair[0]["meta"]["page"]);
        assert_eq!(page["meta"]["next_page_url"], pair[0]["meta"]["next_page_url"]);
    }
    assert_eq!(pages[0]["meta"]["previous_page_url"], Value::Null);
    assert!(text(&pages[1]["meta"], "url").contains("/Users?PageSize=10&Page=1&PageToken=PTUS"));
}

#[tokio::test]
async fn filters_and_order() {
    let asked = simulate(Options::default()).await;
    let public = asked.rows(&asked.in_service("/Channels")).await;
    assert!(public.iter().all(|row| row["type"] == "public"));
    let private = asked.rows(&asked.in_service("/Channels?Type=private")).await;
    assert!(private.iter().all(|row| row["type"] == "private"));
    assert_eq!(public.len() + private.len(), 120);
    assert_eq!(asked.get(&asked.in_service("/Channels?Type=secret")).await.status, 400);
    let busy = public.iter().max_by_key(|row| row["messages_count"].as_u64()).unwrap();
    let path = asked.in_service(&format!("/Channels/{}/Messages?PageSize=7", text(busy, "sid")));
    let mut ascending = asked.rows(&path).await;
    let descending = asked.rows(&format!("{path}&Order=desc")).await;
    ascending.reverse();
    assert_eq!(ascending, descending);
    assert_eq!(descending.len() as u64, busy["messages_count"].as_u64().unwrap());
    let full = public.iter().max_by_key(|row| row["members_count"].as_u64()).unwrap();
    let members = asked.in_service(&format!("/Channels/{}/Members", text(full, "sid")));
    let all = asked.rows(&members).await;
    let chosen =
        url::form_urlencoded::byte_serialize(text(&all[3], "identity").as_bytes()).collect::<String>();
    assert_eq!(asked.rows(&format!("{members}?Identity={chosen}")).await, [all[3].clone()]);
}

#[tokio::test]
async fn bindings_are_of_users_and_can_be_asked_for_by_identity_and_kind() {
    let asked = simulate(Options { users: 200, ..Options::default() }).await;
    let path = |query: &str| asked.in_service(&format!("/Bindings{query}"));
    let all = asked.rows(&path("")).await;
    let identities: BTreeSet<String> =
        values(asked.running.truth().users()).iter().map(|user| text(user, "identity").to_owned()).collect();
    let mut devices = BTreeMap::<&str, usize>::new();
    for binding in &all {
        assert!(identities.contains(text(binding, "identity")), "{binding}");
        *devices.entry(text(binding, "identity")).or_default() += 1;
    }
    assert!(devices.len() < identities.len() && devices.values().any(|count| *count == 2));
    let (identity, _) = devices.iter().find(|(_, count)| **count == 2).unwrap();
    let encoded = url::form_urlencoded::byte_serialize(identity.as_bytes()).collect::<String>();
    let own: Vec<Value> = all.iter().filter(|row| text(row, "identity") == *identity).cloned().collect();
    assert_eq!(asked.rows(&path(&format!("?Identity={encoded}&PageSize=1"))).await, own);
    assert_eq!(asked.rows(&path("?Identity=no%20one")).await, Vec::<Value>::new());
    let apn = asked.rows(&path("?BindingType=apn")).await;
    assert!(!apn.is_empty() && apn.iter().all(|row| row["binding_type"] == "apn"));
    assert!(all.iter().all(|row| row["binding_type"] != "twilsock"));
    assert_eq!(asked.get(&path("?BindingType=twilsock")).await.status, 400);
    let conversations = path("?BindingType=twilsock").replace("/v2/", "/v1/");
    let sockets = asked.rows(&conversations).await;
    assert!(sockets.iter().all(|row| row["credential_sid"].is_null() && row.get("links").is_none()));
    assert!(!sockets.is_empty());
    let types = sockets[0]["message_types"].to_string();
    assert!(types.contains("added_to_conversation") && !types.contains("invited"), "{types}");
}

#[tokio::test]
async fn names_work_in_place_of_sids() {
    for world in [WorldKind::Plain, WorldKind::Real] {
        names_work_in(world).await;
    }
}

async fn names_work_in(world: WorldKind) {
    let asked = simulate(Options { world, ..Options::default() }).await;
    let encode = |text: &str| {
        text.bytes().fold(String::new(), |mut encoded, byte| {
            write!(encoded, "%{byte:02X}").unwrap();
            encoded
        })
    };
    // Web servers take these segments away, so that the name is not in the path that arrives.
    let is_dots = |name: &str| matches!(name, "." | "..");
    for user in values(asked.running.truth().users()) {
        if is_dots(text(&user, "identity")) {
            continue;
        }
        let path = asked.in_service(&format!("/Users/{}", encode(text(&user, "identity"))));
        assert_eq!(asked.get(&path).await.json()["sid"], user["sid"]);
    }
    let channels = values(asked.running.truth().channels());
    let named: Vec<&Value> = channels.iter().filter(|channel| channel["unique_name"].is_string()).collect();
    assert!(named.len() > 50 && named.len() < channels.len());
    for channel in named.into_iter().filter(|channel| !is_dots(text(channel, "unique_name"))) {
        let path = asked.in_service(&format!("/Channels/{}", encode(text(channel, "unique_name"))));
        assert_eq!(asked.get(&path).await.json(), *channel);
    }
}

#[tokio::test]
async fn tiny_and_crowded_accounts_work() {
    for (users, channels, memberships) in
        [(0, 0, 0), (1, 0, 5), (0, 1, 5), (1, 1, 5), (9, 5, 1_000), (40, 6, 0), (3, 400, 400)]
    {
        let options = Options { users, channels, memberships, ..Options::default() };
        let options = Options { faults: "vanish-user=1,hidden-row=1,changing=2".parse().unwrap(), ..options };
        let asked = simulate(options).await;
        let truth = asked.running.truth();
        assert_eq!(asked.rows(&asked.in_service("/Users")).await.len(), users as usize);
        let listed = asked.rows(&asked.in_service("/Channels?Type=public&Type=private")).await;
        assert_eq!(listed, values(truth.channels()));
        for user in truth.user_sids() {
            let rows = truth.user_channels(&user);
            let sids: BTreeSet<String> = rows.iter().map(|row| row["channel_sid"].to_string()).collect();
            assert_eq!(sids.len(), rows.len());
        }
    }
}
