use std::{path::PathBuf, time::SystemTime};

use serde::{Deserialize, Serialize};

/// How a copy of files that is not needed any more becomes the next one, and how that is taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenOver {
    /// The earlier copy.
    pub from: PathBuf,
    /// The next one, where nothing was.
    pub to: PathBuf,
    /// Where the copy's own is put aside, each under its place in `away`.
    pub aside: PathBuf,
    /// What is put aside, relative to the copy.
    pub away: Vec<PathBuf>,
    /// What is made, relative to the copy, each after its folder.
    pub made: Vec<PathBuf>,
    /// The folders that stay, as they were.
    pub folders: Vec<KeptFolder>,
}

/// A folder that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFolder {
    /// Relative to the copy.
    pub path: PathBuf,
    /// As `chmod` takes it; 0 where the system has none.
    pub mode: u32,
    /// When something in it was last made or removed.
    pub modified: SystemTime,
}
