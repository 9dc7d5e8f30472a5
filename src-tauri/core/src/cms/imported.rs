//! What of an imported WordPress has to fit the site that it comes to: the prefix of its tables, which some rows name,
//! too, and what an archive keeps beside its dump.
use std::path::Path;

use super::wordpress;
use crate::model::{Cms, Site};

/// The prefix that WordPress's own settings begin with.
pub const USUAL_PREFIX: &str = "wp_";

/// The prefix of tables that the site's own settings ask for, by its code; none where they don't say it plainly, or
/// where its system has none.
pub fn settings_prefix(code: &Path, site: &Site) -> Option<String> {
    let prefix = (site.cms == Cms::WordPress).then(|| wordpress::settings_prefix(code, site))??;
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_plain = !prefix.is_empty() && prefix.len() < 40 && prefix.bytes().all(is_letter);
    is_plain.then_some(prefix)
}

/// The statements that bring the prefix in rows from `old` to `new`, once the tables have the new one: the roles of each
/// site, and what users have per site. Where the new name is there already, what it held goes.
///
/// Other options begin with `wp_` in every WordPress (`wp_page_for_privacy_policy`). A placeholder, as some archives have
/// for the prefix, stands for it in all of them.
pub fn prefix_statements(
    tables: &[String],
    (old, new): (&str, &str),
    is_placeholder: bool,
) -> Vec<String> {
    let mut statements = Vec::new();
    for table in tables {
        let Some(name) = table.strip_prefix(new) else { continue };
        let site = name.strip_suffix("options").filter(|it| it.is_empty() || is_number(it));
        if let Some(site) = site {
            let roles = format!("option_name = '{old}{site}user_roles'");
            let which = if is_placeholder { begins("option_name", old, new) } else { roles };
            statements.extend(renamed(table, "option_name", "", (old, new), &which));
        }
        if name == "usermeta" {
            let which = begins("meta_key", old, new);
            statements.extend(renamed(table, "meta_key", "user_id, ", (old, new), &which));
        }
    }
    statements
}

