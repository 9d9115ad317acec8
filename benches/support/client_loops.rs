//! What a person would write instead of a crawl: loops of the same HTTP client over the pages of a service.

use std::collections::VecDeque;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use rusqlite::Connection;
use serde::Deserialize;
use tokio::task::JoinSet;

use super::Result;

/// The name of the script that lists user channels with twilio-node.
pub(crate) const TWILIO_NODE: &str = "list_user_channels.mjs";

/// Where a loop reads.
pub(crate) struct ClientLoop {
    url: String,
    account: String,
    token: String,
    service: String,
    concurrency: usize,
}

impl ClientLoop {
    /// From the arguments of a process.
    pub(crate) fn of(arguments: &[&str]) -> Result<Self> {
        let [url, account, token, service, concurrency] = arguments else {
            return Err("a loop has five arguments".into());
        };
        let [url, account, token, service] = [url, account, token, service].map(|text| (*text).to_owned());
        Ok(Self { url, account, token, service, concurrency: concurrency.parse()? })
    }

    /// Reads pages from these paths on, with a client made like the crawl's, until none leads to another. `take` has each page and
    /// says where it leads.
    async fn run(&self, first: Vec<String>, mut take: impl FnMut(Page) -> Result<Vec<String>>) -> Result<()> {
        let client = reqwest::Client::builder()
            .gzip(true)
            .pool_max_idle_per_host(self.concurrency)
            .no_proxy()
            .build()?;
        let mut queue = VecDeque::from(first);
        let mut tasks: JoinSet<Result<Page>> = JoinSet::new();
        loop {
            while tasks.len() < self.concurrency {
                let Some(path) = queue.pop_front() else { break };
                let url = format!("{}{path}", self.url);
                let request = client.get(url).basic_auth(&self.account, Some(&self.token));
                tasks.spawn(async move {
                    let body = request.send().await?.error_for_status()?.bytes().await?;
                    Ok(serde_json::from_slice(&body)?)
                });
            }
            let Some(done) = tasks.join_next().await else { return Ok(()) };
            queue.extend(take(done??)?);
        }
    }
}

/// Fetches and parses the pages that a crawl reads, and keeps nothing but where to go on.
pub(crate) fn bare(of: &ClientLoop) -> Result<()> {
    let base = format!("/v2/Services/{}", of.service);
    let first = vec![
        format!("{base}/Roles?PageSize=100"),
        format!("{base}/Users?PageSize=100"),
        format!("{base}/Channels?Type=public&Type=private&PageSize=100"),
    ];
    tokio::runtime::Runtime::new()?.block_on(of.run(first, |page| {
        let mut paths: Vec<String> = next(&page).into_iter().collect();
        paths.extend(channels_of_users(&page, &base));
        for sid in page.channels.iter().flatten().filter_map(|channel| channel.sid.as_ref()) {
            paths.push(format!("{base}/Channels/{sid}/Members?PageSize=100"));
        }
        std::hint::black_box((&page.members, &page.roles));
        Ok(paths)
    }))
}

/// Lists every user's channels into one table that is keyed by user and channel, with a commit every 64 pages.
pub(crate) fn naive(of: &ClientLoop, file: &Path) -> Result<()> {
    const PAGES: u32 = 64;
    let connection = Connection::open(file)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
         CREATE TABLE user_channel (user TEXT, channel TEXT, member TEXT, status TEXT, last_read INTEGER, unread INTEGER,
           notification_level TEXT, PRIMARY KEY (user, channel)) WITHOUT ROWID;
         CREATE TABLE user (sid TEXT PRIMARY KEY, identity TEXT) WITHOUT ROWID;",
    )?;
    let (pages, received) = mpsc::channel::<Page>();
    let writer = std::thread::spawn(move || -> Result<i64> {
        let mut waiting = 0;
        connection.execute_batch("BEGIN")?;
        for page in received {
            let mut row = connection
                .prepare_cached("INSERT OR REPLACE INTO user_channel VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
            for channel in page.channels.iter().flatten() {
                row.execute(rusqlite::params![
                    channel.user_sid,
                    channel.channel_sid,
                    channel.member_sid,
                    channel.status,
                    channel.last_consumed_message_index,
                    channel.unread_messages_count,
                    channel.notification_level,
                ])?;
            }
            let mut row = connection.prepare_cached("INSERT OR REPLACE INTO user VALUES (?1, ?2)")?;
            for user in page.users.iter().flatten() {
                row.execute([Some(&user.sid), user.identity.as_ref()])?;
            }
            waiting += 1;
            if waiting == PAGES {
                connection.execute_batch("COMMIT; BEGIN")?;
                waiting = 0;
            }
        }
        connection.execute_batch("COMMIT")?;
        Ok(connection.query_row("SELECT count(*) FROM user_channel", [], |row| row.get(0))?)
    });
    let base = format!("/v2/Services/{}", of.service);
    tokio::runtime::Runtime::new()?.block_on(of.run(vec![format!("{base}/Users?PageSize=100")], |page| {
        let mut paths: Vec<String> = next(&page).into_iter().collect();
        paths.extend(channels_of_users(&page, &base));
        pages.send(page)?;
        Ok(paths)
    }))?;
    drop(pages);
    let stored = writer.join().map_err(|_| "the writer failed")??;
    println!("{stored} user channels");
    Ok(())
}

