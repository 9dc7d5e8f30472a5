//! The ports that the front listens on.
use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
};

use crate::error::{Error, Result};

/// What was bound.
pub(super) struct Listeners {
    /// The IPv4 address.
    pub(super) address: SocketAddr,
    /// One or two listeners, not blocking.
    pub(super) all: Vec<TcpListener>,
}

/// Binds loopback at the first port that is free; port 0 means any.
pub(super) fn bind(ports: &[u16]) -> Result<Listeners> {
    let mut last = None;
    for &port in ports {
        match bind_port(port) {
            Ok(listeners) => return Ok(listeners),
            Err(error) => last = Some(error),
        }
    }
    let names: Vec<String> = ports.iter().map(u16::to_string).collect();
    let error = Error::failed(format!("listen on any of the ports {}", names.join(", ")))
        .hint("Stop the program that uses them, or choose another port with `PORTICO_PORT`.");
    Err(match last {
        Some(cause) => error.because(cause),
        None => error,
    })
}

fn bind_port(port: u16) -> io::Result<Listeners> {
    // Any port may be taken by somebody else on the other loopback; then another one is tried.
    let mut attempts = if port == 0 { 16 } else { 1 };
    loop {
        attempts -= 1;
        let four = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = four.local_addr()?;
        let mut all = vec![four];
        match TcpListener::bind((Ipv6Addr::LOCALHOST, address.port())) {
            Ok(six) => all.push(six),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                if attempts > 0 {
                    continue;
                }
                return Err(error);
            }
            // A machine without IPv6: nobody else can listen there either.
            Err(_) => {}
        }
        for listener in &all {
            listener.set_nonblocking(true)?;
        }
        return Ok(Listeners { address, all });
    }
}

/// Each connection is an open file, and many systems start a program with a limit of 256 or 1,024.
/// A limit that can't be raised is no error: fewer connections then wait for one another.
pub(super) fn allow_many_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        const ENOUGH: u64 = 16_384;
        let limit = getrlimit(Resource::Nofile);
        let wanted = limit.maximum.map_or(ENOUGH, |most| most.min(ENOUGH));
        if limit.current.is_some_and(|now| now < wanted) {
            let raised = Rlimit { current: Some(wanted), maximum: limit.maximum };
            let _ = setrlimit(Resource::Nofile, raised);
        }
    }
}
