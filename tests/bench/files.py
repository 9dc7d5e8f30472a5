"""Copies of many uploaded files, first and again after a few have changed, against `cp -r` and `rsync`."""
import shutil
import subprocess

import data
from harness import kilobytes, timed

# Of the 100,000 files: each round makes four copies, and deleting them takes longer than making them.
SHARE = 0.4


def measure(home, report, rounds):
    serving = home.serve()
    site = home.site("acme", "sqlite")
    home.portico("env:deploy", f"{site}.test", "--note", "First")
    uploads = (home.root / "sites" / site / "dev/files").resolve()
    data.make_files(uploads, home.scale * SHARE)
    first, again, cp, rsync, rsync_again = [], [], [], [], []
    for _ in range(rounds):
        clone = ["env:clone-content", f"{site}.dev", "test", "--files-only"]
        first.append(timed(lambda: home.portico(*clone)))
        target = home.folder / "copied"
        cp.append(timed(lambda: subprocess.run(["cp", "-r", str(uploads), str(target)], check=True)))
        shutil.rmtree(target)
        sync = ["rsync", "-a", f"{uploads}/", str(target)]
        rsync.append(timed(lambda: subprocess.run(sync, check=True)))
        data.change_files(uploads, 0.01)
        again.append(timed(lambda: home.portico(*clone)))
        rsync_again.append(timed(lambda: subprocess.run(sync, check=True)))
        shutil.rmtree(target)
    report.add("clone of the files", "s", first, cp, "cp -r", aim=1 / 3)
    report.add("clone of the files", "s", first, rsync, "rsync", aim=1 / 3)
    # A generation shares no file with another one, unless the disk can share blocks (files/copy.rs says why).
    report.add("again after 1 % changed", "s", again, cp, "cp -r")
    report.add("again after 1 % changed", "s", again, rsync_again, "rsync over the copy before")
    report.add("memory of Portico meanwhile", "MB", [kilobytes(serving.pid, "VmHWM") / 1024], aim=200)
