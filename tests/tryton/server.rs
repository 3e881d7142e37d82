//! A Tryton of a test's own, with the company of `tests/tryton`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use roundsman_erp::tryton::{Client, Connection};
use serde_json::{Value, json};

/// What `tryton.py` ends with when Tryton cannot be installed.
const CANNOT_INSTALL: i32 = 75;
/// What a test waits for an answer.
const ANSWER_SECONDS_MAX: u64 = 60;

pub struct TrytonServer {
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    pub connection: Connection,
}

impl TrytonServer {
    /// Starts one; none when Tryton cannot be installed here, which is said loudly.
    pub fn start() -> Option<Self> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let is_root = |it: &&Path| it.join("tests/tryton/tryton.py").exists();
        let root = folder.ancestors().find(is_root).unwrap();
        let mut process = Command::new("python3")
            .arg(root.join("tests/tryton/tryton.py"))
            .arg(root.join("target/tryton"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut answers = BufReader::new(process.stdout.take().unwrap());
        let mut said = String::new();
        answers.read_line(&mut said).unwrap();
        if said.is_empty() && process.wait().unwrap().code() == Some(CANNOT_INSTALL) {
            eprintln!("SKIPPED: Tryton cannot be installed here; nothing about it was tested");
            return None;
        }
        let said: Value = serde_json::from_str(&said).unwrap();
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        let connection = Connection {
            url: text("url"),
            database: text("database"),
            login: text("login"),
            password: text("password"),
            answer_seconds_max: ANSWER_SECONDS_MAX,
        };
        let orders = process.stdin.take();
        Some(Self { process, orders, answers, connection })
    }

    pub fn client(&self) -> Client {
        Client::new(self.connection.clone()).unwrap()
    }

    /// A client with every right there.
    #[allow(dead_code, reason = "not every test works there")]
    pub fn admin(&self) -> Client {
        let admin = || "admin".to_owned();
        let all = Connection { login: admin(), password: admin(), ..self.connection.clone() };
        Client::new(all).unwrap()
    }

    /// `kill`, `start`, `end sessions` or `pay`.
    #[allow(dead_code, reason = "not every test disturbs it")]
    pub fn order(&mut self, order: &str) {
        let mut said = String::new();
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        self.answers.read_line(&mut said).unwrap();
        assert_eq!(said.trim(), "{}");
    }

    /// Presses a button on a record.
    #[allow(dead_code, reason = "not every test works there")]
    pub async fn press(&self, model: &str, button: &str, id: i64) {
        self.client().call(model, button, &[json!([id])]).await.unwrap();
    }

    /// The sales there, in the order in which they were made.
    pub async fn sales(&self) -> Vec<serde_json::Map<String, Value>> {
        let fields =
            ["reference", "number", "state", "total_amount", "shipments", "invoices", "party"];
        self.client().read("sale.sale", json!([]), &fields).await.unwrap()
    }
}

impl Drop for TrytonServer {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ended = self.process.wait();
    }
}
