//! Starting a process in a group of its own, and ending the whole group.
//!
//! To start a process and to tell the supervisor of it are two steps, and an owner may be killed between them. So on Unix each
//! process begins as a shell that waits for a word of ours, which comes once the supervisor knows it; when we are killed before,
//! the shell reads the end of its input and ends. Then it becomes the program, under the same number.
use std::{
    ffi::OsStr,
    io::{self, BufRead, BufReader, Read, Write},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use super::supervisor::Supervisor;
use crate::{
    error::{Doing, Error, Result},
    progress::Meter,
};

#[cfg(unix)]
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// How many of a program's last lines an error shows.
const LAST_LINES: usize = 12;
/// How long a program may be silent until it is looked whether it still runs, and whether it should.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// How long the last words of a program that has ended are waited for.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// A process with all that it started; it is killed when this is dropped.
pub(super) struct Process {
    child: Child,
    supervisor: Arc<Supervisor>,
    ended: bool,
}

impl Process {
    /// Starts a [`server`] in a group of its own, watched by the supervisor.
    pub(super) fn start(command: &mut Command, supervisor: &Arc<Supervisor>) -> Result<Self> {
        #[cfg(unix)]
        {
            let (read, mut word) = io::pipe().doing(|| starting(command))?;
            command.stdout(read);
            let process = Self::watched(command, supervisor)?;
            word.write_all(b"\n").doing(|| starting(command))?;
            // The command holds the other end, too.
            command.stdout(Stdio::null());
            Ok(process)
        }
        #[cfg(not(unix))]
        {
            Self::watched(command, supervisor)
        }
    }

    /// Starts a [`talker`] in a group of its own, watched by the supervisor; its input and outputs are pipes.
    fn start_talker(command: &mut Command, supervisor: &Arc<Supervisor>) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = Self::watched(command, supervisor)?;
        #[cfg(unix)]
        if let Some(stdin) = &mut process.child.stdin {
            stdin.write_all(b"\n").doing(|| starting(command))?;
        }
        Ok(process)
    }

    fn watched(command: &mut Command, supervisor: &Arc<Supervisor>) -> Result<Self> {
        let child = in_group(command).spawn().doing(|| starting(command))?;
        let process = Self { child, supervisor: supervisor.clone(), ended: false };
        // On failure the drop kills it: nothing may run that nobody watches.
        supervisor.watch(&process.child)?;
        Ok(process)
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended. It is not reaped here, so that its id can't become another's before its group is ended.
    pub(super) fn is_running(&mut self) -> bool {
        #[cfg(unix)]
        {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            let pid = Pid::from_child(&self.child);
            !self.ended && matches!(waitid(WaitId::Pid(pid), options), Ok(None))
        }
        #[cfg(not(unix))]
        {
            !self.ended && matches!(self.child.try_wait(), Ok(None))
        }
    }

    /// Asks the group to end.
    pub(super) fn ask_to_end(&mut self) {
        #[cfg(unix)]
        if !self.ended {
            signal_group(self.child.id(), Signal::TERM);
        }
    }

    /// Asks the group to end, and kills what has not after `patience`. Answers whether it ended by itself and well.
    pub(super) fn end(&mut self, patience: Duration) -> bool {
        self.ask_to_end();
        let in_time = cfg!(unix) && wait_for(Instant::now() + patience, || !self.is_running());
        in_time & self.kill()
    }

    /// Kills the group and reaps it. Answers whether the process had ended well before.
    fn kill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        // Before it is reaped, its id can be nobody else's.
        #[cfg(unix)]
        signal_group(self.child.id(), Signal::KILL);
        let _ = self.child.kill();
        let ended_well = self.child.wait().is_ok_and(|status| status.success());
        self.ended = true;
        self.supervisor.forget(self.child.id());
        ended_well
    }

    /// Waits until it ends by itself; kills it on a cancel.
    fn wait(&mut self, meter: Meter<'_>) -> Result<ExitStatus> {
        let mut pause = Duration::from_millis(1);
        while self.is_running() {
            meter.check()?;
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
        #[cfg(unix)]
        signal_group(self.child.id(), Signal::KILL);
        let status = self.child.wait().doing(|| "wait for a process".into())?;
        self.ended = true;
        self.supervisor.forget(self.child.id());
        Ok(status)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The command of a program that [`Process::start`] starts. Its standard output goes where its standard error does.
pub(super) fn server(program: impl AsRef<OsStr>) -> Command {
    waiting(r#"read -r word <&1 && unset PWD OLDPWD && exec "$0" "$@" >&2"#, program.as_ref())
}

/// The command of a program that is run to its end, or talked to.
pub(super) fn talker(program: impl AsRef<OsStr>) -> Command {
    waiting(r#"read -r word && unset PWD OLDPWD && exec "$0" "$@""#, program.as_ref())
}

/// A shell that becomes `program` by `script`, with the arguments that are added.
#[cfg(unix)]
fn waiting(script: &str, program: &OsStr) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]).arg(program);
    command
}

/// Windows: the job object is told after the start.
#[cfg(not(unix))]
fn waiting(_script: &str, program: &OsStr) -> Command {
    Command::new(program)
}

/// "start {program}".
fn starting(command: &Command) -> String {
    let program = if cfg!(unix) { command.get_args().nth(2) } else { None };
    format!("start {}", program.unwrap_or(command.get_program()).to_string_lossy())
}

/// Puts the process into a group of its own: no Ctrl-C of the terminal reaches it, and it can be ended whole.
fn in_group(command: &mut Command) -> &mut Command {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        command.process_group(0)
    }
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt;
        const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
        const CREATE_NO_WINDOW: u32 = 0x0800_0000;
        command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW)
    }
}

