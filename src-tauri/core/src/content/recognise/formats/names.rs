//! What only a name tells: files whose bytes say nothing.
use std::path::Path;

use super::super::super::listing::Listed;

/// Endings, with what such a file is and the way on.
const ENDINGS: &[(&str, &str, &str)] = &[
    (
        ".crypt",
        "it is encrypted by UpdraftPlus",
        "Download it decrypted: in UpdraftPlus, Existing backups, Database.",
    ),
    (".aes", "it is encrypted", "Decrypt it with its password first."),
    (".gpg", "it is encrypted", "Decrypt it with its key first."),
    (".enc", "it is encrypted", "Decrypt it with its password first."),
    (
        ".daf",
        "it is a DupArchive of Duplicator (.daf)",
        "Have Duplicator make a zip (Settings, Packages, Archive engine), or run its installer.php and import what it unpacks.",
    ),
    (
        ".wpress",
        "it is an archive of All-in-One WP Migration that is damaged or cut short at its start",
        "Download or copy it again.",
    ),
    (
        ".z01",
        "it is a part of a zip in several parts",
        "Put its parts together first: `zip -s 0 first.zip --out whole.zip`.",
    ),
    (
        ".ibd",
        "it is a data file of a server, and no dump",
        "Start the server on it, and export the database.",
    ),
    (
        ".frm",
        "it is a data file of a server, and no dump",
        "Start the server on it, and export the database.",
    ),
    (".bak", "it is no backup of a kind that Portico knows", "Export the database as SQL."),
];

/// What a file is by its name, and the way on; none where that tells nothing.
pub(in super::super) fn by_name(path: &Path) -> Option<(String, &'static str)> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let ending = ENDINGS.iter().find(|(ending, ..)| name.ends_with(ending));
    ending.map(|(_, is, hint)| ((*is).to_owned(), *hint))
}

/// Why nothing of an archive can be used.
pub(in super::super) fn nothing_in(files: &[Listed]) -> String {
    let is_data = |it: &Listed| {
        let name = it.path.rsplit('/').next().unwrap_or(&it.path);
        name == "ibdata1" || name.ends_with(".ibd")
    };
    match files.iter().any(is_data) {
        true => {
            "it holds the data files of a server, and no dump: start the server on them, and export"
                .to_owned()
        }
        false => "nothing in it is code, uploads or a dump".to_owned(),
    }
}
