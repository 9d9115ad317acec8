//! A plan with something of everything that a report shows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::json;

use super::plan::fields;
use crate::model::{ChannelSid, Entity, MemberSid, RoleSid, ServiceSid, UserSid};
use crate::plan::{
    Batches, Bucket, CANNOT_BE_UNDONE, Header, MediaTotals, Move, Operation, OperationKind, OperationState,
    PlanCheck, PlanDraft, PlanFile, PlanFinding, PlanVerdict, Severity, Side, Step, Subject, Totals,
};

/// A channel name that must not run as a script.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script>";

static FULL: PlanCheck = PlanCheck {
    code: "conversation_over_limit",
    severity: Severity::Block,
    of_plan: false,
    one: "1 conversation is over the target's limit",
    many: "{} conversations are over the target's limit",
    passes: "every conversation is within the target's limit",
    meaning: "The channel has more members than the target allows participants in a conversation. Those beyond the limit \
              cannot be added.",
    advice: "raise `Limits.ChannelMembers` of the target's Chat service (up to 1,000), or leave members out by the mapping",
};
static CHANGED: PlanCheck = PlanCheck {
    code: "too_much_changed",
    severity: Severity::Block,
    of_plan: true,
    one: "the plan changes more than allowed",
    many: "{} limits of changes are exceeded",
    passes: "the plan changes no more than allowed",
    meaning: "The target is not empty, and more of it would be changed or created than is allowed.",
    advice: "read the operations; if this is what you want, plan again with `--max-change-percent 100`",
};
static ATTRIBUTES: PlanCheck = PlanCheck {
    code: "attributes_broken",
    severity: Severity::Warn,
    of_plan: false,
    one: "the attributes of 1 record are not JSON",
    many: "the attributes of {} records are not JSON",
    passes: "all attributes are JSON",
    meaning: "Conversations takes a JSON object as attributes, and these are none. They would be refused.",
    advice: "correct them in the source, or have the mapping write others",
};
static PUBLIC: PlanCheck = PlanCheck {
    code: "public_channel",
    severity: Severity::Note,
    of_plan: false,
    one: "1 public channel becomes private",
    many: "{} public channels become private",
    passes: "no public channel becomes private",
    meaning: "Conversations are private. Who is not a member can no longer find or join this one.",
    advice: "tell those who join by themselves, or add them as members before",
};

/// What of a made-up plan is as a test wants it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MadeUp {
    pub(crate) kind: Move,
    pub(crate) verdict: PlanVerdict,
    pub(crate) snapshot_verdict: &'static str,
    /// How many findings; a few more of the other checks come with them.
    pub(crate) findings: u64,
    /// Every operation and size is as many times as many.
    pub(crate) scale: u64,
}

impl Default for MadeUp {
    fn default() -> Self {
        Self {
            kind: Move::Copy,
            verdict: PlanVerdict::ReadyExceptBlocked,
            snapshot_verdict: "complete",
            findings: 40,
            scale: 1,
        }
    }
}

/// Writes a made-up plan.
pub(crate) fn plan(path: &Path, made_up: MadeUp) -> PlanFile {
    let header = header(made_up);
    let mut draft = PlanDraft::create(path, &header).unwrap();
    for (kind, count, blocked) in operations(made_up) {
        for number in 0..count {
            draft
                .operation(&operation(kind, number + u64::from(blocked.is_some()) * 1_000_000), blocked)
                .unwrap();
        }
    }
    let mut found: BTreeMap<String, u64> =
        ["identity_case", "identity_missing", "permission_lost", "role_without_counterpart", "webhook_fires"]
            .map(|code| (code.to_owned(), 0))
            .into();
    for finding in findings(made_up) {
        *found.entry(finding.check.code.to_owned()).or_default() += 1;
        draft.finding(&finding).unwrap();
    }
    draft.finish(&totals(made_up, found)).unwrap()
}

fn header(made_up: MadeUp) -> Header {
    let side = |digit: &str, name: &str| Side {
        account_sid: format!("AC{}", digit.repeat(32)),
        service_sid: format!("IS{}", digit.repeat(32)),
        friendly_name: Some(name.to_owned()),
    };
    let source = side("1", "Harbour Support");
    Header {
        kind: made_up.kind,
        target: if made_up.kind == Move::Copy { side("2", "Harbour Conversations") } else { source.clone() },
        source,
        snapshot_digest: "5d41".repeat(16),
        snapshot_verdict: made_up.snapshot_verdict.to_owned(),
        snapshot_window: ("2026-03-01T08:00:00Z".to_owned(), Some("2026-03-01T08:20:12Z".to_owned())),
        mapping_digest: "a1b2".repeat(16),
        target_digest: "c3d4".repeat(16),
        target_service_digest: "e5f6".repeat(16),
        mute_source: made_up.kind == Move::Copy,
        undoes: (made_up.kind == Move::Undo).then(|| "0b1c".repeat(16)),
        ..super::plan::header()
    }
}

