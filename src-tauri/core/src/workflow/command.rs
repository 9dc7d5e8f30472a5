//! A request as the command line that does the same: "Copy as command".
use crate::model::request::{
    CloneContent, CreateSite, Deploy, ImportDatabase, ImportOptions, ImportSite, Request,
    Resolution, SearchReplace, Take,
};
use crate::model::{ConnectionMode, DatabaseEngine, EnvironmentName, HookStage};

/// The command line of a request. A password shows as `…`: it is not kept.
#[allow(clippy::too_many_lines, reason = "a list of the requests")]
pub fn command_line(request: &Request) -> String {
    let mut line = Line::default();
    match request {
        Request::CreateSite(it) => create_site(&mut line, it),
        Request::InstallSite(it) => {
            line.word("site:install").word(it.environment.to_string()).option("title", &it.title);
            line.option("admin-user", &it.admin_user).option("admin-password", "…");
            line.option("admin-email", &it.admin_email);
        }
        Request::RepairSite(it) => {
            line.word("site:repair").word(it.site.as_str());
        }
        Request::DeleteSite(it) => {
            line.word("site:delete").word(it.site.as_str());
            line.option("confirm", it.site.as_str());
        }
        Request::Deploy(it) => deploy(&mut line, it),
        Request::CloneContent(it) => clone_content(&mut line, it),
        Request::Commit(it) => {
            line.word("env:commit").word(it.environment.to_string());
            line.option("message", &it.message);
            for file in &it.files {
                line.word(file);
            }
        }
        Request::SetConnection(it) => {
            let mode = match it.mode {
                ConnectionMode::Sftp => "sftp",
                ConnectionMode::Git => "git",
            };
            line.word("connection:set").word(it.environment.to_string()).word(mode);
        }
        Request::ClearCache(it) => {
            line.word("env:clear-cache").word(it.environment.to_string());
        }
        Request::Wipe(it) => {
            line.word("env:wipe").word(it.environment.to_string());
            line.optional("confirm", it.confirm.as_deref());
        }
        Request::AdoptSite(it) => {
            line.word("site:adopt").word(it.site.as_str());
        }
        Request::SetDatabase(it) => {
            line.word("site:database").word(it.site.as_str()).word(engine(it.engine));
        }
        Request::Undo(it) => {
            line.word("undo").word(it.site.as_str());
            line.optional("workflow", it.workflow.map(|id| id.to_string()).as_deref());
        }
        Request::CreateMultidev(it) => {
            line.word("multidev:create").word(it.from.to_string()).word(it.name.as_str());
            line.flag("no-db", it.no_db).flag("no-files", it.no_files);
            line.optional("at", it.at.as_deref());
        }
        Request::DeleteMultidev(it) => {
            line.word("multidev:delete").word(it.environment.to_string());
            line.flag("delete-branch", it.delete_branch);
        }
        Request::MergeToDev(it) => {
            line.word("multidev:merge-to-dev").word(it.environment.to_string());
            line.flag("updatedb", it.updatedb);
            resolve(&mut line, &it.resolve);
        }
        Request::MergeFromDev(it) => {
            line.word("multidev:merge-from-dev").word(it.environment.to_string());
            line.flag("updatedb", it.updatedb);
            resolve(&mut line, &it.resolve);
        }
        Request::SetUpstream(it) => {
            line.word("site:upstream:set").word(it.site.as_str()).word(&it.url);
            if let Some(branch) = &it.branch {
                line.word(branch);
            }
        }
        Request::ApplyUpstream(it) => {
            line.word("upstream:updates:apply").word(it.environment.to_string());
            line.flag("updatedb", it.updatedb).flag("accept-upstream", it.accept_upstream);
            resolve(&mut line, &it.resolve);
        }
        Request::DeployTag(it) => {
            line.word("env:code-rollback").word(it.environment.to_string());
            line.optional("tag", it.tag.as_deref());
        }
        Request::BringToDev(it) => {
            line.word("env:bring-to-dev").word(it.environment.to_string());
            resolve(&mut line, &it.resolve);
        }
        Request::Discard(it) => {
            line.word("env:discard").word(it.environment.to_string());
            for file in &it.files {
                line.word(file);
            }
        }
        Request::RunHooks(it) => {
            line.word("env:run-hooks").word(it.environment.to_string()).word(it.event.as_str());
            if it.stage == HookStage::Before {
                line.option("stage", "before");
            }
        }
        Request::ImportConfig(it) => {
            line.word("config:import").word(it.environment.to_string());
        }
        Request::ExportConfig(it) => {
            line.word("config:export").word(it.environment.to_string());
        }
        Request::SmokeTest(it) => {
            line.word("env:smoke").word(it.environment.to_string());
            line.optional("against", it.against.as_ref().map(|it| it.as_str()));
            line.optional("limit", it.limit.map(|it| it.to_string()).as_deref());
            it.paths.iter().for_each(|path| _ = line.option("paths", path));
        }
        Request::EnableLock(it) => {
            line.word("lock:enable").word(it.environment.to_string());
            line.optional("username", it.username.as_deref()).option("password", "…");
        }
        Request::DisableLock(it) => {
            line.word("lock:disable").word(it.environment.to_string());
        }
        Request::EnableCron(it) => {
            line.word("cron:enable").word(it.environment.to_string());
            match it.while_awake {
                true => line.flag("while-awake", true),
                false => line.option("every", &it.every.to_string()),
            };
        }
        Request::DisableCron(it) => {
            line.word("cron:disable").word(it.environment.to_string());
        }
        Request::RunCron(it) => {
            line.word("cron:run").word(it.environment.to_string());
        }
        Request::ClearMail(it) => {
            line.word("mail:clear").word(it.environment.to_string());
        }
        Request::ImportDatabase(it) => import_database(&mut line, it),
        Request::ImportFiles(it) => {
            line.word("import:files").word(it.environment.to_string()).word(&it.file);
            line.optional("as", it.taken_as.map(|it| it.to_string()).as_deref());
            line.optional("confirm", it.confirm.as_deref());
        }
        Request::ExportDatabase(it) => {
            line.word("export:database").word(it.environment.to_string()).word(&it.to);
            line.flag("overwrite", it.overwrite);
        }
        Request::ExportFiles(it) => {
            line.word("export:files").word(it.environment.to_string()).word(&it.to);
            line.flag("overwrite", it.overwrite);
        }
        Request::SwitchGeneration(it) => {
            line.word("generation:switch").word(it.environment.to_string());
            line.word(it.id.to_string()).optional("confirm", it.confirm.as_deref());
        }
        Request::PinGeneration(it) => {
            line.word("generation:pin").word(it.environment.to_string()).word(it.id.to_string());
        }
        Request::UnpinGeneration(it) => {
            line.word("generation:unpin").word(it.environment.to_string()).word(it.id.to_string());
        }
        Request::PruneGenerations(it) => {
            line.word("generation:prune").word(it.environment.to_string());
            it.ids.iter().for_each(|id| _ = line.word(id.to_string()));
            line.optional("keep", it.keep.map(|keep| keep.to_string()).as_deref());
        }
        Request::SearchReplace(it) => search_replace(&mut line, it),
        Request::ImportSite(it) => import_site(&mut line, it),
        Request::SetCloneProfile(it) => {
            line.word("site:clone-profile").word(it.site.as_str());
            it.exclude.iter().for_each(|table| _ = line.option("exclude", table));
            line.flag("reset", it.reset).flag("none", it.exclude.is_empty() && !it.reset);
        }
        Request::KeepGenerations(it) => {
            line.word("generation:keep").word(it.site.as_str());
            it.count.iter().for_each(|count| _ = line.word(count.to_string()));
            line.optional("days", it.days.map(|days| days.to_string()).as_deref());
            line.flag("default", it.default);
        }
        Request::FreeDisk(it) => {
            line.word("disk:free").word(it.site.as_str());
            line.optional("keep", it.keep.map(|keep| keep.to_string()).as_deref());
            line.optional("days", it.days.map(|days| days.to_string()).as_deref());
            it.only.iter().for_each(|kind| _ = line.option("only", kind.as_str()));
        }
        Request::AllowPath(it) => {
            line.word("site:allow").word(it.site.as_str()).word(&it.path).flag("write", it.write);
        }
        Request::DisallowPath(it) => {
            line.word("site:disallow").word(it.site.as_str()).word(&it.path);
        }
    }
    line.finish()
}

