//! Which ERP a company has, and changing it while the server runs.

use std::sync::Arc;

use roundsman_erp::central::Kind;
use roundsman_erp::tryton::Client;
use roundsman_erp::{Central, Embedded, Tryton};
use roundsman_store::Store;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Connector, ErpSettings};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::exchange::Imports;

/// The company's ERP, and the connection to it when it is not the embedded one.
pub struct Slot {
    /// What decides orders and knows stock and prices.
    pub central: Central,
    embedded: Embedded,
    store: Store,
    imports: Imports,
    clock: Clock,
    connector: watch::Sender<Option<Arc<Connector>>>,
}

impl Slot {
    /// The ERP that was set.
    ///
    /// # Errors
    /// When what was set cannot be read.
    pub async fn open(store: Store, imports: Imports, clock: Clock) -> Result<Self> {
        let time = clock.clone();
        let embedded = Embedded::new(store.clone(), Arc::new(move || time.now()));
        let slot = Self {
            central: Central::new(Kind::Embedded(embedded.clone())),
            embedded,
            store,
            imports,
            clock,
            connector: watch::Sender::new(None),
        };
        if let Some(settings) = ErpSettings::load(&slot.store).await? {
            slot.put(slot.to(settings)?);
        }
        Ok(slot)
    }

    /// The connection; none with the embedded ERP.
    #[must_use]
    pub fn connector(&self) -> Option<Arc<Connector>> {
        self.connector.borrow().clone()
    }

    /// A connection as it would be. Nothing is said to it yet, and nothing changes here.
    ///
    /// # Errors
    /// When its address is none.
    pub fn to(&self, settings: ErpSettings) -> Result<Connector> {
        let client = Client::new(settings.connection.clone()).map_err(Error::internal)?;
        let tryton = Tryton::new(self.embedded.clone(), client);
        let (store, imports, clock) =
            (self.store.clone(), self.imports.clone(), self.clock.clone());
        Ok(Connector::new(store, imports, clock, tryton, settings))
    }

    /// Connects it from now on.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn connect(&self, connector: Connector) -> Result<()> {
        connector.settings().save(&self.store).await?;
        self.put(connector);
        Ok(())
    }

    /// Goes back to the embedded ERP. What the connected one decided stays decided.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn disconnect(&self) -> Result<()> {
        ErpSettings::forget(&self.store).await?;
        self.central.replace(Kind::Embedded(self.embedded.clone()));
        self.connector.send_replace(None);
        Ok(())
    }

    fn put(&self, connector: Connector) {
        self.central.replace(Kind::Tryton(connector.tryton.clone()));
        self.connector.send_replace(Some(Arc::new(connector)));
    }

    /// Keeps whichever is connected and this server together, until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        let mut changes = self.connector.subscribe();
        while !stop.is_cancelled() {
            let connector = changes.borrow_and_update().clone();
            let turn = stop.child_token();
            let kept = async {
                match &connector {
                    Some(connector) => connector.run(turn.clone()).await,
                    None => turn.cancelled().await,
                }
            };
            tokio::pin!(kept);
            tokio::select! {
                () = &mut kept => {}
                _ = changes.changed() => {
                    // It ends what it is doing.
                    turn.cancel();
                    kept.await;
                }
            }
        }
    }
}
