//! A device without a screen: the replica and the line that ship to phones, on a native SQLite
//! file and a tokio socket.

mod host;
mod sign_in;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
pub use host::{DeviceHost, Skew};
use roundsman_core::documents::Request;
use roundsman_core::error::Refusal;
use roundsman_core::id::ItemId;
use roundsman_core::sync::{Channel, ChannelHead, FromDevice, FromHub, decode_device, decode_hub};
use roundsman_core::views::{Connection, SyncState, SyncView};
use roundsman_replica::{Files, Line, Query, Recorded, Replica, Todo};
use serde::de::DeserializeOwned;
use sign_in::Session;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How long anything may take before a test fails.
const DEADLINE: Duration = Duration::from_secs(20);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Bytes of frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// From the device.
    pub sent: u64,
    /// To the device.
    pub received: u64,
}

/// One rep's device.
pub struct Device {
    /// What it holds.
    pub replica: Replica,
    /// Bytes of frames that went and came.
    pub traffic: Traffic,
    session: Session,
    server: String,
    folder: PathBuf,
    skew: Skew,
    connection: Option<(Line, Socket)>,
    /// Whether the office had everything here deleted.
    pub wiped: bool,
}

impl Device {
    /// Signs in at a server and opens fresh files in a folder.
    ///
    /// # Errors
    /// When the server refuses or the files cannot be opened.
    pub async fn enrol(server: &str, login: &str, password: &str, folder: &Path) -> Result<Self> {
        Self::enrol_with(server, login, password, folder, DeviceHost::default()).await
    }

    /// The same with a clock of one's own.
    ///
    /// # Errors
    /// As [`Self::enrol`].
    pub async fn enrol_with(
        server: &str,
        login: &str,
        password: &str,
        folder: &Path,
        host: DeviceHost,
    ) -> Result<Self> {
        let session = Session::open(server, login, password).await?;
        let skew = host.skew();
        let mut replica = open(folder, host)?;
        replica.adopt(session.identity()?)?;
        let (server, folder) = (server.to_owned(), folder.to_owned());
        let traffic = Traffic::default();
        let (connection, wiped) = (None, false);
        Ok(Self { replica, traffic, session, server, folder, skew, wiped, connection })
    }

    /// Opens the files of a device that enrolled before, and signs in on it again.
    ///
    /// # Errors
    /// When the server refuses or the files cannot be opened.
    pub async fn return_to(
        server: &str,
        login: &str,
        password: &str,
        folder: &Path,
    ) -> Result<Self> {
        let host = DeviceHost::default();
        let skew = host.skew();
        let replica = open(folder, host)?;
        let identity = replica.identity().context("nobody signed in on this device")?;
        let session = Session::again(server, login, password, identity, None).await?;
        let (server, folder) = (server.to_owned(), folder.to_owned());
        let traffic = Traffic::default();
        let (connection, wiped) = (None, false);
        Ok(Self { replica, traffic, session, server, folder, skew, wiped, connection })
    }

