//! The single writer: what arrives together is committed together.
//!
//! A durable commit costs one flush of the disk whatever it holds, so jobs that wait are run in
//! one transaction, each in a savepoint of its own: a job that fails takes nobody with it.
//! Answers go out only after the commit, so an answer always means "on disk".

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt as _;
use sqlx::{Acquire, Connection as _, SqliteConnection, SqlitePool};
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::{Error, Result, feed::Commit};

/// Jobs that wait for one commit at most.
const GROUP_MAX: usize = 256;
/// Jobs that wait for the writer at most; beyond that, callers wait in turn.
const QUEUE_MAX: usize = 4096;

type Work<'c> = Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'c>>;
type Job = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection, &'c mut Commit) -> Work<'c> + Send>;
/// Tells the caller how its job went, once the commit is durable.
type Answer = Box<dyn FnOnce() + Send>;

/// Hands jobs to the writing task.
#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::Sender<(Job, oneshot::Sender<Error>)>,
    committed: broadcast::Sender<Commit>,
    done: Arc<Done>,
}

/// What was committed since the start.
#[derive(Debug, Default)]
struct Done {
    commits: AtomicU64,
    jobs: AtomicU64,
    /// Commits that were begun, and of these the ones that ended, well or not.
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Writer {
    /// Starts the writing task on this one-connection pool.
    #[must_use]
    pub fn start(pool: SqlitePool) -> Self {
        let (jobs, waiting) = mpsc::channel(QUEUE_MAX);
        let (committed, _) = broadcast::channel(1024);
        let done = Arc::<Done>::default();
        tokio::spawn(run(pool, waiting, committed.clone(), done.clone()));
        Self { jobs, committed, done }
    }

    /// Runs a job in the next commit and waits until that is on disk.
    ///
    /// # Errors
    /// The job's own error, or that the commit failed; in both cases nothing of it was written.
    pub async fn run<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(
                &'c mut SqliteConnection,
                &'c mut Commit,
            ) -> Pin<Box<dyn Future<Output = Result<T>> + Send + 'c>>
            + Send
            + 'static,
    {
        let (done, answer) = oneshot::channel();
        let (failed, failure) = oneshot::channel();
        let job: Job = Box::new(move |connection, commit| {
            let work = job(connection, commit);
            Box::pin(async move {
                let value = work.await?;
                let answer: Answer = Box::new(move || drop(done.send(value)));
                Ok(answer)
            })
        });
        self.jobs.send((job, failed)).await.map_err(|_| Error::Stopped)?;
        match answer.await {
            Ok(value) => Ok(value),
            Err(_) => Err(failure.await.unwrap_or_else(|_| self.gone())),
        }
    }

    /// Why a job was dropped without a word.
    fn gone(&self) -> Error {
        if self.jobs.is_closed() { Error::Stopped } else { Error::Uncommitted }
    }

    /// Jobs that wait for a commit.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.jobs.max_capacity() - self.jobs.capacity()
    }

    /// Durable commits since the start, and the jobs in them.
    #[must_use]
    pub fn done(&self) -> (u64, u64) {
        (self.done.commits.load(Ordering::Relaxed), self.done.jobs.load(Ordering::Relaxed))
    }

    /// So many commits are seen by whoever begins to read now, at least.
    #[must_use]
    pub fn seen_at_least(&self) -> u64 {
        self.done.ended.load(Ordering::SeqCst)
    }

    /// So many commits may have been seen by whoever has just read, at most.
    #[must_use]
    pub fn seen_at_most(&self) -> u64 {
        self.done.begun.load(Ordering::SeqCst)
    }

    /// What each commit changed, for those who tell others. A receiver that falls behind skips
    /// commits and must look for itself.
    #[must_use]
    pub fn committed(&self) -> broadcast::Receiver<Commit> {
        self.committed.subscribe()
    }
}

async fn run(
    pool: SqlitePool,
    mut waiting: mpsc::Receiver<(Job, oneshot::Sender<Error>)>,
    committed: broadcast::Sender<Commit>,
    done: Arc<Done>,
) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    while waiting.recv_many(&mut group, GROUP_MAX).await > 0 {
        let mut callers = Vec::with_capacity(group.len());
        let number = done.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let outcome = commit(&pool, &mut group, &mut callers).await;
        done.ended.store(number, Ordering::SeqCst);
        match outcome {
            Ok((answers, commits)) => {
                done.commits.fetch_add(1, Ordering::Relaxed);
                done.jobs.fetch_add(commits.len() as u64, Ordering::Relaxed);
                for answer in answers {
                    answer();
                }
                for commit in commits {
                    // Nobody listening is no failure.
                    let _ = committed.send(commit);
                }
            }
            Err(error) => {
                tracing::error!(%error, "a commit failed; its callers were told");
                for caller in callers.into_iter().flatten() {
                    // The caller may have gone away.
                    let _ = caller.send(uncommitted(&error));
                }
            }
        }
    }
}