type PlannedFixture = (OperationKind, u64, Option<&'static str>);

fn operations(made_up: MadeUp) -> Vec<PlannedFixture> {
    let full = Some("conversation_over_limit");
    let planned: &[PlannedFixture] = match (made_up.verdict, made_up.kind) {
        (PlanVerdict::NothingToDo | PlanVerdict::CannotBeUndone, _) => &[],
        (_, Move::InPlace) => &[
            (OperationKind::MakePrivate, 12, None),
            (OperationKind::CreateParticipant, 7, None),
            (OperationKind::UpdateParticipant, 31, None),
            (OperationKind::UpdateUserConversation, 18, None),
        ],
        (PlanVerdict::Ready, Move::Copy) => {
            &[(OperationKind::CreateUser, 34, None), (OperationKind::CreateParticipant, 400, None)]
        }
        (_, Move::Copy) => &[
            (OperationKind::CreateRole, 2, None),
            (OperationKind::CreateUser, 34, None),
            (OperationKind::UpdateUser, 3, None),
            (OperationKind::CreateConversation, 12, None),
            (OperationKind::CreateParticipant, 400, None),
            (OperationKind::CreateParticipant, 23, full),
            (OperationKind::UpdateParticipant, 381, None),
            (OperationKind::UpdateParticipant, 23, full),
            (OperationKind::UpdateUserConversation, 46, None),
            (OperationKind::MuteSource, 46, None),
        ],
        (_, Move::UserChannels) => &[(OperationKind::UpdateUserChannel, 9, None)],
        (_, Move::Undo) => &[
            (OperationKind::DeleteParticipant, 400, None),
            (OperationKind::DeleteConversation, 12, None),
            (OperationKind::DeleteUser, 34, None),
            (OperationKind::DeleteRole, 2, None),
        ],
    };
    planned.iter().map(|(kind, count, blocked)| (*kind, count * made_up.scale, *blocked)).collect()
}

fn operation(kind: OperationKind, number: u64) -> Operation {
    let sid = u128::from(number + 1) * 0x1_0003;
    let service =
        if matches!(kind, OperationKind::MakePrivate | OperationKind::MuteSource) { "1" } else { "2" };
    let identity = if number == 1 { HOSTILE.to_owned() } else { format!("anna.{number}@harbour.example") };
    let (before, after) = match kind {
        OperationKind::MakePrivate => (json!({"type": "public"}), json!({"type": "private"})),
        OperationKind::CreateRole => (
            json!({}),
            json!({"friendly_name": "moderator", "type": "conversation", "permissions": ["sendMessage", "leaveConversation"]}),
        ),
        OperationKind::CreateUser => (
            json!({}),
            json!({"identity": identity, "friendly_name": "Anna", "attributes": "{\"lang\":\"de\"}", "role_sid": "{RL00000000000000000000000000010003}"}),
        ),
        OperationKind::UpdateUser => (json!({"friendly_name": "Anna"}), json!({"friendly_name": "Anna B."})),
        OperationKind::CreateConversation => (
            json!({}),
            json!({"unique_name": format!("case-{number}"), "friendly_name": format!("Case {number}"), "attributes": "{}"}),
        ),
        OperationKind::CreateParticipant => (json!({}), json!({"identity": identity, "attributes": "{}"})),
        OperationKind::UpdateParticipant => {
            (json!({"last_read_message_index": null}), json!({"last_read_message_index": number}))
        }
        OperationKind::UpdateUserConversation | OperationKind::MuteSource => {
            (json!({"notification_level": "default"}), json!({"notification_level": "muted"}))
        }
        _ => (json!({}), json!({})),
    };
    let has = |one: &[OperationKind]| one.contains(&kind);
    let role = has(&[OperationKind::CreateRole]);
    let user = has(&[OperationKind::CreateUser, OperationKind::UpdateUser]);
    let channel = has(&[OperationKind::MakePrivate, OperationKind::CreateConversation]);
    let member = !role && !user && !channel && !kind.is_delete();
    Operation {
        kind,
        subject: Subject {
            service_sid: Some(ServiceSid::from_wire(&format!("IS{}", service.repeat(32)))),
            role_sid: role.then(|| RoleSid::from_digits(sid)),
            user_sid: (user || member).then(|| UserSid::from_digits(sid)),
            channel_sid: (channel || member).then(|| ChannelSid::from_digits(sid)),
            member_sid: member.then(|| MemberSid::from_wire(&format!("MB{sid:032x}"))),
            identity: (user || member).then_some(identity),
            target_sid: kind.is_delete().then(|| format!("CH{sid:032x}")),
            conversation_sid: kind.is_delete().then(|| format!("CH{sid:032x}")),
            ..Subject::default()
        },
        before: fields(before),
        after: fields(after),
    }
}

/// Most of one check, and some of the others among them.
fn findings(made_up: MadeUp) -> impl Iterator<Item = PlanFinding> {
    let plan = (made_up.verdict == PlanVerdict::Blocked).then(|| PlanFinding {
        check: &CHANGED,
        entity: Entity::Service,
        sid: format!("IS{}", "2".repeat(32)),
        name: Some("Harbour Conversations".to_owned()),
        detail: "62 % of 1,187 items; 10 % is allowed".to_owned(),
    });
    let one = |number: u64| {
        let channel =
            format!("CH{:032x}", u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
        let name = if number == 7 { HOSTILE.to_owned() } else { format!("case-{number}") };
        match number % 10 {
            0..7 => PlanFinding {
                check: &FULL,
                entity: Entity::Membership,
                sid: format!("US{number:032x}/{channel}"),
                name: Some(name),
                detail: format!("{} members, and the target allows 1,000", 1_001 + number % 97),
            },
            7 | 8 => PlanFinding {
                check: &ATTRIBUTES,
                entity: Entity::Channel,
                sid: channel,
                name: (number != 8).then_some(name),
                detail: format!("`attributes` has `{{colour: {number}}}`"),
            },
            _ => PlanFinding {
                check: &PUBLIC,
                entity: Entity::Channel,
                sid: channel,
                name: Some(name),
                detail: format!("{} members", number % 300),
            },
        }
    };
    let is_undone = made_up.kind == Move::Undo && made_up.verdict != PlanVerdict::Ready;
    let one_way = (0..if is_undone { 243 } else { 0 }).map(|number| PlanFinding {
        check: &CANNOT_BE_UNDONE,
        entity: Entity::Channel,
        sid: format!("CH{number:032x}"),
        name: Some(format!("case-{number}")),
        detail: "it was made private, which Twilio cannot reverse".to_owned(),
    });
    plan.into_iter().chain(one_way).chain((0..made_up.findings).map(one))
}

fn totals(made_up: MadeUp, findings: BTreeMap<String, u64>) -> Totals {
    let mut steps: Vec<Step> = Vec::new();
    let mut blocked_by: BTreeMap<String, u64> = BTreeMap::new();
    let mut operations: BTreeMap<OperationKind, BTreeMap<OperationState, u64>> = BTreeMap::new();
    for (kind, count, blocked) in self::operations(made_up) {
        let state = if blocked.is_some() { OperationState::Blocked } else { OperationState::Pending };
        *operations.entry(kind).or_default().entry(state).or_default() += count;
        if let Some(code) = blocked {
            *blocked_by.entry(code.to_owned()).or_default() += count;
        } else {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            steps.push(Step {
                kind,
                requests: count,
                seconds: count as f64 / if count > 300 { 11.0 } else { 24.0 },
            });
        }
    }
    let requests = steps.iter().map(|step| step.requests).sum();
    let conversations: u64 =
        operations.get(&OperationKind::CreateConversation).map_or(0, |states| states.values().sum());
    // Seven participants come with each.
    let batches = Batches {
        conversations,
        participants: conversations * 7,
        requests_without: if conversations == 0 { 0 } else { requests + conversations * 7 },
    };
    let sizes = [
        (0, Some(0), 3),
        (1, Some(1), 17),
        (2, Some(2), 64),
        (3, Some(10), 31),
        (11, Some(100), 22),
        (101, Some(1_000), 9),
        (1_001, None, 4),
    ];
    Totals {
        verdict: made_up.verdict,
        operations,
        noop: [("roles", 6), ("users", 211), ("channels", 30), ("members", 940)]
            .map(|(collection, count)| (collection.to_owned(), count * made_up.scale))
            .into(),
        findings,
        requests,
        estimated_seconds: steps.iter().map(|step| step.seconds).sum(),
        steps,
        sizes: sizes
            .map(|(from, to, conversations)| Bucket {
                from,
                to,
                conversations: conversations * made_up.scale,
            })
            .into(),
        participants_limit: 1_000,
        blocked_by,
        batches,
        media: MediaTotals::default(),
        not_checked: BTreeSet::new(),
    }
}
