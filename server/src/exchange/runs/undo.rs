//! An import is taken back: what was written is undone, the last row first.

use roundsman_store::imports::{self, Run};

use super::Imports;
use super::pass::BATCH_ROWS;
use super::stored::read_json;
use crate::error::Result;
use crate::exchange::write::{Hand, Write};

impl Imports {
    /// Takes back what was written, the last first.
    pub(super) async fn undo(&self, run: &Run, progress: &impl Fn(u32)) -> Result<()> {
        let (id, by) = (run.id, run.by);
        let mut done = 0;
        loop {
            let limit = u32::try_from(BATCH_ROWS).unwrap_or(u32::MAX);
            let rows = imports::to_undo(&self.store.read, id, limit).await?;
            if rows.is_empty() {
                return Ok(());
            }
            done += u32::try_from(rows.len()).unwrap_or(u32::MAX);
            let (desk, now) = (self.desk.clone(), self.clock.now());
            self.write(move |db, commit| {
                Box::pin(async move {
                    let hand = Hand { desk: &desk, by, now };
                    for row in rows {
                        let writes: Vec<Write> = read_json(&row.writes)?;
                        let mut kept = false;
                        for write in writes.iter().rev() {
                            kept |= write.revert(&hand, db, commit).await?;
                        }
                        imports::set_undone(db, id, row.n, kept).await?;
                    }
                    imports::set_done(db, id, done).await
                })
            })
            .await?;
            progress(done);
        }
    }
}
