//! Opens snapshots and reads what is kept in memory of them: SIDs, roles, settings, and who is in which channel.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::bindings::LoadedBindings;
use super::error::LoadError;
use super::fields::RowFields;
use super::file::LoadedFile;
use super::lack::{Lack, MissingPart};
use super::relation::{self, Parties, Relation};
use super::rows;
use super::service::{LoadedService, RecentlyRead};
use super::settings::{self, ConfigurationResource, ReadSettings};
use crate::simulator::Loaded;
use crate::simulator::data::as_sent::ShownBy;
use crate::simulator::data::changes::AccountDefaults;
use crate::simulator::data::record::RoleRecord;
use crate::simulator::data::sid;
use crate::simulator::data::sids::Sids;

/// The accounts of a source and of a target.
#[derive(Debug)]
pub(crate) struct LoadedAccounts {
    pub(crate) source: LoadedAccount,
    /// Of another account than the source.
    pub(crate) other: Option<LoadedAccount>,
    /// Where the target is among the source's services, if it is one of them or stands beside them.
    pub(crate) target: Option<usize>,
    pub(crate) lacks: Vec<Lack>,
}

#[derive(Debug)]
pub(crate) struct LoadedAccount {
    pub(crate) account_sid: String,
    pub(crate) services: Vec<LoadedAt>,
}

/// A service and its SID.
#[derive(Debug)]
pub(crate) struct LoadedAt {
    pub(crate) service_sid: String,
    pub(crate) service: LoadedService,
}

/// Opens the snapshots of the options.
pub(crate) fn open(loaded: &Loaded) -> Result<LoadedAccounts, LoadError> {
    let source = Arc::new(LoadedFile::open(&loaded.source)?);
    let mut lacks = Vec::new();
    let services = services_of(&source)?;
    let account_sid = account_of(&source)?;
    let target = match &loaded.target {
        None => None,
        Some(path) => {
            let file = Arc::new(LoadedFile::open(path)?);
            let [service] = <[String; 1]>::try_from(services_of(&file)?)
                .map_err(|_| LoadError::NotATarget { path: path.clone() })?;
            if file.api != ShownBy::Conversations {
                return Err(LoadError::NotATarget { path: path.clone() });
            }
            Some((service, file))
        }
    };
    let several = services.len() > 1;
    let mut account = LoadedAccount { account_sid, services: Vec::new() };
    let mut target_at = None;
    for service_sid in services {
        let mut files = vec![Arc::clone(&source)];
        if let Some((_, file)) = target.as_ref().filter(|(of, _)| *of == service_sid) {
            files.insert(0, Arc::clone(file));
            target_at = Some(account.services.len());
        }
        let only = several.then_some(service_sid.as_str());
        let service = read(files, &service_sid, only, &mut lacks)?;
        account.services.push(LoadedAt { service_sid, service });
    }
    let mut other = None;
    if let Some((service_sid, file)) = target.filter(|_| target_at.is_none()) {
        let target_account = account_of(&file)?;
        let service = read(vec![file], &service_sid, None, &mut lacks)?;
        let loaded = LoadedAt { service_sid, service };
        if target_account == account.account_sid {
            target_at = Some(account.services.len());
            account.services.push(loaded);
        } else {
            other = Some(LoadedAccount { account_sid: target_account, services: vec![loaded] });
        }
    }
    Ok(LoadedAccounts { source: account, other, target: target_at, lacks })
}

fn services_of(file: &LoadedFile) -> Result<Vec<String>, LoadError> {
    let mut services = Vec::new();
    file.each("SELECT sid FROM services ORDER BY sid", [], |row| {
        services.push(row.get(0)?);
        Ok(())
    })?;
    if services.is_empty() {
        return Err(LoadError::NoService { path: file.path.clone() });
    }
    Ok(services)
}

