//! A disk whose power can be cut.
use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// `FS_IOC_SHUTDOWN` with `FS_SHUTDOWN_FLAGS_NOLOGFLUSH`: nothing more is written, not even the journal.
const SHUT_DOWN: &str = r#"open(my $disk, "<", $ARGV[0]) or die $!; my $how = pack("L", 2); ioctl($disk, 0x8004587D, $how) or die $!"#;

/// An image of a file system, mounted at a folder while it is used.
pub(super) struct Disk {
    folder: PathBuf,
    base: PathBuf,
    /// Each mount has a file of its own: a file system that went down stays so for as long as anybody has it mounted,
    /// and another test that makes a world of its own with `unshare` has, without knowing.
    number: Cell<u32>,
    place: PathBuf,
    hides_nothing: Cell<bool>,
}

/// `ext4`, unless `PORTICO_POWER_DISK` names another.
fn kind() -> String {
    std::env::var("PORTICO_POWER_DISK").unwrap_or_else(|_| "ext4".into())
}

/// Whether this machine lets a test have disks of its own.
pub(super) fn is_possible() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    is_root
        && Path::new("/dev/loop-control").exists()
        && Command::new("perl").arg("-v").output().is_ok()
}

fn must(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
}

impl Disk {
    /// An empty disk, mounted at `place`.
    pub(super) fn new(folder: &Path, place: PathBuf) -> Self {
        let base = folder.join("base.img");
        fs::File::create(&base).unwrap().set_len(1200 << 20).unwrap();
        let force = if kind() == "xfs" { "-f" } else { "-F" };
        must(&format!("mkfs.{}", kind()), &["-q", force, base.to_str().unwrap()]);
        fs::create_dir_all(&place).unwrap();
        let (folder, number) = (folder.to_owned(), Cell::new(0));
        let disk = Self { folder, base, number, place, hides_nothing: Cell::new(false) };
        disk.mount(&disk.base);
        disk
    }

    /// Mounts without what writes soon, or what writes a file before its new name.
    pub(super) fn hide_nothing(&self, yes: bool) {
        self.hides_nothing.set(yes);
    }

    fn mount(&self, image: &Path) {
        let options = match self.hides_nothing.get() && kind() == "ext4" {
            true => "loop,noauto_da_alloc,commit=600",
            false => "loop",
        };
        must("mount", &["-o", options, image.to_str().unwrap(), self.place.to_str().unwrap()]);
    }

    /// What is on the disk now is what each round begins with.
    pub(super) fn is_made(&self) {
        self.unmount();
    }

    /// Begins a round.
    pub(super) fn begin(&self) {
        self.mount_copy_of(&self.base);
    }

    /// The file that is mounted, or was last.
    fn image(&self) -> PathBuf {
        self.folder.join(format!("disk-{}.img", self.number.get()))
    }

    /// Mounts a new file with what this one holds.
    fn mount_copy_of(&self, image: &Path) {
        let last = self.image();
        self.number.set(self.number.get() + 1);
        let next = self.image();
        must("cp", &["--sparse=always", image.to_str().unwrap(), next.to_str().unwrap()]);
        drop(fs::remove_file(last));
        self.mount(&next);
    }

    /// Cuts the power. Who has files open on the disk can't write to them any more.
    pub(super) fn cut(&self) {
        must("perl", &["-e", SHUT_DOWN, self.place.to_str().unwrap()]);
    }

    /// The machine starts again, with what had reached the disk.
    pub(super) fn begin_again(&self) {
        self.unmount();
        self.mount_copy_of(&self.image());
    }

    /// Ends a round.
    pub(super) fn end(&self) {
        self.unmount();
    }

    fn unmount(&self) {
        let started = Instant::now();
        loop {
            end_all_on(&self.place);
            let output = Command::new("umount").arg(&self.place).output().unwrap();
            if output.status.success() {
                return;
            }
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(started.elapsed() < Duration::from_secs(20), "{said}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        end_all_on(&self.place);
        // It is mounted only where a test failed in the middle.
        drop(Command::new("umount").args(["--lazy", "--quiet"]).arg(&self.place).output());
    }
}

/// A machine without power runs nothing: ends what has files open below a folder that is this test's own.
fn end_all_on(place: &Path) {
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|it| it.parse::<i32>().ok()) else {
            continue;
        };
        let uses = |link: PathBuf| fs::read_link(link).is_ok_and(|to| to.starts_with(place));
        let open = fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten();
        if uses(process.path().join("cwd")) || open.map(|it| it.path()).any(uses) {
            let pid = rustix::process::Pid::from_raw(pid).unwrap();
            // It may have ended by itself.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }
}
