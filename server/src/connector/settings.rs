//! Which ERP a company has, and what holds for what comes from there.

use roundsman_core::id::{PersonId, TerritoryId};
use roundsman_core::time::Timestamp;
use roundsman_erp::tryton::Connection;
use roundsman_store::{Store, links, settings};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The name of the setting.
const TRYTON: &str = "erp_tryton";
/// The name of the setting that says whose ids are known.
const KNOWN_OF: &str = "erp_known_of";

/// A connection to Tryton.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ErpSettings {
    /// Where it is.
    pub connection: Connection,
    /// In whose name what comes from there is recorded.
    pub by: PersonId,
    /// Where new customers belong.
    pub territory: TerritoryId,
    /// When it was connected: visits before that are not told there.
    #[serde(default = "never")]
    pub since: Timestamp,
}

/// Connections of before this was kept tell no visits.
fn never() -> Timestamp {
    Timestamp(i64::MAX)
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

    /// Keeps it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn save(&self, store: &Store) -> Result<()> {
        let value = serde_json::to_vec(self).map_err(Error::internal)?;
        let company = format!("{}\n{}", self.connection.url, self.connection.database);
        let job = store.write.run(move |db, _| {
            Box::pin(async move {
                // Ids mean something else in another database; what is there is found again by its
                // numbers.
                let known = settings::get(&mut *db, KNOWN_OF).await?;
                if known.as_deref() != Some(company.as_bytes()) {
                    links::clear(db).await?;
                    settings::set(db, KNOWN_OF, company.as_bytes()).await?;
                }
                settings::set(db, TRYTON, &value).await
            })
        });
        Ok(job.await?)
    }

    /// Goes back to the embedded ERP.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn forget(store: &Store) -> Result<()> {
        let job = store
            .write
            .run(move |db, _| Box::pin(async move { settings::set(db, TRYTON, &[]).await }));
        Ok(job.await?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn ids_are_those_of_one_database() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("company.sqlite")).await.unwrap();
        let to = |database: &str| ErpSettings {
            connection: Connection {
                url: "https://erp.example.com".to_owned(),
                database: database.to_owned(),
                login: "roundsman".to_owned(),
                password: "secret".to_owned(),
                answer_seconds_max: 1,
            },
            by: PersonId(Uuid::nil()),
            territory: TerritoryId(Uuid::nil()),
            since: Timestamp(0),
        };
        let ours = Uuid::from_u128(1);
        to("erp").save(&store).await.unwrap();
        let job = store.write.run(move |db, _| {
            Box::pin(async move { links::add(db, "party.party", ours, 7).await })
        });
        job.await.unwrap();
        let known = || links::theirs(&store.read, "party.party", ours);

        // The same again, also after the embedded ERP: they hold.
        ErpSettings::forget(&store).await.unwrap();
        to("erp").save(&store).await.unwrap();
        assert_eq!(known().await.unwrap(), Some(7));
        to("training").save(&store).await.unwrap();
        assert_eq!(known().await.unwrap(), None);
    }
}
