//! What an undo cannot undo, one by one.

use serde::Serialize;

use super::format;
use crate::plan::{CANNOT_BE_UNDONE, PlanError, PlanFile};
use crate::printable::PrintableLine;

/// Items that a terminal shows.
const SHOWN: usize = 5;

/// Something that stays as the undone plan left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct StaysItem {
    entity: &'static str,
    sid: String,
    name: Option<String>,
    /// What stays, and why.
    detail: String,
}

impl StaysItem {
    pub(crate) fn all(plan: &PlanFile) -> Result<Vec<Self>, PlanError> {
        let mut all = Vec::new();
        plan.findings(|finding| {
            if finding.check.code == CANNOT_BE_UNDONE.code {
                all.push(Self {
                    entity: finding.entity.plural(),
                    sid: finding.sid.clone(),
                    name: finding.name.clone(),
                    detail: finding.detail.clone(),
                });
            }
            Ok::<(), PlanError>(())
        })?;
        Ok(all)
    }

    #[cfg(test)]
    pub(crate) fn made_private(sid: &str) -> Self {
        let detail = "it was made private, which Twilio cannot take back".to_owned();
        Self { entity: "channels", sid: sid.to_owned(), name: None, detail }
    }
}

/// The first ones, and how to see the others.
pub(crate) fn lines(stays: &[StaysItem], plan: &str) -> Vec<PrintableLine> {
    let line = |item: &StaysItem| {
        let StaysItem { entity, sid, name, detail } = item;
        let name = name.as_ref().map_or_else(String::new, |name| format!(" {name}"));
        PrintableLine::from(format!("  stays {entity} {sid}{name}: {detail}"))
    };
    let mut lines: Vec<PrintableLine> = stays.iter().take(SHOWN).map(line).collect();
    if let more @ 1.. = stays.len().saturating_sub(SHOWN) {
        let (more, plan) = (format::count(more as u64), format::shell_word(plan));
        lines.push(format!("  and {more} more: `chatferry plan show --plan {plan} --json`").into());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printable::Printable;

    #[test]
    fn the_first_are_named_and_the_others_counted() {
        let text = |number: usize| {
            let stays: Vec<StaysItem> =
                (0..number).map(|number| StaysItem::made_private(&format!("CH{number}"))).collect();
            lines(&stays, "undo plan.db").into_iter().collect::<Printable>().to_string()
        };
        assert_eq!(text(0), "");
        let line = "  stays channels CH0: it was made private, which Twilio cannot take back";
        assert_eq!(text(1), line);
        assert_eq!(text(5).lines().count(), 5);
        assert!(text(243).ends_with("\n  and 238 more: `chatferry plan show --plan 'undo plan.db' --json`"));
    }
}
