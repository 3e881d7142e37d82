//! A company with its server, and a browser that remembers its cookie.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use roundsman_core::records::{Person, Role};
use roundsman_core::time::Timestamp;
use roundsman_server::app::App;
use roundsman_server::clock::{Clock, Source};
use roundsman_server::config::Config;
use roundsman_server::identity::hash_password;
use roundsman_server::{demo, http};
use roundsman_store::people;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

/// 2026-11-23 12:00 in Qingdao.
pub const NOON: i64 = 1_795_406_400_000;
pub const HOUR_MS: i64 = 60 * 60_000;
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// The demo company, at noon, with chance from a counter.
pub struct Company {
    pub app: Arc<App>,
    router: Router,
    time: Arc<AtomicI64>,
    _folder: TempDir,
}

impl Company {
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (clock, time) = clock();
        demo::fill(Config::local(folder.path()), clock.clone(), 1, demo::Size(0), &|_| {})
            .await
            .unwrap();
        let app = App::open(Config::local(folder.path()), clock).await.unwrap();
        Self { router: http::router(app.clone()), app, time, _folder: folder }
    }

    pub fn wait(&self, millis: i64) {
        self.time.fetch_add(millis, Ordering::SeqCst);
    }

    /// A browser nobody signed in to.
    pub fn browser(&self) -> Browser {
        Browser { router: self.router.clone(), cookie: None }
    }

    /// A browser at which the office works.
    pub async fn office(&self) -> Browser {
        self.signed_in("office").await
    }

    /// A browser at which somebody works who has just been let in with this role.
    pub async fn colleague(&self, login: &'static str, role: Role) -> Browser {
        let hash = hash_password(demo::PASSWORD.as_bytes().to_vec(), [7; 16]).await.unwrap();
        let (id, now) = (self.app.clock.new_id().into(), self.app.clock.now());
        let person = Person { id, name: login.to_owned(), role, devices: Vec::new() };
        let added = self.app.store.write.run(move |db, commit| {
            Box::pin(async move { people::add(db, commit, &person, login, &hash, now).await })
        });
        added.await.unwrap();
        self.signed_in(login).await
    }

    async fn signed_in(&self, login: &str) -> Browser {
        let mut browser = self.browser();
        let form = json!({ "login": login, "password": demo::PASSWORD });
        assert_eq!(browser.post("/api/session", form).await.status, StatusCode::OK);
        browser
    }
}

/// A clock that stands until it is moved.
pub fn clock() -> (Clock, Arc<AtomicI64>) {
    let time = Arc::new(AtomicI64::new(NOON));
    (Clock::new(Manual { time: time.clone(), random: AtomicU64::new(0) }), time)
}

struct Manual {
    time: Arc<AtomicI64>,
    random: AtomicU64,
}

impl Source for Manual {
    fn now(&self) -> Timestamp {
        Timestamp(self.time.load(Ordering::SeqCst))
    }

    fn offset_minutes(&self, _: Timestamp) -> i16 {
        480
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.random.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            let mixed = (next ^ (next >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            chunk.copy_from_slice(&(mixed ^ (mixed >> 32)).to_be_bytes()[..chunk.len()]);
        }
    }
}

pub struct Browser {
    router: Router,
    pub cookie: Option<String>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The status and the refusal's code.
    pub fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["code"].as_str().unwrap_or_default().to_owned())
    }
}

impl Browser {
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn delete(&mut self, path: &str) -> Answer {
        self.send(Request::delete(path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&mut self, path: &str, form: Value) -> Answer {
        let request = Request::post(path).header(CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(form.to_string())).unwrap()).await
    }

    pub async fn send(&mut self, request: Request<Body>) -> Answer {
        let response = self.open(request).await;
        let (parts, body) = response.into_parts();
        if let Some(cookie) = parts.headers.get(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
        }
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// Sends, and leaves the body to the caller.
    pub async fn open(&mut self, mut request: Request<Body>) -> axum::response::Response {
        if let Some(cookie) = &self.cookie {
            request.headers_mut().insert(COOKIE, cookie.parse().unwrap());
        }
        self.router.clone().oneshot(request).await.unwrap()
    }
}

/// Where the repository's files are.
pub fn server_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
