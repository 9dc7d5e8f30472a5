"""A deploy of one commit against the least that it could be: Git's own checkout of that commit."""
import subprocess

from harness import timed


def worktree(home, site, number):
    """Seconds of `git worktree add` of the site's main branch."""
    repository = home.root / "sites" / site / "repository.git"
    place = home.folder / f"worktree-{site}-{number}"
    git = ["git", "-c", "safe.directory=*", "-C", str(repository), "worktree"]
    quiet = {"check": True, "capture_output": True, "env": home.environment}
    seconds = timed(lambda: subprocess.run([*git, "add", "--detach", str(place), "HEAD"], **quiet))
    subprocess.run([*git, "remove", "--force", str(place)], **quiet)
    return seconds


def change(home, site, number):
    """One more commit in Dev."""
    (home.code(f"{site}.dev") / "portico-bench.php").write_text(f"<?php return {number};\n")
    home.portico("env:commit", f"{site}.dev", "--message", f"Change {number}")


def measure(home, report, rounds):
    home.serve()
    first, later, git = [], [], []
    for number in range(rounds):
        site = f"site{number}"
        # Without content: what is measured is code.
        home.portico("site:create", site, "--from", home.wordpress(), "--database", "sqlite")
        first.append(timed(lambda: home.portico("env:deploy", f"{site}.test", "--note", "First")))
        git.append(worktree(home, site, 1))
        change(home, site, number)
        later.append(timed(lambda: home.portico("env:deploy", f"{site}.test", "--note", "Later")))
        git.append(worktree(home, site, 2))
    report.add("first deploy", "s", first, git, "git worktree add")
    report.add("later deploy of one commit", "s", later, git, "git worktree add")
