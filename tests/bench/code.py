"""What is asked about code, against the `git` command: status, log, diff, checkout; boards, watching, multidevs."""
import json
import os
import queue
import shutil
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

from deploy import worktree
from harness import timed

FILES, FOLDERS, COMMITS, LOG = 50_000, 500, 20_000, 1_000
DIFFED = 1_000
SITES = 20
UPLOADS, UPLOAD_BYTES = 100_000, 10_000


def git(home, folder, *arguments):
    """A Git command that must succeed; what it prints goes where nobody reads it."""
    command = ["git", "-c", "safe.directory=*", "-C", str(folder), *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=home.environment)


def imported(home, name, files, commits):
    """A repository with so many files and commits, of which each but the first changes one file."""
    folder = home.folder / name
    subprocess.run(["git", "init", "-q", "-b", "master", folder], check=True)
    feed = subprocess.Popen(["git", "-C", folder, "fast-import", "--quiet"], stdin=subprocess.PIPE)
    write = feed.stdin.write
    for number in range(1, commits + 1):
        date = 1_600_000_000 + number * 60
        write(f"commit refs/heads/master\ncommitter Bench <bench@portico.test> {date} +0000\n".encode())
        write(b"data 6\nChange\n")
        for file in range(files) if number == 1 else [number % files]:
            text = f"<?php\n// {number}\n" + f"function it_{file}() {{ return {file}; }}\n" * 20
            place = "index.php" if file == 0 else f"lib/folder{file % FOLDERS}/file{file}.php"
            write(f"M 100644 inline {place}\ndata {len(text)}\n{text}\n".encode())
    feed.stdin.close()
    assert feed.wait() == 0
    return folder


def lines(home, call):
    """The owner's answer to a call, line by line."""
    card = json.loads((home.root / "engine.json").read_text())
    head = {"Authorization": f"Bearer {card['token']}"}
    request = urllib.request.Request(f"http://127.0.0.1:{card['port']}/", json.dumps(call).encode(), head)
    return urllib.request.urlopen(request)


def told(home, **query):
    """What the window gets for its question, as it comes. Nobody looks into what Git prints, either, while it is timed."""
    return lines(home, {"query": query}).read()


def ask(home, **query):
    """The same, read."""
    return json.loads(told(home, **query))["answer"]


def side_by_side(report, rounds, name, ours, rival, rival_name, check=lambda answer: None, aim=1.0):
    """Each in turn, after one round that warms both. What we answer is checked after its time was taken."""
    ours(), rival()
    mine, theirs, answers = [], [], []
    for _ in range(rounds):
        mine.append(timed(lambda: answers.append(ours())) * 1000)
        theirs.append(timed(rival) * 1000)
    for answer in answers:
        check(json.loads(answer)["answer"])
    report.add(name, "ms", mine, theirs, rival_name, aim=aim)


