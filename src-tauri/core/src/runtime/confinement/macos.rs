//! The profile of `sandbox-exec`. Written by the manual and by the profiles that macOS brings; not run by us.
use std::{fmt::Write, path::Path};

use super::Reach;

/// Where people, their disks and their programs' temporary files are: closed but for what is allowed again.
const CLOSED: &[&str] = &[
    "/Users",
    "/Volumes",
    "/private/tmp",
    "/private/var/folders",
    "/private/var/root",
    "/private/etc/passwd",
];

/// Everything is as the system allows it, but for files; of rules that fit, the last one holds. Paths are matched as
/// the kernel knows them, without links.
pub(super) fn profile(reach: &Reach) -> String {
    let mut profile = String::from("(version 1)\n(allow default)\n(deny file-write*)\n");
    profile.push_str("(deny signal (target others))\n");
    let mut rule = |line: &str, path: &Path| {
        // A text that can't be written has no rule, and what has no rule stays closed.
        let _ = writeln!(profile, "({line} (subpath {}))", quoted(path));
    };
    CLOSED.iter().for_each(|path| rule("deny file-read-data", Path::new(path)));
    let places = reach.read.iter().chain(&reach.write);
    places.for_each(|path| rule("allow file-read*", path));
    reach.write.iter().for_each(|path| rule("allow file-write*", path));
    for device in ["/dev/null", "/dev/zero", "/dev/dtracehelper", "/dev/tty"] {
        let _ = writeln!(profile, "(allow file-write-data (literal \"{device}\"))");
    }
    profile
}

fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_stands_behind_what_is_denied() {
        let reach = Reach {
            read: vec!["/Users/mira/Portico/support".into()],
            write: vec!["/Users/mira/Portico/sites/a\"b/dev/code".into()],
            ..Reach::default()
        };
        let profile = profile(&reach);
        let at =
            |text: &str| profile.find(text).unwrap_or_else(|| panic!("no {text} in {profile}"));
        assert!(at("(deny file-read-data (subpath \"/Users\"))") < at("support"));
        assert!(at("(deny file-write*)") < at("(allow file-write* (subpath \"/Users/mira"));
        at("a\\\"b/dev/code");
        assert!(!profile.contains("(allow file-write* (subpath \"/Users/mira/Portico/support"));
    }
}
