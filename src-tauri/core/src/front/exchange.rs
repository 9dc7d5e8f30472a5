//! One FastCGI request and its answer, over a connection of its own.
//!
//! A connection that is kept would pin one PHP worker, and with few workers starve the other
//! requests; opening one costs microseconds.
//!
//! The request is written while the answer is read, so neither side waits for the other's buffers. The
//! exchange outlives a client that leaves: PHP is told, and what it still says is thrown away, so that
//! "under way" means what it says. A script that goes on talking loses its connection after a while,
//! which ends it.
use std::{
    io,
    pin::pin,
    sync::Mutex,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use hyper::Response;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::{mpsc, oneshot},
};

use super::{
    body::Body,
    fastcgi::{self, Decoder, Ending, Record},
    pages, response,
    upload::Upload,
};

/// A connection to PHP, in its two directions.
pub(super) type Reader = Box<dyn AsyncRead + Send + Unpin>;
/// See [`Reader`].
pub(super) type Writer = Box<dyn AsyncWrite + Send + Unpin>;

/// How long PHP may go on talking to a client that has left.
const TALK: Duration = Duration::from_secs(2);
/// How long a client may pause while what it sends is thrown away.
const DISCARD: Duration = Duration::from_secs(30);
/// Pieces of an answer that wait for the client.
const AHEAD: usize = 8;
/// Error output is handed over in lumps of about this size.
const LUMP: usize = 8 * 1024;

/// When PHP was last sent something.
struct LastSent(Mutex<Instant>);

impl LastSent {
    fn now(&self) {
        *self.0.lock().expect("nothing panics while it holds the lock") = Instant::now();
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().expect("nothing panics while it holds the lock").elapsed()
    }
}

/// Who waits for the answer, and under which conditions.
pub(super) struct Asker<'a> {
    /// Takes the answer once its head is there.
    pub(super) head: oneshot::Sender<Response<Body>>,
    /// The answer has no body by HTTP's rules (HEAD).
    pub(super) bodiless: bool,
    /// How long PHP may be silent before the head.
    pub(super) first_byte: Duration,
    /// Called with what PHP writes to its error stream.
    pub(super) errors: &'a (dyn Fn(Vec<u8>) + Send + Sync),
    /// Called with the status of the answer, once it is known.
    pub(super) answered: &'a (dyn Fn(hyper::StatusCode) + Send + Sync),
}

/// Why an exchange ended before PHP's answer was complete.
enum Trouble {
    /// Before the head: the page that the client gets.
    Page(Box<Response<Body>>),
    /// The client left.
    Left,
    /// PHP is too slow to begin.
    Slow,
    /// PHP's connection broke after the head.
    Cut(io::Error),
}

/// Sends a request (its start is in `start`, the rest in `upload`) and hands the answer to the asker.
pub(super) async fn run(
    (reader, mut writer): (Reader, Writer),
    start: Vec<u8>,
    mut upload: Upload,
    asker: Asker<'_>,
) {
    let mut answer = Answer {
        reader,
        decoder: Decoder::default(),
        stderr: Vec::new(),
        errors: asker.errors,
        limit: asker.first_byte,
        answered: asker.answered,
        bodiless: asker.bodiless,
    };
    let mut head = Some(asker.head);
    let mut sent = false;
    let trouble = {
        let last = LastSent(Mutex::new(Instant::now()));
        let mut sending = pin!(send(&mut writer, start, &mut upload, &last));
        let mut receiving = pin!(answer.receive(&mut head, &last));
        loop {
            tokio::select! {
                biased;
                trouble = &mut receiving => break trouble.err(),
                result = &mut sending, if !sent => match result {
                    Ok(()) => sent = true,
                    // The client left in the middle of what it was sending.
                    Err(_) => break Some(Trouble::Left),
                }
            }
        }
    };
    let linger = match trouble {
        None => false,
        Some(Trouble::Cut(error)) => {
            answer
                .stderr
                .extend_from_slice(format!("Portico: an answer was cut: {error}").as_bytes());
            false
        }
        Some(Trouble::Page(page)) => {
            (answer.answered)(page.status());
            if let Some(head) = head.take() {
                let _ = head.send(*page);
            }
            false
        }
        Some(Trouble::Left) => true,
        Some(Trouble::Slow) => {
            let page = pages::timed_out(asker.first_byte.as_secs());
            (answer.answered)(page.status());
            if let Some(head) = head.take() {
                let _ = head.send(page);
            }
            true
        }
    };
    if linger {
        drop(head);
        if sent {
            let _ = writer.write_all(&fastcgi::abort()).await;
        } else {
            // Between two halves of a record nothing else can be said.
            let _ = writer.shutdown().await;
        }
        answer.drain().await;
    }
    answer.hand_over_errors();
    drop((answer, writer));
    if !sent {
        upload.discard(DISCARD).await;
    }
}

/// Writes the request. PHP may stop listening when it has its answer: what the client still sends is
/// then thrown away. An error means that the client left.
async fn send(
    writer: &mut Writer,
    mut start: Vec<u8>,
    upload: &mut Upload,
    last: &LastSent,
) -> io::Result<()> {
    let length = upload.length();
    if length == 0 {
        fastcgi::end_of_stdin(&mut start);
    }
    let mut listening = writer.write_all(&start).await.is_ok();
    last.now();
    let (mut buffer, mut sent) = (start, 0);
    while length > 0
        && let Some(piece) = upload.next().await
    {
        let piece = piece?;
        sent += piece.len() as u64;
        buffer.clear();
        fastcgi::stdin(&mut buffer, &piece);
        if sent == length {
            fastcgi::end_of_stdin(&mut buffer);
        }
        listening = listening && writer.write_all(&buffer).await.is_ok();
        last.now();
    }
    if sent < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

/// The answer, as far as it has come.
struct Answer<'a> {
    reader: Reader,
    decoder: Decoder,
    stderr: Vec<u8>,
    errors: &'a (dyn Fn(Vec<u8>) + Send + Sync),
    limit: Duration,
    answered: &'a (dyn Fn(hyper::StatusCode) + Send + Sync),
    bodiless: bool,
}

