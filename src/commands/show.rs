//! `chatferry show`: one record of a snapshot, with its lists and with what a plan does about it.

use std::path::PathBuf;

use crate::cli::setting::FlagGroup;
use crate::cli::show::ShowArgs;
use crate::error::ExitStatus;
use crate::model::{ChannelSid, Entity, MemberSid, RoleSid, UserSid};
use crate::plan::{Entry, PlanError, PlanFile, PlannedRecord};
use crate::report::text::show::{self as text, RecordNotFound, ShownOperations, ShownPart, ShownRecord};
use crate::settings::snapshot_file;
use crate::snapshot::{NameMatch, NamedRecord, Snapshot, SnapshotError};
use crate::storage::nearest;

use super::planned::plan_of;
use super::{CommandError, Context, Outcome};

/// Records of one kind that are listed when several match.
const LISTED: u32 = 100;

pub(super) fn run(args: &ShowArgs, context: &mut Context) -> Outcome {
    let path = snapshot_file(&context.settings, args.settings.flags())?;
    let snapshot = Snapshot::open(&path)?;
    let plan = args.plan.as_deref().map(|plan| plan_of(plan, &snapshot)).transpose()?;
    let matches = matches(&snapshot, &args.what)?;
    if matches.is_empty() {
        return Err(not_found(args, path, &snapshot)?.into());
    }
    let mut shown = ShownRecord::new(&args.what, matches, snapshot.verdict()?);
    if let [only] = shown.matches.as_slice() {
        let limit = if args.limit == 0 { u64::MAX } else { args.limit };
        shown.part = Some(part(&snapshot, only, limit)?);
        shown.disagreements = snapshot.disagreements_about(&only.sid)?;
        let part = shown.part.as_ref();
        shown.operations = plan.map(|plan| operations(&plan, only, part, limit)).transpose()?.flatten();
    }
    if context.output.json {
        context.json(&shown)?;
    } else {
        context.print(text::text(&shown))?;
    }
    Ok(ExitStatus::Done)
}

/// The record of the SID; otherwise the records that have the name, where a name in the same case counts before others.
fn matches(snapshot: &Snapshot, what: &str) -> Result<Vec<NamedRecord>, SnapshotError> {
    if let Some(found) = snapshot.record_of_sid(what)? {
        return Ok(vec![found]);
    }
    let found = snapshot.named(what, NameMatch::Complete, LISTED)?;
    let is = |name: &Option<String>| name.as_deref() == Some(what);
    let exact: [fn(&NamedRecord) -> &Option<String>; 2] =
        [|record| &record.name, |record| &record.friendly_name];
    let same = exact.into_iter().map(|name| -> Vec<NamedRecord> {
        found.iter().filter(|record| is(name(record))).cloned().collect()
    });
    let named = same.into_iter().find(|same| !same.is_empty()).unwrap_or_else(|| found.clone());
    if named.is_empty() && what.starts_with("MB") {
        return Ok(snapshot.member_of_sid(what)?.into_iter().collect());
    }
    Ok(named)
}

fn not_found(args: &ShowArgs, path: PathBuf, snapshot: &Snapshot) -> Result<RecordNotFound, SnapshotError> {
    let first = args.what.chars().next().map(String::from).unwrap_or_default();
    let candidates = snapshot.named(&first, NameMatch::Prefix, 10_000)?;
    let names =
        candidates.iter().filter_map(|record| record.name.as_deref().or(record.friendly_name.as_deref()));
    Ok(RecordNotFound {
        near: nearest(&args.what, names).map(str::to_owned),
        what: args.what.clone(),
        snapshot: path,
        complete: snapshot.verdict()? != crate::snapshot::Verdict::Incomplete,
    })
}

fn part(snapshot: &Snapshot, record: &NamedRecord, limit: u64) -> Result<ShownPart, SnapshotError> {
    let within = |count: usize| (count as u64) < limit;
    let view = snapshot
        .service_for_single_reads(&record.service_sid)?
        .expect("the record was found in this service of this snapshot");
    Ok(match record.entity {
        Entity::User => {
            let user = view.user(&UserSid::from_wire(&record.sid))?.expect("it was found by this SID");
            let role = user.role_sid.as_ref().map(|sid| view.role(sid)).transpose()?.flatten();
            let mut channels = view.channels_of(&user)?;
            let total = channels.len() as u64;
            channels.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            ShownPart::User { user, role: role.and_then(|role| role.friendly_name), channels, total }
        }
        Entity::Channel => {
            let sid = ChannelSid::from_wire(&record.sid);
            let channel = view.channel(&sid)?.expect("it was found by this SID");
            let (mut people, mut total) = (Vec::new(), 0);
            view.people_of::<SnapshotError>(&sid, &mut |person| {
                total += 1;
                if within(people.len()) {
                    people.push(person);
                }
                Ok(())
            })?;
            let messages = view.message_count_of(&sid)?;
            ShownPart::Channel { channel, people, total, messages }
        }
        Entity::Role => {
            let sid = RoleSid::from_wire(&record.sid);
            let role = view.role(&sid)?.expect("it was found by this SID");
            let (mut holders, mut total) = (Vec::new(), 0);
            snapshot.each_role_holder::<SnapshotError>(|role, holder| {
                if *role == sid {
                    total += 1;
                    if within(holders.len()) {
                        holders.push(holder()?);
                    }
                }
                Ok(())
            })?;
            ShownPart::Role { role, holders, total }
        }
        Entity::Member => {
            let member = snapshot.member_listed(record)?.expect("it was found by this SID");
            ShownPart::Member { member: Box::new(member) }
        }
        _ => ShownPart::Service { service: view.record().clone() },
    })
}

fn operations(
    plan: &PlanFile,
    record: &NamedRecord,
    part: Option<&ShownPart>,
    limit: u64,
) -> Result<Option<ShownOperations>, CommandError> {
    let about = match record.entity {
        Entity::User => {
            PlannedRecord::User { sid: UserSid::from_wire(&record.sid), identity: record.name.clone() }
        }
        Entity::Channel => PlannedRecord::Channel(ChannelSid::from_wire(&record.sid)),
        Entity::Role => PlannedRecord::Role(RoleSid::from_wire(&record.sid)),
        Entity::Member => {
            let Some(ShownPart::Member { member }) = part else { return Ok(None) };
            PlannedRecord::Member {
                sid: MemberSid::from_wire(&record.sid),
                channel: ChannelSid::from_wire(&member.channel_sid),
                user: member.user_sid.as_deref().map(UserSid::from_wire),
                identity: member.identity.clone(),
            }
        }
        _ => return Ok(None),
    };
    let mut shown = ShownOperations::of(plan);
    plan.operations_about::<PlanError>(&about, None, |entry: &Entry| {
        shown.add(entry, limit);
        Ok(())
    })?;
    Ok(Some(shown))
}
