use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index as Position, select};

use super::*;

/// Instead of a stage: announced by `git add --intent-to-add`.
const ANNOUNCED: u16 = 4;

/// An index for SHA-1 with these paths and stages, then these extensions.
fn crafted(entries: &[(&[u8], u16)], extensions: &[u8]) -> Vec<u8> {
    let mut data = b"DIRC\0\0\0\x02".to_vec();
    data.extend_from_slice(&(entries.len() as u32).to_be_bytes());
    for (path, stage) in entries {
        let begin = data.len();
        data.extend_from_slice(&[0; 24]);
        data.extend_from_slice(&0o100_644_u32.to_be_bytes());
        data.extend_from_slice(&[0; 12]);
        data.extend_from_slice(&[0xAB; 20]);
        data.extend_from_slice(&(stage << 12 | path.len() as u16).to_be_bytes());
        if *stage == ANNOUNCED {
            data.extend_from_slice(&0x2000_u16.to_be_bytes());
        }
        data.extend_from_slice(path);
        data.resize(begin + ((data.len() - begin + 8) & !7), 0);
    }
    data.extend_from_slice(extensions);
    data.extend_from_slice(&[0; 20]);
    data
}

fn extension(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let len = (data.len() as u32).to_be_bytes();
    [&name[..], &len, data].concat()
}

/// Reads `data` as an index, in a git directory with these other files.
fn read_with(
    data: &[u8],
    others: &[(String, Vec<u8>)],
    hash_len: usize,
    watch: &dyn Watch,
) -> Result<Vec<(BString, Entry)>, IndexError> {
    let dir = tempfile::tempdir().unwrap();
    let index = dir.path().join("index");
    std::fs::write(&index, data).unwrap();
    for (name, content) in others {
        std::fs::write(dir.path().join(name), content).unwrap();
    }
    staged_entries(&index, dir.path(), hash_len, watch, &NoTrees)
}

fn read(data: &[u8], watch: &dyn Watch) -> Result<Vec<(BString, Entry)>, IndexError> {
    read_with(data, &[], 20, watch)
}

