//! SQLite on the browser's private file system, encrypted.

use roundsman_core::error::{Refusal, codes};
use roundsman_replica::Files;
use sqlite_wasm_vfs::sahpool::{OpfsSAHPoolCfgBuilder, install};
use wasm_bindgen::JsValue;

use crate::thrown::thrown;

/// The pool of files, and the encrypting layer that SQLite3 Multiple Ciphers puts over it.
const POOL: &str = "opfs-sahpool";
/// Files the pool starts with: two databases with their logs for each of a few users.
const FILES: u32 = 16;

/// Opens both files of a device. Only a dedicated worker may, and only one at a time.
pub(crate) async fn open(device: &str, key: &[u8; 32]) -> Result<Files, JsValue> {
    let config = OpfsSAHPoolCfgBuilder::new()
        .vfs_name(POOL)
        .directory("roundsman")
        .initial_capacity(FILES)
        .build();
    install::<sqlite_wasm_rs::WasmOsCallback>(&config, true).await.map_err(|error| {
        thrown(Refusal::new(codes::STORAGE).with("detail", format!("{error:?}")))
    })?;
    let name = |file: &str| format!("file:{file}-{device}.db?vfs=multipleciphers-{POOL}");
    Files::open(&name("journal"), &name("main"), None, Some(key)).map_err(thrown)
}
