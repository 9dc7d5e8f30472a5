"""Copies of many uploaded files, first and again after a few have changed, against `cp -r` and `rsync`."""
import shutil
import subprocess

import data
from harness import kilobytes, timed, wait_for

# Of the 100,000 files: each round makes four copies, and deleting them takes longer than making them.
SHARE = 0.4


def measure(home, report, rounds):
    serving = home.serve()
    site = home.site("acme", "sqlite")
    home.portico("env:deploy", f"{site}.test", "--note", "First")
    uploads = (home.root / "sites" / site / "dev/files").resolve()
    data.make_files(uploads, home.scale * SHARE)
    ways = Ways(home, site, uploads)
    beside_all(ways, report, rounds)
    letting_go(ways, report, rounds)
    report.add("memory of Portico meanwhile", "MB", [kilobytes(serving.pid, "VmHWM") / 1024], aim=200)


class Ways:
    """The ways to copy the uploads; each answers its seconds."""

    def __init__(self, home, site, uploads):
        self.home, self.site, self.uploads = home, site, uploads
        self.synced = home.folder / "synced"

    def clone(self):
        command = ["env:clone-content", f"{self.site}.dev", "test", "--files-only"]
        return timed(lambda: self.home.portico(*command))

    def cp(self):
        target = self.home.folder / "copied"
        seconds = timed(lambda: subprocess.run(["cp", "-r", str(self.uploads), str(target)], check=True))
        shutil.rmtree(target)
        return seconds

    def rsync(self):
        """Over what it copied before, if anything."""
        return timed(lambda: subprocess.run(["rsync", "-a", f"{self.uploads}/", str(self.synced)], check=True))


def beside_all(ways, report, rounds):
    """Clones while every generation before is kept."""
    first, again, cp, rsync, rsync_again = [], [], [], [], []
    for _ in range(rounds):
        shutil.rmtree(ways.synced, ignore_errors=True)
        first.append(ways.clone())
        cp.append(ways.cp())
        rsync.append(ways.rsync())
        data.change_files(ways.uploads, 0.01)
        again.append(ways.clone())
        rsync_again.append(ways.rsync())
    report.add("clone of the files", "s", first, cp, "cp -r", aim=1 / 3)
    report.add("clone of the files", "s", first, rsync, "rsync", aim=1 / 3)
    # A generation shares no file with another one, unless the disk can share blocks (files/copy.rs says why).
    report.add("again after 1 % changed", "s", again, cp, "cp -r")
    report.add("again after 1 % changed", "s", again, rsync_again, "rsync over the copy before")


def letting_go(ways, report, rounds):
    """Clones that each let a generation go, whose unchanged files they take over."""
    ways.home.portico("generation:keep", ways.site, "1", "--days", "0")
    trash = ways.home.root / "trash"
    again, cp, rsync_again = [], [], []
    for _ in range(rounds):
        # What went before is deleted in the background: a person clones again minutes later.
        wait_for("an empty trash", lambda: not list(trash.glob("*")), seconds=600)
        data.change_files(ways.uploads, 0.01)
        again.append(ways.clone())
        cp.append(ways.cp())
        rsync_again.append(ways.rsync())
    name = "again after 1 % changed, a generation is let go"
    report.add(name, "s", again, cp, "cp -r", aim=1 / 20)
    report.add(name, "s", again, rsync_again, "rsync over the copy before")