/// What everybody in a commit that failed is told: nothing of it was written.
fn uncommitted(error: &Error) -> Error {
    match error {
        Error::Full => Error::Full,
        _ => Error::Uncommitted,
    }
}

/// Runs the group in one transaction. On an error nothing was written, and whoever is in `callers`
/// has not been told yet.
async fn commit(
    pool: &SqlitePool,
    group: &mut Vec<(Job, oneshot::Sender<Error>)>,
    callers: &mut Vec<Option<oneshot::Sender<Error>>>,
) -> Result<(Vec<Answer>, Vec<Commit>)> {
    let (jobs, failures): (Vec<_>, Vec<_>) = std::mem::take(group).into_iter().unzip();
    callers.extend(failures.into_iter().map(Some));
    let mut connection = pool.acquire().await?;
    let done = commit_on(&mut connection, jobs, callers).await;
    if done.is_err() {
        // SQLite may have rolled back by itself; sqlx knows nothing of that and would refuse the
        // next transaction. What is wrong with the old connection does not matter any more.
        let _closed = connection.close().await;
    }
    done
}

async fn commit_on(
    connection: &mut SqliteConnection,
    jobs: Vec<Job>,
    callers: &mut [Option<oneshot::Sender<Error>>],
) -> Result<(Vec<Answer>, Vec<Commit>)> {
    let mut transaction = connection.begin_with("begin immediate").await?;
    let (mut answers, mut commits) =
        (Vec::with_capacity(jobs.len()), Vec::with_capacity(jobs.len()));
    for (job, caller) in jobs.into_iter().zip(callers) {
        let mut savepoint = transaction.begin().await?;
        let mut commit = Commit::default();
        let work = AssertUnwindSafe(job(&mut savepoint, &mut commit)).catch_unwind();
        match work.await.unwrap_or(Err(Error::Panicked)) {
            Ok(answer) if roundsman_core::planted!("answer before the commit") => {
                commit.seal(&mut savepoint).await?;
                savepoint.commit().await?;
                answer();
                commits.push(commit);
            }
            Ok(answer) => {
                commit.seal(&mut savepoint).await?;
                savepoint.commit().await?;
                answers.push(answer);
                commits.push(commit);
            }
            // SQLite may have rolled back everything; nobody else has room either.
            Err(Error::Full) => return Err(Error::Full),
            Err(error) => {
                savepoint.rollback().await?;
                if let Some(caller) = caller.take() {
                    // It may have gone away.
                    let _ = caller.send(error);
                }
            }
        }
    }
    transaction.commit().await?;
    Ok((answers, commits))
}

#[cfg(test)]
mod tests {
    use roundsman_core::id::PersonId;
    use roundsman_core::sync::Channel;
    use roundsman_core::time::Timestamp;

    use crate::{Error, Store, people, settings};

    #[tokio::test]
    async fn a_commit_that_fails_is_no_stop() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("test.db")).await.unwrap();
        let nobody = PersonId(uuid::Uuid::nil());
        let failed = store.write.run(move |db, commit| {
            Box::pin(async move {
                sqlx::query("pragma defer_foreign_keys = on").execute(&mut *db).await?;
                people::grant(db, commit, nobody, Channel::Catalog, Timestamp(0)).await
            })
        });
        assert!(matches!(failed.await, Err(Error::Uncommitted)));
        let good =
            store.write.run(|db, _| Box::pin(async move { settings::set(db, "a", b"1").await }));
        good.await.unwrap();
    }

    #[tokio::test]
    async fn a_job_that_panics_takes_nobody_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("test.db")).await.unwrap();
        let broken = store.write.run::<(), _>(|db, _| {
            Box::pin(async move {
                settings::set(db, "a", b"1").await?;
                panic!("a job that is broken")
            })
        });
        assert!(matches!(broken.await, Err(Error::Panicked)));
        let good = store.write.run(|db, _| Box::pin(async move { settings::get(db, "a").await }));
        assert_eq!(good.await.unwrap(), None);
    }
}
