//! What differs between WordPress, Drupal 7, Drupal 8+ and plain PHP. One file each.
use std::path::{Path, PathBuf};

use crate::{
    error::Result,
    model::{Address, Cms, Database, Environment, Site},
};

/// What the code of a site says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// The system.
    pub cms: Cms,
    /// The system's version, when its code says.
    pub version: Option<String>,
    /// The folder that is served, relative to the code; empty for the code itself.
    pub docroot: String,
    /// The uploads folder, relative to the code; empty for none.
    pub uploads: String,
}

/// Looks into the code below `folder`.
pub fn detect(_folder: &Path) -> Result<Detected> {
    todo!()
}

/// `pantheon.yml` over `pantheon.upstream.yml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PantheonYml {
    /// `web_docroot`
    pub web_docroot: bool,
    /// `php_version`, as written: "8.2".
    pub php_version: Option<String>,
    /// `protected_web_paths`
    pub protected_web_paths: Vec<String>,
}

/// Reads both files of the code below `folder`; a broken one is refused with its line.
pub fn pantheon_yml(_folder: &Path) -> Result<PantheonYml> {
    todo!()
}

/// Everything that the site's PHP is told about where it runs.
#[derive(Clone, Debug)]
pub struct Surroundings<'a> {
    /// The site.
    pub site: &'a Site,
    /// The environment.
    pub environment: &'a Environment,
    /// The database that it uses; none on a site without one.
    pub database: Option<&'a Database>,
    /// Host name and port as the browser sends them.
    pub host: &'a str,
    /// The folder of its code.
    pub code: &'a Path,
    /// The folder of its uploaded files.
    pub files: &'a Path,
    /// A folder for temporary files.
    pub temporary: &'a Path,
    /// Where [`write_support`] wrote.
    pub support: &'a Path,
    /// The SQLite Database Integration plugin's folder, where it is installed.
    pub sqlite_plugin: Option<&'a Path>,
}

impl Surroundings<'_> {
    /// `site.env`
    pub fn address(&self) -> Address {
        Address::new(&self.site.name, &self.environment.name)
    }
}

/// The environment variables (and FastCGI parameters) of Pantheon's contract, and our own for the prepended file.
pub fn variables(_around: &Surroundings<'_>) -> Result<Vec<(String, String)>> {
    todo!()
}

/// Settings of PHP itself: `variables_order`, `auto_prepend_file`, error display, limits.
pub fn php_settings(_around: &Surroundings<'_>) -> Result<Vec<(String, String)>> {
    todo!()
}

/// Writes the PHP files that Portico brings (prepended file, installers) into `folder`.
pub fn write_support(_folder: &Path) -> Result<()> {
    todo!()
}

/// A PHP script to run inside an environment, with its arguments. It ends with 0 or says on stderr what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhpTask {
    /// The script, one of those that [`write_support`] wrote.
    pub script: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The folder it runs in.
    pub folder: PathBuf,
    /// Lines to its standard input: secrets never stand in arguments.
    pub input: String,
}

/// What an installer asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The site's title.
    pub title: String,
    /// The administrator's name.
    pub admin_user: String,
    /// The administrator's password.
    pub admin_password: String,
    /// The administrator's address.
    pub admin_email: String,
}

/// The system's own installer, headless.
pub fn installer(_around: &Surroundings<'_>, _wanted: &Installation) -> Result<PhpTask> {
    todo!()
}

/// The system's database updates; none for a site of no known system.
pub fn updater(_around: &Surroundings<'_>) -> Option<PhpTask> {
    todo!()
}

/// Clears the system's caches; none for a site of no known system.
pub fn cache_clearer(_around: &Surroundings<'_>) -> Option<PhpTask> {
    todo!()
}

/// The addresses (`https://www.acme.example`) that the database says the site has; the query is run by `text`.
pub fn addresses(
    _site: &Site,
    _prefix: &str,
    _text: &mut dyn FnMut(&str) -> Result<Option<String>>,
) -> Result<Vec<String>> {
    todo!()
}

/// The table prefix, found by the names of the tables.
pub fn table_prefix(_cms: Cms, _tables: &[String]) -> String {
    todo!()
}

/// Tables whose rows a clone leaves out (Pantheon's list, and Drupal 8+ cache tables), out of those that are there.
pub fn volatile_tables(_cms: Cms, _tables: &[String]) -> Vec<String> {
    todo!()
}

/// Writes the built-in sample site's code into the new folder `folder`.
pub fn write_sample(_folder: &Path) -> Result<()> {
    todo!()
}

/// A settings file that the code lacks, relative to it, with its contents.
pub fn missing_settings_file(_folder: &Path, _detected: &Detected) -> Option<(String, String)> {
    todo!()
}

/// The system's version, as the code below `docroot` says; quick enough for every board.
pub fn version(_cms: Cms, _docroot: &Path) -> Option<String> {
    todo!()
}
