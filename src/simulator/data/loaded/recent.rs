//! What was read last, so that the pages of a list and the rows of an answer do not read it again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// A few values by their keys, no more in all than a weight.
#[derive(Debug)]
pub(super) struct Recent<T> {
    most: usize,
    kept: Mutex<VecDeque<KeptValue<T>>>,
}

#[derive(Debug)]
struct KeptValue<T> {
    key: u32,
    weight: usize,
    value: Arc<T>,
}

impl<T> Recent<T> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, kept: Mutex::default() }
    }

    /// The value of a key, read now unless it was lately. One that is heavier than all that is kept is not kept.
    pub(super) fn get(&self, key: u32, read: impl FnOnce() -> T, weight: impl FnOnce(&T) -> usize) -> Arc<T> {
        if let Some(found) = self.find(key) {
            return found;
        }
        // Two requests may read the same at once; what they read is the same.
        let value = Arc::new(read());
        let weight = weight(&value).max(1);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if weight <= self.most && !kept.iter().any(|kept| kept.key == key) {
            let mut total: usize = kept.iter().map(|kept| kept.weight).sum::<usize>() + weight;
            while total > self.most {
                total -= kept.pop_back().map_or(total, |oldest| oldest.weight);
            }
            kept.push_front(KeptValue { key, weight, value: Arc::clone(&value) });
        }
        value
    }

    fn find(&self, key: u32) -> Option<Arc<T>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|kept| kept.key == key)?;
        let found = kept.remove(at)?;
        let value = Arc::clone(&found.value);
        kept.push_front(found);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_kept_within_the_weight() {
        let recent = Recent::new(10);
        let get = |key: u32, weight: usize| *recent.get(key, || key + 100, |_| weight);
        let kept = |key: u32| *recent.get(key, || 0, |_| 100);
        assert_eq!((get(1, 4), get(2, 4), get(1, 4), get(3, 4)), (101, 102, 101, 103));
        assert_eq!((kept(1), kept(2), kept(3)), (101, 0, 103));
        assert_eq!((get(4, 11), kept(4)), (104, 0), "too heavy");
    }
}
