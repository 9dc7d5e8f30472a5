//! Addresses without the secrets in them: passwords, tokens, signed queries. What is stored, logged or shown goes
//! through here; only what opens the address sees it whole.

/// What stands for a secret.
const CUT: &str = "…";

/// Parts of the names of parameters that hold secrets: S3's and Google's signed links, OAuth, forges, reset links.
const SECRET_PARTS: &[&str] = &[
    "token",
    "secret",
    "passw",
    "signature",
    "credential",
    "apikey",
    "api_key",
    "api-key",
    "accesskey",
    "access_key",
    "accessid",
    "auth",
];

/// Whole names of such parameters: Azure's `sig`, Dropbox's `rlkey`, CloudFront's `policy`.
const SECRET_NAMES: &[&str] =
    &["sig", "key", "pass", "pwd", "rlkey", "policy", "key-pair-id", "hmac"];

/// An address that something is fetched from (a download, a Git repository), without its user and password, its query
/// and its fragment, for which a word stands. A path, and Git's `user@host:path`, stay as they are.
pub fn source_without_secrets(source: &str) -> String {
    match scheme_end(source, 0) {
        Some((0, rest)) => clean(source, rest, true),
        _ => source.to_owned(),
    }
}

/// A text whose addresses have no password and no parameter that is named like a secret; what follows
/// `Authorization:` in a line is cut, too.
pub fn text_without_secrets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    while let Some((start, rest)) = scheme_end(text, from) {
        let end = text[rest..].find(ends_address).map_or(text.len(), |at| rest + at);
        out.push_str(&text[from..start]);
        out.push_str(&clean(&text[start..end], rest - start, false));
        from = end;
    }
    out.push_str(&text[from..]);
    without_authorization(&out)
}

fn ends_address(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '\\')
}

/// Where the next address from `from` on starts, and where its part behind `://` does.
fn scheme_end(text: &str, from: usize) -> Option<(usize, usize)> {
    let at = from + text[from..].find("://")?;
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let scheme = text[from..at].chars().rev().take_while(|c| is_scheme(*c)).count();
    Some((at - scheme, at + "://".len()))
}

/// One address; `rest` is where its part behind `://` starts. All of a strict one's query is a secret.
fn clean(address: &str, rest: usize, strict: bool) -> String {
    let (scheme, after) = address.split_at(rest);
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    let (authority, tail) = after.split_at(end);
    let query = tail.find(['?', '#']).unwrap_or(tail.len());
    let (path, query) = tail.split_at(query);
    let query = match strict {
        true if query.len() > 1 => format!("?{CUT}"),
        true => query.to_owned(),
        false => without_secret_values(query),
    };
    format!("{scheme}{}{path}{query}", without_user(scheme, authority))
}

/// A user of ssh is none's secret (`git@`); one of the web may be a token by itself.
fn without_user(scheme: &str, authority: &str) -> String {
    let Some((user, host)) = authority.rsplit_once('@') else { return authority.to_owned() };
    let is_web = scheme.get(..4).is_some_and(|it| it.eq_ignore_ascii_case("http"));
    match user.split_once(':') {
        None if !is_web => authority.to_owned(),
        Some((name, _)) if !is_web => format!("{name}:{CUT}@{host}"),
        _ => format!("{CUT}@{host}"),
    }
}

/// A query or fragment whose secret parameters have no values.
fn without_secret_values(query: &str) -> String {
    let mut out = String::with_capacity(query.len());
    for part in query.split_inclusive(['?', '&', ';', '#']) {
        let end = part.find(['?', '&', ';', '#']).unwrap_or(part.len());
        let (pair, separator) = part.split_at(end);
        match pair.split_once('=') {
            Some((name, value)) if !value.is_empty() && is_secret(name) => {
                out.extend([name, "=", CUT]);
            }
            _ => out.push_str(pair),
        }
        out.push_str(separator);
    }
    out
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.contains(&name.as_str()) || SECRET_PARTS.iter().any(|part| name.contains(part))
}

/// HTTP's own header for secrets, as logs of programs show it.
fn without_authorization(text: &str) -> String {
    const HEADER: &str = "authorization:";
    let lower = text.to_ascii_lowercase();
    if !lower.contains(HEADER) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    while let Some(at) = lower[from..].find(HEADER) {
        let value = from + at + HEADER.len();
        let end = text[value..].find(['\r', '\n', '"', '\'']).map_or(text.len(), |at| value + at);
        out.push_str(&text[from..value]);
        if end > value {
            out.extend([" ", CUT]);
        }
        from = end;
    }
    out.push_str(&text[from..]);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_source_keeps_neither_password_nor_query() {
        let check =
            |source: &str, expected: &str| assert_eq!(source_without_secrets(source), expected);
        check("https://me:pw@host/a.git", "https://…@host/a.git");
        check("https://ghp_token@host/a.git", "https://…@host/a.git");
        check("https://h/a.sql.gz?X-Amz-Signature=1&b=2", "https://h/a.sql.gz?…");
        check("https://h/f/1#key", "https://h/f/1?…");
        check("ssh://git@host/a", "ssh://git@host/a");
        check("ssh://git:pw@host/a", "ssh://git:…@host/a");
        check("git@host:a/b.git", "git@host:a/b.git");
        check("/srv/a b?c@d", "/srv/a b?c@d");
        check("file:///srv/a", "file:///srv/a");
        check("https://me:p@ss@host", "https://…@host");
    }

    #[test]
    fn a_text_keeps_what_is_no_secret() {
        let check = |text: &str, expected: &str| assert_eq!(text_without_secrets(text), expected);
        check("see https://h/?p=1&page=2, please", "see https://h/?p=1&page=2, please");
        check(
            "cannot get 'https://u:p@h/x?sig=abc&sv=1#access_token=z': 403",
            "cannot get 'https://…@h/x?sig=…&sv=1#access_token=…': 403",
        );
        check(
            "a https://h/?X-Amz-Credential=A%2F1&X-Amz-Date=2\nb http://x:y@z b",
            "a https://h/?X-Amz-Credential=…&X-Amz-Date=2\nb http://…@z b",
        );
        check("> Authorization: Bearer abc\n> Host: h", "> Authorization: …\n> Host: h");
        check("ü://ß", "ü://ß");
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_clean_text_is_clean(text in "\\PC{0,40}|(https?://)?[a:@/?#&=sigü… ]{0,30}") {
            let once = text_without_secrets(&text);
            prop_assert_eq!(text_without_secrets(&once), once);
            let source = source_without_secrets(&text);
            prop_assert_eq!(source_without_secrets(&source), source);
        }
    }
}
