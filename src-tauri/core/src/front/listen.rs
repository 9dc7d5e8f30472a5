//! The ports that the front listens on.
use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};

use tokio::net::{TcpListener, TcpSocket};

use crate::error::{Error, Result};

/// What was bound.
pub(super) struct Listeners {
    /// The IPv4 address.
    pub(super) address: SocketAddr,
    /// One or two listeners.
    pub(super) all: Vec<TcpListener>,
}

/// How many connections may wait to be taken. The standard library's 128 overflow in a burst, and a
/// connection that finds no room is tried again only after a second.
const QUEUE: u32 = 1024;

/// Binds loopback at the first port that is free; port 0 means any. Must be called within a runtime.
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
        let four = listen((Ipv4Addr::LOCALHOST, port).into())?;
        let address = four.local_addr()?;
        let mut all = vec![four];
        match listen((Ipv6Addr::LOCALHOST, address.port()).into()) {
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
        return Ok(Listeners { address, all });
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Else a port that was just freed stays taken for a minute. On Windows it means something else.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
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

#[cfg(test)]
mod tests {
    use std::{net::TcpStream, time::Duration};

    use super::*;

    #[test]
    fn a_burst_of_connections_finds_room_before_any_is_taken() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _inside = runtime.enter();
        let address = bind(&[0]).map(|listeners| (listeners.address, listeners.all)).unwrap();
        let connect = || TcpStream::connect_timeout(&address.0, Duration::from_millis(900));
        let open: Vec<TcpStream> = (0..500).map(|_| connect().unwrap()).collect();
        assert_eq!(open.len(), 500);
    }
}
