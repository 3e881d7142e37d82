//! Which ERP a company has, and what holds for what comes from there.

use roundsman_core::id::{PersonId, TerritoryId};
use roundsman_erp::tryton::Connection;
use roundsman_store::{Store, settings};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The name of the setting.
const TRYTON: &str = "erp_tryton";

/// A connection to Tryton.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ErpSettings {
    /// Where it is.
    pub connection: Connection,
    /// In whose name what comes from there is recorded.
    pub by: PersonId,
    /// Where new customers belong.
    pub territory: TerritoryId,
}

impl ErpSettings {
    /// What was set; none as long as the embedded ERP is used.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn load(store: &Store) -> Result<Option<Self>> {
        let stored = settings::get(&store.read, TRYTON).await?.filter(|it| !it.is_empty());
        stored.map(|it| serde_json::from_slice(&it).map_err(Error::internal)).transpose()
    }

    /// Holds from the next start on.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn save(&self, store: &Store) -> Result<()> {
        set(store, serde_json::to_vec(self).map_err(Error::internal)?).await
    }

    /// Goes back to the embedded ERP, from the next start on.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn forget(store: &Store) -> Result<()> {
        set(store, Vec::new()).await
    }
}

async fn set(store: &Store, value: Vec<u8>) -> Result<()> {
    let job = store
        .write
        .run(move |db, _| Box::pin(async move { settings::set(db, TRYTON, &value).await }));
    Ok(job.await?)
}
