//! What MySQL Shell writes (`util.dumpSchemas`): for each table its definition, a description, and its rows as text.
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
};

use percent_encoding::percent_decode_str;

use super::{
    members::{Member, open_member},
    parts::{Piece, chain},
    source::{Dump, Source},
    tab::{Column, Packing, Table},
};
use crate::error::{Code, Doing, Error, Result};

/// Whether the names are those of its files: `@.json` tells about all.
pub(in crate::content) fn is_shells<'a>(mut names: impl Iterator<Item = &'a str>) -> bool {
    names.any(|name| base(name) == "@.json")
}

fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The files of one schema, by what they are for.
#[derive(Default)]
struct Schema<'a> {
    /// Routines and events.
    own: Vec<&'a Member>,
    tables: BTreeMap<String, &'a Member>,
    descriptions: BTreeMap<String, &'a Member>,
    rows: Vec<(String, &'a Member)>,
    /// Tables that stand in for views until these can be made.
    stand_ins: BTreeSet<String>,
    triggers: Vec<&'a Member>,
}

/// Opens its files in an order in which they can be loaded.
pub(super) fn open(source: &Source, database: Option<&str>) -> Result<Dump> {
    let shown = &source.shown;
    if !source.files.iter().any(|it| base(&it.name) == "@.done.json") {
        let message = format!("the dump is cut short: MySQL Shell did not finish `{shown}`");
        return Err(Error::new(Code::Failed, message)
            .hint("Export or copy it again; nothing was changed here."));
    }
    let mut schemas: BTreeMap<String, Schema<'_>> = BTreeMap::new();
    source.files.iter().for_each(|file| sort(file, &mut schemas));
    schemas.retain(|name, it| !name.is_empty() && !it.tables.is_empty());
    let names: Vec<String> = schemas.keys().map(|it| format!("`{it}`")).collect();
    if let Some(database) = database {
        schemas.retain(|name, _| name == database);
    }
    let (Some((_, schema)), None) = (schemas.pop_first(), schemas.pop_first()) else {
        return Err(Error::refused(format!("`{shown}` has the databases {}", names.join(", ")))
            .hint("Choose one with `--from-database`."));
    };
    pieces(&schema).map(|pieces| chain(pieces, shown))
}

/// Puts a file where it belongs: `shop.sql`, `shop@posts.json`, `shop@posts@@3.tsv.zst`.
fn sort<'a>(file: &'a Member, schemas: &mut BTreeMap<String, Schema<'a>>) {
    let name = base(&file.name);
    let ends = [".pre.sql", ".triggers.sql", ".sql", ".json"];
    let end = ends.iter().find(|end| name.ends_with(**end)).copied();
    let rows = name.find(".tsv").filter(|_| !name.ends_with(".idx"));
    let Some(stem) = end.map(|end| name.len() - end.len()).or(rows).map(|at| &name[..at]) else {
        return;
    };
    let mut words = stem.split('@').map(decoded);
    let schema = schemas.entry(words.next().unwrap_or_default()).or_default();
    match (words.next(), end) {
        (None, Some(".sql")) => schema.own.push(file),
        (Some(_), Some(".triggers.sql")) => schema.triggers.push(file),
        (Some(view), Some(".pre.sql")) => _ = schema.stand_ins.insert(view),
        (Some(table), Some(".sql")) => _ = schema.tables.insert(table, file),
        (Some(table), Some(".json")) => _ = schema.descriptions.insert(table, file),
        (Some(table), None) => schema.rows.push((table, file)),
        _ => {}
    }
}

fn pieces(schema: &Schema<'_>) -> Result<Vec<Piece>> {
    let sql = |file: &&Member| Piece::Sql((*file).clone());
    let (views, tables): (Vec<_>, Vec<_>) =
        schema.tables.iter().partition(|(name, _)| schema.stand_ins.contains(*name));
    let mut pieces: Vec<Piece> = tables.iter().map(|(_, file)| sql(file)).collect();
    let mut rows: Vec<_> = schema.rows.iter().collect();
    rows.sort_by(|one, other| one.1.name.cmp(&other.1.name));
    for (name, file) in rows {
        let columns = match schema.descriptions.get(name) {
            Some(description) => columns(description)?,
            None => Vec::new(),
        };
        pieces.push(Piece::Rows((*file).clone(), Table { name: name.clone(), columns }));
    }
    pieces.extend(schema.own.iter().map(sql));
    pieces.extend(views.iter().map(|(_, file)| sql(file)));
    pieces.extend(schema.triggers.iter().map(sql));
    Ok(pieces)
}

/// The columns of a table's rows, and how each is packed.
fn columns(description: &Member) -> Result<Vec<Column>> {
    let doing = || format!("read `{}`", description.name);
    let mut text = String::new();
    open_member(description).and_then(|(mut it, ..)| it.read_to_string(&mut text)).doing(doing)?;
    let described: serde_json::Value = serde_json::from_str(&text).doing(doing)?;
    let options = &described["options"];
    let is_usual = ["\t", "\\", "\n"].into_iter().zip([
        "fieldsTerminatedBy",
        "fieldsEscapedBy",
        "linesTerminatedBy",
    ]);
    for (usual, name) in is_usual {
        if options[name].as_str().is_some_and(|it| it != usual) {
            return Err(Error::refused(format!(
                "`{}` has rows in another form than the usual",
                description.name
            ))
            .hint("Dump it again with the option `dialect: \"default\"`."));
        }
    }
    let named = options["columns"].as_array().into_iter().flatten().filter_map(|it| it.as_str());
    Ok(named
        .map(|name| {
            let packed = match options["decodeColumns"][name].as_str() {
                Some("FROM_BASE64") => Packing::Base64,
                Some("UNHEX") => Packing::Hex,
                _ => Packing::Plain,
            };
            Column { name: name.to_owned(), packed }
        })
        .collect())
}

/// Names are percent-encoded where a disk could not hold them.
fn decoded(name: &str) -> String {
    percent_decode_str(name).decode_utf8_lossy().into_owned()
}