/// A text that was written in the window is in no file; as a password, it shows as `…`.
fn resolve(line: &mut Line, all: &[Resolution]) {
    for it in all {
        let take = match &it.take {
            Take::Ours => "ours",
            Take::Theirs => "theirs",
            Take::Text(_) => "…",
            Take::File(path) => path,
        };
        line.option("resolve", &format!("{}={take}", it.file));
    }
}

fn create_site(line: &mut Line, it: &CreateSite) {
    line.word("site:create").word(it.name.as_str()).option("from", &it.from);
    line.optional("label", it.label.as_deref());
    line.optional("database", it.database.map(engine));
    line.optional("branch", it.branch.as_deref()).flag("untrack-uploads", it.untrack_uploads);
    line.optional("entry", it.entry.as_deref());
    line.optional("as", it.taken_as.map(|it| it.to_string()).as_deref());
}

fn engine(engine: DatabaseEngine) -> &'static str {
    match engine {
        DatabaseEngine::MariaDb => "mariadb",
        DatabaseEngine::Sqlite => "sqlite",
    }
}

fn deploy(line: &mut Line, it: &Deploy) {
    line.word("env:deploy").word(it.environment.to_string());
    line.flag("sync-content", it.sync_content).optional("note", it.note.as_deref());
    line.optional("from", it.from.as_ref().map(EnvironmentName::as_str));
    line.flag("updatedb", it.updatedb).flag("config-import", it.config_import).flag("cc", it.cc);
}

