//! `roundsman erp`

use std::path::PathBuf;

use roundsman_core::records::Territory;
use roundsman_erp::tryton::Connection;
use roundsman_store::{outbox, records};

use super::import::person;
use super::user::read_password;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::connector::{ErpPreview, ErpSettings};
use crate::error::{Error, Result};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Connect to a Tryton; the password is read from the terminal or standard input. What is there
    /// is shown first, and holds from the next start on.
    Tryton(Args),
    /// Go back to the embedded ERP, from the next start on.
    Embedded {
        /// The data folder.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
    },
    /// Say which ERP the company has, and what waits for it.
    Status {
        /// The data folder.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its address, such as `https://erp.example.com`.
    #[arg(long)]
    url: String,
    /// The company's database there.
    #[arg(long)]
    database: String,
    /// A user there with the groups Sales, Opportunity, Stock, Accounting and Party Administration.
    #[arg(long)]
    login: String,
    /// Where customers belong that come from there, a territory's name in either language.
    #[arg(long, value_name = "NAME")]
    territory: String,
    /// Only show what would be read.
    #[arg(long)]
    dry_run: bool,
    /// How long it may take for an answer, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    patience: u64,
    /// In whose name; the first person of the office when not given.
    #[arg(long, value_name = "LOGIN")]
    by: Option<String>,
    /// The data folder; a running server must be stopped first.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
}

pub async fn run(command: Command) -> Result<()> {
    match command {
        Command::Tryton(args) => connect(args).await,
        Command::Embedded { data } => {
            let app = App::open(Config::local(data), Clock::system()).await?;
            app.erp.disconnect().await?;
            println!("The embedded ERP holds from the next start on.");
            Ok(())
        }
        Command::Status { data } => status(data).await,
    }
}

async fn connect(args: Args) -> Result<()> {
    let app = App::open(Config::local(args.data.clone()), Clock::system()).await?;
    let named = |it: &Territory| it.name.en == args.territory || it.name.zh == args.territory;
    let territory = records::all::<Territory>(&app.store.read).await?.into_values().find(named);
    let unknown = || Error::internal(format!("no territory is called {}", args.territory));
    let settings = ErpSettings {
        connection: Connection {
            url: args.url,
            database: args.database,
            login: args.login,
            password: String::from_utf8(read_password()?).map_err(Error::internal)?,
            answer_seconds_max: args.patience,
        },
        by: person(&app, args.by.as_deref()).await?,
        territory: territory.ok_or_else(unknown)?.id,
        since: app.clock.now(),
    };
    let connector = app.erp.to(settings)?;
    show(&connector.preview().await?, connector.settings());
    if args.dry_run {
        println!("Nothing was changed.");
        return Ok(());
    }
    app.erp.connect(connector).await?;
    println!("It holds from the next start on: roundsman serve");
    Ok(())
}

fn show(there: &ErpPreview, settings: &ErpSettings) {
    let to = &settings.connection;
    println!("Connected to {to:?}: warehouse “{}”, {}", there.warehouse, there.currency);
    if there.open_to_read {
        println!("  Everybody on the way can read the password: use https.");
    }
    for sheet in &there.sheets {
        println!("  {:<10} {:>6} there, {:>6} to be taken in", sheet.kind, sheet.there, sheet.news);
    }
}

async fn status(data: PathBuf) -> Result<()> {
    let app = App::open(Config::local(data), Clock::system()).await?;
    match ErpSettings::load(&app.store).await? {
        None => println!("The embedded ERP."),
        Some(settings) => println!("Tryton: {:?}.", settings.connection),
    }
    println!("{} orders wait to be decided.", outbox::waiting_count(&app.store.read).await?);
    Ok(())
}