def status(home, report, rounds, files):
    code = home.code("big.dev")

    against = (lambda: git(home, code, "status", "--porcelain"), "git status")
    nothing = lambda: told(home, query="diffstat", environment="big.dev")
    side_by_side(report, rounds, f"status of {files:,} clean files", nothing, *against, lambda it: expect(it, []))
    changed = max(files // 100, 10)
    for file in range(1, changed + 1):
        (code / f"lib/folder{file % FOLDERS}/file{file}.php").write_text("<?php // changed\n")
        (code / f"lib/folder{file % FOLDERS}/new{file}.php").write_text("<?php // new\n")
    for file in range(changed + 1, changed + 1 + changed // 5):
        (code / f"lib/folder{file % FOLDERS}/file{file}.php").unlink()
    dirty = 2 * changed + changed // 5
    board = lambda: told(home, query="board", site="big")
    side_by_side(report, rounds, f"board of {files:,} files and {int(COMMITS * home.scale):,} commits", board, *against)
    # The plan of a deploy counts what would stay behind, and never remembers. Like `git status`, it counts no lines. Test
    # has Dev's commits, so that the plan looks at no history.
    home.portico("env:deploy", "big.test")
    count = lambda: told(home, query="deploy_plan", environment="big.test")
    check = lambda it: expect(it["uncommitted"], dirty)
    side_by_side(report, rounds, f"status of {files:,} files, {dirty:,} of them changed", count, *against, check)
    # The list with lines needs two commands of Git's, of which the second leaves out new files.
    listed = lambda: told(home, query="diffstat", environment="big.dev")
    both = lambda: (against[0](), git(home, code, "diff", "--numstat", "HEAD"))
    check = lambda it: expect(len(it), dirty)
    side_by_side(report, rounds, "the same with lines", listed, both, "git status and git diff --numstat", check)
    git(home, code, "reset", "-q", "--hard")
    git(home, code, "clean", "-q", "-f", "-d")


def expect(found, wanted):
    if found != wanted:
        raise RuntimeError(f"{found} instead of {wanted}")


def log_and_diff(home, report, rounds, files):
    code = home.code("big.dev")
    pretty = "--format=%H%x00%s%x00%an%x00%ct%x00%D"
    side_by_side(
        report, rounds, f"log of {LOG:,} commits",
        lambda: told(home, query="code_log", environment="big.dev", limit=LOG),
        lambda: git(home, code, "log", "--first-parent", f"-{LOG}", pretty), "git log",
        lambda it: expect(len(it), LOG),
    )
    diffed = min(DIFFED, files // 2)
    for file in range(1, diffed + 1):
        place = code / f"lib/folder{file % FOLDERS}/file{file}.php"
        place.write_text(place.read_text().replace("return", "echo 1; return", 7))
    side_by_side(
        report, rounds, f"diff of {diffed:,} files",
        lambda: told(home, query="diffstat", environment="big.dev"),
        lambda: git(home, code, "diff", "--numstat", "HEAD"), "git diff --numstat",
        lambda it: expect(len(it), diffed),
    )
    git(home, code, "checkout", "-q", ".")


def watching(home, report, rounds, files):
    """Seconds from a write to the word of it."""
    events = lines(home, "subscribe")
    told = queue.Queue()
    threading.Thread(target=lambda: [told.put(time.perf_counter()) for _ in events], daemon=True).start()
    seen = []
    for number in range(rounds):
        try:
            while told.get(timeout=2):
                pass
        except queue.Empty:
            pass  # nothing is left of what was before
        place = home.code("big.dev") / f"lib/folder{number % FOLDERS}/noticed.php"
        start = time.perf_counter()
        place.write_text(f"<?php // {number}\n")
        seen.append(told.get(timeout=60) - start)
    git(home, home.code("big.dev"), "clean", "-q", "-f", "-d")
    report.add(f"a change among {files:,} files is told after", "s", seen, aim=1)


def checkout(home, report, rounds):
    home.portico("site:create", "wp", "--from", home.wordpress(), "--database", "sqlite")
    ours, theirs = [], []
    for number in range(rounds):
        create = ["multidev:create", "wp.dev", f"m{number}", "--no-db", "--no-files"]
        ours.append(timed(lambda: home.portico(*create)))
        theirs.append(worktree(home, "wp", number))
        home.portico("multidev:delete", f"wp.m{number}", "--delete-branch")
    report.add("multidev with WordPress's code alone", "s", ours, theirs, "git worktree add")


def boards(home, report, rounds, sites):
    """Sites with WordPress in Dev, Test, Live and two multidevs."""
    names = [f"s{number}" for number in range(sites)]
    for site in names:
        home.portico("site:create", site, "--from", home.wordpress(), "--database", "sqlite")
        home.portico("env:deploy", f"{site}.test")
        home.portico("env:deploy", f"{site}.live")
        home.portico("multidev:create", f"{site}.dev", "one")
        home.portico("multidev:create", f"{site}.dev", "two")
    cards = lambda: expect(len([it for it in ask(home, query="site_cards") if it["name"] in names]), sites)
    every = lambda: [expect(len(ask(home, query="board", site=site)["environments"]), 5) for site in names]
    cards(), every()
    report.add(f"list of {sites} sites with 5 environments each", "ms", [timed(cards) * 1000 for _ in range(rounds)], aim=100)
    report.add(f"boards of all {sites}", "ms", [timed(every) * 1000 for _ in range(rounds)], aim=100)


def multidevs(home, report, rounds, uploads):
    """A multidev from a Live with many uploads, against the copy of those uploads by `cp`."""
    home.portico("site:create", "media", "--from", "sample")
    home.portico("env:deploy", "media.test")
    home.portico("env:deploy", "media.live")
    files = Path(os.path.realpath(home.root / "sites/media/live/files"))
    for number in range(uploads):
        folder = files / f"{number % 200:03}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.jpg").write_bytes(os.urandom(64) * (UPLOAD_BYTES // 64))
    ours, copies = [], []
    for number in range(rounds):
        ours.append(timed(lambda: home.portico("multidev:create", "media.live", f"m{number}")))
        copy = home.folder / "copy"
        copies.append(timed(lambda: subprocess.run(["cp", "-a", "--reflink=auto", files, copy], check=True)))
        shutil.rmtree(copy)
        home.portico("multidev:delete", f"media.m{number}", "--delete-branch")
    size = uploads * UPLOAD_BYTES / 1e9
    report.add(f"multidev from {size:.2g} GB in {uploads:,} files", "s", ours, copies, "cp -a", aim=1.1)


def measure(home, report, rounds):
    files, commits = int(FILES * home.scale), int(COMMITS * home.scale)
    source = imported(home, "source", files, commits)
    home.serve()
    home.portico("site:create", "big", "--from", str(source), "--database", "sqlite")
    status(home, report, rounds, files)
    log_and_diff(home, report, rounds, files)
    watching(home, report, rounds, files)
    home.portico("site:delete", "big", "--confirm", "big")
    checkout(home, report, rounds)
    boards(home, report, rounds, max(int(SITES * home.scale), 2))
    multidevs(home, report, rounds, int(UPLOADS * home.scale))
