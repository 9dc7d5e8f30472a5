//! The built-in sample site: our own few lines of PHP, for a first walk through the whole workflow.
use std::{fs, path::Path};

use crate::error::{Doing, Result};

/// Name and text of each file.
pub(super) const FILES: &[(&str, &str)] = &[
    ("index.php", include_str!("sample/index.php")),
    ("design.php", include_str!("sample/design.php")),
    ("content.php", include_str!("sample/content.php")),
    ("style.css", include_str!("sample/style.css")),
    ("README.md", include_str!("sample/README.md")),
    ("pantheon.yml", include_str!("sample/pantheon.yml")),
    (".gitignore", include_str!("sample/gitignore")),
];

/// Writes the built-in sample site's code into the new folder `folder`.
///
/// Makes the folder and those above it. Fails when a file of the sample is there already.
pub fn write_sample(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).doing(|| format!("make the folder {}", folder.display()))?;
    for (name, contents) in FILES {
        let path = folder.join(name);
        let doing = || format!("write {}", path.display());
        let mut file = fs::File::create_new(&path).doing(doing)?;
        std::io::Write::write_all(&mut file, contents.as_bytes()).doing(doing)?;
    }
    Ok(())
}
