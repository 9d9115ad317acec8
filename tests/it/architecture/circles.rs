//! Circles between sibling files: a file that needs another which needs it in turn is one file, or hides a third.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{SourceFile, sources};

/// Who needs whom among the children of each module: module → child → the children it names.
type Needs = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

fn needs(files: &[SourceFile]) -> Needs {
    let exports: BTreeMap<String, &BTreeMap<String, String>> =
        files.iter().map(|file| (file.module.join("::"), &file.exports)).collect();
    let children: BTreeSet<String> = files.iter().map(|file| file.module.join("::")).collect();
    let mut needs = Needs::new();
    for file in files {
        for path in file.paths.iter().filter(|path| !path.in_tests) {
            // Down from the root as long as the path goes the file's own way: where they part are the siblings.
            for depth in 0..file.module.len() {
                let (parent, own) = (&file.module[..depth], &file.module[depth]);
                if path.segments.len() <= depth || path.segments[..depth] != *parent {
                    break;
                }
                let named = &path.segments[depth];
                let parent = parent.join("::");
                let sibling = if children.contains(&join(&parent, named)) {
                    Some(named.clone())
                } else {
                    exports.get(&parent).and_then(|names| names.get(named)).cloned()
                };
                let Some(sibling) = sibling else { break };
                if sibling == *own {
                    continue;
                }
                if children.contains(&join(&parent, &sibling)) {
                    needs.entry(parent).or_default().entry(own.clone()).or_default().insert(sibling);
                }
                break;
            }
        }
    }
    needs
}

fn join(parent: &str, child: &str) -> String {
    if parent.is_empty() { child.to_owned() } else { format!("{parent}::{child}") }
}

fn reached<'a>(from: &'a str, needs: &'a BTreeMap<String, BTreeSet<String>>) -> BTreeSet<&'a str> {
    let (mut found, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(at) = open.pop() {
        for next in needs.get(at).into_iter().flatten() {
            if found.insert(next.as_str()) {
                open.push(next);
            }
        }
    }
    found
}

/// Each circle as `folder: {a, b, c}`.
fn circles(needs: &Needs) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (parent, needs) in needs {
        for child in needs.keys() {
            let of_circle: Vec<&str> = reached(child, needs)
                .into_iter()
                .filter(|other| reached(other, needs).contains(child.as_str()))
                .collect();
            if of_circle.len() > 1 {
                found.insert(format!("{parent}: {{{}}}", of_circle.join(", ")));
            }
        }
    }
    found
}

#[test]
fn no_sibling_files_need_each_other() {
    let found = circles(&needs(sources()));
    assert!(found.is_empty(), "{} circles:\n{found:#?}", found.len());
}

#[test]
fn a_circle_is_found_through_a_re_export_and_through_folders() {
    let file = |name: &str, text: &str| SourceFile::new(name, text.to_owned());
    let files = [
        file("plan/mod.rs", "mod a;\nmod b;\nmod c;\npub(crate) use b::Thing;"),
        file("plan/a.rs", "use super::Thing;"),
        file("plan/b/mod.rs", "mod deep;\nuse super::c::Other;"),
        file("plan/b/deep.rs", "fn f() { crate::plan::a::g() }"),
        file("plan/c.rs", "#[cfg(test)]\nmod tests { use super::super::b::Thing; }"),
    ];
    let found = circles(&needs(&files));
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["plan: {a, b}"]);
}
