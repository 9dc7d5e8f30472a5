//! `mail:…`
use std::io::{self, Write};

use base64::{Engine, prelude::BASE64_STANDARD};
use clap::{Args, Subcommand};
use portico_core::{
    Code, Error, Result,
    model::{
        Address, human_bytes,
        request::{ClearMail, Request, ask},
    },
};

use crate::{
    output::{Output, print},
    workflow::run,
};

#[derive(Subcommand)]
pub(crate) enum MailCommand {
    /// List the mail that was caught, newest first
    List {
        /// The environment, as in `acme.dev`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
    },
    /// Show one message
    Show(ShowMail),
    /// Empty the list; it can be undone
    Clear(ClearMail),
}

#[derive(Args)]
pub(crate) struct ShowMail {
    /// The environment, as in `acme.dev`
    #[arg(value_name = "SITE.ENV")]
    pub(crate) environment: Address,
    /// The message [default: the newest]
    pub(crate) id: Option<String>,
    /// Print the HTML part
    #[arg(long, conflicts_with_all = ["raw", "attachment"])]
    pub(crate) html: bool,
    /// Print the whole message as it was sent
    #[arg(long, conflicts_with = "attachment")]
    pub(crate) raw: bool,
    /// Print the attachment with this number, as `mail:show` lists them
    #[arg(long, value_name = "NUMBER")]
    pub(crate) attachment: Option<u32>,
}

pub(crate) fn mail(command: MailCommand, output: &Output) -> Result<()> {
    match command {
        MailCommand::Clear(wanted) => run(&Request::ClearMail(wanted), output),
        MailCommand::Show(wanted) => show(wanted, output),
        MailCommand::List { environment } => {
            let rows = crate::open()?.ask(ask::Mail { environment })?;
            output.table(&["Id", "At", "From", "To", "Subject", "Files"], &rows, |row| {
                [
                    row.id.clone(),
                    row.at.to_string(),
                    row.from.clone(),
                    row.to.clone(),
                    row.subject.clone(),
                    row.attachments.to_string(),
                ]
            });
            Ok(())
        }
    }
}

fn show(wanted: ShowMail, output: &Output) -> Result<()> {
    let ShowMail { environment, id, html, raw, attachment } = wanted;
    let session = crate::open()?;
    let id = match id {
        Some(id) => id,
        None => {
            let rows = session.ask(ask::Mail { environment: environment.clone() })?;
            let newest = rows.into_iter().next().map(|row| row.id);
            newest.ok_or_else(|| {
                Error::new(Code::NotFound, format!("{environment} has sent no mail"))
            })?
        }
    };
    if raw || attachment.is_some() {
        let question = ask::MailPart { environment, id, attachment, to: None };
        let bytes = BASE64_STANDARD
            .decode(session.ask(question)?)
            .map_err(|error| Error::failed("understand the owner's answer").because(error))?;
        let mut out = io::stdout().lock();
        return out
            .write_all(&bytes)
            .and_then(|()| out.flush())
            .map_err(|error| Error::failed("write to standard output").because(error));
    }
    let message = session.ask(ask::MailMessage { environment, id })?;
    if html && !output.is_json() {
        print(message.html.as_deref().unwrap_or_default().trim_end());
        return Ok(());
    }
    let files = message.attachments.iter().enumerate().map(|(number, it)| {
        format!("{number}: {} ({}, {})", it.name, it.media_type, human_bytes(it.bytes))
    });
    let files: Vec<String> = files.collect();
    output.facts(
        &message,
        &[
            ("at", message.row.at.to_string()),
            ("from", message.row.from.clone()),
            ("to", message.row.to.clone()),
            ("subject", message.row.subject.clone()),
            ("attachments", files.join(", ")),
        ],
    );
    if !output.is_json() {
        print("");
        print(message.text.as_deref().unwrap_or_default().trim_end());
    }
    Ok(())
}
