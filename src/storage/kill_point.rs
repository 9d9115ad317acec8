//! Where a run can be killed between two steps that belong together, for the tests of what the next run does then.
//!
//! Why in the program: a signal from outside hits such a moment once in a thousand runs. A build for release has none of this.

/// Ends the process as SIGKILL would, if `CHATFERRY_TEST_KILL` is `NAME:N` and this point is passed for the Nth time.
#[cfg(debug_assertions)]
pub(crate) fn kill_point(name: &str) {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static WANTED: LazyLock<Option<(String, u64)>> = LazyLock::new(|| {
        let wanted = std::env::var("CHATFERRY_TEST_KILL").ok()?;
        let (name, passes) = wanted.split_once(':')?;
        Some((name.to_owned(), passes.parse().ok()?))
    });
    static PASSED: AtomicU64 = AtomicU64::new(0);

    if let Some((wanted, passes)) = &*WANTED
        && wanted == name
        && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *passes
    {
        std::process::abort();
    }
}

#[cfg(not(debug_assertions))]
pub(crate) fn kill_point(_name: &str) {}
