//! As much of PHP's syntax as is needed to find a constant in a settings file without running it.

/// The source with its comments made blank; quoted text stays as it is.
pub(super) fn without_comments(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let skip = match c {
            '\'' | '"' => {
                let end = quoted_length(rest, c);
                out.push_str(&rest[..end]);
                end
            }
            '#' if !rest.starts_with("#[") => line_length(rest),
            '/' if rest.starts_with("//") => line_length(rest),
            '/' if rest.starts_with("/*") => {
                out.push(' ');
                rest[2..].find("*/").map_or(rest.len(), |end| end + 4)
            }
            _ => {
                out.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[skip..];
    }
    out
}

/// The words of PHP code and where they stand: no variables or members, nothing in comments or quoted texts.
pub(super) fn words(code: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(c) = code[at..].chars().next() {
        let rest = &code[at..];
        at += match c {
            '\'' | '"' => quoted_length(rest, c),
            '#' => line_length(rest),
            '/' if rest.starts_with("//") => line_length(rest),
            '/' if rest.starts_with("/*") => rest[2..].find("*/").map_or(rest.len(), |it| it + 4),
            c if is_of_word(c) => {
                let length = rest.find(|it| !is_of_word(it)).unwrap_or(rest.len());
                let before = code[..at].trim_end();
                if !["$", "->", "::"].iter().any(|it| before.ends_with(it)) {
                    words.push((at, &rest[..length]));
                }
                length
            }
            _ => c.len_utf8(),
        };
    }
    words
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of the quoted text that `rest` begins with, quotes included.
fn quoted_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a comment that ends with its line or with `?>`.
fn line_length(rest: &str) -> usize {
    let line = rest.find('\n').unwrap_or(rest.len());
    rest[..line].find("?>").unwrap_or(line)
}

/// The expression that the constant `name` is defined as: by `define('NAME', …)`, `Config::define('NAME', …)` or
/// `const NAME = …`. The source has no comments.
pub(super) fn constant<'a>(source: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = source;
    while let Some(at) = rest.find(name) {
        let (before, after) = (rest[..at].trim_end(), &rest[at + name.len()..]);
        let called = before.strip_suffix(['\'', '"']).is_some_and(|call| {
            call.trim_end().trim_end_matches('(').trim_end().ends_with("define")
        });
        if called
            && let Some(value) = after.strip_prefix(['\'', '"'])
            && let Some(value) = value.trim_start().strip_prefix(',')
        {
            return Some(argument(value).trim());
        }
        if before.ends_with("const")
            && let Some(value) = after.trim_start().strip_prefix('=')
        {
            return Some(value[..value.find(';').unwrap_or(value.len())].trim());
        }
        rest = after;
    }
    None
}

/// The text up to the bracket that closes the call.
fn argument(rest: &str) -> &str {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(c) = rest[at..].chars().next() {
        match c {
            '\'' | '"' => {
                at += quoted_length(&rest[at..], c);
                continue;
            }
            '(' | '[' => depth += 1,
            ')' | ']' if depth == 0 => return &rest[..at],
            ')' | ']' => depth -= 1,
            _ => {}
        }
        at += c.len_utf8();
    }
    rest
}

/// The last quoted text of an expression that is a name or path, without its quotes; array keys are none.
pub(super) fn last_literal(expression: &str) -> Option<&str> {
    let mut found = None;
    let mut at = 0;
    while let Some(c) = expression[at..].chars().next() {
        if matches!(c, '\'' | '"') {
            let end = at + quoted_length(&expression[at..], c);
            let is_key = expression[..at].trim_end().ends_with('[');
            let is_argument = expression[..at].trim_end().ends_with("get(");
            if !is_key && !is_argument && end > at + 1 {
                found = Some(&expression[at + 1..end - 1]);
            }
            at = end;
        } else {
            at += c.len_utf8();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_constant_in_a_comment_is_not_defined() {
        let source = "<?php\n// define('A', 1);\n# define('A', 1);\n/* define('A', 1); */\ndefine( \"A\" , 'x)' . B );";
        assert_eq!(constant(&without_comments(source), "A"), Some("'x)' . B"));
        assert_eq!(constant(&without_comments("<?php // define('A', 1);"), "A"), None);
    }

    #[test]
    fn a_hash_or_slashes_inside_quotes_are_no_comment() {
        let source = "<?php define('A', 'http://a#b'); define('B', true);";
        assert_eq!(constant(&without_comments(source), "A"), Some("'http://a#b'"));
        assert_eq!(constant(&without_comments(source), "B"), Some("true"));
    }

    #[test]
    fn const_and_a_class_define_too() {
        assert_eq!(constant("const A = __DIR__ . '/x';", "A"), Some("__DIR__ . '/x'"));
        assert_eq!(constant("Config::define('A', '/app');", "A"), Some("'/app'"));
        assert_eq!(constant("if (defined('A')) {}", "A"), None);
    }

    #[test]
    fn the_last_literal_is_no_array_key() {
        assert_eq!(last_literal("$_SERVER['DOCUMENT_ROOT'] . '/content'"), Some("/content"));
        assert_eq!(last_literal("$dir . Config::get('CONTENT_DIR')"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(source in "[\\PC'\"\\\\#/*\n(),=]{0,80}", name in "[A-Z]{1,3}") {
            let source = without_comments(&source);
            if let Some(value) = constant(&source, &name) {
                last_literal(value);
            }
        }
    }
}
