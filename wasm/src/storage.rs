//! SQLite on the browser's private file system, encrypted.

use roundsman_core::error::{Refusal, codes};
use roundsman_replica::Files;
use sqlite_wasm_vfs::sahpool::{OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
use wasm_bindgen::JsValue;

use crate::thrown::thrown;

/// The pool of files, and the encrypting layer that SQLite3 Multiple Ciphers puts over it.
const POOL: &str = "opfs-sahpool";
/// Files the pool starts with: two databases with their logs for each of a few users.
const FILES: u32 = 16;

/// Opens both files of a device. Only a dedicated worker may, and only one at a time.
pub(crate) async fn open(device: &str, key: &[u8; 32]) -> Result<Files, JsValue> {
    pool().await?;
    let name = |file: &str| format!("file:{file}-{device}.db?vfs=multipleciphers-{POOL}");
    Files::open(&name("journal"), &name("main"), None, Some(key)).map_err(thrown)
}

/// Deletes every file of a device, logs included. Nobody may have them open.
pub(crate) async fn delete(device: &str) -> Result<(), JsValue> {
    let pool = pool().await?;
    let own = format!("-{device}.db");
    for name in pool.list().iter().filter(|name| name.contains(&own)) {
        pool.delete_db(name).map_err(failed)?;
    }
    Ok(())
}

async fn pool() -> Result<OpfsSAHPoolUtil, JsValue> {
    let config = OpfsSAHPoolCfgBuilder::new()
        .vfs_name(POOL)
        .directory("roundsman")
        .initial_capacity(FILES)
        .build();
    install::<sqlite_wasm_rs::WasmOsCallback>(&config, true).await.map_err(failed)
}

fn failed(error: impl std::fmt::Debug) -> JsValue {
    thrown(Refusal::new(codes::STORAGE).with("detail", format!("{error:?}")))
}
