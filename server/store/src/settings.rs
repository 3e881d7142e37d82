//! Named values of the company: its signing key, its currency, fences.

use ed25519_dalek::SigningKey;
use sqlx::{SqliteConnection, SqliteExecutor};

use crate::Result;

/// The server's Ed25519 key: 32 secret bytes.
pub const SERVER_KEY: &str = "server_key";
/// The company's currency: three letters.
pub const CURRENCY: &str = "currency";

/// The value, if it was ever set.
///
/// # Errors
/// When the database refuses.
pub async fn get(db: impl SqliteExecutor<'_>, name: &str) -> Result<Option<Vec<u8>>> {
    let value = sqlx::query_scalar("select value from setting where name = $1").bind(name);
    Ok(value.fetch_optional(db).await?)
}

/// The key that signs receipts and outcomes; none before the first start.
///
/// # Errors
/// When the database refuses.
pub async fn signing_key(db: impl SqliteExecutor<'_>) -> Result<Option<SigningKey>> {
    let seed = get(db, SERVER_KEY).await?;
    Ok(seed.and_then(|seed| seed.try_into().ok()).map(|seed| SigningKey::from_bytes(&seed)))
}

/// Sets it.
///
/// # Errors
/// When the database refuses.
pub async fn set(db: &mut SqliteConnection, name: &str, value: &[u8]) -> Result<()> {
    sqlx::query("insert into setting (name, value) values ($1, $2) on conflict (name) do update set value = $2")
        .bind(name)
        .bind(value)
        .execute(db)
        .await?;
    Ok(())
}
