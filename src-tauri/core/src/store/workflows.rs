//! The table of workflows: the history, and what undoes each.
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Store, from_json, from_text, now, readable, to_json, to_text};
use crate::{
    durable::Durable,
    error::{Doing, Error, Result},
    model::{Change, EnvironmentName, SiteName, request::Request, view::WorkflowState},
};

/// A workflow as the database holds it.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// Counts up.
    pub id: i64,
    /// The site.
    pub site: SiteName,
    /// The environment, where one is changed.
    pub environment: Option<EnvironmentName>,
    /// What was asked for.
    pub request: Request,
    /// What it does, for people.
    pub title: String,
    /// How it stands.
    pub state: WorkflowState,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The workflow that it undid.
    pub undoes: Option<i64>,
    /// The pointers that it moved.
    pub changes: Vec<Change>,
    /// What it brought about.
    pub result: Option<serde_json::Value>,
    /// Why it failed.
    pub error: Option<Error>,
}

/// A workflow that an owner left under way when it died: what taking it back needs, and no more.
#[derive(Clone, Debug)]
pub struct Interrupted {
    /// Its id.
    pub id: i64,
    /// The site.
    pub site: SiteName,
    /// What it does, for people.
    pub title: String,
    /// When it began.
    pub started_at: Timestamp,
}

const COLUMNS: &str = "id, site, environment, request, title, state, started_at, finished_at,
    undoes, changes, result, error";

impl Store {
    /// Notes that a workflow begins; answers its id.
    pub fn begin_workflow(
        &self,
        site: &SiteName,
        environment: Option<&EnvironmentName>,
        request: &Request,
        title: &str,
    ) -> Result<i64> {
        self.transaction(|transaction| {
            transaction
                .execute(
                    "INSERT INTO workflows (site, environment, request, title, state, started_at)
                     VALUES (?1, ?2, ?3, ?4, 'running', ?5)",
                    params![
                        site.as_str(),
                        environment.map(EnvironmentName::as_str),
                        to_json(&request.without_secrets()),
                        title,
                        now().to_string(),
                    ],
                )
                .doing(|| format!("record the workflow {title}"))?;
            Ok(transaction.last_insert_rowid())
        })
    }

    /// Notes that a workflow ended without a switch.
    pub fn end_workflow(&self, id: i64, state: WorkflowState, error: Option<&Error>) -> Result<()> {
        self.transaction(|transaction| {
            transaction
                .execute(
                    "UPDATE workflows SET state = ?2, finished_at = ?3, error = ?4 WHERE id = ?1",
                    params![id, to_text(&state), now().to_string(), error.map(to_json)],
                )
                .doing(|| format!("record the end of workflow {id}"))?;
            transaction
                .execute("DELETE FROM journal WHERE workflow = ?1", [id])
                .doing(|| format!("clear the journal of workflow {id}"))?;
            Ok(())
        })
    }

    /// Replaces what a workflow brought about, which grows after the switch.
    pub fn set_workflow_result(&self, id: i64, result: &serde_json::Value) -> Result<()> {
        self.transaction(|transaction| {
            transaction
                .execute(
                    "UPDATE workflows SET result = ?2, finished_at = ?3 WHERE id = ?1",
                    params![id, result.to_string(), now().to_string()],
                )
                .doing(|| format!("record the result of workflow {id}"))?;
            Ok(())
        })
    }

    /// One workflow.
    pub fn workflow(&self, id: i64) -> Result<Workflow> {
        self.read(|connection| {
            connection
                .query_row(
                    &format!("SELECT {COLUMNS} FROM workflows WHERE id = ?1"),
                    [id],
                    read_workflow,
                )
                .optional()
                .doing(|| format!("read the workflow {id}"))
        })?
        .ok_or_else(|| {
            Error::not_found("workflow", id).hint("`portico workflow:list` shows those there are.")
        })
    }

