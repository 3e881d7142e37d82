//! The engine: one replica and its line.

use ed25519_dalek::{Signer, SigningKey};
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{Entropy, OrderId, VisitId};
use roundsman_core::sync::backoff;
use roundsman_replica::{Identity, Line, Query, Replica};
use wasm_bindgen::prelude::*;

use crate::host::Browser;
use crate::thrown::{invalid, thrown};

/// A fresh Ed25519 key pair for a device.
#[wasm_bindgen]
pub struct DeviceKey {
    seed: [u8; 32],
}

#[wasm_bindgen]
impl DeviceKey {
    /// Makes one.
    #[wasm_bindgen(constructor)]
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it is random, not a default")]
    pub fn new() -> Self {
        let mut seed = [0; 32];
        Browser.fill(&mut seed);
        Self { seed }
    }

    /// The pair of this secret half.
    ///
    /// # Errors
    /// When it is not 32 bytes.
    pub fn of(seed: &[u8]) -> Result<DeviceKey, JsValue> {
        seed.try_into().map(|seed| Self { seed }).map_err(|_| invalid("a key has 32 bytes"))
    }

    /// The secret half, 32 bytes.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn seed(&self) -> Vec<u8> {
        self.seed.to_vec()
    }

    /// The public half, 32 bytes.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn public(&self) -> Vec<u8> {
        SigningKey::from_bytes(&self.seed).verifying_key().to_bytes().to_vec()
    }
}

/// Signs a text with a device's key.
///
/// # Errors
/// When the seed is not 32 bytes.
#[wasm_bindgen]
pub fn sign(seed: &[u8], text: &str) -> Result<Vec<u8>, JsValue> {
    let seed: [u8; 32] = seed.try_into().map_err(|_| invalid("a key has 32 bytes"))?;
    Ok(SigningKey::from_bytes(&seed).sign(text.as_bytes()).to_bytes().to_vec())
}

/// Milliseconds to wait before this attempt to connect.
#[wasm_bindgen(js_name = waitMs)]
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a minute at most")]
pub fn wait_ms(attempt: u32) -> f64 {
    backoff::wait_ms(attempt, &mut Browser) as f64
}

/// What the owner of the socket has to do.
#[wasm_bindgen(getter_with_clone)]
pub struct Todo {
    /// Frames to send.
    pub frames: Vec<js_sys::Uint8Array>,
    /// Whether to close the socket after them.
    pub close: bool,
    /// What to send after everything of this device was deleted, as the office ordered.
    pub wipe: Option<js_sys::Uint8Array>,
    /// Milliseconds in which the office wants no other line of this device.
    #[wasm_bindgen(js_name = comeBackAfterMs)]
    pub come_back_after_ms: Option<u32>,
}

impl From<roundsman_replica::Todo> for Todo {
    fn from(todo: roundsman_replica::Todo) -> Self {
        let frames =
            todo.frames.iter().map(|frame| js_sys::Uint8Array::from(frame.as_slice())).collect();
        let wipe = todo.wipe.as_deref().map(js_sys::Uint8Array::from);
        let come_back_after_ms = todo.come_back_after_ms;
        Self { frames, close: todo.close, wipe, come_back_after_ms }
    }
}

/// One user's replica on this device.
#[wasm_bindgen]
pub struct Engine {
    replica: Replica,
    line: Option<Line>,
}

#[wasm_bindgen]
impl Engine {
    /// Opens the files of a device with their key (32 bytes).
    ///
    /// # Errors
    /// `STORAGE` when the browser does not let us, or the key is another one.
    #[cfg(target_arch = "wasm32")]
    pub async fn open(device: String, key: Vec<u8>) -> Result<Engine, JsValue> {
        let key: [u8; 32] = key.try_into().map_err(|_| invalid("a key has 32 bytes"))?;
        let files = crate::storage::open(&device, &key).await?;
        let replica = Replica::open(files, Box::new(Browser)).map_err(thrown)?;
        Ok(Self { replica, line: None })
    }

