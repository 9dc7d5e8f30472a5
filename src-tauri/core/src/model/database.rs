//! How a running database is reached.
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::DatabaseEngine;

/// A database that answers now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Database {
    /// A MariaDB (or MySQL) server that serves one generation.
    MariaDb {
        /// Its socket; a named pipe on Windows.
        socket: PathBuf,
        /// The database's name.
        name: String,
        /// The user that the site uses.
        user: String,
        /// That user's password.
        password: String,
        /// The password of `root`, which Portico itself is: new at each start of the server, and known to this process
        /// alone, so that no site reads the databases of others by it.
        #[serde(skip)]
        administrator: String,
    },
    /// A SQLite file.
    Sqlite {
        /// The file; it may not exist yet.
        file: PathBuf,
    },
}

impl Database {
    /// Which engine it is.
    pub fn engine(&self) -> DatabaseEngine {
        match self {
            Self::MariaDb { .. } => DatabaseEngine::MariaDb,
            Self::Sqlite { .. } => DatabaseEngine::Sqlite,
        }
    }
}
