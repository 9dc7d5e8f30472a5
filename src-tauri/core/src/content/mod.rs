//! Databases and uploaded files: copying, measuring, converting addresses, unpacking.
pub mod archive;
pub mod database;
pub mod download;
pub mod dump;
pub mod files;
pub mod listing;
pub mod urls;
