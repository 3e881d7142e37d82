//! `roundsman user`

use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;

use clap::ValueEnum;
use roundsman_core::records::{Person, Role, Territory};
use roundsman_core::sync::Channel;
use roundsman_store::{people, records};

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::identity::hash_password;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add somebody; the password is read from the terminal or standard input.
    Add {
        /// What they sign in with.
        login: String,
        /// As colleagues write it.
        #[arg(long)]
        name: String,
        /// What they may do.
        #[arg(long, value_enum)]
        role: RoleName,
        /// The data folder.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
    },
    /// Let somebody see a territory.
    Grant {
        /// Who.
        login: String,
        /// The territory's name, in either language.
        territory: String,
        /// The data folder.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
    },
    /// End that somebody sees a territory.
    Revoke {
        /// Who.
        login: String,
        /// The territory's name, in either language.
        territory: String,
        /// The data folder.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
    },
    /// Set a new password and end every session.
    Password {
        /// Whose.
        login: String,
        /// The data folder.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum RoleName {
    Rep,
    SalesManager,
    Office,
    Warehouse,
    Finance,
    Service,
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Rep => Self::Rep,
            RoleName::SalesManager => Self::SalesManager,
            RoleName::Office => Self::Office,
            RoleName::Warehouse => Self::Warehouse,
            RoleName::Finance => Self::Finance,
            RoleName::Service => Self::Service,
            RoleName::Admin => Self::Admin,
        }
    }
}

pub async fn run(command: Command) -> Result<()> {
    match command {
        Command::Add { login, name, role, data } => add(login, name, role.into(), data).await,
        Command::Grant { login, territory, data } => grant(&login, &territory, data, true).await,
        Command::Revoke { login, territory, data } => grant(&login, &territory, data, false).await,
        Command::Password { login, data } => password(login, data).await,
    }
}

async fn add(login: String, name: String, role: Role, data: PathBuf) -> Result<()> {
    let clock = Clock::system();
    let app = App::open(Config::local(data), clock.clone()).await?;
    let hash = hash_password(read_password()?, clock.random()).await?;
    let person = Person { id: clock.new_id().into(), name, role, devices: Vec::new() };
    let now = clock.now();
    let taken = format!("somebody signs in as {login} already");
    app.store
        .write
        .run(move |db, commit| {
            Box::pin(async move { people::add(db, commit, &person, &login, &hash, now).await })
        })
        .await
        .map_err(|error| said(error, taken))?;
    Ok(())
}

async fn password(login: String, data: PathBuf) -> Result<()> {
    let clock = Clock::system();
    let app = App::open(Config::local(data), clock.clone()).await?;
    let hash = hash_password(read_password()?, clock.random()).await?;
    let unknown = format!("nobody signs in as {login}");
    app.store
        .write
        .run(move |db, _| Box::pin(async move { people::set_password(db, &login, &hash).await }))
        .await
        .map_err(|error| said(error, unknown))?;
    Ok(())
}

async fn grant(login: &str, territory: &str, data: PathBuf, begins: bool) -> Result<()> {
    let clock = Clock::system();
    let app = App::open(Config::local(data), clock.clone()).await?;
    let account = people::by_login(&app.store.read, login).await?;
    let account = account.ok_or_else(|| Error::internal(format!("nobody signs in as {login}")))?;
    let named = |it: &Territory| it.name.en == territory || it.name.zh == territory;
    let found = records::all::<Territory>(&app.store.read).await?.into_values().find(named);
    let found =
        found.ok_or_else(|| Error::internal(format!("no territory is called {territory}")))?;
    let (person, channel, now) = (account.person.id, Channel::Territory(found.id), clock.now());
    let changed = app.store.write.run(move |db, commit| {
        Box::pin(async move {
            if begins {
                people::grant(db, commit, person, channel, now).await
            } else {
                people::revoke(db, commit, person, channel, now).await
            }
        })
    });
    Ok(changed.await?)
}

/// A refusal in words, since nobody translates codes at a terminal.
fn said(error: roundsman_store::Error, words: String) -> Error {
    match error {
        roundsman_store::Error::Refused(_) => Error::internal(words),
        other => other.into(),
    }
}

pub(super) fn read_password() -> Result<Vec<u8>> {
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password("Password: ")
            .map(String::into_bytes)
            .map_err(Error::internal);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(Error::internal)?;
    Ok(line.trim_end_matches(['\r', '\n']).as_bytes().to_vec())
}
