//! Where things lie that Portico brings but doesn't own. The shells say where to look.
use std::path::{Path, PathBuf};

/// The SQLite Database Integration plugin: `chosen`, else where `setup` puts it in the person's data folder
/// (the XDG base directories; Apple's and Microsoft's guides), else beside a packaged program.
pub fn sqlite_plugin(
    chosen: Option<PathBuf>,
    xdg_data: Option<PathBuf>,
    home: Option<PathBuf>,
    program: Option<&Path>,
) -> Option<PathBuf> {
    const NAME: &str = "sqlite-database-integration";
    let in_home = home.map(|home| {
        if cfg!(target_os = "macos") {
            home.join("Library/Application Support/Portico")
        } else if cfg!(windows) {
            home.join("AppData/Local/Portico")
        } else {
            xdg_data.unwrap_or_else(|| home.join(".local/share")).join("portico")
        }
    });
    let packaged = program.map(|folder| folder.join("../lib/Portico"));
    let places = [in_home, packaged].into_iter().flatten().map(|folder| folder.join(NAME));
    let complete = |folder: &PathBuf| folder.join("wp-includes/sqlite/db.php").is_file();
    chosen.into_iter().chain(places).find(complete)
}
