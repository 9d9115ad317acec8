//! What fuzzing found worth keeping, replayed: every file of `fuzz/corpus` through the function that the fuzzer runs.

#[path = "../../fuzz/src/targets.rs"]
mod targets;

use std::fs;
use std::path::Path;

use targets::{TARGETS, named};

#[test]
fn every_input_of_the_corpus_keeps_what_is_promised() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut folders = 0;
    for folder in fs::read_dir(&corpus).unwrap() {
        let folder = folder.unwrap();
        let name = folder.file_name().into_string().unwrap();
        let target = named(&name).unwrap_or_else(|| panic!("{name}: a corpus without a target"));
        folders += 1;
        let mut inputs = 0;
        for input in fs::read_dir(folder.path()).unwrap() {
            let input = input.unwrap().path();
            inputs += 1;
            let data = fs::read(&input).unwrap();
            let ran = std::panic::catch_unwind(|| (target.run)(&data));
            assert!(ran.is_ok(), "{} breaks a promise: see above", input.display());
        }
        assert!(inputs >= 5, "{name} has {inputs} inputs");
    }
    assert_eq!(folders, TARGETS.len(), "every target has a corpus");
}
