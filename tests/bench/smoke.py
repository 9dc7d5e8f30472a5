"""A smoke test of 200 pages of WordPress against `wget --spider -r`, and a Launch Check of the same site."""
import shutil
import subprocess

from harness import timed

PAGES = 200

# Posts that each lead to the next, so that a walker has to walk.
FILL = """<?php require __DIR__ . '/wp-load.php';
for ($n = 1; $n <= %d; $n++) {
    wp_insert_post(['post_title' => "Post $n", 'post_status' => 'publish', 'post_name' => "post-$n",
        'post_content' => str_repeat("Words of post $n. ", 200) . '<a href="/post-' . ($n + 1) . '/">next</a>']);
}
update_option('permalink_structure', '/%%postname%%/');
flush_rewrite_rules(false);
echo 'filled';""" % PAGES


def measure(home, report, rounds):
    home.serve()
    home.create_wordpress("acme", "sqlite")
    (home.code("acme.dev") / "fill.php").write_text(FILL)
    host = home.host("acme.dev")
    address = f"http://127.0.0.1:{home.port}"
    curl = ["curl", "-sf", "-H", f"Host: {host}"]
    subprocess.run([*curl, f"{address}/fill.php"], check=True, capture_output=True)
    # Names below `localhost` are known to browsers, not to every wget: the front is its proxy.
    spider = [
        "wget", "--no-verbose", "--output-file=log", "--spider", "--recursive", "--level=inf", "--no-parent",
        "--reject-regex", "wp-json|wp-admin|wp-login|xmlrpc|feed|[?]", "--execute=robots=off", f"http://{host}/",
    ]
    by_proxy = home.environment | {"http_proxy": address}
    ours, rival, check = [], [], []
    pages = 0
    # Both find PHP awake and its caches filled.
    home.portico("env:smoke", "acme.dev", "--limit", str(PAGES))
    for _ in range(rounds):
        def smoke():
            nonlocal pages
            pages = home.portico("env:smoke", "acme.dev", "--limit", str(PAGES))["result"]["pages"]

        seconds = timed(smoke)
        ours.append(seconds / pages * 1000)
        if shutil.which("wget"):
            # It ends with 8 where a page answers with an error: that is none of our business here.
            place = home.folder / "spider"
            place.mkdir(exist_ok=True)
            seconds = timed(lambda: subprocess.run(spider, cwd=place, env=by_proxy, check=False, capture_output=True))
            visited = (place / "log").read_text().count(" URL:")
            rival.append(seconds / max(visited, 1) * 1000)
        check.append(timed(lambda: home.portico("env:status", "acme.dev")))
    report.add(f"smoke test of {pages} pages", "ms a page", ours, rival, "wget --spider -r")
    report.add("Launch Check", "s", check)
