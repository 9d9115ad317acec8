//! What is found about the messages of a conversation: said once for each check, however many they are.

use super::values::counted;
use crate::model::Entity;
use crate::plan::align::Item;
use crate::plan::finding::{PlanCheck, PlanFinding};

/// What was found about the messages of the conversation that is being planned.
#[derive(Debug, Default)]
pub(super) struct MessageFindings {
    /// Each check with how many messages it found, and which came first.
    found: Vec<(&'static PlanCheck, u64, String)>,
    last_index: Option<i64>,
}

impl MessageFindings {
    pub(super) fn add(&mut self, check: &'static PlanCheck, item: &Item<'_>) {
        match self.found.iter_mut().find(|(known, ..)| known.code == check.code) {
            Some((_, count, _)) => *count += 1,
            None => self.found.push((check, 1, item.sid())),
        }
    }

    /// Takes note of the next index, and gives the one that would follow the one before it.
    pub(super) fn follow(&mut self, index: Option<i64>) -> i64 {
        let expected = self.last_index.map_or(0, |last| last.saturating_add(1));
        self.last_index = index.or(self.last_index);
        expected
    }

    /// One finding for each check, of the conversation with this SID and name.
    pub(super) fn into_findings(self, (sid, name): &(String, Option<String>)) -> Vec<PlanFinding> {
        let finding = |(check, count, first): (&'static PlanCheck, u64, String)| {
            let many = counted(count, "message", "messages");
            let detail =
                if count == 1 { format!("{many}, {first}") } else { format!("{many}, the first is {first}") };
            PlanFinding { check, entity: Entity::Channel, sid: sid.clone(), name: name.clone(), detail }
        };
        self.found.into_iter().map(finding).collect()
    }
}