/// The account of a file. Conversations may show services without it.
fn account_of(file: &LoadedFile) -> Result<String, LoadError> {
    let mut found: Option<String> = None;
    for view in ["services", "roles", "users", "channels"] {
        let sql = format!("SELECT account_sid FROM {view} WHERE account_sid IS NOT NULL LIMIT 1");
        file.each(&sql, [], |row| {
            found = found.take().or(row.get(0)?);
            Ok(())
        })?;
    }
    file.each("SELECT configuration FROM services", [], |row| {
        let configuration: Option<String> = row.get(0)?;
        let account = configuration.as_deref().and_then(|json| {
            let json: serde_json::Value = serde_json::from_str(json).ok()?;
            Some(json.get("account")?.get("account_sid")?.as_str()?.to_owned())
        });
        found = found.take().or(account);
        Ok(())
    })?;
    Ok(found.unwrap_or_else(|| sid::text("AC", 0)))
}

/// Reads what is kept of a service. The files are in the order of precedence.
fn read(
    files: Vec<Arc<LoadedFile>>,
    service_sid: &str,
    only: Option<&str>,
    lacks: &mut Vec<Lack>,
) -> Result<LoadedService, LoadError> {
    let users = sids_of(&files, "users", "US", only, lacks)?;
    let mut channels = read_channels(&files, only, lacks)?;
    let roles = read_roles(&files, only)?;
    let settings = read_settings(&files, service_sid)?;
    let last = u8::try_from(files.len() - 1).unwrap_or_default();
    loop {
        let sids: Vec<u128> = channels.keys().copied().collect();
        let deciding: Vec<u8> = channels.values().map(|channel| channel.deciding).collect();
        let parties = Parties { users: &users, channels: &sids, deciding: &deciding, only };
        match relation::read(&files, &parties)? {
            Relation::Unlisted(unlisted) => {
                let unlisted = unlisted.into_iter();
                let as_unlisted = ChannelKind { deciding: last, private: true, listed: false };
                channels.extend(unlisted.map(|digits| (digits, as_unlisted)));
            }
            Relation::Complete { graph, lists, made } => {
                for file in &files {
                    note_lacks(file, files.len() == 1, roles.is_empty(), made, lacks)?;
                }
                return Ok(LoadedService {
                    devices: LoadedBindings::new(service_sid, &files),
                    files,
                    graph: Arc::new(graph),
                    users: Sids::Read { prefix: "US", digits: users.into() },
                    channels: Sids::Read { prefix: "CH", digits: sids.into() },
                    deciding,
                    private: channels.values().map(|channel| channel.private).collect(),
                    listed: channels.values().map(|channel| channel.listed).collect(),
                    lists,
                    roles,
                    settings,
                    recent: RecentlyRead::default(),
                    bindings: OnceLock::new(),
                });
            }
        }
    }
}

fn condition(only: Option<&str>) -> &'static str {
    only.map_or("", |_| " WHERE service_sid = ?1")
}