/// `2_`, as the tables of a network's second site have it behind the prefix.
fn is_number(text: &str) -> bool {
    text.strip_suffix('_').is_some_and(|it| it.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Letters count as they are, whatever the collation.
fn begins(column: &str, old: &str, new: &str) -> String {
    let is = |prefix: &str| {
        let digits: String = prefix.bytes().map(|byte| format!("{byte:02X}")).collect();
        format!("HEX(SUBSTR({column}, 1, {})) = '{digits}'", prefix.len())
    };
    match new.starts_with(old) {
        true => format!("{} AND NOT {}", is(old), is(new)),
        false => is(old),
    }
}

/// Renames the rows of which `which` is true; first those go that have the new name, by `key`.
fn renamed(
    table: &str,
    column: &str,
    key: &str,
    (old, new): (&str, &str),
    which: &str,
) -> [String; 2] {
    let named = format!("CONCAT('{new}', SUBSTR({column}, {}))", old.len() + 1);
    [
        format!(
            "DELETE FROM `{table}` WHERE ({key}{column}) IN (SELECT {key}{named} FROM `{table}` WHERE {which})"
        ),
        format!("UPDATE `{table}` SET {column} = {named} WHERE {which}"),
    ]
}

/// The statements that make plugins and a theme the active ones, where the options leave them out. Names that no plugin
/// or theme has are passed over.
pub fn activation_statements(
    prefix: &str,
    plugins: &[String],
    theme: Option<&(String, String)>,
) -> Vec<String> {
    let is_name = |it: &str| {
        !it.is_empty()
            && it.chars().all(|c| c.is_alphanumeric() || " ._-+/()&,".contains(c))
            && !it.contains("..")
    };
    let update = |name: &str, value: &str, is_left_out: &str| {
        format!(
            "UPDATE `{prefix}options` SET option_value = '{value}' \
             WHERE option_name = '{name}' AND option_value = '{is_left_out}'"
        )
    };
    let mut statements = Vec::new();
    let plugins: Vec<&String> = plugins.iter().filter(|it| is_name(it)).collect();
    if !plugins.is_empty() {
        let items = plugins.iter().enumerate();
        let items = items.map(|(at, it)| format!("i:{at};s:{}:\"{it}\";", it.len()));
        let value = format!("a:{}:{{{}}}", plugins.len(), items.collect::<String>());
        statements.push(update("active_plugins", &value, "a:0:{}"));
    }
    if let Some((template, stylesheet)) = theme.filter(|(a, b)| is_name(a) && is_name(b)) {
        statements.push(update("template", template, ""));
        statements.push(update("stylesheet", stylesheet, ""));
    }
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(connection: &rusqlite::Connection, sql: &str) -> Vec<String> {
        let mut query = connection.prepare(sql).unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    fn changed(pair: (&str, &str), is_placeholder: bool) -> (Vec<String>, Vec<String>) {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let (old, new) = pair;
        connection
            .execute_batch(&format!(
                "CREATE TABLE `{new}options` (option_name TEXT UNIQUE, option_value TEXT);
                 CREATE TABLE `{new}2_options` (option_name TEXT UNIQUE, option_value TEXT);
                 CREATE TABLE `{new}usermeta` (user_id INTEGER, meta_key TEXT, meta_value TEXT);
                 INSERT INTO `{new}options` VALUES ('{old}user_roles', 'a'), ('{old}page', 'b'), ('home', 'c');
                 INSERT OR IGNORE INTO `{new}options` VALUES ('{new}user_roles', 'stale');
                 INSERT INTO `{new}2_options` VALUES ('{old}2_user_roles', 'd');
                 INSERT INTO `{new}usermeta` VALUES (1, '{old}capabilities', 'e'), (1, '{old}2_capabilities', 'f'),
                  (2, '{new}capabilities', 'other'), (1, '{new}capabilities', 'stale'), (1, 'nickname', 'g');"
            ))
            .unwrap();
        let tables =
            ["options", "2_options", "usermeta", "moptions"].map(|it| format!("{new}{it}"));
        for sql in prefix_statements(&tables, pair, is_placeholder) {
            connection.execute_batch(&sql).unwrap();
        }
        let options = format!(
            "SELECT option_name || '=' || option_value FROM `{new}options` UNION ALL
             SELECT option_name || '=' || option_value FROM `{new}2_options` ORDER BY 1"
        );
        let users = format!(
            "SELECT user_id || meta_key || '=' || meta_value FROM `{new}usermeta` ORDER BY 1"
        );
        (all(&connection, &options), all(&connection, &users))
    }

    #[test]
    fn rows_that_name_the_prefix_name_the_new_one() {
        let (options, users) = changed(("old_", "wp_"), false);
        assert_eq!(options, ["home=c", "old_page=b", "wp_2_user_roles=d", "wp_user_roles=a"]);
        let expected =
            ["1nickname=g", "1wp_2_capabilities=f", "1wp_capabilities=e", "2wp_capabilities=other"];
        assert_eq!(users, expected);
        let (options, _) = changed(("PLACE_", "wp_"), true);
        assert_eq!(options, ["home=c", "wp_2_user_roles=d", "wp_page=b", "wp_user_roles=a"]);
        let (options, users) = changed(("wp_", "wp_a_"), false);
        assert_eq!(options, ["home=c", "wp_a_2_user_roles=d", "wp_a_user_roles=a", "wp_page=b"]);
        assert_eq!(
            users[1..],
            ["1wp_a_2_capabilities=f", "1wp_a_capabilities=e", "2wp_a_capabilities=other"]
        );
    }

    #[test]
    fn what_an_archive_names_as_active_is_active_where_the_options_leave_it_out() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE wp_options (option_name TEXT, option_value TEXT);
                 INSERT INTO wp_options VALUES ('active_plugins', 'a:0:{}'), ('template', ''), ('stylesheet', 'own');",
            )
            .unwrap();
        let plugins = ["höfe/a.php".to_owned(), "it's".to_owned(), "b.php".to_owned()];
        let theme = ("leaf".to_owned(), "leaf-child".to_owned());
        for sql in activation_statements("wp_", &plugins, Some(&theme)) {
            connection.execute_batch(&sql).unwrap();
        }
        let values = all(&connection, "SELECT option_value FROM wp_options");
        assert_eq!(values, ["a:2:{i:0;s:11:\"höfe/a.php\";i:1;s:5:\"b.php\";}", "leaf", "own"]);
    }
}
