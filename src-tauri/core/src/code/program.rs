//! Running the machine's own `git`.
use std::{
    ffi::OsStr,
    io::{ErrorKind, Read},
    process::{Child, Command, Stdio},
    sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::{Duration, Instant},
};

use crate::{
    error::{Doing, Error, Result},
    progress::Meter,
};

/// How a `git` that ran to its end ended.
pub(super) struct Ended {
    pub(super) success: bool,
    /// The last lines it said that are no progress, without `fatal: `.
    pub(super) said: Vec<String>,
}

/// How many of its last lines are kept.
const SAID: usize = 5;

/// How long `git` may say nothing. It tells its progress each second while anything comes, whichever way it speaks to the
/// other side; a server that is at work says so every few seconds. A person who is asked for a password has that long.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// How long a `git` that was asked to stop may take to clean up behind itself.
#[cfg(unix)]
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Whom `git` may ask for a password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// The person, in a window of its own or of the agent.
    Person,
    /// Nobody: what needs an answer fails.
    Nobody,
}

/// Runs `git` with the arguments; each line it says on stderr (progress too) goes to `on_line`.
/// It never prompts and runs no hook; a cancel ends it and what it started.
pub(super) fn run<S: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = S>,
    meter: Meter<'_>,
    on_line: impl FnMut(&str),
) -> Result<Ended> {
    run_asking(Asks::Person, arguments, meter, on_line)
}

/// As [`run`], and says whom it may ask.
pub(super) fn run_asking<S: AsRef<OsStr>>(
    asks: Asks,
    arguments: impl IntoIterator<Item = S>,
    meter: Meter<'_>,
    on_line: impl FnMut(&str),
) -> Result<Ended> {
    run_within(IDLE_TIMEOUT, asks, arguments, meter, on_line)
}

fn run_within<S: AsRef<OsStr>>(
    silence: Duration,
    asks: Asks,
    arguments: impl IntoIterator<Item = S>,
    meter: Meter<'_>,
    mut on_line: impl FnMut(&str),
) -> Result<Ended> {
    let mut command = command(arguments);
    if asks == Asks::Nobody {
        // Git, ssh and Git Credential Manager each ask in their own way; `false` answers nothing.
        command.env("GIT_ASKPASS", "").env("SSH_ASKPASS", "false").env("GCM_INTERACTIVE", "never");
    }
    let mut child = match command.spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(Error::missing("Git")),
        spawned => spawned.doing(|| "start git".into())?,
    };
    #[cfg(unix)]
    let _watch = Watch::over(&child).inspect_err(|_| stop(&mut child))?;
    let stderr = child.stderr.take().expect("stderr is piped");
    let (send, lines) = sync_channel(64);
    thread::spawn(move || read_lines(stderr, &send));
    let mut said = Vec::new();
    let mut heard = Instant::now();
    loop {
        if let Err(cancelled) = meter.check() {
            stop(&mut child);
            return Err(cancelled);
        }
        if heard.elapsed() > silence {
            stop(&mut child);
            said.push(format!("nothing was heard from the other side for {} s", silence.as_secs()));
            return Ok(Ended { success: false, said });
        }
        match lines.recv_timeout(Duration::from_millis(100)) {
            Ok(line) => {
                heard = Instant::now();
                on_line(&line);
                if percent(&line).is_none() && !is_boilerplate(&line) {
                    said.push(line.trim().trim_start_matches("fatal: ").to_owned());
                    said.drain(..said.len().saturating_sub(SAID));
                }
            }
            // What git leaves behind (a shared ssh connection, a cache of passwords) may hold its output open.
            Err(RecvTimeoutError::Timeout) if matches!(child.try_wait(), Ok(Some(_))) => break,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let status = child.wait().doing(|| "wait for git".into())?;
    Ok(Ended { success: status.success(), said })
}

/// Ends a `git` and what it started when we can't any more, because we were killed: a helper waits for its server for ever.
#[cfg(unix)]
struct Watch(Child);

#[cfg(unix)]
impl Watch {
    fn over(git: &Child) -> Result<Self> {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", r#"read -r word || kill -KILL "-$1""#, "portico-git"])
            .arg(git.id().to_string())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn().map(Self).doing(|| "start /bin/sh".into())
    }
}

#[cfg(unix)]
impl Drop for Watch {
    fn drop(&mut self) {
        // The word says that all is well; one that was killed hears nothing.
        let said =
            self.0.stdin.take().map(|mut stdin| std::io::Write::write_all(&mut stdin, b"\n"));
        drop((said, self.0.wait()));
    }
}

/// Lines that Git says whatever went wrong.
fn is_boilerplate(line: &str) -> bool {
    let line = line.trim();
    line.is_empty()
        || line.starts_with("Cloning into")
        || line.starts_with("Please make sure you have the correct access rights")
        || line == "and the repository exists."
}

/// What answers when `git` asks for the user and the password that an address had. Both are in its surroundings: an
/// argument could be read by every user of the machine, and `git` hands an address on in arguments.
const HELPER: &str = r#"credential.helper=!f() { test "$1" = get && printf 'username=%s\npassword=%s\n' "$PORTICO_GIT_USER" "$PORTICO_GIT_PASSWORD"; }; f"#;

/// An address of the web without the user and the password in it, and these.
fn without_password(argument: &OsStr) -> Option<(String, String, String)> {
    let (scheme, rest) = argument.to_str()?.split_once("://")?;
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (login, host) = rest[..end].rsplit_once('@')?;
    let (user, password) = login.split_once(':')?;
    Some((format!("{scheme}://{host}{}", &rest[end..]), decoded(user), decoded(password)))
}

/// Text with its `%40` and the like as what they stand for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..2).and_then(|it| std::str::from_utf8(it).ok());
        match code.and_then(|it| u8::from_str_radix(it, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn command<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new("git");
    let mut words = Vec::new();
    for argument in arguments {
        words.push(match without_password(argument.as_ref()) {
            Some((address, user, password)) => {
                // The empty one: no helper of the person's is asked before, or told.
                command.args(["-c", "credential.helper=", "-c", HELPER]);
                command.env("PORTICO_GIT_USER", user).env("PORTICO_GIT_PASSWORD", password);
                address.into()
            }
            None => argument.as_ref().to_owned(),
        });
    }
    // A Portico that was started from a hook must not work on that hook's repository.
    for variable in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_NAMESPACE",
        "GIT_PREFIX",
    ] {
        command.env_remove(variable);
    }
    command
        .env("GIT_TERMINAL_PROMPT", "0")
        // ssh would ask on the terminal behind our back; the agent and a graphical prompt still work.
        .env("SSH_ASKPASS_REQUIRE", "force")
        .env("LC_ALL", "C")
        .arg("-c")
        .arg(if cfg!(windows) { "core.hooksPath=NUL" } else { "core.hooksPath=/dev/null" })
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    // A group of its own, so that it can be ended with all that it started: a helper waits for its server for ever.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt;
        const CREATE_NO_WINDOW: u32 = 0x0800_0000;
        command.creation_flags(CREATE_NO_WINDOW);
    }
    command
}

