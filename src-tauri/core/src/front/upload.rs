//! The body of a request, on its way to PHP.
use std::{fs::File, io, path::Path, time::Duration};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use tokio::io::AsyncWriteExt;

use super::body::read_exact_at;
use crate::room::Room;

/// How much of a spooled body is read at once.
const PIECE: u64 = 256 * 1024;

/// A body whose length is known, as CGI needs it.
pub(super) enum Upload {
    /// As the client sends it.
    Streamed { body: Incoming, length: u64 },
    /// Its length was not said, so it was kept in a file that has no name.
    Spooled { file: File, length: u64, at: u64 },
}

impl Upload {
    /// Takes a body; one without a length is received as a whole first, into a file on the disk of `folder`. Fails as
    /// [`io::ErrorKind::StorageFull`] before that disk is full.
    pub(super) async fn new(body: Incoming, folder: &Path) -> io::Result<Self> {
        match body.size_hint().exact() {
            Some(length) => Ok(Self::Streamed { body, length }),
            None => spool(body, folder).await,
        }
    }

    /// Bytes in all.
    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Streamed { length, .. } | Self::Spooled { length, .. } => *length,
        }
    }

    /// The next piece; none at the end. An error means that the client left in its middle.
    pub(super) async fn next(&mut self) -> Option<io::Result<Bytes>> {
        match self {
            Self::Streamed { body, .. } => next_data(body).await,
            Self::Spooled { file, length, at } => {
                let piece = PIECE.min(*length - *at);
                if piece == 0 {
                    return None;
                }
                let from = *at;
                *at += piece;
                let file = match file.try_clone() {
                    Ok(file) => file,
                    Err(error) => return Some(Err(error)),
                };
                let read = tokio::task::spawn_blocking(move || read_exact_at(&file, from, piece));
                Some(read.await.unwrap_or_else(|gone| Err(io::Error::other(gone))))
            }
        }
    }

    /// Takes what is left, since a client that is still sending may not look for its answer;
    /// gives up when nothing comes for `patience`.
    pub(super) async fn discard(&mut self, patience: Duration) {
        if let Self::Streamed { body, .. } = self {
            while let Ok(Some(Ok(_))) = tokio::time::timeout(patience, next_data(body)).await {}
        }
    }
}

async fn next_data(body: &mut Incoming) -> Option<io::Result<Bytes>> {
    loop {
        match body.frame().await? {
            // Trailers are no data.
            Ok(frame) => match frame.into_data() {
                Ok(data) if !data.is_empty() => return Some(Ok(data)),
                _ => {}
            },
            Err(error) => return Some(Err(io::Error::other(error))),
        }
    }
}

async fn spool(mut body: Incoming, folder: &Path) -> io::Result<Upload> {
    let mut room = Room::new(folder);
    let folder = folder.to_path_buf();
    let create = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder)?;
        tempfile::tempfile_in(folder)
    });
    let mut file = tokio::fs::File::from_std(create.await.map_err(io::Error::other)??);
    let mut length = 0;
    while let Some(piece) = next_data(&mut body).await {
        let piece = piece?;
        length += piece.len() as u64;
        room.take(piece.len() as u64)?;
        file.write_all(&piece).await?;
    }
    file.flush().await?;
    Ok(Upload::Spooled { file: file.into_std().await, length, at: 0 })
}
