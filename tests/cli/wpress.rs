//! Archives of All-in-One WP Migration become sites that answer, whatever prefix the site's tables have.
use std::{fs, path::PathBuf};

use crate::{
    content::{files, path, tables},
    support::{PorticoTest, wordpress},
};

/// An archive, of the first or of the second form.
struct Wpress {
    bytes: Vec<u8>,
    is_second: bool,
}

impl Wpress {
    fn new(form: u8) -> Self {
        Self { bytes: Vec::new(), is_second: form == 2 }
    }

    fn add(mut self, path: &str, content: &str) -> Self {
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        let crc = if self.is_second { crc(content.as_bytes()) } else { String::new() };
        let bytes = content.len().to_string();
        let fields = [(name, 255), (&bytes, 14), ("1700000000", 12), (folder, 4088), (&crc, 8)];
        self.bytes.extend(header(&fields));
        self.bytes.extend(content.as_bytes());
        self
    }

    fn end(mut self) -> Vec<u8> {
        let (bytes, crc) = (self.bytes.len().to_string(), crc(&self.bytes));
        self.bytes.extend(match self.is_second {
            true => header(&[("", 255), (&bytes, 14), ("", 4100), (&crc, 8)]),
            false => vec![0; 4377],
        });
        self.bytes
    }
}

fn header(fields: &[(&str, usize)]) -> Vec<u8> {
    let padded = fields.iter().flat_map(|(text, length)| {
        let mut field = text.as_bytes().to_vec();
        field.resize(*length, 0);
        field
    });
    padded.collect()
}

fn crc(bytes: &[u8]) -> String {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    format!("{:08x}", !crc)
}

const INSTALL: [&str; 9] = [
    "site:install",
    "acme.dev",
    "--title",
    "Acme Corp",
    "--admin-user",
    "ada",
    "--admin-password",
    "correct horse",
    "--admin-email=ada@acme.test",
];

/// The dump of an installed WordPress as the plugin writes it: a placeholder for the prefix, nothing active.
fn plugins_dump(test: &PorticoTest) -> String {
    let dump = test.run(&["export:database", "acme.dev", "-"]).success().stdout;
    let url = test.browser().url("acme.dev", "");
    let mut dump = dump.replace(&url, "https://old.example").replace("`wp_", "`SERVMASK_PREFIX_");
    for name in ["user_roles", "capabilities", "user_level", "dashboard_quick_press_last_post_id"] {
        dump = dump.replace(&format!("'wp_{name}'"), &format!("'SERVMASK_PREFIX_{name}'"));
    }
    for name in ["template", "stylesheet"] {
        let begin = format!("'{name}','");
        let at = dump.find(&begin).expect("an option") + begin.len();
        let end = at + dump[at..].find('\'').unwrap();
        dump.replace_range(at..end, "");
    }
    assert!(dump.contains("'active_plugins','a:0:{}'"), "nothing is active");
    let end = dump.rfind("-- Dump completed").expect("its end");
    dump.truncate(end);
    dump.replace(
        "-- Portico database export",
        "-- All-in-One WP Migration SQL Dump\n-- https://servmask.com/",
    )
}

fn package(more: &str) -> String {
    format!(
        r#"{{"SiteURL":"https:\/\/old.example","HomeURL":"https:\/\/old.example","Plugin":{{"Version":"7.97"}},"WordPress":{{"Version":"6.1"}},"Database":{{"Prefix":"old_"}},"Plugins":["hello\/hello.php"],"Template":"leaf","Stylesheet":"leaf"{more}}}"#
    )
}

fn archive(test: &PorticoTest, form: u8, dump: &str, more: &str) -> PathBuf {
    let plugin = "<?php\n/* Plugin Name: Hello */\nadd_action('wp_head', function () { echo '<!-- hello is active -->'; });";
    let theme =
        "<?php wp_head(); echo '<p>the leaf theme of ', get_bloginfo('name'), '</p>'; wp_footer();";
    let bytes = Wpress::new(form)
        .add("package.json", &package(more))
        .add("index.php", "<?php")
        .add("plugins/hello/hello.php", plugin)
        .add("themes/leaf/style.css", "/* Theme Name: Leaf */")
        .add("themes/leaf/index.php", theme)
        .add("uploads/2026/01/a.txt", "uploaded")
        .add("cache/x.html", "x")
        .add("database.sql", dump)
        .end();
    let file = test.folder(&format!("garden-{form}{}.wpress", more.len()));
    fs::write(&file, bytes).unwrap();
    file
}

/// A new site for the archive, and the dump of another one.
fn made(test: &PorticoTest, database: &str) -> String {
    let source = wordpress();
    for (name, database) in [("acme", "mariadb"), ("garden", database)] {
        test.run(&["site:create", name, "--from", path(&source), "--database", database]).success();
    }
    test.run(&INSTALL).success();
    plugins_dump(test)
}

/// The site shows its own front page and plugin, and its person gets in.
fn answers(test: &PorticoTest) {
    let browser = test.browser();
    let page = browser.get("garden.dev", "/").ok();
    assert!(page.has("the leaf theme of Acme Corp"), "{}", page.body);
    assert!(page.has("hello is active"), "{}", page.body);
    assert!(!page.has("old.example"), "{}", page.body);
    assert!(browser.get("garden.dev", "/wp-content/uploads/2026/01/a.txt").ok().has("uploaded"));
    browser.log_in("garden.dev", "ada", "correct horse");
    // Only who may manage the site sees this page: roles and rights were found by their new names.
    assert!(browser.get("garden.dev", "/wp-admin/plugins.php").ok().has("hello/hello.php"));
}

