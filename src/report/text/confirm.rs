//! What is asked before a plan is performed: what would be done, to what, and whether webhooks fire.

use std::collections::BTreeMap;
use std::path::Path;

use super::apply::count_of;
use super::format;
use crate::error::{Advise, Failure};
use crate::plan::{Batches, Header, Move, OperationKind, OperationState, Totals};
use crate::printable::{Printable, padded};

/// No one has confirmed it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotConfirmed {
    /// No one can be asked.
    #[error("standard input is not a terminal, so no one can be asked; nothing was written")]
    NoTerminal,
    #[error("interrupted at the question; nothing was written")]
    Interrupted,
    /// The same, where no plan is there to be reviewed.
    #[error("standard input is not a terminal, so no one can be asked; nothing was written")]
    NoTerminalForYes,
    #[error("the answer was not yes; nothing was written")]
    NotYes,
    /// Something else was typed.
    #[error("that is neither the name nor the SID of the target; nothing was written")]
    NotTheTarget,
}

impl Advise for NotConfirmed {
    fn status(&self) -> Failure {
        match self {
            Self::Interrupted => Failure::Interrupted,
            Self::NoTerminal | Self::NoTerminalForYes | Self::NotYes | Self::NotTheTarget => Failure::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Interrupted => return None,
            Self::NoTerminal => "review the plan, and give --yes to perform it".to_owned(),
            Self::NoTerminalForYes => "give --yes to perform it".to_owned(),
            Self::NotYes => "type yes to perform it".to_owned(),
            Self::NotTheTarget => "run it again and type the name as it is shown".to_owned(),
        })
    }
}

/// The question could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("the answer cannot be read")]
pub(crate) struct NoAnswer(#[source] pub std::io::Error);

impl Advise for NoAnswer {
    fn status(&self) -> Failure {
        Failure::Failed
    }

    fn hint(&self) -> Option<String> {
        Some("give --yes to perform it without a question".to_owned())
    }
}

/// A plan that is to be confirmed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Confirmation<'a> {
    pub plan: &'a Path,
    pub header: &'a Header,
    pub totals: &'a Totals,
    /// The kinds of `--only`.
    pub only: Option<&'a [OperationKind]>,
    pub limit: Option<u64>,
    pub webhooks: bool,
}

/// A service as people know it.
pub(crate) fn service_name(friendly_name: Option<&str>, sid: &str) -> String {
    friendly_name.map_or_else(|| sid.to_owned(), |name| format!("`{name}` ({sid})"))
}

/// What is to be typed.
pub(crate) fn question(name: Option<&str>, sid: &str) -> String {
    match name {
        Some(name) => format!("type \"{name}\" (without the quotes) or {sid} to continue:"),
        None => format!("type {sid} to continue:"),
    }
}

/// What would be done.
pub(crate) fn confirmation(of: &Confirmation<'_>) -> Printable {
    let Confirmation { plan, header, totals, only, limit, webhooks } = of;
    let target = &header.target;
    let service = service_name(target.friendly_name.as_deref(), &target.service_sid);
    let verb = match header.kind {
        Move::InPlace => "changes, in place,",
        Move::Copy => "copies into",
        Move::Undo => "undoes in",
        Move::UserChannels => "updates user channels of",
    };
    let mut text = Printable::from(format!(
        "{} {verb} {service} of the account {}:",
        plan.display(),
        target.account_sid
    ));
    for (kind, states) in &totals.operations {
        let to_do = count_of(
            &BTreeMap::from([(*kind, states.clone())]),
            &[OperationState::Pending, OperationState::Failed],
        );
        if to_do > 0 {
            let left_out = match only {
                Some(only) if !only.contains(kind) => "  (not now: --only)",
                _ => "",
            };
            line_of(&mut text, kind.name(), &format!("{}{left_out}", format::count(to_do)));
        }
    }
    let blocked = count_of(&totals.operations, &[OperationState::Blocked]);
    if blocked > 0 {
        line_of(&mut text, "blocked", &format!("{}  (not performed)", format::count(blocked)));
    }
    let limit = limit.map(|limit| format!(", {} at most now", format::counted(limit, "operation")));
    let all = format::counted(
        count_of(&totals.operations, &[OperationState::Pending, OperationState::Failed]),
        "operation",
    );
    line_of(&mut text, "in all", &format!("{all}{}", limit.unwrap_or_default()));
    let time = format::seconds(totals.estimated_seconds);
    line_of(
        &mut text,
        "the complete plan takes",
        &format!("{}, about {time}", format::counted(totals.requests, "request")),
    );
    if let Some(together) = together(totals) {
        line_of(&mut text, "participants", &together);
    }
    let webhooks = if *webhooks { "ON: the writes fire them" } else { "off: no write fires one" };
    line_of(&mut text, "webhooks", webhooks);
    text
}

/// How participants of new conversations are created, where there are any.
fn together(totals: &Totals) -> Option<String> {
    let to_do = |kind| {
        let states = totals.operations.get(&kind).cloned().unwrap_or_default();
        count_of(&BTreeMap::from([(kind, states)]), &[OperationState::Pending, OperationState::Failed])
    };
    let is_any = to_do(OperationKind::CreateConversation) > 0 && to_do(OperationKind::CreateParticipant) > 0;
    let Batches { conversations, participants, requests_without } = totals.batches;
    match conversations {
        _ if !is_any => None,
        0 => Some("one by one: no conversation is created together with participants".to_owned()),
        _ => Some(format!(
            "{} together with {}, in one request each ({} without); one by one where Twilio refuses that",
            format::count(participants),
            format::counted(conversations, "conversation"),
            format::counted(requests_without, "request")
        )),
    }
}

fn line_of(text: &mut Printable, name: &str, value: &str) {
    text.push(format!("  {} {value}", padded(name, 24)));
}
