//! A line's socket: it carries frames between a device and its [`Host`], with limits and deadlines.

use std::error::Error as _;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use roundsman_core::error::{Refusal, codes};
use roundsman_core::sync::FRAME_BYTES_MAX;
use roundsman_store::Commit;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::tungstenite;

use super::host::{Host, Todo, denied};
use crate::app::App;
use crate::error::Error;

/// The name of protocol version 1 in the upgrade.
const SUBPROTOCOL: &str = "roundsman.1";
/// Thousands of lines are quiet most of the time: their buffers are small.
const READ_BUFFER_BYTES: usize = 4 << 10;
const WRITE_BUFFER_BYTES: usize = 4 << 10;
/// Whoever connects says at once who they are.
const HELLO_TIME_MAX: Duration = Duration::from_secs(5);
/// A frame that is not taken within this time has no reader any more.
const SEND_TIME_MAX: Duration = Duration::from_secs(20);
/// When all lines are taken, another try makes sense after so many seconds.
const RETRY_AFTER_S: u32 = 30;
/// How often a line looks for what no commit tells: silence, and rights that began or ended.
const TICK: Duration = Duration::from_secs(10);
/// Every so many ticks the rights are looked up.
const TICKS_PER_CHECK: u32 = 3;

/// The line ends, with or without a word.
struct Ended;

/// `GET /sync`: a device's line.
pub async fn upgrade(State(app): State<Arc<App>>, socket: WebSocketUpgrade) -> Response {
    let socket = socket
        .protocols([SUBPROTOCOL])
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(2 * FRAME_BYTES_MAX);
    if socket.selected_protocol().is_none() {
        return Error::from(Refusal::new(codes::UNKNOWN_VERSION).with("version", SUBPROTOCOL))
            .into_response();
    }
    // Before anything is read: what commits from here on is either read or told.
    let commits = app.store.write.committed();
    let Some(host) = Host::open(app.clone()) else {
        let later = [(header::RETRY_AFTER, RETRY_AFTER_S.to_string())];
        return (StatusCode::SERVICE_UNAVAILABLE, later).into_response();
    };
    let serving = app.hub.serving.clone();
    socket.on_upgrade(move |socket| {
        serving.track_future(Carrier { app, socket, host, commits }.run())
    })
}

/// What carries the frames of one line.
struct Carrier {
    app: Arc<App>,
    socket: WebSocket,
    host: Host,
    commits: Receiver<Commit>,
}

impl Carrier {
    async fn run(mut self) {
        // What was said last may not arrive; nothing depends on it.
        if matches!(timeout(HELLO_TIME_MAX, self.greet()).await, Ok(Ok(()))) {
            let _ended = self.serve().await;
        }
        self.host.ended().await;
        let _closed = timeout(SEND_TIME_MAX, self.socket.send(Message::Close(None))).await;
    }

    /// Until it is known whose line this is.
    async fn greet(&mut self) -> Result<(), Ended> {
        while !self.host.is_known() {
            let message = self.socket.recv().await;
            self.heard(message).await?;
        }
        Ok(())
    }

    async fn serve(&mut self) -> Result<(), Ended> {
        let (stop, replaced) = (self.app.stop.clone(), self.host.replaced());
        let mut ended = pin!(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = replaced.cancelled() => {}
            }
        });
        let mut ticks = interval_at(Instant::now() + TICK, TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ticked = 0u32;
        loop {
            let pages = self.host.has_page();
            tokio::select! {
                biased;
                () = &mut ended => return Err(Ended),
                message = self.socket.recv() => self.heard(message).await?,
                _ = ticks.tick() => {
                    ticked = ticked.wrapping_add(1);
                    self.tick(ticked).await?;
                }
                () = std::future::ready(()), if pages => {
                    let todo = self.host.read_page().await;
                    self.carry_out(todo).await?;
                }
                commit = self.commits.recv() => self.committed(commit).await?,
            }
        }
    }

    async fn heard(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), Ended> {
        let todo = match message {
            Some(Ok(Message::Binary(frame))) => self.host.receive(frame.into()).await,
            // The socket answers a ping by itself.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Text(_))) => {
                denied(Refusal::new(codes::MALFORMED).with("detail", "text"))
            }
            Some(Err(error)) if is_too_large(&error) => {
                denied(Refusal::new(codes::TOO_LARGE).with("bytes_max", FRAME_BYTES_MAX))
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Ended),
        };
        self.carry_out(todo).await
    }

    async fn committed(&mut self, commit: Result<Commit, RecvError>) -> Result<(), Ended> {
        let todo = match commit {
            Ok(commit) => self.host.committed(&commit).await,
            Err(RecvError::Lagged(_)) => self.host.look_again().await.map_err(failed)?,
            Err(RecvError::Closed) => return Err(Ended),
        };
        self.carry_out(todo).await
    }

    async fn tick(&mut self, ticked: u32) -> Result<(), Ended> {
        let todo = self.host.tick().await;
        self.carry_out(todo).await?;
        if ticked.is_multiple_of(TICKS_PER_CHECK) {
            let todo = self.host.check_rights().await.map_err(failed)?;
            self.carry_out(todo).await?;
        }
        Ok(())
    }

    async fn carry_out(&mut self, todo: Todo) -> Result<(), Ended> {
        for frame in todo.frames {
            if frame.len() > FRAME_BYTES_MAX {
                tracing::error!(bytes = frame.len(), "a page does not fit a frame");
                return Err(Ended);
            }
            match timeout(SEND_TIME_MAX, self.socket.send(Message::Binary(frame))).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Err(Ended),
            }
        }
        if todo.close { Err(Ended) } else { Ok(()) }
    }
}

fn failed(error: Error) -> Ended {
    tracing::error!(%error, "a line failed");
    Ended
}

fn is_too_large(error: &axum::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    matches!(cause, Some(tungstenite::Error::Capacity(_)))
}
