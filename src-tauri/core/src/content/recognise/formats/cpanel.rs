//! cPanel's full backup (`backup-….tar.gz`, `cpmove-….tar.gz`): homes, mail, databases of one account.
//!
//! Of several sites and databases, the site in `homedir/public_html` is taken, with the database that its
//! `wp-config.php` or `settings.php` names.
use super::{Format, Layout, Tree};

pub(super) const FORMAT: Format = Format { title: "cPanel", layout };

fn layout(tree: &Tree<'_>) -> Option<Layout> {
    let base = tree.base_where(|path| path.starts_with("homedir/"))?;
    if !tree.has_below(&format!("{base}mysql")) && !tree.has_below(&format!("{base}cp")) {
        return None;
    }
    let home = format!("{base}homedir/public_html");
    let named = tree.text(&format!("{home}/wp-config.php")).and_then(database_name);
    let named = named.map(|name| format!("{base}mysql/{name}.sql")).filter(|it| tree.has(it));
    let mut unused = Vec::new();
    for (place, why) in [
        ("mysql.sql", "users and grants of the old server"),
        ("homedir", "another folder of the account"),
        ("cp", "settings of cPanel"),
        ("userdata", "settings of cPanel"),
        ("mysql", "another database of the account"),
    ] {
        unused.push((format!("{base}{place}"), why));
    }
    let code = Some(home.clone()).filter(|it| tree.has_below(it));
    Some(Layout {
        code: code.map(|it| (it, String::new())).into_iter().collect(),
        uploads: Some(format!("{home}/wp-content/uploads")).filter(|it| tree.has_below(it)),
        dumps: Some(vec![named.unwrap_or_else(|| format!("{base}mysql"))]),
        unused,
        ..Layout::default()
    })
}

/// `define('DB_NAME', 'acme_wp');` → `acme_wp`
fn database_name(settings: &str) -> Option<String> {
    let rest = &settings[settings.find("DB_NAME")? + "DB_NAME".len()..];
    let rest = rest.get(1..)?;
    let open = rest.find(['\'', '"'])?;
    let quote = rest[open..].chars().next()?;
    let value = &rest[open + 1..];
    Some(value[..value.find(quote)?].to_owned())
}
