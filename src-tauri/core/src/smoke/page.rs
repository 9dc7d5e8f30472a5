//! What a visitor sees of one page: its title, its text, where it leads.
use html5gum::{DefaultEmitter, Token, Tokenizer};

/// What PHP and the systems say when something breaks; each stands in the text of a page that shows errors.
const ERRORS: &[&str] = &[
    "Fatal error:",
    "Parse error:",
    "Uncaught Error",
    "Uncaught Exception",
    "There has been a critical error on this website",
    "Error establishing a database connection",
    "The website encountered an unexpected error",
    "Table 'pantheon.",
];
/// What PHP says of lesser faults; these words also stand in good texts, so that a file must follow.
const NOTICES: &[&str] = &["Warning:", "Notice:", "Deprecated:"];

/// A page that was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) status: u16,
    /// Where it sends its visitors, if anywhere.
    pub(super) location: Option<String>,
    pub(super) size: u64,
    pub(super) title: String,
    /// The words that are seen.
    pub(super) words: Vec<String>,
    /// What it links to, as written.
    pub(super) links: Vec<String>,
    /// Errors that it shows.
    pub(super) errors: Vec<String>,
    /// Whether it is a page at all, not a picture or a feed.
    pub(super) is_html: bool,
}

impl Page {
    /// Reads the source of a page.
    pub(super) fn read(&mut self, source: &str) {
        let mut emitter = DefaultEmitter::default();
        // What stands in scripts and styles is no text.
        emitter.naively_switch_states(true);
        let mut text = String::new();
        let (mut hidden, mut in_title) = (0_u32, false);
        for token in Tokenizer::new_with_emitter(source, emitter) {
            let Ok(token) = token;
            match token {
                Token::StartTag(tag) => match &tag.name[..] {
                    b"title" => in_title = self.title.is_empty(),
                    name if is_hidden(name) && !tag.self_closing => hidden += 1,
                    b"a" | b"area" => {
                        let href = tag.attributes.get(&b"href"[..]);
                        let href = href.map(|it| String::from_utf8_lossy(it).trim().to_owned());
                        self.links.extend(href.filter(|it| !it.is_empty()));
                    }
                    name if is_inline(name) => {}
                    _ => text.push(' '),
                },
                Token::EndTag(tag) => match &tag.name[..] {
                    b"title" => in_title = false,
                    name if is_hidden(name) => hidden = hidden.saturating_sub(1),
                    name if is_inline(name) => {}
                    _ => text.push(' '),
                },
                Token::String(string) => {
                    let string = String::from_utf8_lossy(&string);
                    if in_title {
                        self.title.push_str(&string);
                    } else if hidden == 0 {
                        text.push_str(&string);
                    }
                }
                _ => {}
            }
        }
        self.title = self.title.split_whitespace().collect::<Vec<_>>().join(" ");
        self.words = text.split_whitespace().map(str::to_owned).collect();
        self.errors = errors(&self.words.join(" "));
    }
}

fn is_hidden(name: &[u8]) -> bool {
    matches!(name, b"script" | b"style" | b"noscript" | b"template" | b"svg")
}

/// Elements inside a line, even inside a word.
fn is_inline(name: &[u8]) -> bool {
    matches!(
        name,
        b"a" | b"b" | b"code" | b"em" | b"i" | b"small" | b"span" | b"strong" | b"sub" | b"sup"
    )
}

/// The errors that a text shows, each with what follows it.
fn errors(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for marker in ERRORS.iter().chain(NOTICES) {
        let Some(at) = text.find(marker) else { continue };
        // One error can say two of the words.
        if found.iter().any(|it: &String| it.contains(marker)) {
            continue;
        }
        let rest: String = text[at..].chars().take(200).collect();
        let names_a_file = rest.contains(".php") && rest.contains(" on line ");
        if ERRORS.contains(marker) || names_a_file {
            found.push(rest);
        }
    }
    found
}

