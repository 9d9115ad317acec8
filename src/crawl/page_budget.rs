//! How much of what was read may wait to be committed, in bytes.
//!
//! **Invariant:** pages in flight to the committer are bounded in bytes as in number. A page of messages has a few KB as a rule
//! and, with a hundred bodies of 32 KB and attributes of 16 KB, nearly 5 MB at the worst.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::ListPage;

/// The most bytes in flight, in KiB. A page that is larger by itself takes all of it.
const KIBIBYTES: u32 = 16 * 1024;

/// The bytes that pages take until they are committed.
#[derive(Debug, Clone)]
pub(super) struct PageBudget(Arc<Semaphore>);

/// The bytes that one page takes, returned on drop.
#[derive(Debug)]
pub(super) struct ReservedBytes {
    _taken: OwnedSemaphorePermit,
}

impl PageBudget {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(KIBIBYTES as usize)))
    }

    /// Waits until the budget has room for the page.
    pub(super) async fn take(&self, page: &ListPage) -> ReservedBytes {
        let wanted = u32::try_from(page.text_bytes() / 1024).unwrap_or(KIBIBYTES).clamp(1, KIBIBYTES);
        let taken = Arc::clone(&self.0).acquire_many_owned(wanted).await;
        ReservedBytes { _taken: taken.expect("the semaphore is never closed") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Entity, Issue, IssueKind, Records};

    fn page(bytes: usize) -> ListPage {
        let issue = Issue {
            entity: Entity::Message,
            subject: String::new(),
            field: String::new(),
            kind: IssueKind::Unusable,
            value: "x".repeat(bytes),
        };
        let records = Records::Messages(Vec::new());
        ListPage { records, received: 1, issues: vec![issue], next: None, page_size: None }
    }

    #[tokio::test]
    async fn large_pages_wait_for_room_and_one_that_is_too_large_comes_alone() {
        let budget = PageBudget::new();
        let free = || budget.0.available_permits();
        let small = budget.take(&page(10)).await;
        assert_eq!(free(), KIBIBYTES as usize - 1);
        let larger_than_the_budget = page(64 << 20);
        let mut huge = std::pin::pin!(budget.take(&larger_than_the_budget));
        let waits = std::future::poll_fn(|context| std::task::Poll::Ready(huge.as_mut().poll(context))).await;
        assert!(waits.is_pending(), "it waits for the small one");
        drop(small);
        let reserved = huge.await;
        assert_eq!(free(), 0);
        drop(reserved);
        assert_eq!(free(), KIBIBYTES as usize);
    }
}
