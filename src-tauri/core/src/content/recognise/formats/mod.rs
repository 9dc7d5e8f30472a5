//! What programs and hosts put where: one small file each, one row in [`ALL`]. Adding one touches nothing else.
mod backwpup;
mod cpanel;
mod drush;
mod duplicator;
mod local;
mod names;
mod softaculous;
mod studio;
mod updraft;
mod wp_content;
mod wpress;

use super::super::{dump::Beside, listing::Listed};
use crate::model::Cms;

pub(super) use names::{by_name, nothing_in};
pub use updraft::set_of;

/// A program or host whose archives are known.
pub(super) struct Format {
    /// What people call it.
    title: &'static str,
    /// Where it puts what, if the files are its own.
    layout: fn(&Tree<'_>) -> Option<Layout>,
}

/// Where the parts are. What is left open is found as in any other archive.
#[derive(Default)]
pub(super) struct Layout {
    /// Folders of code, each with its place in the site's code.
    pub(super) code: Vec<(String, String)>,
    /// Whether the system itself is among them, even where it is not seen.
    pub(super) is_whole: bool,
    /// The system, where the format has but one.
    pub(super) cms: Option<Cms>,
    /// The folder of uploads.
    pub(super) uploads: Option<String>,
    /// The folders and files in which the site's databases are; none: anywhere.
    pub(super) dumps: Option<Vec<String>>,
    /// What is not used, and why.
    pub(super) unused: Vec<(String, &'static str)>,
    /// What it tells about the site of the database.
    pub(super) beside: Beside,
    /// Why nothing of it can be read, and the way on.
    pub(super) refused: Option<(&'static str, &'static str)>,
}

/// All formats, those whose marks are plainest first.
const ALL: &[Format] = &[
    local::FORMAT,
    drush::FORMAT,
    duplicator::FORMAT,
    cpanel::FORMAT,
    softaculous::FORMAT,
    wpress::FORMAT,
    backwpup::FORMAT,
    studio::FORMAT,
    updraft::FORMAT,
    wp_content::FORMAT,
];

/// The format of the files, and where its parts are.
pub(super) fn of(files: &[Listed], shown: &str) -> Option<(&'static str, Layout)> {
    let tree = Tree { files, shown };
    ALL.iter().find_map(|format| Some((format.title, (format.layout)(&tree)?)))
}

/// The files of an archive, as formats ask for them.
pub(super) struct Tree<'a> {
    files: &'a [Listed],
    /// What the archive is called.
    shown: &'a str,
}

impl Tree<'_> {
    /// The folder that a file of this name is in, at the top or in the one folder that wraps everything; with `/` at its
    /// end, empty for the top.
    fn base_of(&self, name: &str) -> Option<String> {
        self.base_where(|path| path == name)
    }

    fn base_where(&self, is_it: impl Fn(&str) -> bool) -> Option<String> {
        self.files.iter().find_map(|it| {
            let wrapper = it.path.find('/').map_or(0, |at| at + 1);
            [0, wrapper]
                .into_iter()
                .find(|at| is_it(&it.path[*at..]))
                .map(|at| it.path[..at].to_owned())
        })
    }

    fn has_below(&self, folder: &str) -> bool {
        self.files
            .iter()
            .any(|it| it.path.strip_prefix(folder).is_some_and(|it| it.starts_with('/')))
    }

    fn has(&self, path: &str) -> bool {
        self.files.iter().any(|it| it.path == path)
    }

    /// The text of a file that tells about the archive.
    fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|it| it.path == path)?.text.as_deref()
    }

    fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|it| it.path.as_str())
    }
}

/// A file that the format itself needs.
const ITS_OWN: &str = "it tells about the archive";
