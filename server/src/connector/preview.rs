//! What connecting an ERP would bring, without bringing it.

use roundsman_store::links;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Connector, Sheet};
use crate::error::Result;

/// Rows that are shown of each kind.
const ROWS_SHOWN: usize = 5;

/// What is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErpPreview {
    /// The currency of the company there.
    pub currency: String,
    /// The warehouse that is read.
    pub warehouse: String,
    /// Whether what is said on the way there can be read by others, the password among it.
    pub open_to_read: bool,
    /// What would be taken in.
    pub sheets: Vec<ErpSheet>,
}

/// What would be taken in of a kind of thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErpSheet {
    /// `products`, `prices` or `customers`.
    pub kind: String,
    /// How many there are.
    pub there: usize,
    /// How many of them are not as they were when they were last read.
    pub news: usize,
    /// Which field each column is.
    pub fields: Vec<String>,
    /// The first rows.
    pub rows: Vec<Vec<String>>,
}

impl Connector {
    /// What reading would bring. Nothing is written, here or there.
    ///
    /// # Errors
    /// When Tryton or the database refuses.
    pub async fn preview(&self) -> Result<ErpPreview> {
        let found = self.look().await?;
        let mut sheets = Vec::new();
        for sheet in Sheet::all(&found) {
            let before = links::pulled(&self.store.read, sheet.kind.name()).await?;
            sheets.push(ErpSheet {
                kind: sheet.kind.name().to_owned(),
                there: sheet.rows.len(),
                news: sheet.news(&before, true).len(),
                fields: sheet.fields.iter().map(|it| (*it).to_owned()).collect(),
                rows: sheet.rows.iter().take(ROWS_SHOWN).cloned().collect(),
            });
        }
        Ok(ErpPreview {
            currency: found.currency,
            warehouse: found.warehouse,
            open_to_read: self.settings.connection.is_open_to_read(),
            sheets,
        })
    }
}