fn clone_content(line: &mut Line, it: &CloneContent) {
    line.word("env:clone-content").word(it.from.to_string()).word(it.to.as_str());
    line.flag("db-only", it.db_only).flag("files-only", it.files_only);
    line.optional("from-url", it.from_url.as_deref()).optional("to-url", it.to_url.as_deref());
    line.flag("keep-urls", it.keep_urls).flag("full", it.full);
    line.flag("config-import", it.config_import);
    it.exclude_table.iter().for_each(|table| _ = line.option("exclude-table", table));
    line.flag("updatedb", it.updatedb).flag("cc", it.cc);
    line.optional("confirm", it.confirm.as_deref());
}

fn import_database(line: &mut Line, it: &ImportDatabase) {
    line.word("import:database").word(it.environment.to_string()).word(&it.file);
    line.optional("files", it.files.as_deref());
    import_options(line, &it.options);
}

fn import_site(line: &mut Line, it: &ImportSite) {
    line.word("import:site").word(it.environment.to_string());
    it.files.iter().for_each(|file| _ = line.word(file));
    line.optional("message", it.message.as_deref());
    import_options(line, &it.options);
}

fn import_options(line: &mut Line, it: &ImportOptions) {
    line.optional("from-database", it.from_database.as_deref());
    line.optional("entry", it.entry.as_deref());
    line.optional("as", it.taken_as.map(|it| it.to_string()).as_deref());
    line.optional("from-url", it.from_url.as_deref()).flag("keep-urls", it.keep_urls);
    line.flag("updatedb", it.updatedb).flag("cc", it.cc);
    line.optional("confirm", it.confirm.as_deref());
}

fn search_replace(line: &mut Line, it: &SearchReplace) {
    line.word("search-replace").word(it.environment.to_string());
    for pair in &it.pairs {
        line.word(&pair.old).word(&pair.new);
    }
    for table in &it.tables {
        line.option("table", table);
    }
    line.flag("guid", it.guid).flag("cc", it.cc).optional("confirm", it.confirm.as_deref());
}

/// A command line in the making. Its first word is the verb.
#[derive(Default)]
struct Line {
    words: Vec<String>,
    options: Vec<String>,
}

impl Line {
    fn word(&mut self, word: impl AsRef<str>) -> &mut Self {
        self.words.push(word.as_ref().to_owned());
        self
    }

    /// An option with its value; one word where the value could be taken for an option itself.
    fn option(&mut self, name: &str, value: &str) -> &mut Self {
        match value.starts_with('-') {
            true => self.options.push(format!("--{name}={value}")),
            false => self.options.extend([format!("--{name}"), value.to_owned()]),
        }
        self
    }

    fn optional(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.option(name, value),
            None => self,
        }
    }

    fn flag(&mut self, name: &str, on: bool) -> &mut Self {
        if on {
            self.options.push(format!("--{name}"));
        }
        self
    }

    /// The words before the options, as people write them; behind them and `--` where one could be taken for an option.
    fn finish(self) -> String {
        let Self { words, options } = self;
        let (verb, given) = words.split_at(1.min(words.len()));
        let separator = ["--".to_owned()];
        let parts: [&[String]; 4] = match given.iter().any(|word| word.starts_with('-')) {
            true => [verb, &options, &separator, given],
            false => [verb, given, &options, &[]],
        };
        let quoted: Vec<_> = parts.into_iter().flatten().map(|word| quote(word)).collect();
        format!("portico {}", quoted.join(" "))
    }
}

/// Quotes a word for a POSIX shell where it needs it.
pub(crate) fn quote(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:@=,+%…".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_as_the_command_that_does_the_same() {
        let request: Request = serde_json::from_str(
            r#"{"kind":"deploy","environment":"acme.test","sync_content":true,"note":"it's out"}"#,
        )
        .expect("parses");
        assert_eq!(
            command_line(&request),
            r"portico env:deploy acme.test --sync-content --note 'it'\''s out'"
        );
    }
}
