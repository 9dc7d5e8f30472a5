//! Whoever ends our processes when the owner can't any more, because it was killed.
//!
//! Unix: a `sh` in a process group of its own is told each group that we start, and reads from a pipe that the owner
//! holds. When the pipe ends, it ends the groups. Should it be killed too, the next owner reads the list in the
//! sockets' folder. Windows: a job object that ends what is in it when its last handle is closed.
//!
//! **Invariant:** nothing runs that nobody watches: see [`super::process`] for how a process waits until it is watched.
use std::{collections::BTreeMap, io, path::PathBuf, process::Child, sync::Mutex};

use crate::error::{Logged, Result};
#[cfg(unix)]
pub(super) use unix::end_leftovers;

/// Knows all processes under way.
pub(super) struct Supervisor {
    state: Mutex<State>,
}

struct State {
    system: system::Supervisor,
    /// Process groups, by their leader's process id, with the time that the leader started.
    watched: BTreeMap<u32, String>,
    list: PathBuf,
}

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

impl Supervisor {
    /// A supervisor with nothing to watch yet; `list` is where it writes what it watches.
    pub(super) fn start(list: PathBuf) -> Result<Self> {
        let system = system::Supervisor::start()?;
        Ok(Self { state: Mutex::new(State { system, watched: BTreeMap::new(), list }) })
    }

    /// From now on `child` and its group end with us. A child that can't be watched should not run on.
    pub(super) fn watch(&self, child: &Child) -> Result<()> {
        let mut state = super::lock(&self.state);
        state.watched.insert(child.id(), system::start_time(child.id()).unwrap_or_default());
        let State { system, watched, .. } = &mut *state;
        system.watch(child, watched)?;
        // The list is for the day on which the supervisor is killed, too: a full disk stops nothing for its sake.
        state.write_list().logged(|| "note which processes run".into());
        Ok(())
    }

    /// The group is no more.
    pub(super) fn forget(&self, pid: u32) {
        let mut state = super::lock(&self.state);
        state.watched.remove(&pid);
        let State { system, watched, .. } = &mut *state;
        system.forget(pid, watched);
        // A line too many in the list does no harm: the start time tells the process from a later one.
        state.write_list().logged(|| "note which processes run".into());
    }
}

impl State {
    fn write_list(&self) -> io::Result<()> {
        let lines: String =
            self.watched.iter().map(|(pid, start)| format!("{pid} {start}\n")).collect();
        let new = self.list.with_extension("new");
        std::fs::write(&new, lines)?;
        std::fs::rename(&new, &self.list)
    }
}

#[cfg(unix)]
mod unix {
    use std::{
        collections::BTreeMap,
        fs,
        io::{self, Write},
        os::unix::process::CommandExt,
        path::Path,
        process::{Child, ChildStdin, Command, Stdio},
        time::{Duration, Instant},
    };

    use rustix::process::Signal;

    use crate::{
        error::{Doing, Result},
        runtime::process::{signal_group, wait_for},
    };

    /// A database needs a moment to end cleanly; PHP may ignore the first signal.
    const SCRIPT: &str = r#"
trap '' HUP INT TERM
groups=' '
while read -r what group; do
  case $what in
    +) groups="$groups$group " ;;
    -) case $groups in *" $group "*) groups="${groups%% $group *} ${groups#* $group }" ;; esac ;;
  esac
done
for group in $groups; do kill -TERM "-$group"; done
for round in 1 2 3 4; do
  left=
  for group in $groups; do kill -0 "-$group" && left=1; done
  [ "$left" ] || exit 0
  sleep 1
