//! Domains of a WordPress network, which its tables `blogs` and `site` keep without `http://` and compare with the
//! request's host (`ms-load.php` of WordPress).
use super::Ask;
use crate::error::Result;

/// The sites of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    prefix: String,
    /// The domain of its first site.
    main: String,
    /// Every domain, once.
    domains: Vec<String>,
    /// The folder of its first site, `/` or `/blog/`.
    path: String,
}

impl Network {
    /// The network whose tables have `prefix`; none where WordPress has one site only.
    pub(super) fn of(prefix: &str, ask: &mut Ask<'_>) -> Result<Option<Self>> {
        let first = format!("SELECT domain, path FROM `{prefix}blogs` ORDER BY blog_id LIMIT 1");
        let mut first = ask(&first)?.into_iter().flatten();
        let (Some(Some(main)), Some(Some(path))) = (first.next(), first.next()) else {
            return Ok(None);
        };
        let all = format!("SELECT DISTINCT domain FROM `{prefix}blogs` ORDER BY domain");
        let domains = ask(&all)?.into_iter().flatten().flatten();
        Ok(Some(Self { prefix: prefix.to_owned(), main, domains: domains.collect(), path }))
    }

    /// Each site's address with the one that it has where the network answers at `host`.
    pub fn pairs(&self, host: &str) -> Vec<(String, String)> {
        let pair = |domain: &String| {
            (format!("http://{domain}"), format!("http://{}", self.domain_at(domain, host)))
        };
        self.domains.iter().map(pair).filter(|(from, to)| from != to).collect()
    }

    /// The statements that make the network answer at `host`: its tables name the new domains, and no folder in front
    /// of its first site.
    pub fn statements(&self, host: &str) -> Vec<String> {
        let tables = ["blogs", "site"].map(|table| format!("`{}{table}`", self.prefix));
        let is_plain = |domain: &&String| {
            domain.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:_".contains(&b))
        };
        let mut statements = Vec::new();
        for domain in self.domains.iter().filter(is_plain) {
            let new = self.domain_at(domain, host);
            if new != *domain {
                statements.extend(tables.iter().map(|table| {
                    format!("UPDATE {table} SET domain = '{new}' WHERE domain = '{domain}'")
                }));
            }
        }
        let folder = self.path.trim_end_matches('/');
        if !folder.is_empty() && !folder.contains(['\'', '\\', '%', '_']) {
            let begin = folder.len() + 1;
            statements.extend(tables.iter().map(|table| {
                format!(
                    "UPDATE {table} SET path = substr(path, {begin}) WHERE path LIKE '{folder}/%'"
                )
            }));
        }
        statements
    }

    /// `shop.acme.example` belongs to `acme.example`, and so it stays below `host`; another domain goes below it with
    /// its points as dashes, since only names below `host` are this environment's.
    fn domain_at(&self, domain: &str, host: &str) -> String {
        if domain == self.main {
            return host.to_owned();
        }
        if let Some(below) = domain.strip_suffix(&self.main).and_then(|it| it.strip_suffix('.')) {
            return format!("{below}.{host}");
        }
        if domain.ends_with(&format!(".{host}")) {
            return domain.to_owned();
        }
        let name = domain.split(':').next().unwrap_or(domain);
        format!("{}.{host}", name.replace('.', "-"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(connection: &rusqlite::Connection, sql: &str) -> Vec<Vec<Option<String>>> {
        let Ok(mut query) = connection.prepare(sql) else { return Vec::new() };
        let columns = query.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at)).collect();
        query.query_map([], row).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn each_site_of_a_network_keeps_a_name_of_its_own() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE wp_blogs (blog_id INTEGER, domain TEXT, path TEXT);
                 CREATE TABLE wp_site (id INTEGER, domain TEXT, path TEXT);
                 INSERT INTO wp_site VALUES (1, 'acme.example', '/blog/');
                 INSERT INTO wp_blogs VALUES (1, 'acme.example', '/blog/'), (2, 'shop.acme.example', '/blog/'),
                  (3, 'other.example', '/'), (4, 'acme.example', '/blog/news/');",
            )
            .unwrap();
        let network = |prefix| Network::of(prefix, &mut |sql| Ok(ask(&connection, sql))).unwrap();
        let host = "dev-acme.localhost:8080";
        let found = network("wp_").unwrap();
        assert_eq!(
            found.pairs(host),
            [
                ("http://acme.example".into(), format!("http://{host}")),
                ("http://other.example".into(), format!("http://other-example.{host}")),
                ("http://shop.acme.example".into(), format!("http://shop.{host}")),
            ]
        );
        found.statements(host).iter().for_each(|sql| connection.execute_batch(sql).unwrap());
        let sql =
            "SELECT domain || path FROM wp_blogs UNION ALL SELECT domain || path FROM wp_site";
        let all: Vec<String> = ask(&connection, sql).into_iter().flatten().flatten().collect();
        assert_eq!(
            all,
            [
                format!("{host}/"),
                format!("shop.{host}/"),
                format!("other-example.{host}/"),
                format!("{host}/news/"),
                format!("{host}/"),
            ]
        );
        let settled = network("wp_").unwrap();
        assert!(settled.pairs(host).is_empty());
        assert_eq!(network("none_"), None);
        let up = settled.pairs("live-acme.localhost:8080");
        assert_eq!(up[1].1, "http://other-example.live-acme.localhost:8080");
    }
}