/// The path of a link on `path` of the host, without its fragment; none when it leads elsewhere, or does something
/// that only a person should do.
pub(super) fn path_of(link: &str, host: &str, path: &str) -> Option<String> {
    let link = link.split('#').next().unwrap_or_default();
    let own = ["http://", "https://", "//"].iter().find_map(|start| link.strip_prefix(start));
    let target = match own {
        Some(rest) => {
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            if !rest[..end].eq_ignore_ascii_case(host) {
                return None;
            }
            format!("/{}", rest[end..].trim_start_matches('/'))
        }
        // `mailto:`, `tel:`, `javascript:`
        None if link.split(['/', '?']).next().is_some_and(|start| start.contains(':')) => {
            return None;
        }
        None if link.is_empty() => return None,
        None if link.starts_with('/') => link.to_owned(),
        None if link.starts_with('?') => {
            format!("{}{link}", path.split('?').next().unwrap_or_default())
        }
        None => {
            let folder = path.split('?').next().unwrap_or_default();
            format!("{}/{link}", &folder[..folder.rfind('/').unwrap_or(0)])
        }
    };
    let target = without_dots(&target);
    is_for_visitors(&target).then_some(target)
}

/// A path without `.` and `..`.
fn without_dots(target: &str) -> String {
    let (path, query) =
        target.split_once('?').map_or((target, None), |(path, it)| (path, Some(it)));
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').skip(1) {
        match part {
            "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    let query = query.map(|it| format!("?{it}")).unwrap_or_default();
    format!("/{}{query}", parts.join("/"))
}

/// Whether a visitor would follow it: no sign-in, no answer form, no shopping cart, no machine's address.
fn is_for_visitors(target: &str) -> bool {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let closed = ["/wp-admin", "/wp-login.php", "/wp-json", "/xmlrpc.php", "/user/log", "/admin/"];
    let acts =
        ["replytocom=", "action=", "add-to-cart=", "add_to_cart=", "_wpnonce=", "destination="];
    !closed.iter().any(|it| path.starts_with(it)) && !acts.iter().any(|it| query.contains(it))
}

/// The addresses that a sitemap names.
pub(super) fn sitemap(source: &str) -> Vec<String> {
    source
        .split("<loc>")
        .skip(1)
        .filter_map(|rest| rest.split("</loc>").next())
        .map(|it| {
            it.trim().trim_start_matches("<![CDATA[").trim_end_matches("]]>").replace("&amp;", "&")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_what_a_visitor_sees_of_it() {
        let mut page = Page::default();
        page.read(
            "<title> A &amp; B </title><style>p{}</style><p>O<b>ne</b><br>two&nbsp;three</p>\
             <script>var x='<a href=\"/no\">';</script><a href='/yes?a=1&amp;b=2#top'>go</a>",
        );
        assert_eq!(page.title, "A & B");
        assert_eq!(page.words, ["One", "two", "three", "go"]);
        assert_eq!(page.links, ["/yes?a=1&b=2#top"]);
    }

    #[test]
    fn an_error_is_seen_and_a_text_about_warnings_is_none() {
        let shown = |text: &str| {
            let mut page = Page::default();
            page.read(text);
            page.errors.len()
        };
        assert_eq!(shown("<br><b>Fatal error</b>:  Uncaught Error: no() in /a.php:3"), 1);
        assert_eq!(shown("<b>Warning</b>: x in <b>/a.php</b> on line <b>3</b>"), 1);
        assert_eq!(shown("<p>Warning: the water is hot.</p>"), 0);
    }

    #[test]
    fn only_pages_of_the_site_that_do_nothing_are_followed() {
        let at = |link: &str| path_of(link, "dev-a.localhost:80", "/blog/one?x=1");
        assert_eq!(at("two").as_deref(), Some("/blog/two"));
        assert_eq!(at("../up/./x").as_deref(), Some("/up/x"));
        assert_eq!(at("?page=2").as_deref(), Some("/blog/one?page=2"));
        assert_eq!(at("http://dev-a.localhost:80").as_deref(), Some("/"));
        assert_eq!(at("//DEV-a.localhost:80/x#y").as_deref(), Some("/x"));
        for elsewhere in [
            "http://b.example/",
            "mailto:a@b",
            "#top",
            "/wp-admin/",
            "/?add-to-cart=9",
            "javascript:x()",
        ] {
            assert_eq!(at(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn a_sitemap_names_pages() {
        let found = sitemap("<url><loc> http://a/?x=1&amp;y </loc></url><url><loc>/b</loc></url>");
        assert_eq!(found, ["http://a/?x=1&y", "/b"]);
    }
}