done
for group in $groups; do kill -KILL "-$group"; done
"#;

    pub(super) struct Supervisor {
        child: Child,
        pipe: Option<ChildStdin>,
    }

    impl Supervisor {
        pub(super) fn start() -> Result<Self> {
            let mut child = Command::new("/bin/sh")
                .args(["-c", SCRIPT, "portico-supervisor"])
                .current_dir("/")
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .process_group(0)
                .spawn()
                .doing(|| "start /bin/sh".into())?;
            let pipe = child.stdin.take();
            Ok(Self { child, pipe })
        }

        pub(super) fn watch(
            &mut self,
            child: &Child,
            watched: &BTreeMap<u32, String>,
        ) -> Result<()> {
            if self.tell('+', child.id()).is_ok() {
                return Ok(());
            }
            // Somebody killed the supervisor: a new one is told everything.
            *self = Self::start()?;
            for &pid in watched.keys() {
                self.tell('+', pid).doing(|| "watch over the started processes".into())?;
            }
            Ok(())
        }

        pub(super) fn forget(&mut self, pid: u32, _watched: &BTreeMap<u32, String>) {
            // If it is gone, the next one is not told of this group.
            let _ = self.tell('-', pid);
        }

        fn tell(&mut self, what: char, pid: u32) -> io::Result<()> {
            let pipe = self.pipe.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
            pipe.write_all(format!("{what} {pid}\n").as_bytes())
        }
    }

    impl Drop for Supervisor {
        fn drop(&mut self) {
            // At the end of its input it ends what is left, then itself.
            self.pipe = None;
            let _ = self.child.wait();
        }
    }

    /// When the process started, in words that no later process of the same id has.
    pub(in crate::runtime) fn start_time(pid: u32) -> Option<String> {
        if let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) {
            // proc(5): the name, in parentheses, may hold anything; field 22 is the start in ticks since boot.
            return stat.rsplit_once(") ")?.1.split(' ').nth(19).map(str::to_owned);
        }
        let ps =
            Command::new("ps").args(["-o", "lstart=", "-p", &pid.to_string()]).output().ok()?;
        let said =
            String::from_utf8_lossy(&ps.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
        (!said.is_empty()).then_some(said)
    }

    /// Ends the process groups of the list that an owner before us left behind, if they are still the same.
    pub(in crate::runtime) fn end_leftovers(list: &Path) {
        let lines = fs::read_to_string(list).unwrap_or_default();
        let leftovers: Vec<u32> = lines
            .lines()
            .filter_map(|line| line.split_once(' '))
            .filter_map(|(pid, start)| Some((pid.parse().ok()?, start)))
            .filter(|(pid, start)| {
                !start.is_empty() && start_time(*pid).is_some_and(|now| now == *start)
            })
            .map(|(pid, _)| pid)
            .collect();
        leftovers.iter().for_each(|pid| signal_group(*pid, Signal::TERM));
        let until = Instant::now() + Duration::from_secs(8);
        for pid in leftovers {
            if !wait_for(until, || start_time(pid).is_none()) {
                signal_group(pid, Signal::KILL);
                wait_for(Instant::now() + Duration::from_secs(2), || start_time(pid).is_none());
            }
        }
    }
}

#[cfg(windows)]
mod windows {
    use std::{collections::BTreeMap, os::windows::io::AsRawHandle, process::Child};

    use crate::error::{Doing, Result};

    pub(super) struct Supervisor(win32job::Job);

    impl Supervisor {
        pub(super) fn start() -> Result<Self> {
            let mut limits = win32job::ExtendedLimitInfo::new();
            limits.limit_kill_on_job_close();
            win32job::Job::create_with_limit_info(&limits)
                .map(Self)
                .doing(|| "create a job object".into())
        }

        pub(super) fn watch(
            &mut self,
            child: &Child,
            _watched: &BTreeMap<u32, String>,
        ) -> Result<()> {
            self.0
                .assign_process(child.as_raw_handle() as isize)
                .doing(|| "put a process into the job object".into())
        }

        pub(super) fn forget(&mut self, _pid: u32, _watched: &BTreeMap<u32, String>) {}
    }

    pub(super) fn start_time(_pid: u32) -> Option<String> {
        None
    }
}