/// The SIDs of a view in order, in all files.
fn sids_of(
    files: &[Arc<LoadedFile>],
    view: &str,
    prefix: &str,
    only: Option<&str>,
    lacks: &mut Vec<Lack>,
) -> Result<Vec<u128>, LoadError> {
    let mut all = Vec::new();
    for file in files {
        let mut odd = 0;
        let sql = format!("SELECT sid FROM {view}{}", condition(only));
        file.each(&sql, rusqlite::params_from_iter(only), |row| {
            match sid::digits(prefix, &row.get::<_, String>(0)?) {
                Some(digits) => all.push(digits),
                None => odd += 1,
            }
            Ok(())
        })?;
        note_sids(file, odd, lacks);
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

fn note_sids(file: &LoadedFile, records: i64, lacks: &mut Vec<Lack>) {
    if records > 0 {
        lacks.push(Lack { snapshot: file.path.clone(), what: MissingPart::Sids { records } });
    }
}

/// What is kept of a channel.
#[derive(Debug, Clone, Copy)]
struct ChannelKind {
    deciding: u8,
    private: bool,
    listed: bool,
}

fn read_channels(
    files: &[Arc<LoadedFile>],
    only: Option<&str>,
    lacks: &mut Vec<Lack>,
) -> Result<BTreeMap<u128, ChannelKind>, LoadError> {
    let mut channels = BTreeMap::new();
    for (number, file) in files.iter().enumerate() {
        let deciding = u8::try_from(number).unwrap_or_default();
        let of_conversations = file.api == ShownBy::Conversations;
        let mut odd = 0;
        let sql = format!("SELECT sid, type FROM channels{}", condition(only));
        file.each(&sql, rusqlite::params_from_iter(only), |row| {
            let kind: Option<String> = row.get(1)?;
            let private = of_conversations || kind.as_deref() == Some("private");
            match sid::digits("CH", &row.get::<_, String>(0)?) {
                Some(digits) => {
                    channels.entry(digits).or_insert(ChannelKind { deciding, private, listed: true });
                }
                None => odd += 1,
            }
            Ok(())
        })?;
        note_sids(file, odd, lacks);
    }
    Ok(channels)
}

/// The roles in the order of their SIDs. Permissions are those of Chat where Chat says them.
fn read_roles(files: &[Arc<LoadedFile>], only: Option<&str>) -> Result<Vec<RoleRecord>, LoadError> {
    let mut roles: BTreeMap<u128, RoleRecord> = BTreeMap::new();
    for file in files {
        let sql = format!("SELECT {} FROM roles{}", rows::ROLE, condition(only));
        file.each(&sql, rusqlite::params_from_iter(only), |row| {
            let role = rows::role(&mut RowFields::new(row, file.api, &file.broken_texts))?;
            match roles.get_mut(&role.digits) {
                None => {
                    roles.insert(role.digits, role);
                }
                Some(first) => {
                    first.sent.take_over(&role.sent, file.api);
                    first.permissions = role.permissions;
                }
            }
            Ok(())
        })?;
    }
    roles.remove(&0);
    Ok(roles.into_values().collect())
}

fn read_settings(files: &[Arc<LoadedFile>], service_sid: &str) -> Result<ReadSettings, LoadError> {
    let mut found: Option<ReadSettings> = None;
    for file in files {
        let sql = format!("SELECT {} FROM services WHERE sid = ?1", settings::columns());
        file.each(&sql, [service_sid], |row| {
            let read = settings::service(&mut RowFields::new(row, file.api, &file.broken_texts))?;
            match &mut found {
                None => found = Some(read),
                Some(first) => {
                    first.sent.take_over(&read.sent, file.api);
                    first.limits = first.limits.or(read.limits);
                }
            }
            Ok(())
        })?;
    }
    Ok(found.unwrap_or_default())
}

fn note_lacks(
    file: &LoadedFile,
    is_only_one: bool,
    no_roles: bool,
    [made_users, made_members]: [bool; 2],
    lacks: &mut Vec<Lack>,
) -> Result<(), LoadError> {
    let count = |sql: &str| {
        let mut count = 0;
        file.each(sql, [], |row| {
            count = row.get(0)?;
            Ok(())
        })?;
        Ok::<i64, LoadError>(count)
    };
    let mut found = Vec::new();
    if is_only_one {
        found.push(if file.api == ShownBy::Conversations {
            MissingPart::Chat
        } else {
            MissingPart::Conversations
        });
    }
    if no_roles {
        found.push(MissingPart::Roles);
    }
    if made_members {
        found.push(MissingPart::MembersLists);
    }
    if made_users {
        found.push(MissingPart::UsersLists);
    }
    let with_messages = count("SELECT count(*) FROM channels WHERE messages_count > 0")?;
    if with_messages > 0 && count("SELECT EXISTS (SELECT 1 FROM messages)")? == 0 {
        found.push(MissingPart::Messages { channels: with_messages });
    }
    for what in found {
        let lack = Lack { snapshot: file.path.clone(), what };
        if !lacks.contains(&lack) {
            lacks.push(lack);
        }
    }
    Ok(())
}

impl LoadedAccount {
    /// What `/v1/Configuration` says, of the first service with which it was read.
    pub(crate) fn defaults(&self) -> Option<AccountDefaults> {
        let mut resources = self.services.iter().filter_map(|at| at.service.settings.resources.as_ref());
        let json = resources.find_map(|resources| resources.account.as_deref())?;
        let resource = ConfigurationResource::of(Some(json));
        Some(AccountDefaults {
            chat_service_sid: resource.text("default_chat_service_sid").unwrap_or_default(),
            messaging_service_sid: resource.text("default_messaging_service_sid"),
            inactive_timer: resource.text("default_inactive_timer"),
            closed_timer: resource.text("default_closed_timer"),
            sent: Some(json.into()),
        })
    }
}
