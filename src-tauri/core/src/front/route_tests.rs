use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// A site on the disk: `outside/` is beside the code, `files/` holds the uploads.
struct Fixture {
    folder: tempfile::TempDir,
    served: Served,
}

const FILES: &[&str] = &[
    "code/index.php",
    "code/style.css",
    "code/.env",
    "code/.git/config",
    "code/.well-known/security.txt",
    "code/pantheon.yml",
    "code/composer.json",
    "code/wp-config.php",
    "code/wp-config.php.bak",
    "code/dump.sql.gz",
    "code/a b.txt",
    "code/private/key.txt",
    "code/secret/deep/x.txt",
    "code/core/install.php",
    "code/wp-admin/index.php",
    "code/wp-admin/css/a.css",
    "code/modules/x/x.module",
    "code/sites/default/services.yml",
    "code/docs/index.html",
    "code/lib/shared.js",
    "files/photo.png",
    "files/evil.php",
    "files/private/id.pdf",
    "files/theme.zip",
    "files/install",
    "files/site.sql.zip",
    "files/styles.php/x.png",
    "outside/secret.txt",
    "outside/run.php",
];

fn fixture(php: bool) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    for file in FILES {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    #[cfg(unix)]
    for (target, link) in [
        ("outside/secret.txt", "code/leak.txt"),
        ("outside/run.php", "code/leak.php"),
        ("outside", "code/leak"),
        ("code/lib", "code/linked"),
        ("code/.git/config", "code/settings.txt"),
        ("code/wp-config.php", "code/source.txt"),
        ("code/style.css", "code/style.php"),
        ("files", "code/alias"),
        ("outside/secret.txt", "files/leak.txt"),
    ] {
        std::os::unix::fs::symlink(root.join(target), root.join(link)).unwrap();
    }
    let code = root.join("code");
    let served = Served {
        broken: Vec::new(),
        pass: String::new(),
        address: "acme.dev".parse().unwrap(),
        docroot: code.clone(),
        code,
        uploads: Some(("/wp-content/uploads".into(), root.join("files"))),
        protected: vec!["/secret/".into(), "/xmlrpc.php".into()],
        lock: None,
        php,
        logs: root.join("logs"),
    };
    Fixture { folder, served }
}

impl Fixture {
    /// The answer in short: the file relative to the folder, or the script with its path info.
    fn route(&self, path: &str) -> String {
        let root = self.folder.path().canonicalize().unwrap();
        let short = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        match route(&self.served, path) {
            Route::File { path, .. } => match resolve(&self.served, &path, false) {
                Some(path) => short(&path),
                None => "forbidden".into(),
            },
            Route::Script(script) => {
                assert!(script.file.to_str().unwrap().ends_with(&script.name));
                format!("run {}|{}", short(&script.file), script.path_info)
            }
            Route::Slash(path) => format!("-> {path}"),
            Route::NotFoundPage { path, .. } => format!("404 {}", short(&path)),
            Route::NotFound => "404".into(),
            Route::Forbidden => "forbidden".into(),
            Route::Bad => "bad".into(),
        }
    }
}

#[test]
fn a_php_site_answers_with_files_scripts_indexes_and_its_front_controller() {
    let site = fixture(true);
    let front = "run code/index.php|";
    for (path, expected) in [
        ("/", front),
        ("/style.css", "code/style.css"),
        ("//./style.css", "code/style.css"),
        ("/a%20b.txt", "code/a b.txt"),
        ("/hello/world/", front),
        ("/missing.css", front),
        ("/style.css/", front),
        ("/100%", front),
        ("/%ff%fe", front),
        ("/a\\..\\b", front),
        ("/index.php", front),
        ("/index.php/2024/hello", "run code/index.php|/2024/hello"),
        ("/core/install.php/start/", "run code/core/install.php|/start/"),
        ("/wp-admin", "-> /wp-admin/"),
        ("//wp-admin", "-> /wp-admin/"),
        ("/wp-admin/", "run code/wp-admin/index.php|"),
        ("/wp-admin/css", front),
        ("/docs/", "code/docs/index.html"),
        ("/wp-content/uploads/photo.png", "files/photo.png"),
        ("/wp-content/uploads/theme.zip", "files/theme.zip"),
        ("/wp-content/uploads/install", "files/install"),
        ("/wp-content/uploads/styles/thumb/photo.png", front),
        ("/.well-known/security.txt", "code/.well-known/security.txt"),
    ] {
        assert_eq!(site.route(path), expected, "{path}");
    }
}

