//! A commit as it is stored, read for a line of a log: libgit2's own takes all of it apart, and copies it.
use std::collections::HashMap;

use super::timestamp;
use crate::model::view::CommitRow;

/// What libgit2 takes away around a name, with all that is no letter up to the space.
const AROUND_NAMES: &[u8] = b".,:;<>\"\\'";

/// The line of a log (labels left empty) and the first parent; none of a commit that is not written as Git writes them,
/// which is for libgit2 to understand.
pub(super) fn read(
    odb: &git2::Odb<'_>,
    id: git2::Oid,
    tags: &HashMap<git2::Oid, Vec<String>>,
) -> Option<(CommitRow, Option<git2::Oid>)> {
    let object = odb.read(id).ok().filter(|it| it.kind() == git2::ObjectType::Commit)?;
    let bytes = object.data();
    let (head, message) = bytes.split_at(memchr::memmem::find(bytes, b"\n\n")?);
    let mut lines = head.split(|byte| *byte == b'\n');
    lines.next().filter(|it| it.starts_with(b"tree "))?;
    let mut parents = None;
    let author = loop {
        let line = lines.next()?;
        match line.strip_prefix(b"parent ") {
            Some(parent) => parents = parents.or(Some(oid(parent)?)),
            None => break line.strip_prefix(b"author ")?,
        }
    };
    let (name, _) = signature(author)?;
    let (_, seconds) = signature(lines.next()?.strip_prefix(b"committer ")?)?;
    let subject = message.trim_ascii_start().split(|byte| *byte == b'\n').next()?;
    let subject = text(subject);
    let row = CommitRow {
        commit: id.to_string(),
        subject: subject.trim().to_owned(),
        author: text(name),
        date: timestamp(git2::Time::new(seconds, 0)),
        tags: tags.get(&id).cloned().unwrap_or_default(),
        labels: Vec::new(),
    };
    Some((row, parents))
}

/// The name and the seconds since 1970 of `Name <e-mail> seconds zone`.
fn signature(line: &[u8]) -> Option<(&[u8], i64)> {
    let (start, end) = (memchr::memchr(b'<', line)?, memchr::memchr(b'>', line)?);
    // Where there are more, which of them counts is libgit2's to say.
    if memchr::memrchr(b'<', line) != Some(start) || memchr::memrchr(b'>', line) != Some(end) {
        return None;
    }
    let name = line.get(..start)?;
    let name = name.strip_suffix(b" ")?;
    let is_bare =
        |it: Option<&u8>| it.is_some_and(|byte| *byte > b' ' && !AROUND_NAMES.contains(byte));
    if !is_bare(name.first()) || !is_bare(name.last()) {
        return None;
    }
    let seconds = line.get(end + 1..)?.strip_prefix(b" ")?.split(|byte| *byte == b' ').next()?;
    if !seconds.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some((name, std::str::from_utf8(seconds).ok()?.parse().ok()?))
}

fn oid(hex: &[u8]) -> Option<git2::Oid> {
    git2::Oid::from_str(std::str::from_utf8(hex).ok()?).ok()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::code::history;

    const PLAIN: &str = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\
        parent 1111111111111111111111111111111111111111\n\
        parent 2222222222222222222222222222222222222222\n\
        author Ada Byron <ada@acme.test> 1600000000 +0100\n\
        committer Bo <bo@acme.test> 1600000060 -0500\n\
        gpgsig -----BEGIN-----\n \n -----END-----\n\n\
        A subject\n\nand more\n";

    /// Both readings of a commit; none where libgit2 takes it for none.
    fn both(bytes: &[u8]) -> Option<(Option<CommitRow>, CommitRow)> {
        let folder = tempfile::tempdir().unwrap();
        let git = git2::Repository::init_bare(folder.path()).unwrap();
        let odb = git.odb().unwrap();
        let id = odb.write(git2::ObjectType::Commit, bytes).unwrap();
        let tags = HashMap::new();
        let ours = read(&odb, id, &tags);
        let theirs = git.find_commit(id).ok()?;
        if let Some((_, parent)) = &ours {
            assert_eq!(*parent, theirs.parent_id(0).ok());
        }
        Some((ours.map(|it| it.0), history::row(&theirs, &tags)))
    }

    #[test]
    fn a_commit_as_git_writes_it_is_read_without_libgit2() {
        for text in [PLAIN, &PLAIN.replace("A subject", ""), &PLAIN.replace("Ada", "Ädä")] {
            let (ours, theirs) = both(text.as_bytes()).unwrap();
            assert_eq!(ours, Some(theirs));
        }
        let first = PLAIN.lines().filter(|it| !it.starts_with("parent")).collect::<Vec<_>>();
        let (ours, theirs) = both(first.join("\n").as_bytes()).unwrap();
        assert_eq!(ours, Some(theirs));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]
        #[test]
        fn what_is_read_of_a_commit_is_what_libgit2_reads(
            changes in prop::collection::vec((0..PLAIN.len(), prop::sample::select(&b"\n <>.0-9ax\xe9\t\r"[..])), 0..4),
            cut in prop::option::weighted(0.2, 40..PLAIN.len()),
        ) {
            let mut bytes = PLAIN.as_bytes().to_vec();
            for (at, byte) in changes {
                bytes[at] = byte;
            }
            bytes.truncate(cut.unwrap_or(bytes.len()));
            if let Some((Some(ours), theirs)) = both(&bytes) {
                prop_assert_eq!(ours, theirs);
            }
        }
    }
}
