//! The check Template Files: templates of Drupal 7's theme that do more than show.
use std::{fs, path::Path};

use super::Subject;
use crate::{
    cms::{detect::below, php_source},
    model::{Finding, Score, count},
};

/// Lines that a table of matches shows.
const SHOWN: usize = 50;
/// Functions that a template calls only to do what is not its business.
const CALLS: [&str; 8] = [
    "arg",
    "cache_clear_all",
    "db_query",
    "db_select",
    "drupal_get_messages",
    "drupal_goto",
    "drupal_set_message",
    "mysql_query",
];
/// Words of PHP that no template needs.
const WORDS: [&str; 4] = ["die", "exit", "function", "new"];

/// `theme` is the folder of the theme that visitors see, below the docroot.
pub(super) fn check(subject: &Subject<'_>, theme: &str) -> Finding {
    let folder = below(&below(subject.code, &subject.site.docroot), theme);
    let mut found = Vec::new();
    search(&folder, &folder, &mut found);
    let score = if found.is_empty() { Score::Ok } else { Score::Warning };
    let says = match found.len() as u64 {
        0 => "No template of the theme does more than show.".to_owned(),
        lines => format!("{} of templates that do more than show.", count(lines, "line")),
    };
    found.truncate(SHOWN);
    Finding::new("FrontEnd", "Template Files", score, says)
        .action("Move PHP into preprocess functions, and JavaScript into files of its own.")
        .table(&["File", "Line", "Match"], found)
}

fn search(folder: &Path, base: &Path, found: &mut Vec<Vec<String>>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|it| it.is_dir()) {
            search(&path, base, found);
        } else if entry.file_name().to_string_lossy().ends_with(".tpl.php") {
            let source = fs::read(&path).unwrap_or_default();
            let name = path.strip_prefix(base).unwrap_or(&path).display().to_string();
            let lines = logic(&String::from_utf8_lossy(&source));
            found.extend(lines.into_iter().map(|(line, word)| vec![name.clone(), line, word]));
        }
    }
}

/// Lines of a template with a word that does more than show, and the word.
fn logic(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = source[at..].find("<?") {
        let start = at + start;
        let end = source[start..].find("?>").map_or(source.len(), |it| start + it);
        for (offset, word) in php_source::words(&source[start..end]) {
            let rest = source[start + offset + word.len()..end].trim_start();
            let is_call = CALLS.contains(&word) && rest.starts_with('(');
            if is_call || WORDS.contains(&word) {
                let line = 1 + source[..start + offset].matches('\n').count();
                found.push((line.to_string(), word.to_owned()));
            }
        }
        at = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> Vec<String> {
        logic(source).into_iter().map(|(line, word)| format!("{line} {word}")).collect()
    }

    #[test]
    fn templates_that_only_show_pass() {
        let source = "<p>exit, new and function arg(1)</p>\n<?php if ($new): ?>\n\
                      <?php print t('die new'); // exit\n print $it->exit(); print target(1) ?> db_query(";
        assert_eq!(words(source), Vec::<String>::new());
    }

    #[test]
    fn templates_that_do_more_are_found_with_their_lines() {
        let source = "<?php\nif (arg (1) == 'x') { exit; }\n?>\n<?= db_query('SELECT') ?>\n<?php $a = new A('?\\'');";
        assert_eq!(words(source), ["2 arg", "2 exit", "4 db_query", "5 new"]);
    }
}