/// Signals a whole group; that it is gone already is fine.
#[cfg(unix)]
pub(super) fn signal_group(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(pid, signal);
    }
}

/// Looks again and again, ever more slowly, until `done` or the time is up. Answers whether it was done.
pub(super) fn wait_for(until: Instant, mut done: impl FnMut() -> bool) -> bool {
    let mut pause = Duration::from_millis(2);
    loop {
        if done() {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        thread::sleep(pause);
        pause = (pause * 3 / 2).min(Duration::from_millis(50));
    }
}

/// What a program that ran to its end left.
pub(super) struct Output {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    /// The last lines of its standard error.
    pub(super) last_lines: Vec<String>,
}

/// What is heard of a program that runs.
enum Heard {
    Out(Vec<u8>),
    /// A line of its standard error.
    Line(String),
}

/// Runs a program to its end. Lines of its standard error go to the meter; a cancel kills it and all it started.
pub(super) fn run(
    command: &mut Command,
    input: &str,
    supervisor: &Arc<Supervisor>,
    meter: Meter<'_>,
) -> Result<Output> {
    let mut process = Process::start_talker(command, supervisor)?;
    let pipes =
        (process.child.stdin.take(), process.child.stdout.take(), process.child.stderr.take());
    let (Some(mut stdin), Some(stdout), Some(stderr)) = pipes else {
        return Err(Error::failed("speak to a process"));
    };
    let input = input.as_bytes().to_vec();
    // A program need not read all of its input.
    thread::spawn(move || drop(stdin.write_all(&input)));
    // These threads end when nobody holds the pipes any more: that may be long after the program did.
    let (send, heard) = mpsc::sync_channel(64);
    let also = send.clone();
    thread::spawn(move || read_pieces(stdout, &also));
    thread::spawn(move || read_lines(stderr, &send));
    let (mut stdout, mut last_lines) = (Vec::new(), Vec::new());
    let mut take = |heard: Heard| match heard {
        Heard::Out(piece) => stdout.extend_from_slice(&piece),
        Heard::Line(line) => {
            meter.line(line.clone());
            last_lines.push(line);
            last_lines.drain(..last_lines.len().saturating_sub(LAST_LINES));
        }
    };
    while process.is_running() {
        meter.check()?;
        match heard.recv_timeout(POLL_INTERVAL) {
            Ok(it) => take(it),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            // It closed its pipes, and ends now or later.
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    let status = process.wait(meter)?;
    // What it left behind in a group of its own may hold the pipes open for ever.
    let until = Instant::now() + DRAIN_TIMEOUT;
    while let Ok(it) = heard.recv_timeout(until.saturating_duration_since(Instant::now())) {
        take(it);
    }
    Ok(Output { status, stdout, last_lines })
}

fn read_pieces(mut from: impl Read, send: &mpsc::SyncSender<Heard>) {
    let mut piece = vec![0; 16 << 10];
    loop {
        match from.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A broken pipe is the end of the program, whose status tells the rest.
            Ok(0) | Err(_) => return,
            Ok(count) if send.send(Heard::Out(piece[..count].to_vec())).is_err() => return,
            Ok(_) => {}
        }
    }
}

fn read_lines(from: impl Read, send: &mpsc::SyncSender<Heard>) {
    for line in BufReader::new(from).split(b'\n').map_while(io::Result::ok) {
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        if !line.is_empty() && send.send(Heard::Line(line)).is_err() {
            return;
        }
    }
}

/// A process whose lines are answered one by one.
pub(super) struct Talk {
    process: Process,
    stdin: std::process::ChildStdin,
    answers: mpsc::Receiver<String>,
    /// The last lines of its standard error.
    complaints: Arc<Mutex<Vec<String>>>,
}

impl Talk {
    pub(super) fn start(command: &mut Command, supervisor: &Arc<Supervisor>) -> Result<Self> {
        let mut process = Process::start_talker(command, supervisor)?;
        let pipes =
            (process.child.stdin.take(), process.child.stdout.take(), process.child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(Error::failed("speak to a process"));
        };
        let (send, answers) = mpsc::channel();
        // Both threads end when the process closes its pipes, which it does at the latest when it is killed.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(io::Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        let complaints = Arc::new(Mutex::new(Vec::new()));
        let heard = complaints.clone();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(io::Result::ok) {
                let mut heard = lock(&heard);
                heard.push(line);
                if heard.len() > LAST_LINES {
                    heard.remove(0);
                }
            }
        });
        Ok(Self { process, stdin, answers, complaints })
    }

    /// Says a line and waits for the answer to it.
    pub(super) fn ask(&mut self, line: &str, meter: Meter<'_>) -> Result<String> {
        let said =
            self.stdin.write_all(format!("{line}\n").as_bytes()).and_then(|()| self.stdin.flush());
        loop {
            match self.answers.recv_timeout(Duration::from_millis(50)) {
                Ok(answer) => return Ok(answer),
                Err(mpsc::RecvTimeoutError::Timeout) => meter.check()?,
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    let status = self.process.wait(meter)?;
                    let mut error = Error::failed("speak to a process").because(ending(status));
                    if let Err(said) = said {
                        error = error.because(said);
                    }
                    return Err(with_lines(error, std::mem::take(&mut lock(&self.complaints))));
                }
            }
        }
    }
}