    /// Deletes the files of a device that nobody has open.
    ///
    /// # Errors
    /// `STORAGE` when the browser does not let us.
    #[cfg(target_arch = "wasm32")]
    #[wasm_bindgen(js_name = deleteFiles)]
    pub async fn delete_files(device: String) -> Result<(), JsValue> {
        crate::storage::delete(&device).await
    }

    /// Makes this the replica of the person and device in this JSON.
    ///
    /// # Errors
    /// `INVALID` when it already belongs to somebody else.
    pub fn adopt(&mut self, identity: &str) -> Result<(), JsValue> {
        let identity: Identity = serde_json::from_str(identity).map_err(invalid)?;
        self.replica.adopt(identity).map_err(thrown)
    }

    /// Records an operation given as JSON; what was recorded, as JSON. Durable when it returns.
    ///
    /// # Errors
    /// The refusal to show.
    pub fn run(&mut self, request: &str) -> Result<String, JsValue> {
        let request = serde_json::from_str(request).map_err(invalid)?;
        let recorded = self.replica.run(request).map_err(thrown)?;
        serde_json::to_string(&recorded).map_err(invalid)
    }

    /// Answers a query given as JSON, as JSON.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn query(&self, query: &str) -> Result<String, JsValue> {
        let query: Query = serde_json::from_str(query).map_err(invalid)?;
        self.replica.query(&query).map_err(thrown)
    }

    /// The topics after whose change the query's answer may be another, as JSON.
    ///
    /// # Errors
    /// When it is no query.
    pub fn topics(query: &str) -> Result<String, JsValue> {
        let query: Query = serde_json::from_str(query).map_err(invalid)?;
        serde_json::to_string(query.topics()).map_err(invalid)
    }

    /// The topics that changed since the last call, as JSON.
    pub fn changed(&mut self) -> String {
        serde_json::to_string(&self.replica.take_changed()).unwrap_or_default()
    }

    /// Milliseconds until a price that was asked for gives way to the next; then `changed` says so.
    #[wasm_bindgen(js_name = pricesTurnInMs)]
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a timer's milliseconds")]
    pub fn prices_turn_in_ms(&self) -> Option<f64> {
        self.replica.prices_turn_in_ms().map(|ms| ms as f64)
    }

    /// Notes whether the browser promised to keep the data.
    #[wasm_bindgen(js_name = setPersisted)]
    pub fn set_persisted(&mut self, persisted: bool) {
        self.replica.set_persisted(persisted);
    }

    /// Whose journal this is, as JSON; none before the first sign-in.
    #[must_use]
    pub fn identity(&self) -> Option<String> {
        self.replica.identity().and_then(|identity| serde_json::to_string(identity).ok())
    }

    /// Notes what the browser remembers, beside the journal, as the highest number recorded.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn remember(&mut self, recorded: u32) -> Result<(), JsValue> {
        self.replica.remember(u64::from(recorded)).map_err(thrown)
    }

    /// What the server has to see before this device goes on as another one, as JSON: heads with
    /// their hashes as lists of bytes, and the highest number recorded.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn heads(&self) -> Result<String, JsValue> {
        let heads = self.replica.heads().map_err(thrown)?;
        let heads: Vec<_> = heads
            .iter()
            .map(|head| serde_json::json!({ "n": head.n, "hash": head.hash.to_vec() }))
            .collect();
        let told = serde_json::json!({ "heads": heads, "recorded": self.replica.recorded() });
        Ok(told.to_string())
    }

    /// Goes on as the device in this JSON; the office holds the journal of the one before up to
    /// `common`.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn succeed(&mut self, identity: &str, common: u32, lost: &str) -> Result<(), JsValue> {
        let identity: Identity = serde_json::from_str(identity).map_err(invalid)?;
        let lost = serde_json::from_str(lost).map_err(invalid)?;
        self.line = None;
        self.replica.succeed(identity, u64::from(common), lost).map_err(thrown)
    }

    /// Notes that somebody has read what was lost.
    ///
    /// # Errors
    /// When the storage fails.
    #[wasm_bindgen(js_name = forgetLost)]
    pub fn forget_lost(&mut self) -> Result<(), JsValue> {
        self.replica.forget_lost().map_err(thrown)
    }

    /// Takes an entry that was not taken off the list of what needs its author.
    ///
    /// # Errors
    /// When the storage fails.
    #[wasm_bindgen(js_name = putAway)]
    pub fn put_away(&mut self, n: u32) -> Result<(), JsValue> {
        self.replica.put_away(u64::from(n)).map_err(thrown)
    }

    /// The socket is open: what to say first.
    ///
    /// # Errors
    /// When nobody is signed in, or the storage fails.
    pub fn connect(&mut self, token: &str, build: &str) -> Result<Todo, JsValue> {
        let (line, todo) = Line::open(&mut self.replica, token, build).map_err(thrown)?;
        self.line = Some(line);
        Ok(todo.into())
    }

    /// A frame arrived.
    ///
    /// # Errors
    /// When the storage fails; close the socket then.
    pub fn receive(&mut self, frame: Vec<u8>) -> Result<Todo, JsValue> {
        self.on_line(|line, replica| line.receive(replica, frame))
    }

    /// Something was recorded while the line is open.
    ///
    /// # Errors
    /// As [`Self::receive`].
    pub fn recorded(&mut self) -> Result<Todo, JsValue> {
        self.on_line(Line::recorded)
    }

    /// A fresh access token for the open line.
    ///
    /// # Errors
    /// As [`Self::receive`].
    pub fn token(&mut self, token: &str) -> Result<Todo, JsValue> {
        self.on_line(|line, replica| line.token(replica, token))
    }

    /// Time passes.
    ///
    /// # Errors
    /// As [`Self::receive`].
    pub fn tick(&mut self) -> Result<Todo, JsValue> {
        self.on_line(Line::tick)
    }

    /// Asks the office for a closed visit or order, whose summary is here.
    ///
    /// # Errors
    /// As [`Self::receive`]; when the id is none.
    pub fn fetch(&mut self, kind: &str, id: &str) -> Result<Todo, JsValue> {
        let item = match kind {
            "visit" => id.parse().map(|id: VisitId| id.into()),
            _ => id.parse().map(|id: OrderId| id.into()),
        };
        let item = item.map_err(invalid)?;
        self.on_line(|line, replica| line.fetch(replica, vec![item]))
    }

    /// Whether what is stored should be looked through.
    ///
    /// # Errors
    /// When the storage fails.
    #[wasm_bindgen(js_name = auditIsDue)]
    pub fn audit_is_due(&self) -> Result<bool, JsValue> {
        self.replica.audit_is_due().map_err(thrown)
    }

    /// Looks at the next so many stored items; what is wrong is asked for again.
    ///
    /// # Errors
    /// As [`Self::receive`].
    pub fn audit(&mut self, items: u32) -> Result<Todo, JsValue> {
        let audited = self.replica.audit(items).map_err(thrown)?;
        self.on_line(|line, replica| line.audited(replica, &audited))
    }

    /// The socket closed, or could not be opened.
    pub fn lost(&mut self) {
        self.line = None;
        self.replica.line_lost();
    }

    /// Whether the hub has said welcome on the open line.
    #[wasm_bindgen(js_name = isOnline)]
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.line.as_ref().is_some_and(Line::is_online)
    }

    /// Whether the server asked for a fresh access token.
    #[wasm_bindgen(js_name = wantsToken)]
    #[must_use]
    pub fn wants_token(&self) -> bool {
        self.replica.wants_token()
    }

    /// Whether this device's storage was lost, so that it cannot go on as the device it was.
    #[wasm_bindgen(js_name = isForked)]
    #[must_use]
    pub fn is_forked(&self) -> bool {
        self.replica.is_forked()
    }

    fn on_line(
        &mut self,
        act: impl FnOnce(&mut Line, &mut Replica) -> roundsman_replica::Result<roundsman_replica::Todo>,
    ) -> Result<Todo, JsValue> {
        let line = self.line.as_mut().ok_or_else(|| thrown(Refusal::new(codes::UNREACHABLE)))?;
        act(line, &mut self.replica).map(Todo::from).map_err(thrown)
    }
}
