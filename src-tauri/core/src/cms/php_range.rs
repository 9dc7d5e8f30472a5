//! Which versions of PHP the code of a site runs on, as far as its core says so.
use std::path::Path;

use super::{
    detect::{below, quoted_after, text},
    wordpress,
};
use crate::model::{Cms, Site};

/// A series of PHP: 8.2.
type Series = (u16, u16);

/// Drupal before this version dies on PHP 8.
const DRUPAL_ON_PHP_8: Series = (9, 1);

/// What a site's core says about PHP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhpRange {
    core: String,
    least: Option<Series>,
    below: Option<Series>,
}

impl PhpRange {
    /// Reads the core of a site whose code is in `code`; none where it is no known system, or says nothing.
    pub fn of(code: &Path, site: &Site) -> Option<Self> {
        match site.cms {
            Cms::WordPress => Self::of_wordpress(&wordpress::core_folder(code, site)),
            Cms::Drupal => Self::of_drupal(&below(code, &site.docroot)),
            Cms::Drupal7 | Cms::Php | Cms::Html => None,
        }
    }

    fn of_wordpress(core: &Path) -> Option<Self> {
        let source = text(&core.join("wp-includes/version.php"));
        let version = quoted_after(&source, "$wp_version =")?;
        let least = quoted_after(&source, "$required_php_version =").and_then(|it| series(&it));
        Some(Self { core: format!("WordPress {version}"), least, below: None })
    }

    fn of_drupal(root: &Path) -> Option<Self> {
        let source = text(&root.join("core/lib/Drupal.php"));
        let version = quoted_after(&source, "const VERSION =")?;
        // Until 8.7 it stood elsewhere.
        let least = quoted_after(&source, "const MINIMUM_PHP =").or_else(|| {
            quoted_after(
                &text(&root.join("core/includes/bootstrap.inc")),
                "const DRUPAL_MINIMUM_PHP =",
            )
        });
        let is_old = series(&version).is_some_and(|it| it < DRUPAL_ON_PHP_8);
        Some(Self {
            core: format!("Drupal {version}"),
            least: least.and_then(|it| series(&it)),
            below: is_old.then_some((8, 0)),
        })
    }

    /// A series ("8.3") that runs it, so that the nearest one on a machine can be found.
    pub fn series(&self) -> Option<String> {
        // The last series before PHP 8 is 7.4.
        let (major, minor) = self.below.map(|_| (7, 4)).or(self.least)?;
        Some(format!("{major}.{minor}"))
    }

    /// What a person should know where PHP `runs` ("8.2") runs it; none where it can.
    pub fn note(&self, runs: &str) -> Option<String> {
        let Self { core, least, below } = self;
        let it = series(runs)?;
        let needs = match (least, below) {
            (Some((major, minor)), _) if it < (*major, *minor) => {
                format!("PHP {major}.{minor} or newer")
            }
            (_, Some((major, minor))) if it >= (*major, *minor) => {
                format!("a PHP older than {major}.{minor}")
            }
            _ => return None,
        };
        Some(format!("{core} needs {needs}; PHP {runs} runs it"))
    }
}

/// The first two numbers of a version.
fn series(version: &str) -> Option<Series> {
    let mut numbers = version.split(['.', '-']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drupal(version: &str, least: &str) -> PhpRange {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("core/lib/Drupal.php");
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("folders");
        let source = format!("<?php\nclass Drupal {{\n  const VERSION = '{version}';\n{least}}}\n");
        std::fs::write(file, source).expect("written");
        PhpRange::of_drupal(folder.path()).expect("Drupal says")
    }

    #[test]
    fn a_php_that_a_core_cannot_run_on_is_told_and_another_is_not() {
        let eleven = drupal("11.1.0", "  const MINIMUM_PHP = '8.3.0';\n");
        let note = eleven.note("8.2").expect("a note");
        assert!(note.starts_with("Drupal 11.1.0 needs PHP 8.3 or newer"), "{note}");
        assert_eq!((eleven.note("8.3"), eleven.note("8.10")), (None, None));
        assert_eq!(eleven.series().as_deref(), Some("8.3"));
        let eight = drupal("8.9.20", "  const MINIMUM_PHP = '7.0.8';\n");
        assert!(eight.note("8.2").expect("a note").contains("a PHP older than 8.0"));
        assert_eq!(eight.note("7.4"), None);
        assert_eq!(eight.series().as_deref(), Some("7.4"));
        assert_eq!(drupal("9.5.11", "").note("8.2"), None);
    }

    #[test]
    fn wordpress_says_its_least_php_itself() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("wp-includes")).expect("a folder");
        let source = "<?php\n$wp_version = '6.9';\n$required_php_version = '7.2.24';\n";
        std::fs::write(folder.path().join("wp-includes/version.php"), source).expect("written");
        let range = PhpRange::of_wordpress(folder.path());
        let range = range.expect("WordPress says");
        assert_eq!(range.note("8.2"), None);
        assert!(
            range.note("7.1").expect("a note").contains("WordPress 6.9 needs PHP 7.2 or newer")
        );
    }
}
