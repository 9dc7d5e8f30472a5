"""Copies of many uploaded files, first and again after a few have changed, against `cp -r` and `rsync`."""
import os
import subprocess
from pathlib import Path

import data
from harness import in_turn, kilobytes, timed, wait_for

# Writing to it makes Linux forget what it read from disks.
FORGET = Path("/proc/sys/vm/drop_caches")


def measure(home, report, rounds):
    serving = home.serve()
    site = home.site("acme", "sqlite")
    home.portico("env:deploy", f"{site}.test", "--note", "First")
    uploads = (home.root / "sites" / site / "dev/files").resolve()
    data.make_files(uploads, home.scale)
    ways = Ways(home, site, uploads)
    # It reads the uploads, which nobody should do first.
    ways.cp()
    letting_go(ways, report, rounds)
    beside_all(ways, report, rounds)
    report.add("memory of Portico meanwhile", "MB", [kilobytes(serving.pid, "VmHWM") / 1024], aim=200)


class Ways:
    """The ways to copy the uploads; each answers its seconds."""

    def __init__(self, home, site, uploads):
        self.home, self.site, self.uploads = home, site, uploads
        self.copies = 0

    def next_folder(self):
        self.copies += 1
        return self.home.folder / f"copy-{self.copies}"

    def clone(self):
        command = ["env:clone-content", f"{self.site}.dev", "test", "--files-only"]
        return timed(lambda: self.home.portico(*command))

    def cp(self):
        return timed(lambda: subprocess.run(["cp", "-r", self.uploads, self.next_folder()], check=True))

    def rsync(self, target):
        return timed(lambda: subprocess.run(["rsync", "-a", f"{self.uploads}/", target], check=True))

    def empty_copies(self, *kept):
        """Gives the disk the bytes of all copies back that are neither used nor kept, but leaves the files: ext4 looks at
        each inode that was freed in the last minutes whenever it makes a file, and all later copies, ours too, would
        take several times as long."""
        contents = self.home.root / "sites" / self.site / "test/content"
        used = (self.home.root / "sites" / self.site / "test/files").resolve()
        copies = [*self.home.folder.glob("copy-*"), *contents.glob("*/files")]
        for copy in copies:
            if copy not in (used, *kept):
                subprocess.run(["find", copy, "-type", "f", "-size", "+0", "-exec", "truncate", "-s", "0", "{}", "+"], check=True)


def forget():
    """Has the system forget what it read, as it has after a day's work. It keeps what is not written yet."""
    os.sync()
    FORGET.write_text("3")


def can_forget():
    return os.access(FORGET, os.W_OK)


def letting_go(ways, report, rounds):
    """Clones that each let a generation go, whose unchanged files they take over."""
    ways.home.portico("generation:keep", ways.site, "1", "--days", "0")
    trash = ways.home.root / "trash"
    synced = ways.next_folder()
    ways.rsync(synced)
    for _ in range(2):
        ways.clone()
    again, cp, rsync_again, cold, cold_cp = [], [], [], [], []
    for _ in range(rounds):
        data.change_files(ways.uploads, 0.01)
        # What went before is deleted in the background: a person clones again minutes later.
        wait_for("an empty trash", lambda: not list(trash.glob("*")), seconds=600)
        again.append(ways.clone())
        cp.append(ways.cp())
        rsync_again.append(ways.rsync(synced))
        ways.empty_copies(synced, *replaced(ways))
        if can_forget():
            data.change_files(ways.uploads, 0.01)
            wait_for("an empty trash", lambda: not list(trash.glob("*")), seconds=600)
            forget()
            cold.append(ways.clone())
            forget()
            cold_cp.append(ways.cp())
            ways.empty_copies(synced, *replaced(ways))
    name = "again after 1 % changed, a generation is let go"
    report.add(name, "s", again, cp, "cp -r", aim=1 / 20)
    report.add(name, "s", again, rsync_again, "rsync over the copy before")
    if cold:
        report.add(f"{name}, nobody read the files lately", "s", cold, cold_cp, "cp -r", aim=1 / 20)


def replaced(ways):
    """The files of all generations: each of them will be taken over."""
    return (ways.home.root / "sites" / ways.site / "test/content").glob("*/files")


def beside_all(ways, report, rounds):
    """Clones while every generation before is kept."""
    ways.home.portico("generation:keep", ways.site, "1000", "--days", "0")
    first, again, cp, rsync, rsync_again, cold, cold_cp = [], [], [], [], [], [], []
    for number in range(rounds):
        synced = ways.next_folder()
        seconds = in_turn(number, ways.clone, ways.cp, lambda: ways.rsync(synced))
        for all_, one in zip([first, cp, rsync], seconds):
            all_.append(one)
        data.change_files(ways.uploads, 0.01)
        again.append(ways.clone())
        rsync_again.append(ways.rsync(synced))
        ways.empty_copies()
        if can_forget():
            forget()
            cold.append(ways.clone())
            forget()
            cold_cp.append(ways.cp())
            ways.empty_copies()
    report.add("clone of the files", "s", first, cp, "cp -r", aim=1 / 3)
    report.add("clone of the files", "s", first, rsync, "rsync", aim=1 / 3)
    if cold:
        report.add("clone of files that nobody read lately", "s", cold, cold_cp, "cp -r", aim=1 / 3)
    # A generation shares no file with another one, unless the disk can share blocks (files/copy.rs says why).
    report.add("again after 1 % changed", "s", again, cp, "cp -r")
    report.add("again after 1 % changed", "s", again, rsync_again, "rsync over the copy before")