#[test]
fn a_wpress_becomes_a_site_that_answers_and_goes_by_undo() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let dump = made(&test, "mariadb");
    let file = archive(&test, 1, &dump, "");
    let plan = test.json(&["import", path(&file), "garden.dev", "--dry-run"]);
    let source = &plan["sources"][0];
    assert_eq!(source["origin"], "All-in-One WP Migration");
    assert_eq!(source["packed"][0], "wpress");
    assert!(source["notes"].to_string().contains("they will begin with `wp_`"), "{source}");
    assert_eq!(plan["pairs"][0]["old"], "https://old.example");
    assert_eq!(plan["pairs"].as_array().unwrap().len(), 1, "{plan}");
    let row = test.json(&["import", path(&file), "garden.dev"]);
    assert_eq!(row["kind"], "import_site");
    answers(&test);
    let code = test.environment("garden.dev").join("code");
    let tracked = test.git(&code, &["ls-files"]).success().stdout;
    assert!(
        tracked.contains("wp-content/themes/leaf/style.css") && tracked.contains("wp-load.php")
    );
    for content in ["database.sql", "package.json", "uploads", "wp-content/cache"] {
        assert!(!tracked.contains(content), "{content} is in Git");
    }
    test.run(&["undo", "garden"]).success();
    assert!(files(&test, "garden.dev").is_empty());
    assert_eq!(tables(&test, "garden.dev"), 0);
}

#[test]
fn the_prefix_is_the_one_that_the_site_s_own_settings_name() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let dump = made(&test, "mariadb");
    let settings = test.environment("garden.dev").join("code/wp-config.php");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, text.replace("'wp_'", "getenv( 'PREFIX' ) ?: 'plot_'")).unwrap();
    test.run(&["env:commit", "garden.dev", "--message", "Another prefix"]).success();
    let file = archive(&test, 2, &dump, "");
    test.run(&["import", path(&file), "garden.dev"]).success();
    answers(&test);
    let exported = test.run(&["export:database", "garden.dev", "-"]).success().stdout;
    assert!(exported.contains("`plot_options`") && exported.contains("'plot_user_roles'"));
    assert!(!exported.contains("SERVMASK_PREFIX_") && !exported.contains("`wp_"));
    // A plain dump with another prefix gets it, too; its settings keep WordPress's own names.
    let plain = test.folder("plain.sql");
    fs::write(&plain, test.run(&["export:database", "acme.dev", "-"]).success().stdout).unwrap();
    let plan = test.json(&["import", path(&plain), "garden.dev", "--dry-run"]);
    let notes = plan["sources"][0]["notes"].to_string();
    assert!(notes.contains("begin with `wp_`; they will begin with `plot_`"), "{notes}");
    test.run(&["import", path(&plain), "garden.dev"]).success();
    let exported = test.run(&["export:database", "garden.dev", "-"]).success().stdout;
    assert!(exported.contains("`plot_options`") && exported.contains("'plot_capabilities'"));
    assert!(exported.contains("'wp_page_for_privacy_policy'") && !exported.contains("`wp_"));
    let browser = test.browser();
    browser.log_in("garden.dev", "ada", "correct horse");
    browser.get("garden.dev", "/wp-admin/plugins.php").ok();
    // A dump that has it already stays as it is.
    let own = test.folder("own.sql");
    fs::write(&own, exported).unwrap();
    test.run(&["import", path(&own), "garden.dev"]).success();
    browser.get("garden.dev", "/wp-admin/plugins.php").ok();
}

#[test]
fn each_way_in_takes_its_part_of_a_wpress() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let dump = made(&test, "mariadb");
    let file = archive(&test, 2, &dump, "");
    test.run(&["import:files", "garden.dev", path(&file)]).success();
    assert_eq!(files(&test, "garden.dev"), ["2026/01/a.txt"]);
    assert_eq!(tables(&test, "garden.dev"), 0);
    test.run(&["import:database", "garden.dev", path(&file)]).success();
    assert!(tables(&test, "garden.dev") >= 12);
    let code = test.environment("garden.dev").join("code");
    let tracked = || test.git(&code, &["ls-files"]).success().stdout;
    assert!(!tracked().contains("themes/leaf"));
    // A new site has what is in it; WordPress itself is not.
    let create = ["site:create", "plot", "--from", path(&file), "--database", "mariadb"];
    test.run(&create).success().stderr_has("WordPress itself is not in it");
    assert_eq!(files(&test, "plot.dev"), ["2026/01/a.txt"]);
    let exported = test.run(&["export:database", "plot.dev", "-"]).success().stdout;
    assert!(exported.contains("`wp_options`") && exported.contains("'wp_user_roles'"));
    // One with a password, and one that is cut, change nothing.
    let encrypted = archive(&test, 2, "\u{1}x", r#","Encrypted":true,"EncryptedSignature":"x""#);
    let bytes = fs::read(&file).unwrap();
    let cut = test.folder("cut.wpress");
    fs::write(&cut, &bytes[..bytes.len() - 5_000]).unwrap();
    for (file, says) in [(&encrypted, "encrypted with a password"), (&cut, "cut short")] {
        for command in [
            ["import", path(file), "garden.dev"],
            ["import:database", "garden.dev", path(file)],
            ["import:files", "garden.dev", path(file)],
        ] {
            test.run(&command).status(5).stderr_has(says);
        }
        let create = ["site:create", "other", "--from", path(file)];
        let refused = test.run(&create);
        assert!(!refused.is_success() && refused.stderr.contains(says), "{refused}");
    }
    assert!(tables(&test, "garden.dev") >= 12);
}

#[test]
fn a_wpress_comes_into_a_site_on_sqlite() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let dump = made(&test, "sqlite");
    let file = archive(&test, 1, &dump, "");
    test.run(&["import", path(&file), "garden.dev"]).success();
    answers(&test);
}
