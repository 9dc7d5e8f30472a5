//! The owner's ear: other shells ask it here, over loopback, with a token that only this user can read.
use std::{
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    thread::JoinHandle,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::{
    Request, Response, StatusCode,
    body::{Body, Frame, Incoming},
    header,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    time::{Instant, Sleep, sleep},
};

use crate::error::{Doing, Result};

/// A request holds names, messages and lists of files: far below this.
const LARGEST_CALL: usize = 16 << 20;

/// How long an answer is silent before it says that the owner is there.
const IDLE_TIMEOUT: Duration = Duration::from_secs(2);

/// Answers one call: its body, and where the lines of the answer go. The sink says whether anyone still listens.
pub type Answer = dyn Fn(&[u8], &mut dyn FnMut(Vec<u8>) -> bool) + Send + Sync;

/// The listening owner; it stops listening when this is dropped.
pub struct Control {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Control {
    /// Listens on a free loopback port and answers calls that carry `token`. An answer on which the owner works says
    /// `still` every few seconds: so its reader can tell long work from an owner that is stopped.
    pub fn start(token: String, still: Vec<u8>, answer: Arc<Answer>) -> Result<Self> {
        let doing = || "listen for other shells".to_owned();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().doing(doing)?;
        let listener =
            runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).doing(doing)?;
        let address = listener.local_addr().doing(doing)?;
        let (stop, stopped) = oneshot::channel();
        let expected: Arc<str> = format!("Bearer {token}").into();
        let still = Bytes::from(still);
        let thread = std::thread::Builder::new()
            .name("control".into())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = accept(listener, expected, still, answer) => (),
                        _ = stopped => (),
                    }
                });
                // Threads that still answer must not keep the owner from ending.
                runtime.shutdown_background();
            })
            .doing(doing)?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // The receiver lives as long as the thread.
        self.stop.take().map(|stop| stop.send(()));
        self.thread.take().map(JoinHandle::join);
    }
}

async fn accept(listener: TcpListener, expected: Arc<str>, still: Bytes, answer: Arc<Answer>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors: the next connection may find some again.
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (expected, still, answer) = (expected.clone(), still.clone(), answer.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                call(request, expected.clone(), still.clone(), answer.clone())
            });
            // A shell that hangs up is no failure of the owner.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

type Reply = Response<Either<Full<Bytes>, Lines>>;

async fn call(
    request: Request<Incoming>,
    expected: Arc<str>,
    still: Bytes,
    answer: Arc<Answer>,
) -> Result<Reply, Infallible> {
    let sent = request.headers().get(header::AUTHORIZATION).map(|value| value.as_bytes());
    if sent != Some(expected.as_bytes()) {
        return Ok(status(StatusCode::UNAUTHORIZED));
    }
    let Ok(body) = Limited::new(request.into_body(), LARGEST_CALL).collect().await else {
        return Ok(status(StatusCode::BAD_REQUEST));
    };
    let body = body.to_bytes();
    let (sender, receiver) = mpsc::channel(256);
    tokio::task::spawn_blocking(move || {
        answer(&body, &mut |line| sender.blocking_send(Bytes::from(line)).is_ok());
    });
    let silence = Box::pin(sleep(IDLE_TIMEOUT));
    Ok(Response::new(Either::Right(Lines { lines: receiver, still, silence })))
}

fn status(status: StatusCode) -> Reply {
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = status;
    response
}

/// Lines that are sent as they come.
struct Lines {
    lines: mpsc::Receiver<Bytes>,
    /// What is sent while nothing comes.
    still: Bytes,
    silence: Pin<Box<Sleep>>,
}

impl Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let line = match self.lines.poll_recv(context) {
            Poll::Ready(line) => line,
            Poll::Pending if self.silence.as_mut().poll(context).is_ready() => {
                Some(self.still.clone())
            }
            Poll::Pending => return Poll::Pending,
        };
        self.silence.as_mut().reset(Instant::now() + IDLE_TIMEOUT);
        Poll::Ready(line.map(|line| Ok(Frame::data(line))))
    }
}