impl Answer<'_> {
    /// The next piece of output; none when PHP says that it is complete.
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            while let Some(record) = self.decoder.next()? {
                match record {
                    Record::Stdout(piece) => return Ok(Some(piece)),
                    Record::Stderr(piece) => {
                        self.stderr.extend_from_slice(&piece);
                        if self.stderr.len() > LUMP {
                            self.hand_over_errors();
                        }
                    }
                    Record::End(Ending::Complete) => return Ok(None),
                    Record::End(Ending::Refused(status)) => {
                        return Err(io::Error::other(format!("refused, FastCGI status {status}")));
                    }
                }
            }
            if self.reader.read_buf(self.decoder.buffer()).await? == 0 {
                let cut = "PHP closed the connection in the middle of its answer";
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, cut));
            }
        }
    }

    fn hand_over_errors(&mut self) {
        if !self.stderr.is_empty() {
            (self.errors)(std::mem::take(&mut self.stderr));
        }
    }

    async fn receive(
        &mut self,
        head: &mut Option<oneshot::Sender<Response<Body>>>,
        last: &LastSent,
    ) -> Result<(), Trouble> {
        let asker = head.as_mut().expect("nobody has answered yet");
        let limit = self.limit;
        let (mut response, first) = tokio::select! {
            biased;
            head = self.head() => head?,
            () = asker.closed() => return Err(Trouble::Left),
            () = silence(last, limit) => return Err(Trouble::Slow),
        };
        (self.answered)(response.status());
        let asker = head.take().expect("still nobody has answered");
        let status = response.status();
        if self.bodiless || status == 204 || status == 304 {
            let (_, nothing) = mpsc::channel(1);
            *response.body_mut() = Body::Stream(nothing);
            let _ = asker.send(response);
            // Complete only when PHP says so; what it writes goes nowhere.
            while self.next().await.map_err(Trouble::Cut)?.is_some() {}
            return Ok(());
        }
        if let Some(whole) = self.whole_if_there(&first) {
            *response.body_mut() = whole.into();
            let _ = asker.send(response);
            return Ok(());
        }
        let (pieces, body) = mpsc::channel(AHEAD);
        *response.body_mut() = Body::Stream(body);
        asker.send(response).map_err(|_| Trouble::Left)?;
        self.stream(first, pieces).await
    }

    /// Reads to the end of the head; answers with what came of the body along with it.
    async fn head(&mut self) -> Result<(Response<Body>, Bytes), Trouble> {
        let page = |reason: &str| Trouble::Page(Box::new(pages::bad_gateway(reason)));
        let (mut block, mut from) = (BytesMut::new(), 0);
        loop {
            let piece = self.next().await.map_err(|error| page(&error.to_string()))?;
            let Some(piece) = piece else {
                return Err(page("PHP's answer ended within its headers"));
            };
            block.extend_from_slice(&piece);
            let Some((end, begin)) = response::end_of_head(&block, from) else {
                if block.len() > response::LONGEST_HEAD {
                    return Err(page("PHP's headers are too long"));
                }
                // The end may have begun: a line's end, a return and another line's end.
                from = block.len().saturating_sub(3);
                continue;
            };
            let parsed = response::parse(&block[..end]);
            let (status, headers) = parsed.map_err(|what| page(&format!("PHP sent {what}")))?;
            let mut response = Response::new(Body::empty());
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            return Ok((response, block.split_off(begin).freeze()));
        }
    }

    /// The whole body, if PHP's end has come already: it is then sent in one go, with its length.
    fn whole_if_there(&mut self, first: &Bytes) -> Option<Bytes> {
        // Looks only at what has arrived; one piece and the end is how PHP sends short pages.
        self.decoder.ends_here().then(|| first.clone())
    }

    async fn stream(
        &mut self,
        first: Bytes,
        pieces: mpsc::Sender<io::Result<Bytes>>,
    ) -> Result<(), Trouble> {
        let mut piece = Some(first);
        while let Some(bytes) = piece {
            if !bytes.is_empty() && pieces.send(Ok(bytes)).await.is_err() {
                return Err(Trouble::Left);
            }
            let next = tokio::select! {
                biased;
                next = self.next() => next,
                () = pieces.closed() => return Err(Trouble::Left),
            };
            piece = match next {
                Ok(next) => next,
                Err(error) => {
                    // The client's connection is broken off: a cut answer must not look whole.
                    let told = io::Error::new(error.kind(), error.to_string());
                    let _ = pieces.send(Err(told)).await;
                    return Err(Trouble::Cut(error));
                }
            };
        }
        Ok(())
    }

    /// Reads on for nobody, until PHP is done or has talked too long.
    async fn drain(&mut self) {
        let since = Instant::now();
        while let Ok(Some(_)) = self.next().await {
            if since.elapsed() > TALK {
                return;
            }
        }
    }
}

/// Ends when nothing was sent to PHP for `limit`.
async fn silence(last: &LastSent, limit: Duration) {
    while let Some(left) = limit.checked_sub(last.elapsed()).filter(|left| !left.is_zero()) {
        tokio::time::sleep(left).await;
    }
}
