//! Phones in the same network: a page that explains it in the open, everything else over HTTPS.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use reqwest::header::{ACCEPT_LANGUAGE, CONTENT_TYPE};
use reqwest::{Certificate, Client, StatusCode};
use roundsman_server::clock::Clock;
use roundsman_server::config::{Config, Secure, Voucher};
use roundsman_server::lan;
use roundsman_server::serve::Server;

async fn start(data: &std::path::Path) -> Server {
    let secure = Some(Secure { port: 0, by: Voucher::Local });
    Server::start(Config { secure, ..Config::local(data) }, Clock::system()).await.unwrap()
}

#[tokio::test]
async fn a_phone_comes_to_trust_the_server_of_its_network() {
    if lan::addresses().unwrap().is_empty() {
        eprintln!("SKIPPED: this machine is in no network");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path()).await;
    let known = server.app.lan.get().unwrap().clone();
    let phone = Client::builder().no_proxy().build().unwrap();

    // In the open there is the page in the phone's language, the certificate, and nothing else.
    for (language, words) in [("zh-CN,zh;q=0.9", "下载证书"), ("en-GB", "Download the certificate")]
    {
        let page = phone.get(&known.join_url).header(ACCEPT_LANGUAGE, language);
        let page = page.send().await.unwrap().text().await.unwrap();
        assert!(page.contains(words) && page.contains(&known.fingerprint), "{page}");
        assert!(!page.contains('{') || page.contains("<style>"), "nothing was left open");
    }
    let sign_in = known.join_url.replace("/join", "/api/device/sign-in");
    let answer = phone.post(&sign_in).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.url().path() == "/join", "a password is not taken in the open");

    // Before it trusts the authority the phone refuses the app; afterwards it opens it.
    let app = format!("{}api/session", known.app_url);
    assert!(phone.get(&app).send().await.is_err());
    let download = known.join_url.replace("/join", "/join/roundsman.crt");
    let download = phone.get(&download).send().await.unwrap();
    assert_eq!(download.headers()[CONTENT_TYPE], "application/x-x509-ca-cert");
    let trusted = Certificate::from_der(&download.bytes().await.unwrap()).unwrap();
    let trusting =
        Client::builder().no_proxy().add_root_certificate(trusted.clone()).build().unwrap();
    assert_eq!(trusting.get(&app).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);

    // The authority outlives the process, so phones trust it once.
    server.stop().await.unwrap();
    let again = start(folder.path()).await;
    assert_eq!(again.app.lan.get().unwrap().fingerprint, known.fingerprint);
    let app = format!("{}api/session", again.app.lan.get().unwrap().app_url);
    let trusting = Client::builder().no_proxy().add_root_certificate(trusted).build().unwrap();
    assert_eq!(trusting.get(&app).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    again.stop().await.unwrap();
}
