//! What the database holds of sites and generations, as undo needs it.
use serde::{Deserialize, Serialize};

use super::{
    Environment, Generation, Site,
    view::{DatabaseInfo, FilesInfo},
};

/// A site with everything that the database holds of it: what undoing a deletion brings back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteRecord {
    /// The site.
    pub site: Site,
    /// Its environments.
    pub environments: Vec<Environment>,
    /// Their generations.
    pub generations: Vec<GenerationRow>,
}

impl SiteRecord {
    /// Whether both hold the same environments with the same code and content.
    pub fn same_pointers(&self, other: &Self) -> bool {
        let pointers = |record: &Self| {
            let all = record.environments.iter();
            all.map(|it| (it.name.clone(), it.code.clone(), it.generation)).collect::<Vec<_>>()
        };
        self.site.id == other.site.id && pointers(self) == pointers(other)
    }
}

/// How large a generation was when it was last looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Its database.
    pub database: DatabaseInfo,
    /// Its files.
    pub files: FilesInfo,
}

/// A generation with what was last measured of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationRow {
    /// The generation.
    pub generation: Generation,
    /// Its size, if it was ever measured.
    pub measured: Option<Measured>,
}