    /// Signs in again on the files that are open.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn sign_in_again(&mut self, login: &str, password: &str) -> Result<()> {
        let identity = self.replica.identity().context("nobody signed in on this device")?;
        self.session =
            Session::again(&self.server, login, password, identity, Some(&self.session)).await?;
        Ok(())
    }

    /// Copies the device's files as they are now.
    ///
    /// # Errors
    /// When they cannot be copied.
    pub fn copy_files(&self, to: &Path) -> Result<()> {
        std::fs::create_dir_all(to)?;
        for file in std::fs::read_dir(&self.folder)? {
            let file = file?;
            std::fs::copy(file.path(), to.join(file.file_name()))?;
        }
        Ok(())
    }

    /// Closes the app, does something to the main file behind its back, and opens it again.
    ///
    /// # Errors
    /// When the files cannot be opened.
    pub fn damaged(
        self,
        harm: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<()>,
    ) -> Result<Self> {
        let Self { replica, session, server, folder, skew, wiped, .. } = self;
        drop(replica);
        harm(&files(&folder)?.main)?;
        let replica = open(&folder, DeviceHost::with(skew.clone()))?;
        let traffic = Traffic::default();
        Ok(Self { replica, traffic, session, server, folder, skew, wiped, connection: None })
    }

    /// Closes the app and opens it again.
    ///
    /// # Errors
    /// When the files cannot be opened.
    pub fn reopened(self) -> Result<Self> {
        self.damaged(|_| Ok(()))
    }

    /// Looks through everything that is stored, and has what is wrong put right.
    ///
    /// # Errors
    /// When the storage fails or the line ends.
    pub async fn audit(&mut self) -> Result<u32> {
        let mut rotten = 0;
        loop {
            let audited = self.replica.audit(64)?;
            rotten += u32::try_from(audited.rotten.len())?;
            if let Some((line, socket)) = &mut self.connection {
                let todo = line.audited(&mut self.replica, &audited)?;
                send(socket, todo, &mut self.traffic).await?;
            }
            if audited.finished {
                return Ok(rotten);
            }
        }
    }

    /// Asks the hub for documents that are in no channel.
    ///
    /// # Errors
    /// When there is no line, or it ends.
    pub async fn fetch(&mut self, items: Vec<ItemId>) -> Result<()> {
        let (line, socket) = self.connection.as_mut().context("there is no line")?;
        let todo = line.fetch(&mut self.replica, items)?;
        send(socket, todo, &mut self.traffic).await
    }

    /// Records an operation, with or without a network.
    ///
    /// # Errors
    /// The refusal a person would read.
    pub fn run(&mut self, request: Request) -> Result<Recorded, Refusal> {
        self.replica.run(request).map_err(Refusal::from)
    }

    /// Asks what a screen would ask.
    ///
    /// # Errors
    /// When the storage fails or the answer has another form.
    pub fn ask<T: DeserializeOwned>(&self, query: &Query) -> Result<T> {
        Ok(serde_json::from_str(&self.replica.query(query)?)?)
    }

    /// What the sync screen shows.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn status(&self) -> Result<SyncView> {
        self.ask(&Query::Status {})
    }

    /// Opens the line.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn connect(&mut self) -> Result<()> {
        self.disconnect();
        let (line, socket, _) = self.open().await?;
        self.connection = Some((line, socket));
        Ok(())
    }

    /// An open line, and what was said on it.
    async fn open(&mut self) -> Result<(Line, Socket, Vec<Vec<u8>>)> {
        let mut request =
            format!("{}/sync", self.server.replacen("http", "ws", 1)).into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", "roundsman.1".parse()?);
        let (mut socket, _) =
            tokio_tungstenite::connect_async_with_config(request, None, true).await?;
        let (line, todo) = Line::open(&mut self.replica, &self.session.access, "test")?;
        let hello = todo.frames.clone();
        send(&mut socket, todo, &mut self.traffic).await?;
        Ok((line, socket, hello))
    }

    /// From now on the line goes to another address, such as a network that breaks.
    pub fn through(&mut self, server: &str) {
        server.clone_into(&mut self.server);
    }

    /// Whether the line is open, as far as is known here.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// Drops the line without a word, as a dead network would.
    pub fn disconnect(&mut self) {
        if self.connection.take().is_some() {
            self.replica.line_lost();
        }
    }

    /// Connects if needed and goes on until everything here is judged by the server and everything
    /// there is here.
    ///
    /// # Errors
    /// When that takes too long, or the server refuses the device.
    pub async fn sync(&mut self) -> Result<()> {
        if self.connection.is_none() {
            self.connect().await?;
        } else {
            self.tell().await?;
        }
        self.until("everything is exchanged", |device| {
            let status = device.status()?;
            let judged = status
                .recent
                .iter()
                .all(|row| !matches!(row.state, SyncState::SavedHere | SyncState::SafeAtOffice));
            let online = status.connection == Connection::Online;
            Ok(online && status.catch_up.is_none() && status.journal.waiting == 0 && judged)
        })
        .await
    }

    /// Says that something was recorded while the line is open.
    async fn tell(&mut self) -> Result<()> {
        if let Some((line, socket)) = &mut self.connection {
            let todo = line.recorded(&mut self.replica)?;
            send(socket, todo, &mut self.traffic).await?;
        }
        Ok(())
    }

    /// Goes on as another device, after the server found the journal to have gone backwards.
    ///
    /// # Errors
    /// When the server refuses, or the storage fails.
    pub async fn go_on(&mut self) -> Result<()> {
        self.disconnect();
        let (session, common, lost) = self.session.succeed(&self.server, &self.replica).await?;
        self.replica.succeed(session.identity()?, common, lost)?;
        self.session = session;
        Ok(())
    }

    /// Opens other files as the same device: its storage was lost, or set back.
    ///
    /// # Errors
    /// When they cannot be opened.
    pub fn reopen(&mut self, folder: &Path) -> Result<()> {
        self.disconnect();
        folder.clone_into(&mut self.folder);
        self.replica = open(folder, DeviceHost::default())?;
        self.replica.adopt(self.session.identity()?)?;
        Ok(())
    }

    /// Takes in frames until a condition holds.
    ///
    /// # Errors
    /// When it does not within the deadline, or the line ends.
    pub async fn until(
        &mut self,
        what: &str,
        mut holds: impl FnMut(&Self) -> Result<bool>,
    ) -> Result<()> {
        let started = tokio::time::Instant::now();
        while !holds(self)? {
            let left = DEADLINE.checked_sub(started.elapsed());
            let left =
                left.with_context(|| format!("waited too long until {what}: {:?}", self.status()))?;
            let Ok(more) = tokio::time::timeout(left, self.step()).await else { continue };
            if !more? {
                bail!("the line ended before {what}: {:?}", self.replica.refusal());
            }
        }
        Ok(())
    }

    /// Says what was recorded, and takes in what comes for so long. A line that ends is no failure.
    ///
    /// # Errors
    /// When the storage fails.
    pub async fn listen(&mut self, time: Duration) -> Result<()> {
        if self.tell().await.is_err() {
            self.disconnect();
        }
        let until = tokio::time::Instant::now() + time;
        // Only waiting is cut short: what came is answered whole.
        while let Ok(frame) = tokio::time::timeout_at(until, self.frame()).await {
            let Some(frame) = frame else { break };
            match self.take(frame).await {
                // An answer could not be sent.
                Err(error) if error.is::<tokio_tungstenite::tungstenite::Error>() => {
                    self.disconnect();
                }
                taken => drop(taken?),
            }
        }
        Ok(())
    }

    /// Connects anew and returns the channels in which this device holds something else than the
    /// server.
    ///
    /// # Errors
    /// When the server cannot be reached or does not say welcome.
    pub async fn differs(&mut self) -> Result<Vec<Channel>> {
        self.disconnect();
        let (line, mut socket, hello) = self.open().await?;
        let FromDevice::Hello(hello) = decode_device(hello.first().context("no hello")?)? else {
            bail!("a line begins with hello");
        };
        let frame = loop {
            if let Message::Binary(frame) = socket.next().await.context("no welcome")?? {
                break frame.to_vec();
            }
        };
        let FromHub::Welcome(welcome) = decode_hub(&frame)? else { bail!("not welcome") };
        self.connection = Some((line, socket));
        self.take(frame).await?;
        let same = |head: &ChannelHead| {
            head.seq == 0
                || hello.cursors.iter().any(|cursor| {
                    (cursor.channel, cursor.seq, cursor.digest)
                        == (head.channel, head.seq, head.digest)
                })
        };
        let differ = welcome.channels.iter().filter(|head| !same(head));
        Ok(differ.map(|head| head.channel).collect())
    }

    /// Takes in one frame; false when the line has ended.
    async fn step(&mut self) -> Result<bool> {
        match self.frame().await {
            Some(frame) => self.take(frame).await,
            None => Ok(false),
        }
    }

    /// The next frame; none when the line has ended.
    async fn frame(&mut self) -> Option<Vec<u8>> {
        loop {
            let (_, socket) = self.connection.as_mut()?;
            match socket.next().await {
                Some(Ok(Message::Binary(frame))) => return Some(frame.to_vec()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => self.disconnect(),
            }
        }
    }

    async fn take(&mut self, frame: Vec<u8>) -> Result<bool> {
        let Some((line, socket)) = &mut self.connection else { return Ok(false) };
        self.traffic.received += frame.len() as u64;
        let todo = line.receive(&mut self.replica, frame)?;
        let (close, wipe) = (todo.close, todo.wipe.clone());
        send(socket, todo, &mut self.traffic).await?;
        if let Some(bye) = wipe {
            return self.wipe(bye).await;
        }
        if close {
            self.disconnect();
        }
        Ok(!close)
    }

    /// Deletes everything, and then says so.
    async fn wipe(&mut self, bye: Vec<u8>) -> Result<bool> {
        std::fs::remove_dir_all(&self.folder)?;
        self.wiped = true;
        if let Some((_, socket)) = &mut self.connection {
            socket.send(Message::Binary(bye.into())).await?;
            // The line ends when the hub has heard it.
            while let Some(Ok(_)) = socket.next().await {}
        }
        self.disconnect();
        Ok(false)
    }
}

fn open(folder: &Path, host: DeviceHost) -> Result<Replica> {
    std::fs::create_dir_all(folder)?;
    Ok(Replica::open(files(folder)?, Box::new(host))?)
}

fn files(folder: &Path) -> Result<Files> {
    let path = |name: &str| folder.join(name).display().to_string();
    Ok(Files::open(&path("journal.db"), &path("main.db"), None, None)?)
}

async fn send(socket: &mut Socket, todo: Todo, traffic: &mut Traffic) -> Result<()> {
    for frame in todo.frames {
        traffic.sent += frame.len() as u64;
        socket.send(Message::Binary(frame.into())).await?;
    }
    Ok(())
}