#[test]
fn secrets_are_forbidden_however_they_are_written() {
    let site = fixture(true);
    for path in [
        "/.env",
        "/.git/config",
        "/%2egit/config",
        "/.git",
        "/a/.htaccess",
        "/pantheon.yml",
        "/composer.json",
        "/wp-config.php.bak",
        "/dump.sql.gz",
        "/private/key.txt",
        "/private",
        "/secret",
        "/secret/deep/x.txt",
        "//secret//deep/x.txt",
        "/sec%72et/deep/x.txt",
        "/xmlrpc.php",
        "/modules/x/x.module",
        "/sites/default/services.yml",
        "/wp-content/uploads/evil.php",
        "/wp-content/uploads/evil.php/x.png",
        "/wp-content/uploads/EVIL.PHP",
        "/wp-content//uploads/./evil.php",
        "/wp-content/uploads/private/id.pdf",
        "/wp-content/uploads/styles.php/x.png",
        "/wp-content/uploads/",
        "/wp-content/uploads/site.sql.zip",
    ] {
        assert_eq!(site.route(path), "forbidden", "{path}");
    }
    for path in ["/../outside/secret.txt", "/%2e%2e/outside/secret.txt", "/a/..%2f..", "/x%00.php"]
    {
        assert_eq!(site.route(path), "bad", "{path}");
    }
}

#[cfg(unix)]
#[test]
fn links_lead_within_the_code_and_the_uploads_and_nowhere_else() {
    let site = fixture(true);
    assert_eq!(site.route("/linked/shared.js"), "code/lib/shared.js");
    assert_eq!(site.route("/alias/photo.png"), "files/photo.png");
    for path in [
        "/leak.txt",
        "/leak.php",
        "/leak/secret.txt",
        "/leak/run.php",
        "/settings.txt",
        "/source.txt",
        "/style.php",
        "/alias/evil.php",
        "/alias/private/id.pdf",
        "/wp-content/uploads/leak.txt",
    ] {
        assert_eq!(site.route(path), "forbidden", "{path}");
    }
}

#[test]
fn a_plain_site_has_pages_and_never_shows_source() {
    let site = fixture(false);
    assert_eq!(site.route("/docs/"), "code/docs/index.html");
    assert_eq!(site.route("/docs"), "-> /docs/");
    assert_eq!(site.route("/index.php"), "forbidden");
    assert_eq!(site.route("/nothing"), "404");
    assert_eq!(site.route("/"), "404");
    fs::write(site.served.docroot.join("404.html"), "gone").unwrap();
    assert_eq!(site.route("/nothing"), "404 code/404.html");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_path_leads_out_or_to_a_secret(parts in prop::collection::vec(
        prop_oneof![
            prop::sample::select(vec![
                "/", "..", ".", "%2e", "%2E%2e", "%2f", "\\", "%5c", "%00", "//", "leak", "source.txt", "alias", "linked",
                ".git", ".env", "config", "secret.txt", "run.php", "index.php", "evil.php", "private",
                "wp-content/uploads", "outside", "files", "code", "photo.png", "%", "%25", "~", "wp-config.php",
            ]).prop_map(str::to_owned),
            "[ -~]{0,3}",
        ], 1..8,
    )) {
        thread_local!(static SITES: [Fixture; 2] = [fixture(true), fixture(false)]);
        let path = format!("/{}", parts.join("/"));
        let joined = format!("/{}", parts.concat());
        SITES.with(|sites| for site in sites {
            let found: BTreeSet<String> = [site.route(&path), site.route(&joined)].into();
            for found in found {
                let file = found.split('|').next().unwrap();
                let open = !file.contains("outside") && !file.contains(".git") && !file.contains(".env")
                    && !file.contains("evil.php") && !file.contains("private")
                    && (!file.contains("wp-config.php") || file.starts_with("run "));
                assert!(open, "{path}: {found}");
            }
        });
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_whose_name_is_no_text_is_served_and_guarded_as_any() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let site = fixture(true);
    let root = site.folder.path().canonicalize().unwrap();
    let names: &[&[u8]] = &[
        b"code/caf\xe9.txt",
        b"code/caf\xe9.php",
        b"code/caf\xe9.sql",
        b"code/.caf\xe9",
        b"code/secret/caf\xe9.txt",
        b"files/caf\xe9.png",
        b"files/private/caf\xe9.png",
        b"files/caf\xe9.php",
    ];
    for name in names {
        fs::write(root.join(OsStr::from_bytes(name)), name).unwrap();
    }
    let served = |path: &str| match route(&site.served, path) {
        Route::File { path, .. } => {
            let file = resolve(&site.served, &path, false).unwrap();
            file.strip_prefix(&root).unwrap().as_os_str().as_bytes().to_vec()
        }
        other => format!("{other:?}").split([' ', '(']).next().unwrap().as_bytes().to_vec(),
    };
    assert_eq!(served("/caf%E9.txt"), b"code/caf\xe9.txt");
    assert_eq!(served("/wp-content/uploads/caf%e9.png"), b"files/caf\xe9.png");
    for secret in ["/caf%E9.php", "/caf%E9.sql", "/.caf%E9", "/secret/caf%E9.txt"] {
        assert_eq!(served(secret), b"Forbidden", "{secret}");
    }
    for upload in ["private/caf%E9.png", "caf%E9.php"] {
        assert_eq!(served(&format!("/wp-content/uploads/{upload}")), b"Forbidden", "{upload}");
    }
    assert_eq!(served("/caf%E9.txt/"), b"Script");
    assert_eq!(served("/caf%E8.txt"), b"Script");
    assert_eq!(served("/%E9/../../outside/secret.txt"), b"Bad");
}
