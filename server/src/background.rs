//! What runs by itself while the server listens.

use std::sync::Arc;

use roundsman_erp::embedded::StockPublisher;
use roundsman_erp::{Decider, Now};
use tokio::task::JoinSet;

use crate::app::App;
use crate::crm::closing::{Ages, Closer};
use crate::error::Result;

/// Starts it; it ends when the app stops.
///
/// # Errors
/// When the database refuses.
pub async fn start(app: &Arc<App>) -> Result<JoinSet<()>> {
    let clock = app.clock.clone();
    let now: Now = Arc::new(move || clock.now());
    let decider = Decider::claim(app.store.clone(), app.erp.central.clone(), now.clone()).await?;
    let stock = StockPublisher::new(app.store.clone(), now, app.config.stock_interval_ms);
    let closer = Closer::new(app.store.clone(), app.clock.clone(), Ages::RULES);
    let mut tasks = JoinSet::new();
    tasks.spawn(app.hub.clone().run(app.stop.clone()));
    tasks.spawn(decider.run(app.stop.clone()));
    tasks.spawn(stock.run(app.stop.clone()));
    tasks.spawn(closer.run(app.stop.clone()));
    let keeps = app.clone();
    tasks.spawn(async move { keeps.erp.run(keeps.stop.clone()).await });
    Ok(tasks)
}