#[track_caller]
fn assert_damaged(data: &[u8], watch: &dyn Watch, expected: &str) {
    match read(data, watch) {
        Err(IndexError::Damaged { what, .. }) => assert_eq!(what, expected),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_crafted_index_is_one() {
    let data = crafted(
        &[(b"a", 0), (b"b/c", 0)],
        &extension(b"XTRA", b"passed over"),
    );
    assert_eq!(read(&data, &All).unwrap().len(), 2);
}

#[test]
fn what_is_no_index_is_damaged() {
    assert_damaged(b"", &All, "it is too short for a header");
    assert_damaged(b"DIRC", &All, "it is too short for a header");
    assert_damaged(&[b'x'; 64], &All, "it does not begin with `DIRC`");
    let mut many = crafted(&[(b"a", 0)], b"");
    many[8..12].fill(0xFF);
    assert_damaged(&many, &All, "an entry is cut short");
}

#[test]
fn another_version_is_unsupported() {
    let mut data = crafted(&[(b"a", 0)], b"");
    data[7] = 5;
    let error = read(&data, &All).unwrap_err();
    assert!(matches!(error, IndexError::Unsupported { .. }), "{error}");
}

#[test]
fn an_unknown_extension_in_small_letters_is_unsupported() {
    let data = crafted(&[(b"a", 0)], &extension(b"xtra", b""));
    let error = read(&data, &All).unwrap_err();
    assert!(error.to_string().contains("`xtra`"), "{error}");
}

#[test]
fn entries_out_of_order_hide_nothing_before_the_bound() {
    let message = "its entries are not in order";
    let watch = Paths::new(["b", "d"]);
    assert_damaged(&crafted(&[(b"c", 0), (b"b", 0)], b""), &watch, message);
    assert_damaged(&crafted(&[(b"b", 0), (b"b", 0)], b""), &watch, message);
    assert_damaged(&crafted(&[(b"b", 0), (b"b", 1)], b""), &watch, message);
    assert_damaged(&crafted(&[(b"a", 2), (b"a", 1)], b""), &watch, message);
}

#[test]
fn paths_that_git_would_not_write_are_damaged() {
    let message = "a path is not as long as its entry says";
    assert_damaged(&crafted(&[(b"a\0b", 0)], b""), &All, message);
    let message = "a path and its mode do not agree";
    assert_damaged(&crafted(&[(b"a/", 0)], b""), &All, message);
    assert_damaged(&crafted(&[(b"", 0), (b"a", 0)], b""), &All, message);
}

#[test]
fn a_link_without_bitmaps_adds_to_the_shared_index() {
    let shared = crafted(&[(b"a", 0)], b"");
    let mut named = shared.clone();
    let at = named.len() - 20;
    named[at..].fill(0x11);
    let name = format!("sharedindex.{}", "11".repeat(20));
    let data = crafted(&[(b"b", 0)], &extension(b"link", &[0x11; 20]));
    let read = |shared: &[u8]| read_with(&data, &[(name.clone(), shared.to_vec())], 20, &All);
    assert_eq!(read(&named).unwrap().len(), 2);
    assert!(read(&shared).is_err(), "its checksum is another");
    for stage in [0, ANNOUNCED] {
        let twice = crafted(&[(b"a", stage)], &extension(b"link", &[0x11; 20]));
        let others = [(name.clone(), named.clone())];
        assert!(
            read_with(&twice, &others, 20, &All).is_err(),
            "a path in both"
        );
    }
}

/// A real index, what is beside it, and the length of an object id.
struct Sample {
    data: Vec<u8>,
    others: Vec<(String, Vec<u8>)>,
    hash_len: usize,
}

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let mut samples = Vec::new();
    for (format, version, split) in [
        ("sha1", "2", false),
        ("sha256", "4", false),
        ("sha1", "2", true),
        ("sha1", "4", true),
    ] {
        let repo = Repo::new(format);
        repo.git(&["update-index", "--index-version", version]);
        let paths = ["a", "b/c", "b/d", "b/e/f", "g"];
        let lines = paths.map(|path| repo.line(path.as_bytes(), 1)).concat();
        repo.index_info(&lines);
        if split {
            repo.git(&["update-index", "--split-index"]);
            repo.index_info(
                &[repo.line(b"a", 2), repo.line(b"b/c", 0), repo.line(b"n", 3)].concat(),
            );
        }
        let mut others = Vec::new();
        for entry in repo.path(".git").read_dir().unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.starts_with("sharedindex.") {
                let content = std::fs::read(repo.path(".git").join(&name)).unwrap();
                others.push((name, content));
            }
        }
        assert_eq!(others.len(), usize::from(split));
        samples.push(Sample {
            data: std::fs::read(repo.path(".git/index")).unwrap(),
            others,
            hash_len: repo.hash_len,
        });
    }
    samples
});

#[test]
fn a_truncated_index_loses_no_entry_silently() {
    for sample in SAMPLES.iter() {
        let read = |data: &[u8]| read_with(data, &sample.others, sample.hash_len, &All);
        let whole = read(&sample.data).unwrap();
        for len in 0..sample.data.len() {
            if let Ok(found) = read(&sample.data[..len]) {
                assert_eq!(found, whole, "cut to {len} bytes");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_damaged_index_is_an_answer_or_an_error(
        sample in 0..4_usize,
        in_shared in any::<bool>(),
        damage in prop::collection::vec((any::<Position>(), select(&[0, 1, 0x7F, 0x80, 0xFF][..])), 1..4),
        bound in any::<bool>(),
    ) {
        let sample = &SAMPLES[sample];
        let (mut data, mut others) = (sample.data.clone(), sample.others.clone());
        let target = match others.first_mut() {
            Some((_, shared)) if in_shared => shared,
            _ => &mut data,
        };
        for (position, byte) in damage {
            let at = position.index(target.len());
            target[at] ^= byte;
        }
        let watch = Paths::new(["b/c"]);
        let watch: &dyn Watch = if bound { &watch } else { &All };
        if let Ok(found) = read_with(&data, &others, sample.hash_len, watch) {
            prop_assert!(found.is_sorted());
        }
    }
}
