//! The fuzzer: one binary for all targets. `CHATFERRY_FUZZ` names the target; what follows is libFuzzer's.

#![no_main]

mod targets;

use std::sync::LazyLock;

use targets::Target;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("CHATFERRY_FUZZ").unwrap_or_default();
    let known = || targets::TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", ");
    targets::named(&name).unwrap_or_else(|| panic!("CHATFERRY_FUZZ is to be one of {}", known()))
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| (TARGET.run)(data));
