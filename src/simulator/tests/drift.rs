//! A round of drift's own list is what a reader of all rows finds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::client::{Asked, simulate, values};
use crate::simulator::{DriftChange, DriftChangeKind, Options};

type RecordList = BTreeMap<(&'static str, Vec<String>), Value>;

/// All rows of Chat as the lists give them, without addresses.
async fn rows(asked: &Asked) -> RecordList {
    let mut rows = RecordList::new();
    let mut add = |entity: &'static str, keys: &[&str], list: Vec<Value>| {
        for mut row in list {
            let key = keys.iter().map(|key| row[*key].as_str().unwrap().to_owned()).collect();
            let object = row.as_object_mut().unwrap();
            object.remove("url");
            object.remove("links");
            assert!(rows.insert((entity, key), row).is_none(), "a row of {entity} came twice");
        }
    };
    add("roles", &["sid"], asked.rows(&asked.in_service("/Roles")).await);
    let users = asked.rows(&asked.in_service("/Users?PageSize=100")).await;
    for user in &users {
        let path = format!("/Users/{}/Channels?PageSize=50", user["sid"].as_str().unwrap());
        add("user_channels", &["user_sid", "channel_sid"], asked.rows(&asked.in_service(&path)).await);
    }
    let channels = asked.rows(&asked.in_service("/Channels?Type=public&Type=private&PageSize=100")).await;
    for channel in &channels {
        let path = asked.in_service(&format!("/Channels/{}", channel["sid"].as_str().unwrap()));
        add("members", &["sid"], asked.rows(&format!("{path}/Members")).await);
        add("invites", &["sid"], asked.rows(&format!("{path}/Invites")).await);
    }
    add("users", &["sid"], users);
    add("channels", &["sid"], channels);
    rows
}

/// A line for each row that differs, and for each value of it.
fn differences(before: &RecordList, after: &RecordList) -> BTreeSet<String> {
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut lines = BTreeSet::new();
    for key in keys {
        match (before.get(key), after.get(key)) {
            (None, _) => drop(lines.insert(format!("{key:?} added"))),
            (_, None) => drop(lines.insert(format!("{key:?} removed"))),
            (Some(old), Some(new)) => {
                for (name, old) in old.as_object().unwrap().iter().filter(|(name, old)| new[*name] != **old) {
                    lines.insert(format!("{key:?} {name}: {old} -> {}", new[name]));
                }
            }
        }
    }
    lines
}

fn listed(changes: &[DriftChange]) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for change in changes {
        let key = format!("{:?}", (change.entity, &change.key));
        match change.kind {
            DriftChangeKind::Added => drop(lines.insert(format!("{key} added"))),
            DriftChangeKind::Removed => drop(lines.insert(format!("{key} removed"))),
            DriftChangeKind::Changed => lines.extend(
                change
                    .fields
                    .iter()
                    .map(|field| format!("{key} {}: {} -> {}", field.name, field.old, field.new)),
            ),
        }
    }
    lines
}

#[tokio::test]
async fn the_list_is_what_a_reader_finds() {
    let asked = simulate(Options { users: 90, channels: 50, ..Options::default() }).await;
    let mut before = rows(&asked).await;
    let mut kinds = BTreeSet::new();
    for round in 1..=6 {
        let changes = asked.running.drift(round, 0.1);
        let after = rows(&asked).await;
        assert_eq!(listed(&changes), differences(&before, &after), "round {round}");
        kinds.extend(changes.iter().map(|change| (change.entity, format!("{:?}", change.kind))));
        before = after;
    }
    for entity in ["users", "channels", "user_channels", "members"] {
        for kind in ["Added", "Removed", "Changed"] {
            assert!(kinds.contains(&(entity, kind.to_owned())), "no {entity} {kind}: {kinds:?}");
        }
    }
    assert!(asked.running.drift(7, 0.0).is_empty());
}

#[tokio::test]
async fn counters_agree_after_many_rounds_and_a_round_is_the_same_again() {
    let options = Options { users: 60, channels: 40, ..Options::default() };
    let (first, second) = (simulate(options.clone()).await, simulate(options).await);
    for round in 1..=12 {
        assert_eq!(first.running.drift(round, 0.05), second.running.drift(round, 0.05));
    }
    let truth = first.running.truth();
    let mut memberships = 0;
    for user in values(truth.users()) {
        let rows = values(truth.user_channels(user["sid"].as_str().unwrap()));
        let joined = rows.iter().filter(|row| row["status"] == "joined").count();
        assert_eq!(user["joined_channels_count"], joined);
        memberships += joined;
    }
    let channels = values(truth.channels());
    let members = channels.iter().map(|channel| {
        let members = truth.members(channel["sid"].as_str().unwrap()).len();
        assert_eq!(channel["members_count"], members);
        members
    });
    assert_eq!(members.sum::<usize>(), memberships);
    let changes = first.post("/simulator/drift?round=13&share=0.05", "").await.text;
    let again = second.running.drift(13, 0.05);
    let expected: String = again.iter().map(|change| change.to_json().to_string() + "\n").collect();
    assert!(!changes.is_empty());
    assert_eq!(changes, expected);
}

#[tokio::test]
async fn what_a_fault_singled_out_stays_as_it_is() {
    let faults = "vanish-user=2,vanish-channel=2,hidden-row=3,changing=2,loop-user=1".parse().unwrap();
    let asked = simulate(Options { users: 60, channels: 40, faults, ..Options::default() }).await;
    let truth = asked.running.truth();
    let changes = asked.running.drift(1, 1.0);
    assert!(!changes.is_empty());
    let of = |sid: &str| changes.iter().filter(move |change| change.key.iter().any(|key| key == sid)).count();
    for sid in truth.vanished_users().iter().chain(&truth.vanished_channels()) {
        assert_eq!(of(sid), 0, "{sid}");
    }
    for (user, channel) in truth.hidden_rows() {
        let pair = vec![user, channel];
        assert!(changes.iter().all(|change| change.key != pair), "{pair:?}");
    }
}
