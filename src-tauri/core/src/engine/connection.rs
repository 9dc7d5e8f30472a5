//! How tools of a person's own reach an environment.
use crate::{
    error::Result,
    model::request::quote,
    model::{
        Address, CodePointer, Database,
        view::{Connection, DatabaseConnection},
    },
    workflow::{Context, running},
};

/// Starts the environment's database, so that what it tells can be used at once.
pub(super) fn connection(context: &Context, address: &Address) -> Result<Connection> {
    let site = context.store.site(&address.site)?;
    let found = context.store.environment(address)?;
    let opened = running::open_database(context, &site, &found, found.generation)?;
    let clone = match &found.code {
        CodePointer::Branch { branch } if *branch != site.branch => {
            format!("git clone -b {}", quote(branch))
        }
        _ => "git clone".to_owned(),
    };
    let repository = context.layout.repository(&site.name).display().to_string();
    Ok(Connection {
        connection_mode: found.connection_mode,
        url: context.url(address),
        git_command: format!("{clone} {} {}", quote(&repository), site.name),
        code_folder: context.layout.code(address).display().to_string(),
        files_folder: context.layout.files(address).display().to_string(),
        database: opened.database.as_ref().map(database),
    })
}

fn database(database: &Database) -> DatabaseConnection {
    let engine = database.engine();
    match database {
        Database::MariaDb { socket, name, user, password, .. } => DatabaseConnection {
            engine,
            // Every user of the machine could read a password among the arguments. Windows' shells set no variable
            // for one command: there the client asks.
            command: match cfg!(windows) {
                true => {
                    format!(
                        "mariadb --socket={} --user={user} --password {name}",
                        quote(&socket.display().to_string())
                    )
                }
                false => format!(
                    "MYSQL_PWD={password} mariadb --socket={} --user={user} {name}",
                    quote(&socket.display().to_string())
                ),
            },
            path: socket.display().to_string(),
            name: Some(name.clone()),
            user: Some(user.clone()),
            password: Some(password.clone()),
        },
        Database::Sqlite { file } => DatabaseConnection {
            engine,
            command: format!("sqlite3 {}", quote(&file.display().to_string())),
            path: file.display().to_string(),
            name: None,
            user: None,
            password: None,
        },
    }
}