/// What a small program says, or none when it fails or takes too long. Nothing is fed to it.
pub(super) fn ask(command: &mut Command, patience: Duration) -> Option<String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = in_group(command).spawn().ok()?;
    let mut stdout = child.stdout.take()?;
    let (send, said) = mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        // Nobody may be listening any more.
        let _ = stdout.read_to_end(&mut text).map(|_| send.send(text));
    });
    let text = said.recv_timeout(patience).ok();
    if text.is_none() {
        #[cfg(unix)]
        signal_group(child.id(), Signal::KILL);
        let _ = child.kill();
    }
    let good = child.wait().is_ok_and(|status| status.success());
    text.filter(|_| good).map(|text| String::from_utf8_lossy(&text).into_owned())
}

/// The last lines of a text that says why something failed: those that say so themselves, if there are any.
pub(super) fn last_lines(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_error = |line: &&&str| line.to_ascii_lowercase().contains("error");
    let errors: Vec<&&str> = lines.iter().filter(is_error).collect();
    let chosen = if errors.is_empty() { lines.iter().collect() } else { errors };
    chosen[chosen.len().saturating_sub(LAST_LINES)..]
        .iter()
        .map(|line| (**line).to_owned())
        .collect()
}

/// An error that carries what a program said.
pub(super) fn with_lines(mut error: Error, lines: Vec<String>) -> Error {
    error.causes.extend(lines);
    error
}

/// How a process ended, for people.
pub(super) fn ending(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return format!("it was ended by signal {signal}");
        }
    }
    match status.code() {
        Some(code) => format!("it ended with exit code {code}"),
        None => "it ended".to_owned(),
    }
}

/// A lock that a panic elsewhere does not close: what it guards is changed in single steps.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
