//! What the bundled mappings write, byte for byte, as recorded in `tests/data/golden`.

use super::*;
use crate::mapping::SidMap;

/// Compares an export with the files of `tests/data/golden/<case>`, or writes them where the environment says so.
fn assert_golden(case: &str, source: &Fixture, options: &ExportOptions) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden").join(case);
    if std::env::var_os("CHATFERRY_BLESS").is_some() {
        export(source, options, &golden).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    export(source, options, folder.path()).unwrap();
    let (expected, written) = (files(&golden), files(folder.path()));
    assert_eq!(written.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, bytes) in &written {
        let (left, right) = (String::from_utf8_lossy(bytes), String::from_utf8_lossy(&expected[name]));
        for (line, pair) in left.lines().zip(right.lines()).enumerate() {
            assert_eq!(pair.0, pair.1, "{case}/{name}:{}", line + 1);
        }
        assert!(*bytes == expected[name], "{case}/{name} has another length or other line ends");
    }
}

#[test]
fn the_chat_mapping_writes_these_files() {
    assert_golden("chat", &fixture(13, 4), &options(&["chat"]));
}

/// The SIDs of a target are made up; what has a 3 in its SID has none yet.
#[test]
fn the_mapping_of_sids_writes_these_files() {
    let mut options = options(&["sids"]);
    let target = |sid: &str| {
        let digits: String =
            sid.chars().skip(2).map(|digit| if digit == '0' { 'f' } else { digit }).collect();
        (!sid.contains('3')).then(|| format!("{}{digits}", sid.get(..2).unwrap_or_default()))
    };
    for record in &mut options.mappings[0].records {
        record.set_sids(SidMap::new(move |sid| Ok(target(sid))));
    }
    assert_golden("sids", &fixture(13, 4), &options);
}

#[test]
fn the_other_bundled_mappings_write_these_files() {
    for case in ["audit", "roles"] {
        assert_golden(case, &fixture(13, 4), &options(&[case]));
    }
    assert_golden("conversations", &fixture(13, 4).with_other_members(), &options(&["conversations"]));
}
