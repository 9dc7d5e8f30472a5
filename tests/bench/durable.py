"""What it costs that everything is on the disk before it is said to be done: the same program with and without the call
(`syncfs`, which strace answers at once for the one without). Both run under strace, whose own cost is in both figures."""
import os
import shutil
from pathlib import Path

from harness import Home, in_turn, timed

UPLOADS, UPLOAD_BYTES = 20_000, 50_000
WITH = "strace -D -f -qq --seccomp-bpf -e trace=syncfs -o /dev/null".split()
WITHOUT = [*WITH, "-e", "inject=syncfs:retval=0"]


def fill(home, uploads):
    """A WordPress on MariaDB in Dev, Test and Live, with many uploads; answers a dump of it."""
    home.create_wordpress("acme")
    home.portico("generation:keep", "acme", "2", "--days", "0")
    files = Path(os.path.realpath(home.root / "sites/acme/dev/files"))
    for number in range(uploads):
        folder = files / f"{number % 200:03}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.jpg").write_bytes(os.urandom(UPLOAD_BYTES))
    home.portico("env:deploy", "acme.test")
    home.portico("env:deploy", "acme.live")
    dump = home.folder / "acme.sql.gz"
    home.portico("export:database", "acme.live", str(dump))
    return dump


def change(home, number):
    (home.code("acme.dev") / "portico-bench.php").write_text(f"<?php return {number};\n")


def measure(home, report, rounds):
    if not shutil.which("strace"):
        report.say("durable: without strace there is nothing to compare with")
        return
    uploads = int(UPLOADS * home.scale)
    with Home(home.programs, home.scale, home.parent) as other:
        home.serve(WITH)
        other.serve(WITHOUT)
        homes = [home, other]
        dumps = {it: fill(it, uploads) for it in homes}
        size = f"{uploads * UPLOAD_BYTES / 1e9:.2g} GB in {uploads:,} files"
        work = {
            f"clone of WordPress with {size}": lambda it: it.portico("env:clone-content", "acme.live", "dev"),
            "import of WordPress's database": lambda it: it.portico("import:database", "acme.dev", str(dumps[it])),
            "commit of one file": lambda it: it.portico("env:commit", "acme.dev", "--message", "Change"),
            "deploy of one commit": lambda it: it.portico("env:deploy", "acme.test"),
        }
        seconds = {name: ([], []) for name in work}
        for number in range(rounds):
            for it in homes:
                change(it, number)
            for name, act in work.items():
                both = in_turn(number, *(lambda it=it: timed(lambda: act(it)) for it in homes))
                for list_, took in zip(seconds[name], both):
                    list_.append(took)
        for name, (durable, quick) in seconds.items():
            report.add(name, "s", durable, quick, "without")
