//! `browse`: what it serves, to whom, and what it does with files that cannot be browsed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use chatferry::internals::simulator::{Options, WorldKind};
use serde_json::Value;

use crate::support::{Row, World, spawn, wait_for_requests};

/// A running `browse`, ended when it is dropped.
struct Browsing {
    child: Child,
    /// `127.0.0.1:PORT`
    host: String,
    /// `/TOKEN`
    base: String,
}

struct Answer {
    status: u16,
    headers: String,
    body: String,
}

impl Browsing {
    fn start(world: &World, flags: &[&str]) -> Self {
        let mut child = world
            .process(&[&["browse"], flags].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap();
        let (host, token) = address.trim_end_matches('/').split_once('/').unwrap();
        assert!(token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
        Self { child, host: host.to_owned(), base: format!("/{token}") }
    }

    fn send(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (headers, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, headers: headers.to_lowercase(), body: body.to_owned() }
    }

    fn get_from(&self, host: &str, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
    }

    /// A page behind the token, which must be there.
    fn page(&self, path: &str) -> String {
        let answer = self.get_from(&self.host, &format!("{}{path}", self.base));
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }
}

impl Drop for Browsing {
    fn drop(&mut self) {
        let _ended = self.child.kill().and_then(|()| self.child.wait()).is_ok();
    }
}

fn crawled() -> World {
    let world = World::new(Options { users: 60, world: WorldKind::Real, ..Options::default() });
    let crawled = world.crawl(&["--include", "roles,users,channels,user-channels,members,messages"]);
    assert!([0, 5].contains(&crawled.code), "{crawled:?}");
    world
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A user of the truth with several channels, whose name needs no escaping.
fn user(truth: &[Row]) -> &Row {
    let plain = |row: &Row| {
        text(&row["identity"]).bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._@".contains(&byte))
    };
    truth.iter().find(|row| row["joined_channels_count"].as_i64() > Some(2) && plain(row)).unwrap()
}

#[test]
fn every_page_is_served_with_what_the_snapshot_holds() {
    let world = crawled();
    let truth = world.truth();
    let browsing = Browsing::start(&world, &[]);
    let overview = browsing.page("/");
    assert!(overview.contains(world.running.service_sid()), "{overview}");
    assert!(overview.contains("Largest channels"));
    let user = user(&truth["users"]);
    let (sid, identity) = (text(&user["sid"]), text(&user["identity"]));
    for query in [sid, identity, &identity[..4], &identity.to_uppercase(), &sid[..12]] {
        let found = browsing.page(&format!("/search?q={query}"));
        assert!(found.contains(&format!("/user?sid={sid}")), "{query}: {found}");
    }
    // Two words of a name, in either order.
    let named = truth["users"].iter().find(|user| {
        user["friendly_name"].as_str().is_some_and(|name| {
            name.split(' ').count() == 2
                && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b' ')
        })
    });
    let (first, last) = text(&named.unwrap()["friendly_name"]).split_once(' ').unwrap();
    for query in [format!("{first}+{last}"), format!("{last}+{first}")] {
        let found = browsing.page(&format!("/search?q={query}"));
        assert!(found.contains(text(&named.unwrap()["sid"])), "{query}: {found}");
    }
    let page = browsing.page(&format!("/user?sid={sid}"));
    let on: Vec<&Row> = truth["user_channels"].iter().filter(|row| row["user_sid"] == user["sid"]).collect();
    for row in &on {
        assert!(page.contains(&format!("/channel?sid={}", text(&row["channel_sid"]))), "{page}");
    }
    let csv = browsing.page(&format!("/user.csv?sid={sid}"));
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let column = reader.headers().unwrap().iter().position(|name| name == "channel_sid").unwrap();
    let mut listed: Vec<String> = reader.records().map(|row| row.unwrap()[column].to_owned()).collect();
    let mut expected: Vec<String> = on.iter().map(|row| text(&row["channel_sid"]).to_owned()).collect();
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected);
    let people_of = |channel: &str| -> Vec<&Row> {
        truth["user_channels"].iter().filter(|row| row["channel_sid"] == channel).collect()
    };
    let channel =
        on.iter().map(|row| text(&row["channel_sid"])).min_by_key(|sid| people_of(sid).len()).unwrap();
    let page = browsing.page(&format!("/channel?sid={channel}"));
    for row in people_of(channel).iter().take(100) {
        assert!(page.contains(&format!("/user?sid={}", text(&row["user_sid"]))), "{page}");
    }
    let nothing = browsing.page(&format!("/channel?sid={channel}&text=no-such-person"));
    assert!(nothing.contains("No one matches."), "{nothing}");
    let with_messages = truth["messages"].iter().find(|message| !message["body"].is_null()).unwrap();
    let page = browsing.page(&format!("/messages?sid={}", text(&with_messages["channel_sid"])));
    assert!(page.contains("class=\"body\""), "{page}");
    let role = text(&truth["roles"][0]["sid"]);
    assert!(browsing.page(&format!("/role?sid={role}")).contains("Who has it"));
    assert!(browsing.page("/evidence").contains("What did not agree"));
    for list in ["/users", "/channels", "/roles"] {
        assert!(browsing.page(list).contains("?sid="), "{list}");
    }
    let missing = browsing.get_from(&browsing.host, &format!("{}/nothing-here", browsing.base));
    assert_eq!(missing.status, 404);
    let missing = browsing.get_from(&browsing.host, &format!("{}/user?sid=US0", browsing.base));
    assert_eq!(missing.status, 404);
}

#[test]
fn who_names_another_host_or_has_no_token_is_shown_nothing() {
    let world = crawled();
    let browsing = Browsing::start(&world, &[]);
    let overview = format!("{}/", browsing.base);
    let good = browsing.get_from(&browsing.host, &overview);
    assert_eq!(good.status, 200);
    for header in [
        "content-security-policy: default-src 'none';",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "cache-control: no-store",
        "cross-origin-resource-policy: same-origin",
    ] {
        assert!(good.headers.contains(header), "{header}: {}", good.headers);
    }
    assert!(!good.headers.contains("unsafe"), "{}", good.headers);
    let port = browsing.host.rsplit(':').next().unwrap();
    assert_eq!(browsing.get_from(&format!("localhost:{port}"), &overview).status, 200);
    let wrong_token = format!("/{}/", "0".repeat(32));
    let shorter = browsing.base[..browsing.base.len() - 1].to_owned() + "/";
    for (host, path) in [
        ("attacker.example", overview.as_str()),
        (&format!("attacker.example:{port}"), &overview),
        ("127.0.0.1:1", &overview),
        (&browsing.host, "/"),
        (&browsing.host, &wrong_token),
        (&browsing.host, &shorter),
        (&browsing.host, "/search?q=a"),
    ] {
        let refused = browsing.get_from(host, path);
        assert_eq!((refused.status, refused.body.as_str()), (403, "Forbidden\n"), "{host} {path}");
    }
    let without_host = browsing.send(&format!("GET {overview} HTTP/1.0\r\nConnection: close\r\n\r\n"));
    assert_eq!(without_host.status, 403);
    let written = browsing.send(&format!(
        "POST {overview} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        browsing.host
    ));
    assert_eq!(written.status, 405);
}

#[test]
fn names_are_text_and_can_be_hidden() {
    let world = crawled();
    let connection = rusqlite::Connection::open(world.path("snapshot.db")).unwrap();
    connection
        .execute_batch(
            "UPDATE user_row SET friendly_name = '<script>alert(1)</script>', attributes = '{\"a\":\"secret-attribute\"}';
             UPDATE channel_row SET friendly_name = '<img src=x onerror=alert(1)>'",
        )
        .unwrap();
    drop(connection);
    let truth = world.truth();
    let user = user(&truth["users"]);
    let (sid, identity) = (text(&user["sid"]), text(&user["identity"]));
    let shown = Browsing::start(&world, &[]);
    let page = shown.page(&format!("/user?sid={sid}"));
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script>alert"), "{page}");
    assert!(!page.contains("<img"), "{page}");
    assert!(page.contains("secret-attribute"));
    let hidden = Browsing::start(&world, &["--pii", "hide"]);
    for path in [
        format!("/user?sid={sid}"),
        format!("/user.csv?sid={sid}"),
        format!("/search?q={sid}"),
        "/users".to_owned(),
        "/channels".to_owned(),
        "/".to_owned(),
    ] {
        let page = hidden.page(&path);
        for personal in [identity, "alert(1)", "secret-attribute"] {
            assert!(!page.contains(personal), "{path} has {personal}");
        }
    }
    assert!(
        !hidden.page(&format!("/search?q={}", &identity[..4])).contains(sid),
        "found by a part of its name"
    );
}

#[test]
fn a_plan_and_another_snapshot_add_to_each_page() {
    let world = crawled();
    let target = world.running.target_service_sid().to_owned();
    assert!([0, 5].contains(&world.run(&["plan", "--target", &target]).code));
    std::fs::copy(world.path("snapshot.db"), world.path("other.db")).unwrap();
    let truth = world.truth();
    let user = user(&truth["users"]);
    let sid = text(&user["sid"]);
    let connection = rusqlite::Connection::open(world.path("other.db")).unwrap();
    let digits: String = sid[2..].to_owned();
    let changed = connection
        .execute(&format!("UPDATE user_row SET friendly_name = 'As it was' WHERE sid = x'{digits}'"), [])
        .unwrap();
    let removed = connection
        .execute(
            &format!(
                "DELETE FROM membership_row WHERE user = (SELECT id FROM user_row WHERE sid = x'{digits}') AND channel_sid =
                 (SELECT min(m.channel_sid) FROM membership_row m JOIN user_row u ON u.id = m.user WHERE u.sid = x'{digits}')"
            ),
            [],
        )
        .unwrap();
    assert_eq!((changed, removed), (1, 1));
    drop(connection);
    let browsing = Browsing::start(&world, &["--plan", "plan.db", "--other", "other.db"]);
    let page = browsing.page(&format!("/user?sid={sid}"));
    assert!(page.contains("What the plan does"), "{page}");
    assert!(page.contains("<b>POST</b> "), "{page}");
    assert!(page.contains("As it was") && page.contains("is not there"), "{page}");
    drop(browsing);
    let hidden = Browsing::start(&world, &["--other", "other.db", "--pii", "hide"]);
    let page = hidden.page(&format!("/user?sid={sid}"));
    assert!(
        page.contains("Not shown while names are hidden.") && !page.contains("Nothing differs"),
        "{page}"
    );
    drop(hidden);
    assert_eq!(world.crawl(&["--snapshot", "later.db"]).code, 0);
    let refused = world.run(&["browse", "--snapshot", "later.db", "--plan", "plan.db"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("was not made of the snapshot"), "{refused:?}");
}

#[test]
fn the_search_index_is_made_once_and_only_its_owner_can_read_it() {
    let world = crawled();
    let index = world.path("snapshot.db.search");
    let before = std::fs::read(world.path("snapshot.db")).unwrap();
    drop(Browsing::start(&world, &[]));
    let made = std::fs::metadata(&index).unwrap();
    drop(Browsing::start(&world, &[]));
    let again = std::fs::metadata(&index).unwrap();
    assert_eq!(made.modified().unwrap(), again.modified().unwrap(), "it was made again");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(made.permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(std::fs::read(world.path("snapshot.db")).unwrap(), before, "the snapshot was written");
    // A file of another kind in its place is left alone.
    std::fs::write(&index, "a diary, and longer than any header of a database would be").unwrap();
    let browsing = Browsing::start(&world, &[]);
    assert!(browsing.page("/users").contains("/user?sid="));
    drop(browsing);
    assert!(std::fs::read_to_string(&index).unwrap().starts_with("a diary"));
}

#[test]
fn a_snapshot_that_is_being_written_is_shown_as_it_is_by_now() {
    let world = World::new(Options {
        users: 60,
        latency: std::time::Duration::from_millis(20),
        ..Options::default()
    });
    let mut child = spawn(&world, &["--concurrency", "1"]);
    wait_for_requests(&world, &mut child, 40);
    let browsing = Browsing::start(&world, &[]);
    let page = browsing.page("/");
    assert!(page.contains("is being written"), "{page}");
    assert!(browsing.page("/users").contains("/user?sid="));
    let channels = browsing.page("/channels");
    let sid = &channels.split("/channel?sid=").nth(1).unwrap()[..34];
    assert!(browsing.page(&format!("/channel?sid={sid}")).contains("<h2 id=\"list\">People"));
    assert!(!world.path("snapshot.db.search").exists(), "an index of rows that are still to come");
    drop(browsing);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_cannot_be_browsed_is_refused_before_anything_is_served() {
    let world = crawled();
    let missing = world.run(&["browse", "--snapshot", "none.db"]);
    assert_eq!(missing.code, 2, "{missing:?}");
    std::fs::write(world.path("other.txt"), "no database, and longer than any header of one would be")
        .unwrap();
    assert_eq!(world.run(&["browse", "--snapshot", "other.txt"]).code, 2);
    assert_eq!(world.run(&["browse", "--plan", "none.db"]).code, 2);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = world.run(&["browse", "--port", &port]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{refused:?}");
}
