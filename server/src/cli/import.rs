//! `roundsman import`

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use roundsman_core::access::may_govern;
use roundsman_core::id::PersonId;
use roundsman_store::people;
use uuid::Uuid;

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::exchange::columns::Kind;
use crate::exchange::company::{Company, Defaults};
use crate::exchange::plan::Outcome;
use crate::exchange::report::{self, Language};
use crate::exchange::sheet::FaultCode;
use crate::exchange::{Import, Settings, Task};

/// Rows that are explained at the terminal; the file of refused rows has all of them.
const EXPLAINED_MAX: u32 = 20;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Import customers, each with its account, territory and one contact.
    Customers(Args),
    /// Import people at customers.
    Contacts(Args),
    /// Import products.
    Products(Args),
    /// Import prices.
    Prices(Args),
    /// Import what was counted in a warehouse.
    Stock(Args),
    /// Import reps and the territories they work in; they sign in once somebody gives a password.
    Reps(Args),
    /// Import orders from before; the rows of one number are one order.
    Orders(Args),
    /// List the latest imports.
    List {
        /// The data folder.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
    },
    /// Go on with an import that was interrupted.
    Resume {
        /// Which one; `roundsman import list` shows them.
        id: Uuid,
        /// The data folder.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
    },
    /// Take an import back as a whole, but for what somebody changed since.
    Undo {
        /// Which one; `roundsman import list` shows them.
        id: Uuid,
        /// The data folder.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A CSV file or a workbook (.xlsx); its first row names the columns.
    file: PathBuf,
    /// Only say what would happen.
    #[arg(long)]
    dry_run: bool,
    /// Where to write the rows that are not imported, each with why.
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
    /// Which field a column is, such as `Ref=code`; said once, it holds for later files, too.
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    maps: Vec<String>,
    /// Where customers belong that name no territory.
    #[arg(long, value_name = "NAME")]
    territory: Option<String>,
    /// Which prices are meant where no list is named.
    #[arg(long, value_name = "NAME")]
    price_list: Option<String>,
    /// Which warehouse is meant where none is named.
    #[arg(long, value_name = "NAME")]
    warehouse: Option<String>,
    /// In whose name; the first person of the office when not given.
    #[arg(long, value_name = "LOGIN")]
    by: Option<String>,
    /// The data folder; a running server must be stopped first, or its console used.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
}

pub async fn run(command: Command) -> Result<()> {
    let done = match command {
        Command::Customers(args) => import(Kind::Customers, args).await,
        Command::Contacts(args) => import(Kind::Contacts, args).await,
        Command::Products(args) => import(Kind::Products, args).await,
        Command::Prices(args) => import(Kind::Prices, args).await,
        Command::Stock(args) => import(Kind::Stock, args).await,
        Command::Reps(args) => import(Kind::Reps, args).await,
        Command::Orders(args) => import(Kind::Orders, args).await,
        Command::List { data } => list(data).await,
        Command::Resume { id, data } => again(id, Task::Run, data).await,
        Command::Undo { id, data } => again(id, Task::Undo, data).await,
    };
    done.map_err(said)
}

async fn import(kind: Kind, args: Args) -> Result<()> {
    let content = std::fs::read(&args.file)
        .map_err(|error| Error::internal(format!("{}: {error}", args.file.display())))?;
    let app = App::open(Config::local(args.data.clone()), Clock::system()).await?;
    let by = person(&app, args.by.as_deref()).await?;
    let defaults = defaults(&app, by, &args).await?;
    let name = args.file.file_name().map(|it| it.to_string_lossy().into_owned());
    let id = app.imports.add(by, kind, &name.unwrap_or_default(), content).await?;
    let preview = app.imports.preview(id).await?;
    let mut settings = Settings { defaults, ..app.imports.show(id).await?.settings };
    map(&args.maps, &preview.header, &mut settings)?;
    app.imports.set(id, settings.clone()).await?;
    for (column, name) in preview.header.iter().enumerate() {
        let field = settings.mapping.iter().find(|(_, at)| **at == column);
        println!("  {name} → {}", field.map_or("left out", |(field, _)| field));
    }
    let task = if args.dry_run { Task::Check } else { Task::Run };
    let done = app.imports.run(id, task, progress(u32::MAX)).await?;
    tell(&app, &done).await?;
    if let Some(file) = &args.refused {
        write_refused(&app, &done, file).await?;
    }
    if !args.dry_run {
        println!("Take it back with: roundsman import undo {id}");
    }
    Ok(())
}

/// Takes over what was said about columns.
fn map(maps: &[String], header: &[String], settings: &mut Settings) -> Result<()> {
    for pair in maps {
        let (column, field) = pair
            .rsplit_once('=')
            .ok_or_else(|| Error::internal(format!("“{pair}” is not COLUMN=FIELD")))?;
        let at = header.iter().position(|name| name == column);
        let at = at.ok_or_else(|| Error::internal(format!("no column is called “{column}”")))?;
        settings.mapping.retain(|_, other| *other != at);
        settings.mapping.insert(field.to_owned(), at);
    }
    Ok(())
}

