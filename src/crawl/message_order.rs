//! Whether a list of messages is in the order that was asked for: by index, rising.
//!
//! A list out of order is read to its end all the same; what it says is that the server did not do as asked, and each row
//! out of its place is an issue on that row. A row that a page repeats is not out of order.

use crate::model::{Entity, Issue, IssueKind, ListPage, MessageSid, Records};

/// The highest index of a list so far. A list that is resumed in its middle begins without one.
#[derive(Debug, Default)]
pub(super) struct Rising {
    highest: Option<(i64, MessageSid)>,
}

impl Rising {
    /// Looks at the next page; what is out of order becomes issues of it.
    pub(super) fn check(&mut self, page: &mut ListPage) {
        let Records::Messages(messages) = &page.records else { return };
        for message in messages {
            let Some(index) = message.index else { continue };
            match &self.highest {
                Some((highest, sid)) if index <= *highest => {
                    if *sid != message.sid {
                        page.issues.push(Issue {
                            entity: Entity::Message,
                            subject: message.sid.to_string(),
                            field: "index".to_owned(),
                            kind: IssueKind::OutOfOrder,
                            value: index.to_string(),
                        });
                    }
                }
                _ => self.highest = Some((index, message.sid.clone())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Message;

    fn page(indices: &[(u128, Option<i64>)]) -> ListPage {
        let message = |(sid, index): &(u128, Option<i64>)| Message {
            sid: MessageSid::from_digits(*sid),
            index: *index,
            ..Message::sample(false)
        };
        let records = Records::Messages(indices.iter().map(message).collect());
        ListPage { records, received: indices.len(), issues: Vec::new(), next: None, page_size: None }
    }

    #[test]
    fn what_does_not_rise_is_said_and_what_is_repeated_is_not() {
        let mut rising = Rising::default();
        let mut first = page(&[(9, Some(0)), (3, Some(1)), (7, None), (5, Some(4))]);
        rising.check(&mut first);
        assert_eq!(first.issues, []);
        let mut second = page(&[(5, Some(4)), (8, Some(4)), (6, Some(2)), (2, Some(5))]);
        rising.check(&mut second);
        let found: Vec<_> =
            second.issues.iter().map(|issue| (issue.subject.as_str(), issue.value.as_str())).collect();
        let [eighth, sixth] = [8, 6].map(|sid| MessageSid::from_digits(sid).to_string());
        assert_eq!(found, [(eighth.as_str(), "4"), (sixth.as_str(), "2")]);
        assert!(second.issues.iter().all(|issue| issue.kind == IssueKind::OutOfOrder));
    }
}