/// Fetches twilio-node into a folder, with the script that lists user channels; false where there is no npm or no registry.
pub(crate) fn install_twilio_node(folder: &Path) -> bool {
    let script = std::fs::write(folder.join(TWILIO_NODE), include_str!("list_user_channels.mjs"));
    let npm = Command::new("npm")
        .args(["install", "--silent", "--prefix"])
        .arg(folder)
        .arg("twilio@6")
        .stdin(Stdio::null())
        .status();
    let installed = script.is_ok() && npm.is_ok_and(|status| status.success());
    if !installed {
        println!("cpu: twilio-node is not measured: npm did not fetch it");
    }
    installed
}

fn next(page: &Page) -> Option<String> {
    let next = page.meta.next_page_url.as_ref()?;
    Some(next.trim_start_matches("https://chat.twilio.com").to_owned())
}

fn channels_of_users<'p>(page: &'p Page, base: &'p str) -> impl Iterator<Item = String> + 'p {
    page.users.iter().flatten().map(move |user| format!("{base}/Users/{}/Channels?PageSize=50", user.sid))
}

/// A page as a client without any care would parse it: typed and owned.
#[derive(Deserialize)]
pub(crate) struct Page {
    meta: Meta,
    users: Option<Vec<User>>,
    channels: Option<Vec<Channel>>,
    members: Option<Vec<Member>>,
    roles: Option<Vec<serde_json::Value>>,
}

#[derive(Deserialize)]
struct Meta {
    next_page_url: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed and dropped: that is the bare loop")]
struct User {
    sid: String,
    account_sid: Option<String>,
    service_sid: Option<String>,
    attributes: Option<String>,
    friendly_name: Option<String>,
    role_sid: Option<String>,
    identity: Option<String>,
    is_online: Option<bool>,
    is_notifiable: Option<bool>,
    date_created: Option<String>,
    date_updated: Option<String>,
    joined_channels_count: Option<i64>,
    url: Option<String>,
}

/// A channel, or a User Channel: the API gives both under the key `channels`.
#[derive(Deserialize)]
#[expect(dead_code, clippy::struct_field_names, reason = "the names are the API's; parsed and dropped")]
struct Channel {
    sid: Option<String>,
    account_sid: Option<String>,
    service_sid: Option<String>,
    channel_sid: Option<String>,
    user_sid: Option<String>,
    member_sid: Option<String>,
    status: Option<String>,
    last_consumed_message_index: Option<i64>,
    unread_messages_count: Option<i64>,
    notification_level: Option<String>,
    friendly_name: Option<String>,
    unique_name: Option<String>,
    attributes: Option<String>,
    date_created: Option<String>,
    date_updated: Option<String>,
    created_by: Option<String>,
    members_count: Option<i64>,
    messages_count: Option<i64>,
    url: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed and dropped: that is the bare loop")]
struct Member {
    sid: Option<String>,
    account_sid: Option<String>,
    channel_sid: Option<String>,
    service_sid: Option<String>,
    identity: Option<String>,
    role_sid: Option<String>,
    last_consumed_message_index: Option<i64>,
    last_consumption_timestamp: Option<String>,
    date_created: Option<String>,
    date_updated: Option<String>,
    attributes: Option<String>,
    url: Option<String>,
}
