//! Databases read and written as SQL, whichever engine holds them.
use std::{io::Write, path::Path, thread};

use serde::{Deserialize, Serialize};

use super::{running, work::Work};
use crate::{
    cms,
    content::dump::{self, Definitions, Dialect, Dump, Exported, Form, Loaded, Loading},
    error::{Doing, Error, Result},
    model::{Cms, Database, Environment, Site},
    progress::Meter,
    runtime::Conversation,
};

/// Whose databases they are.
#[derive(Clone, Copy)]
pub(super) struct Owner<'a> {
    pub(super) site: &'a Site,
    pub(super) environment: &'a Environment,
    /// The generation that its PHP is to see.
    pub(super) generation: u32,
}

/// Loads a dump into an empty database.
pub(super) fn load(
    work: &Work<'_>,
    owner: Owner<'_>,
    database: &Database,
    dump: Dump,
    how: Loading<'_>,
    meter: Meter<'_>,
) -> Result<Loaded> {
    let file = match database {
        Database::MariaDb { .. } => return dump::load_mariadb(dump, database, how, meter),
        Database::Sqlite { file } => file,
    };
    let dialect = match owner.site.cms {
        Cms::WordPress => {
            let mut driver = Driver::start(work, owner, file, meter)?;
            let mut run = |sql: &str| driver.run(sql);
            return dump::load_sqlite(dump, file, Definitions::Driver(&mut run), how, meter);
        }
        Cms::Drupal => Dialect::Drupal,
        Cms::Drupal7 => Dialect::Drupal7,
        Cms::Php | Cms::Html => Dialect::Plain,
    };
    dump::load_sqlite(dump, file, Definitions::Own(dialect), how, meter)
}

/// Brings a database into an empty one of the other engine. The present step tells the rows.
pub(super) fn transfer(
    work: &Work<'_>,
    owner: Owner<'_>,
    from: &Database,
    to: &Database,
    meter: Meter<'_>,
) -> Result<Loaded> {
    let (reader, mut writer) = std::io::pipe().doing(|| "make a pipe".into())?;
    let dump = Dump::of(reader, "the database");
    thread::scope(|scope| {
        let written = scope.spawn(move || {
            write(work, owner, from, &mut writer, meter)?;
            writer.flush().doing(|| "read the database".into())
        });
        // When this fails, its end of the pipe is gone and the writer stops.
        let loaded = load(work, owner, to, dump, Loading::default(), meter);
        let written = written.join().unwrap_or_else(|_| Err(Error::failed("read the database")));
        match (loaded, written) {
            // What ends early is taken for a dump that is cut: the reason is the writer's.
            (Err(loaded), Err(written)) if !is_broken_pipe(&written) => {
                Err(if loaded.is_cancelled() { loaded } else { written })
            }
            (loaded, _) => loaded,
        }
    })
}

fn is_broken_pipe(error: &Error) -> bool {
    error.causes.iter().any(|cause| cause.contains("pipe"))
}

fn write(
    work: &Work<'_>,
    owner: Owner<'_>,
    from: &Database,
    out: &mut (dyn Write + Send),
    meter: Meter<'_>,
) -> Result<()> {
    let mut out = std::io::BufWriter::with_capacity(256 << 10, out);
    let done = match from {
        Database::MariaDb { .. } => dump::write_sql(from, &mut out, meter),
        Database::Sqlite { file } => with_shown(work, owner, file, meter, |show| {
            dump::write_sqlite(file, show, &mut out, meter)
        }),
    };
    done?;
    out.flush().doing(|| "read the database".into())
}

/// Writes a database to the new file `to`, in the form that its name asks for.
pub(super) fn export(
    work: &Work<'_>,
    owner: Owner<'_>,
    database: &Database,
    form: Form,
    to: &Path,
    meter: Meter<'_>,
) -> Result<Exported> {
    match (database, form) {
        (Database::Sqlite { file }, Form::Sql | Form::SqlGz | Form::SqlZst) => {
            with_shown(work, owner, file, meter, |show| {
                dump::export_sqlite_as_sql(file, show, form, to, meter)
            })
        }
        (Database::MariaDb { .. }, Form::Sqlite) => {
            let target = Database::Sqlite { file: to.to_owned() };
            let loaded = transfer(work, owner, database, &target, meter)?;
            loaded.notes.iter().for_each(|note| work.line(note));
            let bytes = to.metadata().doing(|| format!("read `{}`", to.display()))?.len();
            Ok(Exported { tables: loaded.tables, rows: loaded.rows, bytes })
        }
        _ => dump::export_database(database, form, to, meter),
    }
}

/// Calls `body` with the driver's definitions of a SQLite file, where the site's system has a driver.
fn with_shown<T>(
    work: &Work<'_>,
    owner: Owner<'_>,
    file: &Path,
    meter: Meter<'_>,
    body: impl FnOnce(Option<&mut dump::Show<'_>>) -> Result<T>,
) -> Result<T> {
    if owner.site.cms != Cms::WordPress {
        return body(None);
    }
    let mut driver = Driver::start(work, owner, file, meter)?;
    let mut show = |table: &str| driver.show(table);
    body(Some(&mut show))
}

/// The driver of WordPress's SQLite tables, which runs in the environment's PHP.
struct Driver<'a> {
    talk: Conversation,
    meter: Meter<'a>,
}

impl<'a> Driver<'a> {
    fn start(work: &Work<'_>, owner: Owner<'_>, file: &Path, meter: Meter<'a>) -> Result<Self> {
        let Owner { site, environment, generation } = owner;
        let task = cms::sqlite_driver;
        let talk = running::talk_to_task(work.context, site, environment, generation, file, task)?;
        let none = || Error::refused(format!("{} has no driver for SQLite", site.name));
        Ok(Self { talk: talk.ok_or_else(none)?, meter })
    }

    /// Runs a statement of MySQL. Answers why it was refused.
    fn run(&mut self, sql: &str) -> Result<Option<String>> {
        #[derive(Serialize)]
        struct Run<'a> {
            run: &'a str,
        }
        #[derive(Deserialize)]
        struct Answer {
            refused: Option<String>,
        }
        let answer: Answer = self.talk.ask(&Run { run: sql }, self.meter)?;
        Ok(answer.refused)
    }

    /// A table's definition in MySQL's words.
    fn show(&mut self, table: &str) -> Result<String> {
        #[derive(Serialize)]
        struct Show<'a> {
            show: &'a str,
        }
        #[derive(Deserialize)]
        struct Answer {
            text: Option<String>,
            refused: Option<String>,
        }
        let answer: Answer = self.talk.ask(&Show { show: table }, self.meter)?;
        answer.text.ok_or_else(|| {
            let why = answer.refused.unwrap_or_else(|| "it does not know the table".to_owned());
            Error::failed(format!("read the definition of `{table}`")).because(why)
        })
    }
}