/// What holds for rows that do not say it themselves.
async fn defaults(app: &App, by: PersonId, args: &Args) -> Result<Defaults> {
    let mut db = app.store.read.acquire().await.map_err(Error::internal)?;
    let times = (app.clock.now(), app.clock.today());
    let company = Company::read(&mut db, Defaults::default(), by, times).await?;
    let territory = |it: &str| company.territory(it).map(|it| it.id);
    let list = |it: &str| company.list(it).map(|it| it.id);
    let warehouse = |it: &str| company.warehouse(it).map(|it| it.id);
    Ok(Defaults {
        territory: named("territory", args.territory.as_deref(), territory)?,
        price_list: named("price list", args.price_list.as_deref(), list)?,
        warehouse: named("warehouse", args.warehouse.as_deref(), warehouse)?,
    })
}

fn named<T>(what: &str, name: Option<&str>, find: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
    let Some(name) = name else { return Ok(None) };
    let found = find(name);
    let unknown = || Error::internal(format!("no {what} is called “{name}”"));
    found.map(Some).ok_or_else(unknown)
}

/// Who imports: the one with this login, or the first who may decide who sees what.
pub(super) async fn person(app: &App, login: Option<&str>) -> Result<PersonId> {
    if let Some(login) = login {
        let account = people::by_login(&app.store.read, login).await?;
        let nobody = || Error::internal(format!("nobody signs in as {login}"));
        return Ok(account.ok_or_else(nobody)?.person.id);
    }
    let all = people::all(&app.store.read).await?;
    let first = all.into_iter().find(|it| may_govern(it.role));
    let nobody = "nobody works in the office yet; `roundsman user add` adds somebody";
    Ok(first.ok_or_else(|| Error::internal(nobody))?.id)
}

async fn list(data: PathBuf) -> Result<()> {
    let app = App::open(Config::local(data), Clock::system()).await?;
    for import in app.imports.list().await? {
        let state = if import.interrupted { "interrupted" } else { &import.state };
        println!("{}  {}  {}  {state}", import.id, import.kind.name(), import.file_name);
    }
    Ok(())
}

async fn again(id: Uuid, task: Task, data: PathBuf) -> Result<()> {
    let app = App::open(Config::local(data), Clock::system()).await?;
    let rows = app.imports.show(id).await?.rows;
    let done = app.imports.run(id, task, progress(rows)).await?;
    if task == Task::Undo {
        println!("Taken back: {}", done.file_name);
        if done.kept > 0 {
            println!("{} rows were changed by somebody since; that stays", done.kept);
        }
        return Ok(());
    }
    tell(&app, &done).await
}

/// How many rows are through, on one line, when somebody looks on.
fn progress(rows: u32) -> impl Fn(u32) {
    let watched = std::io::stderr().is_terminal();
    move |done| {
        if watched {
            let of = if rows == u32::MAX { String::new() } else { format!(" of {rows}") };
            eprint!("\r{done}{of} rows ");
            // A terminal that is gone is no failure of the import.
            let _ = std::io::stderr().flush();
        }
    }
}

/// What became of the rows, and why not of some.
async fn tell(app: &Arc<App>, import: &Import) -> Result<()> {
    let count = |outcome: Outcome| import.counts.get(outcome.name()).copied().unwrap_or(0);
    let would = if import.state == "checked" { "would be " } else { "" };
    let coming = match count(Outcome::Coming) {
        0 => String::new(),
        coming => format!(" {coming} {would}changed from a day to come on,"),
    };
    println!(
        "{} rows: {} {would}created, {} {would}changed,{coming} {} as they are, {} refused, {} probably here already",
        import.rows,
        count(Outcome::Created),
        count(Outcome::Changed),
        count(Outcome::Same),
        count(Outcome::Refused),
        count(Outcome::Twin),
    );
    if !import.makes.is_empty() {
        println!("New territories: {}", import.makes.join(", "));
    }
    let not = [Outcome::Refused, Outcome::Twin];
    let rows = app.imports.rows(import.id, &not, (0, EXPLAINED_MAX)).await?;
    for row in &rows {
        println!("Row {}, {}", row.n, report::reason(row, Language::En)?);
    }
    let faults = rows.iter().map(report::faults).collect::<Result<Vec<_>>>()?;
    if faults.iter().flatten().any(|it| it.column.is_empty() && it.code == FaultCode::Missing) {
        println!(
            "What no column says can be said for all rows: --territory, --price-list, --warehouse"
        );
    }
    let left = count(Outcome::Refused) + count(Outcome::Twin);
    if left > EXPLAINED_MAX {
        println!("… and {} more; --refused FILE writes all of them", left - EXPLAINED_MAX);
    }
    Ok(())
}

async fn write_refused(app: &Arc<App>, import: &Import, file: &Path) -> Result<()> {
    let text = app.imports.refused(import.id, Language::En).await?;
    std::fs::write(file, text)
        .map_err(|error| Error::internal(format!("{}: {error}", file.display())))?;
    println!("What was not imported is in {}", file.display());
    Ok(())
}

/// A refusal in words, since nobody translates codes at a terminal.
fn said(error: Error) -> Error {
    match &error {
        Error::Refused(refusal) => report::file_sentence(refusal).map_or(error, Error::internal),
        Error::Internal(_) => error,
    }
}