    /// Workflows whose rows can be read, newest first, of one site or of all.
    pub fn workflows(&self, site: Option<&SiteName>, limit: u32) -> Result<Vec<Workflow>> {
        let read = |connection: &Connection| {
            let mut rows = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM workflows WHERE ?1 IS NULL OR site = ?1
                 ORDER BY id DESC LIMIT ?2"
            ))?;
            let values = params![site.map(SiteName::as_str), limit];
            readable(rows.query_map(values, read_workflow)?)
        };
        self.read(|connection| read(connection).doing(|| "list the workflows".into()))
    }

    /// Workflows of a site that moved a pointer of this type (as [`Change`] is tagged), newest first.
    pub fn workflows_that_changed(
        &self,
        site: &SiteName,
        what: &str,
        limit: u32,
    ) -> Result<Vec<Workflow>> {
        let tag = format!("\"type\":\"{what}\"");
        let read = |connection: &Connection| {
            let mut rows = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM workflows WHERE site = ?1 AND instr(changes, ?2) > 0
                 ORDER BY id DESC LIMIT ?3"
            ))?;
            readable(rows.query_map(params![site.as_str(), tag, limit], read_workflow)?)
        };
        self.read(|connection| read(connection).doing(|| format!("list the workflows of {site}")))
    }

    /// Workflows that an owner left under way when it died, newest first.
    pub fn interrupted_workflows(&self) -> Result<Vec<Interrupted>> {
        let read = |connection: &Connection| {
            let mut rows = connection.prepare(
                "SELECT id, site, title, started_at FROM workflows WHERE state = 'running'
                 ORDER BY id DESC",
            )?;
            let row = |row: &Row<'_>| {
                Ok(Interrupted {
                    id: row.get(0)?,
                    site: from_text(1, row.get(1)?)?,
                    title: row.get(2)?,
                    started_at: from_text(3, row.get(3)?)?,
                })
            };
            readable(rows.query_map([], row)?)
        };
        self.read(|connection| read(connection).doing(|| "list interrupted workflows".into()))
    }
}

/// Notes, inside the transaction that moves the pointers, that the workflow has done its work. What they point to is
/// `durable` by then.
pub(crate) fn succeed(
    connection: &Connection,
    _durable: &Durable,
    id: i64,
    undoes: Option<i64>,
    changes: &[Change],
    result: &serde_json::Value,
) -> Result<()> {
    let doing = || format!("record the end of workflow {id}");
    #[cfg(test)]
    if let Some(folder) = connection.path().map(std::path::Path::new).and_then(|it| it.parent()) {
        _durable.assert_nothing_written_since(folder);
    }
    connection
        .execute(
            "UPDATE workflows SET state = 'succeeded', finished_at = ?2, undoes = ?3,
             changes = ?4, result = ?5 WHERE id = ?1",
            params![id, now().to_string(), undoes, to_json(&changes), result.to_string()],
        )
        .doing(doing)?;
    connection.execute("DELETE FROM journal WHERE workflow = ?1", [id]).doing(doing)?;
    Ok(())
}

fn read_workflow(row: &Row<'_>) -> rusqlite::Result<Workflow> {
    let environment: Option<String> = row.get(2)?;
    let finished_at: Option<String> = row.get(7)?;
    let result: Option<String> = row.get(10)?;
    let error: Option<String> = row.get(11)?;
    Ok(Workflow {
        id: row.get(0)?,
        site: from_text(1, row.get(1)?)?,
        environment: environment.map(|text| from_text(2, text)).transpose()?,
        request: from_json(3, &row.get::<_, String>(3)?)?,
        title: row.get(4)?,
        state: from_text(5, row.get(5)?)?,
        started_at: from_text(6, row.get(6)?)?,
        finished_at: finished_at.map(|text| from_text(7, text)).transpose()?,
        undoes: row.get(8)?,
        changes: from_json(9, &row.get::<_, String>(9)?)?,
        result: result.map(|json| from_json(10, &json)).transpose()?,
        error: error.map(|json| from_json(11, &json)).transpose()?,
    })
}
