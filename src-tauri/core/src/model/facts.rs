//! Everything that portico.db holds of a site, as a file beside the site's content keeps it.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Address, SiteName, SiteRecord};

/// What portico.db's rows of one site can be made again from (`site.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteFacts {
    /// The version of the file's format.
    pub format: u32,
    /// How often the site's rows were changed; of two states of one site the higher one is newer.
    pub revision: u64,
    /// The site, its environments, their generations.
    #[serde(flatten)]
    pub record: SiteRecord,
    /// The site's settings, by their name in the store.
    pub settings: BTreeMap<String, String>,
}

impl SiteFacts {
    /// The format that this version writes, and the newest that it reads.
    pub const FORMAT: u32 = 1;

    /// The same site under another name and another permanent id.
    #[must_use]
    pub fn renamed(mut self, name: &SiteName, id: String) -> Self {
        let site = &mut self.record.site;
        let former = std::mem::replace(&mut site.name, name.clone());
        let former_id = std::mem::replace(&mut site.id, id);
        self.record.environments.iter_mut().for_each(|it| it.site = name.clone());
        self.record.generations.iter_mut().for_each(|it| it.generation.site = name.clone());
        let id = &self.record.site.id;
        let settings = std::mem::take(&mut self.settings).into_iter();
        let renamed = |key: String| match key.split_once('.') {
            // Keys that name the site itself: `generations.acme.dev`.
            Some((kind @ ("generations" | "let_go"), rest)) => {
                let rest = rest.strip_prefix(former.as_str()).unwrap_or(rest);
                format!("{kind}.{name}{rest}")
            }
            _ => key.replace(&former_id, id),
        };
        self.settings = settings.map(|(key, value)| (renamed(key), value)).collect();
        self
    }

    /// How the pointers differ from those of an older state of the site, for people; empty when they don't.
    pub fn news(&self, older: &Self) -> Vec<String> {
        let (ours, theirs) = (&self.record, &older.record);
        let site = &ours.site.name;
        let mut lines = Vec::new();
        for it in &ours.environments {
            let address = Address::new(site, &it.name);
            match theirs.environments.iter().find(|other| other.name == it.name) {
                None => lines.push(format!("{address} has come into being")),
                Some(other) => {
                    if other.code != it.code {
                        lines.push(format!("{address} runs other code"));
                    }
                    if other.generation != it.generation {
                        let (from, to) = (other.generation, it.generation);
                        lines.push(format!("{address} uses generation {to}, not {from}"));
                    }
                    if (&other.lock, other.connection_mode) != (&it.lock, it.connection_mode) {
                        lines.push(format!("{address} has other settings"));
                    }
                }
            }
        }
        let gone = theirs
            .environments
            .iter()
            .filter(|it| !ours.environments.iter().any(|other| other.name == it.name));
        lines.extend(gone.map(|it| format!("{}.{} is gone", site, it.name)));
        for it in &ours.generations {
            let it = &it.generation;
            let is_same = |other: &super::Generation| {
                (&other.environment, other.number) == (&it.environment, it.number)
            };
            if !theirs.generations.iter().any(|other| is_same(&other.generation)) {
                let (environment, number) = (&it.environment, it.number);
                let origin = it.origin.in_words();
                lines.push(format!("{site}.{environment} has generation {number} ({origin})"));
            }
        }
        if lines.is_empty() && (ours.site != theirs.site || self.settings != older.settings) {
            lines.push(format!("{site} has other settings"));
        }
        lines
    }
}
