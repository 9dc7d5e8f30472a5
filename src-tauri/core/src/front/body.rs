//! The bodies of answers.
use std::{
    fs::File,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::{sync::mpsc, task::JoinHandle};

/// How much of a file is read at once.
const PIECE: u64 = 256 * 1024;

/// The body of an answer.
pub(super) enum Body {
    /// It is all there.
    Whole(Option<Bytes>),
    /// It comes from PHP, of a length that nobody knows; ends with an error if PHP's answer is cut.
    Stream(mpsc::Receiver<io::Result<Bytes>>),
    /// A part of a file.
    File(FileBody),
}

/// A part of a file, read piece by piece as the client takes it.
pub(super) struct FileBody {
    file: Option<File>,
    offset: u64,
    left: u64,
    reading: Option<JoinHandle<(File, io::Result<Bytes>)>>,
}

impl Body {
    pub(super) fn empty() -> Self {
        Self::Whole(None)
    }

    pub(super) fn file(file: File, offset: u64, length: u64) -> Self {
        Self::File(FileBody { file: Some(file), offset, left: length, reading: None })
    }

    /// How long it is, where that is known.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::Whole(bytes) => Some(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Stream(_) => None,
            Self::File(body) => Some(body.left),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Whole((!bytes.is_empty()).then_some(bytes))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = match self.get_mut() {
            Self::Whole(bytes) => bytes.take().map(Ok),
            Self::Stream(pieces) => std::task::ready!(pieces.poll_recv(context)),
            Self::File(body) => std::task::ready!(body.poll_piece(context)),
        };
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.length() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.length().map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl FileBody {
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            if let Some(reading) = &mut self.reading {
                let (file, piece) = match std::task::ready!(Pin::new(reading).poll(context)) {
                    Ok(done) => done,
                    Err(gone) => return Poll::Ready(Some(Err(io::Error::other(gone)))),
                };
                self.reading = None;
                self.file = Some(file);
                if let Ok(piece) = &piece {
                    self.offset += piece.len() as u64;
                    self.left -= piece.len() as u64;
                }
                return Poll::Ready(Some(piece));
            }
            let Some(file) = self.file.take_if(|_| self.left > 0) else { return Poll::Ready(None) };
            let (offset, length) = (self.offset, self.left.min(PIECE));
            self.reading = Some(tokio::task::spawn_blocking(move || {
                let piece = read_exact_at(&file, offset, length);
                (file, piece)
            }));
        }
    }
}

/// Reads a part of a file; one that has become shorter is an error, since the length was promised.
pub(super) fn read_exact_at(file: &File, offset: u64, length: u64) -> io::Result<Bytes> {
    let length = usize::try_from(length).map_err(io::Error::other)?;
    let mut piece = vec![0; length];
    #[cfg(unix)]
    std::os::unix::fs::FileExt::read_exact_at(file, &mut piece, offset)?;
    #[cfg(windows)]
    {
        let mut read = 0;
        while read < length {
            let at = offset + read as u64;
            match std::os::windows::fs::FileExt::seek_read(file, &mut piece[read..], at)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                more => read += more,
            }
        }
    }
    Ok(piece.into())
}
