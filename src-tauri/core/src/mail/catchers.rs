//! An SMTP server on loopback for each environment that runs: by its port the environment of a message is known.
use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use super::smtp;
use crate::error::{Doing, Result};

/// Conversations with one environment at the same time; more are turned away.
const CONVERSATIONS: usize = 16;
/// A client that says nothing for so long is hung up on.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// The servers that were asked for; they end with this.
#[derive(Default)]
pub struct Catchers(Mutex<HashMap<PathBuf, Catcher>>);

struct Catcher {
    address: SocketAddr,
    ending: Arc<AtomicBool>,
}

impl Catchers {
    /// The loopback port whose mail goes to `folder`. It stays the same for as long as this lives.
    pub fn port(&self, folder: &Path) -> Result<u16> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(catcher) = all.get(folder) {
            return Ok(catcher.address.port());
        }
        let catcher = Catcher::start(folder.to_owned())?;
        let port = catcher.address.port();
        all.insert(folder.to_owned(), catcher);
        Ok(port)
    }
}

impl Catcher {
    fn start(folder: PathBuf) -> Result<Self> {
        let doing = || "listen for mail".to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).doing(doing)?;
        let address = listener.local_addr().doing(doing)?;
        let ending = Arc::new(AtomicBool::new(false));
        let ours = ending.clone();
        thread::Builder::new()
            .name("mail".into())
            .spawn(move || accept(&listener, &folder, &ours))
            .doing(doing)?;
        Ok(Self { address, ending })
    }
}

impl Drop for Catcher {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::Release);
        // Wakes the thread, which looks at the flag; one that has ended can't be reached and needs not.
        drop(TcpStream::connect(self.address));
    }
}

fn accept(listener: &TcpListener, folder: &Path, ending: &AtomicBool) {
    let speaking = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        if ending.load(Ordering::Acquire) {
            return;
        }
        let Ok(stream) = stream else {
            // Out of file descriptors: later ones will do better.
            thread::sleep(Duration::from_millis(50));
            continue;
        };
        if speaking.load(Ordering::Relaxed) >= CONVERSATIONS {
            continue;
        }
        speaking.fetch_add(1, Ordering::Relaxed);
        let (folder, speaking) = (folder.to_owned(), speaking.clone());
        thread::spawn(move || {
            let limit = Some(IDLE_TIMEOUT);
            if stream.set_read_timeout(limit).and_then(|()| stream.set_write_timeout(limit)).is_ok()
            {
                // How a conversation ends is the client's affair: it was told what was kept.
                drop(smtp::converse(&stream, &folder));
            }
            speaking.fetch_sub(1, Ordering::Relaxed);
        });
    }
}
