//! Publishing stock: often enough to sell by, seldom enough not to keep every phone busy.

use std::time::Duration;

use roundsman_core::id::WarehouseId;
use roundsman_core::sync::Channel;
use roundsman_store::{Result, Store};
use tokio_util::sync::CancellationToken;

use super::store;
use crate::Now;

/// Publishes what changed in each warehouse, at most once in an interval.
pub struct StockPublisher {
    store: Store,
    now: Now,
    interval_ms: i64,
}

impl StockPublisher {
    /// A publisher that leaves this much time between two publications of a warehouse.
    #[must_use]
    pub fn new(store: Store, now: Now, interval_ms: i64) -> Self {
        Self { store, now, interval_ms }
    }

    /// Publishes until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let pause_ms = u64::try_from(self.interval_ms / 10).unwrap_or(0).max(50);
        let pause = Duration::from_millis(pause_ms);
        while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
            if let Err(error) = self.publish_due().await {
                tracing::error!(%error, "stock could not be published");
            }
        }
    }

    /// Publishes every warehouse that changed and has waited long enough.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn publish_due(&self) -> Result<()> {
        let before = (self.now)().plus_millis(-self.interval_ms);
        for warehouse in store::unpublished(&self.store.read, before).await? {
            self.publish(warehouse).await?;
        }
        Ok(())
    }

    async fn publish(&self, warehouse: WarehouseId) -> Result<()> {
        let now = (self.now)();
        self.store
            .write
            .run(move |db, commit| {
                Box::pin(async move {
                    let stocks = store::take_unpublished(db, warehouse, now).await?;
                    let channels = [Channel::Warehouse(warehouse)];
                    let told: Vec<_> = stocks.iter().map(|stock| (stock, channels)).collect();
                    commit.publish_all(db, &told, now).await
                })
            })
            .await
    }
}
