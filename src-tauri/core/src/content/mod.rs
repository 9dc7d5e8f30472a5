//! Databases and uploaded files: copying, measuring, converting addresses, unpacking.
pub mod archive;
pub mod database;
pub mod download;
pub mod dump;
pub mod files;
mod gzip;
pub mod listing;
pub mod recognise;
pub mod urls;