/// Sends each line of `input`; progress lines end with a carriage return.
fn read_lines(mut input: impl Read, send: &SyncSender<String>) {
    let mut line = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = match input.read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // A broken pipe is the end of the program, whose status tells the rest.
            Ok(0) | Err(_) => break,
            Ok(read) => read,
        };
        for &byte in &buffer[..read] {
            if byte != b'\r' && byte != b'\n' {
                line.push(byte);
            } else if !line.is_empty() {
                if send.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
                line.clear();
            }
        }
    }
    if !line.is_empty() {
        let _ = send.send(String::from_utf8_lossy(&line).into_owned());
    }
}

/// Asks `git` to end, so that it removes what it made; then ends it with all that it started.
fn stop(child: &mut Child) {
    #[cfg(unix)]
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        use rustix::process::{
            Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
        };
        let _ = kill_process(pid, Signal::TERM);
        let deadline = Instant::now() + STOP_TIMEOUT;
        // It is not reaped here, so that its number can be nobody else's when its group is ended.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(pid), options), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
        let _ = kill_process_group(pid, Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Objects done and in all of a progress line (`Receiving objects:  45% (450/1000), 1.20 MiB …`).
pub(super) fn percent(line: &str) -> Option<(u64, u64)> {
    let (_, rest) = line.split_once("% (")?;
    let (numbers, _) = rest.split_once(')')?;
    let (done, total) = numbers.split_once('/')?;
    Some((done.parse().ok()?, total.parse().ok()?))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{
        io::{BufRead, BufReader},
        net::TcpListener,
    };

    use super::*;
    use crate::progress::{Cancel, Report};

    #[test]
    fn what_git_leaves_running_does_not_hold_us() {
        let started = Instant::now();
        let alias = "alias.x=!sleep 12 & echo said >&2 #";
        let ended = run(["-c", alias, "x"], Meter::silent(), |_| ()).expect("git runs");
        assert!(ended.success);
        assert_eq!(ended.said, ["said"]);
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    /// A server that takes connections, reads what comes and says nothing.
    fn deaf() -> (u16, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ours = listener.try_clone().unwrap();
        thread::spawn(move || {
            let mut held = Vec::new();
            for stream in ours.incoming().map_while(Result::ok) {
                held.push(stream);
            }
        });
        (listener.local_addr().unwrap().port(), listener)
    }

    /// The processes whose command line names the port: `git` and its helpers.
    fn helpers(port: u16) -> usize {
        let ps = Command::new("ps").args(["-ww", "-eo", "args="]).output().unwrap();
        let needle = format!(":{port}/");
        BufReader::new(&ps.stdout[..])
            .lines()
            .map_while(Result::ok)
            .filter(|line| line.contains(&needle))
            .count()
    }

    /// Waits until so many helpers run: one that was killed is seen for a moment longer.
    #[track_caller]
    fn eventually(port: u16, holds: fn(usize) -> bool) {
        let until = Instant::now() + Duration::from_secs(20);
        while !holds(helpers(port)) {
            assert!(Instant::now() < until, "{} run", helpers(port));
            thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn a_server_that_says_nothing_is_an_error_whichever_way_git_speaks_to_it() {
        for scheme in ["git", "http"] {
            let (port, _listener) = deaf();
            let url = format!("{scheme}://127.0.0.1:{port}/a.git");
            let began = Instant::now();
            let arguments = ["ls-remote", &url];
            let silence = Duration::from_secs(1);
            let ended =
                run_within(silence, Asks::Nobody, arguments, Meter::silent(), |_| ()).unwrap();
            assert!(!ended.success, "{scheme}");
            assert!(ended.said.iter().any(|it| it.contains("nothing was heard")), "{scheme}");
            assert!(began.elapsed() < Duration::from_secs(8), "{scheme}");
            eventually(port, |helpers| helpers == 0);
        }
    }

    #[test]
    fn a_cancel_ends_git_and_its_helpers_while_the_server_stalls() {
        for scheme in ["git", "http"] {
            let (port, _listener) = deaf();
            let url = format!("{scheme}://127.0.0.1:{port}/a.git");
            let (cancel, report) = (Cancel::default(), |_: Report| {});
            let later = cancel.clone();
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(500));
                later.cancel();
            });
            let began = Instant::now();
            let ended = run(["ls-remote", &url], Meter::new(&cancel, &report), |_| ());
            assert!(ended.is_err_and(|error| error.is_cancelled()), "{scheme}");
            assert!(began.elapsed() < Duration::from_secs(3), "{scheme}: {:?}", began.elapsed());
            eventually(port, |helpers| helpers == 0);
        }
    }

    /// Run by the test below as a process of its own: asks a server until it is killed.
    #[test]
    fn helper_asks_a_server() {
        let Some(url) = std::env::var_os("PORTICO_TEST_GIT") else { return };
        let _ = run([OsStr::new("ls-remote"), &url], Meter::silent(), |_| ());
    }

    #[test]
    fn no_git_outlives_an_owner_that_is_killed() {
        for scheme in ["git", "http"] {
            let (port, _listener) = deaf();
            let mut owner = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "code::program::tests::helper_asks_a_server"])
                .env("PORTICO_TEST_GIT", format!("{scheme}://127.0.0.1:{port}/a.git"))
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            eventually(port, |helpers| helpers > 0);
            owner.kill().unwrap();
            owner.wait().unwrap();
            eventually(port, |helpers| helpers == 0);
        }
    }

    #[test]
    fn a_password_is_in_no_argument() {
        let command = super::command(["fetch", "--", "https://me:p%40ss@host.test/a.git"]);
        let words: Vec<_> = command.get_args().map(|it| it.to_string_lossy()).collect();
        assert_eq!(words.last().map(AsRef::as_ref), Some("https://host.test/a.git"));
        assert!(!words.iter().any(|it| it.contains("p%40ss") || it.contains("p@ss")));
        let said = command.get_envs().find(|(name, _)| *name == "PORTICO_GIT_PASSWORD");
        assert_eq!(said.and_then(|(_, value)| value), Some("p@ss".as_ref()));
        let plain = super::command(["fetch", "--", "https://me@host.test/a.git"]);
        assert!(!plain.get_args().any(|it| it.to_string_lossy().contains("credential")));
    }

    #[test]
    fn progress_is_read_from_what_git_says() {
        let line = "Receiving objects:  45% (450/1000), 1.20 MiB | 2.00 MiB/s";
        assert_eq!(percent(line), Some((450, 1000)));
        assert_eq!(percent("fatal: 100% (no/numbers)"), None);
    }
}
