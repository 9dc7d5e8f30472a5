//! How two answers to the same path differ, and how bad that is.
use std::collections::HashMap;

use super::page::Page;
use crate::model::Score;

/// Texts that share less than this have little in common.
const ALIKE: f64 = 0.5;
/// Pages that shrink below this part of the other have lost something.
const SHRUNK: f64 = 0.5;
/// Texts with fewer words are not compared by share.
const FEW_WORDS: usize = 20;

/// What is wrong with a page by itself, or beside the page of the other environment, as sentences.
pub(super) fn judge(page: &Page, other: Option<(&str, &Page)>) -> (Score, Vec<String>) {
    let mut score = Score::Ok;
    let mut what = Vec::new();
    let mut add = |how: Score, text: String| {
        score = score.max(how);
        what.push(text);
    };
    for error in &page.errors {
        let is_new = other.is_none_or(|(_, other)| other.errors.is_empty());
        add(if is_new { Score::Error } else { Score::Warning }, format!("It shows “{error}”."));
    }
    let answers = page.status;
    match other {
        None if answers >= 500 => add(Score::Error, format!("It answers with status {answers}.")),
        None if answers >= 400 => add(Score::Warning, format!("It answers with status {answers}.")),
        None => {}
        Some((name, other)) => beside(page, name, other, &mut add),
    }
    (score, what)
}

fn beside(page: &Page, name: &str, other: &Page, add: &mut dyn FnMut(Score, String)) {
    let (here, there) = (page.status, other.status);
    if here >= 400 {
        let score = if there < 400 || here >= 500 { Score::Error } else { Score::Warning };
        let text = match here == there {
            true => format!("It answers with status {here}, as on {name}."),
            false => format!("It answers with status {here}; on {name} with {there}."),
        };
        return add(score, text);
    }
    if there >= 400 {
        return add(
            Score::Info,
            format!("It is not on {name}, which answers with status {there}."),
        );
    }
    if here != there {
        add(Score::Warning, format!("It answers with status {here}; on {name} with {there}."));
    }
    if page.location != other.location
        && let (Some(here), Some(there)) = (&page.location, &other.location)
    {
        add(Score::Warning, format!("It leads to {here}; on {name} to {there}."));
    }
    if !page.is_html || !other.is_html {
        return;
    }
    if page.title != other.title {
        let (here, there) = (&page.title, &other.title);
        add(Score::Info, format!("Its title is “{here}”; on {name} “{there}”."));
    }
    let (here, there) = (page.words.len(), other.words.len());
    if there >= FEW_WORDS && (here as f64) < there as f64 * SHRUNK {
        add(Score::Warning, format!("It has {here} words; on {name} {there}."));
    } else if here.min(there) >= FEW_WORDS {
        let shared = share(&page.words, &other.words);
        if shared < ALIKE {
            let per_cent = (shared * 100.0) as u64;
            add(Score::Info, format!("It shares {per_cent} % of its text with {name}."));
        }
    }
    if page.size < other.size && (page.size as f64) < other.size as f64 * SHRUNK {
        add(Score::Warning, format!("It is {} bytes; on {name} {}.", page.size, other.size));
    }
}

/// The part of the words that both texts have, each as often as it stands there: 1 for the same text.
fn share(one: &[String], other: &[String]) -> f64 {
    let mut left: HashMap<&str, usize> = HashMap::new();
    other.iter().for_each(|word| *left.entry(word).or_default() += 1);
    let common = one
        .iter()
        .filter(|word| match left.get_mut(word.as_str()) {
            Some(number) if *number > 0 => {
                *number -= 1;
                true
            }
            _ => false,
        })
        .count();
    2.0 * common as f64 / (one.len() + other.len()).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(status: u16, text: &str) -> Page {
        let mut page = Page { status, is_html: true, size: text.len() as u64, ..Page::default() };
        page.read(text);
        page
    }

    #[test]
    fn a_page_that_breaks_is_worse_than_one_that_is_new_or_reads_otherwise() {
        let good = page(200, "<title>A</title>one two three");
        let against = |it: &Page, other: &Page| judge(it, Some(("Live", other))).0;
        assert_eq!(against(&good, &good), Score::Ok);
        assert_eq!(against(&page(500, ""), &good), Score::Error);
        assert_eq!(against(&page(404, ""), &good), Score::Error);
        assert_eq!(against(&page(404, ""), &page(404, "")), Score::Warning);
        assert_eq!(against(&good, &page(404, "")), Score::Info);
        assert_eq!(against(&page(200, "<title>B</title>one two three"), &good), Score::Info);
        assert_eq!(judge(&page(404, ""), None).0, Score::Warning);
        assert_eq!(judge(&page(200, "Fatal error: Uncaught"), None).0, Score::Error);
    }

    #[test]
    fn a_page_that_lost_its_text_is_told() {
        let words = |n: usize| (0..n).map(|n| format!("w{n} ")).collect::<String>();
        let (full, half) = (page(200, &words(100)), page(200, &words(40)));
        assert_eq!(judge(&half, Some(("Live", &full))).0, Score::Warning);
        assert_eq!(judge(&full, Some(("Live", &half))).0, Score::Ok, "more text is no loss");
    }

    #[test]
    fn texts_are_compared_word_by_word_whatever_their_order() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(share(&words("a b c d"), &words("d c b a")), 1.0);
        assert_eq!(share(&words("a a a a"), &words("a b c d")), 0.25);
    }
}
