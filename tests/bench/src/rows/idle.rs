//! Thousands of phones with nothing to say.

use anyhow::Result;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{Figure, figure};
use crate::company::Company;
use crate::phone::Phone;
use crate::server::{Binary, Server};

/// Phones that connect at a time.
const AT_ONCE: usize = 32;

/// Once through with every phone of the live territory.
///
/// # Errors
/// When one is refused.
pub async fn measure(binary: &Binary, company: &Company) -> Result<Vec<Figure>> {
    let server = Server::start(binary, company.folder.path()).await?;
    let open = stream::iter(&company.live).map(|known| {
        let mut phone = company.up_to_date(known, Some(company.live_territory));
        let port = server.port;
        async move {
            phone.online(port).await?;
            anyhow::Ok(phone)
        }
    });
    let phones: Vec<Phone> = open.buffer_unordered(AT_ONCE).try_collect().await?;
    let (greatest, now) = server.memory_bytes();
    eprintln!("   {} lines: {:.0} MB now", phones.len(), now / 1e6);
    drop(phones);
    Ok(vec![figure("idle-lines.memory", greatest)])
}
