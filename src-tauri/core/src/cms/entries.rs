//! Where a system keeps its posts or nodes, and when each was changed.
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::model::Cms;

/// A system's posts or nodes.
pub struct Entries {
    /// `posts` or `nodes`.
    pub what: &'static str,
    table: String,
    column: &'static str,
    /// What counts as one: no revisions, nothing that an editor made by opening a page.
    counted: &'static str,
    is_unix: bool,
}

/// Where they are, by the prefix of the tables; none for a system that Portico does not know.
pub fn entries(cms: Cms, prefix: &str) -> Option<Entries> {
    let nodes = |table: &str| Entries {
        what: "nodes",
        table: format!("{prefix}{table}"),
        column: "changed",
        counted: "1 = 1",
        is_unix: true,
    };
    match cms {
        Cms::WordPress => Some(Entries {
            what: "posts",
            table: format!("{prefix}posts"),
            column: "post_modified_gmt",
            counted: "post_type <> 'revision' AND post_status <> 'auto-draft'",
            is_unix: false,
        }),
        Cms::Drupal => Some(nodes("node_field_data")),
        Cms::Drupal7 => Some(nodes("node")),
        Cms::Php | Cms::Html => None,
    }
}

impl Entries {
    /// Asks for the newest change, as the database writes it.
    pub fn newest(&self) -> String {
        format!("SELECT MAX({}) FROM `{}` WHERE {}", self.column, self.table, self.counted)
    }

    /// Asks how many were changed after a moment that [`Self::newest`] answered; all without one.
    pub fn newer_than(&self, moment: Option<&str>) -> String {
        let all = format!("SELECT COUNT(*) FROM `{}` WHERE {}", self.table, self.counted);
        match moment {
            Some(moment) => {
                format!("{all} AND {} > '{}'", self.column, moment.replace('\'', "''"))
            }
            None => all,
        }
    }

    /// A moment that the database wrote; none for WordPress's zero date.
    pub fn moment(&self, text: &str) -> Option<Timestamp> {
        if self.is_unix {
            return Timestamp::from_second(text.parse().ok()?).ok();
        }
        let moment = DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok()?;
        TimeZone::UTC.to_timestamp(moment).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_each_system_writes_them() {
        let posts = entries(Cms::WordPress, "wp_").expect("it has posts");
        let moment = posts.moment("2026-11-25 03:04:05").expect("a moment");
        assert_eq!(moment.to_string(), "2026-11-25T03:04:05Z");
        assert_eq!(posts.moment("0000-00-00 00:00:00"), None);
        let nodes = entries(Cms::Drupal, "").expect("it has nodes");
        assert_eq!(nodes.moment("1").expect("a moment").as_second(), 1);
    }
}
