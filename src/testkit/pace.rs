//! How fast something came, by the moments at which it came.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

pub(crate) fn most_in_a_second(taken: &[Instant]) -> usize {
    let mut window = VecDeque::new();
    taken.iter().fold(0, |most, now| {
        window.push_back(*now);
        while window.front().is_some_and(|first| *now - *first >= Duration::from_secs(1)) {
            window.pop_front();
        }
        most.max(window.len())
    })
}
