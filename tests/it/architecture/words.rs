//! The English of sources, texts and documents: words that were retired stay out.

use std::fs;
use std::path::{Path, PathBuf};

/// A phrase that is no longer written, and what to write instead.
const RETIRED: [(&str, &str); 25] = [
    ("gone on with", "resumed"),
    ("goes on with", "resumes"),
    ("go on with", "resume"),
    ("taken up again", "resumed"),
    ("begun anew", "restarted"),
    ("begins anew", "restarts"),
    ("read anew", "read again"),
    ("held against", "compared with"),
    ("hold against", "compare with"),
    ("held beside", "compared with"),
    ("what became of", "the outcome of"),
    ("what becomes of", "what happens to"),
    ("is told", "is given, is printed"),
    ("are told", "are given, are printed"),
    ("at the least", "at least, minimum"),
    ("look-up", "lookup"),
    ("looked at again", "rechecked"),
    ("on their way", "in flight"),
    ("nobody", "no one"),
    ("somebody", "someone, another process"),
    ("mended", "fixed"),
    ("everybody", "everyone"),
    ("anybody", "anyone"),
    ("as a whole", "entire, complete"),
    ("the whole", "the entire, the complete"),
];

fn texts() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> =
        ["src", "tests/it", "benches", "docs", "mappings"].map(|name| root.join(name)).into();
    let mut files: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    let endings = ["rs", "md", "toml", "sql", "html", "js"];
    files.retain(|path| path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known)));
    files.sort();
    files
}

#[test]
fn retired_words_stay_out() {
    let mut found = Vec::new();
    for path in texts().into_iter().filter(|path| !path.ends_with("architecture/words.rs")) {
        let text = fs::read_to_string(&path).unwrap();
        for (index, line) in text.lines().enumerate() {
            let lower = line.to_lowercase();
            for (retired, instead) in RETIRED {
                let stands = lower.match_indices(retired).any(|(at, _)| {
                    let (before, after) = (&lower[..at], &lower[at + retired.len()..]);
                    !before.ends_with(char::is_alphanumeric)
                        && !after.starts_with(char::is_alphanumeric)
                        && !after.starts_with(" apart") // "told apart" is not "told"
                });
                if stands {
                    found.push(format!("{}:{}: {retired} → {instead}", path.display(), index + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}\n{} in all", found.join("\n"), found.len());
}
