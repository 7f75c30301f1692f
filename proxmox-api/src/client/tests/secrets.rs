//! No secret in any output, whatever goes wrong.

use std::io::Write;
use std::sync::{Arc, Mutex};

use super::raw_server::{RawServer, Reply, nobody};
use super::*;
use crate::client::{Error, WaitOptions};
use crate::*;

const SECRET: &str = "S3CRET-9f1d2c";
const PASSWORD: &str = "S3CRET-pass-77";
/// As it is written in the address of a proxy, and the header that it becomes.
const OF_PROXY: &str = "S3CRET%2Fproxy";
const HEADER: &str = "Basic dXNlcjpTM0NSRVQvcHJveHk=";

/// Everything an error can be made to say.
fn all_of(error: &impl std::error::Error) -> String {
    let mut all = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        all.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    all
}

fn echoed(request: &str) -> String {
    request.replace("\r\n", " ")
}

fn json(status: &str, body: serde_json::Value) -> Reply {
    Reply::status(status, &body.to_string())
}

/// Answers that repeat what they were sent, and other trouble.
fn troubles() -> [Reply; 10] {
    [
        Reply::With(|r| json(&format!("500 {}", echoed(r)), json!({"message": r, "data": null}))),
        Reply::With(|r| json("400 no", json!({"message": r, "errors": {"cores": r}}))),
        Reply::With(|r| json("403 no", json!({"message": format!("Permission check failed ({r})")}))),
        Reply::With(|r| Reply::status(&format!("401 {}", echoed(r)), "")),
        Reply::With(|r| Reply::status(&format!("596 {}", echoed(r)), r)),
        Reply::With(|r| json("200 OK", json!({"data": {"status": [r]}}))),
        Reply::With(|r| json("200 OK", json!({"data": {"version": [r], "status": r}}))),
        Reply::With(|r| json("200 OK", json!({"data": r}))),
        Reply::With(|r| Reply::Bytes(format!("{}\r\n\r\n", echoed(r)))),
        Reply::Close,
    ]
}

async fn outputs(client: &Client) -> String {
    let update = ConfigUpdate::new().set("cipassword", PASSWORD).cores(2);
    let params = Params::from([("password", PASSWORD)]);
    let mut all = format!("{client:?} {client:#?} {update:?} {params:?} {:?}", qemu(client));
    let mut note = |result: Result<(), Error>| {
        if let Err(error) = result {
            all.push_str(&all_of(&error));
        }
    };
    note(client.version().await.map(drop));
    note(qemu(client).status().await.map(drop));
    note(qemu(client).set_config(&update).await);
    note(qemu(client).start(&StartParams::default()).await.map(drop));
    note(client.get::<u32>("/x", &params).await.map(drop));
    note(client.delete::<u32>("/x", &params).await.map(drop));
    let options = WaitOptions { deadline: std::time::Duration::from_millis(20), ..Default::default() };
    note(client.task(upid()).wait(&options).await.map(drop));
    all
}

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_error_debug_output_or_log_line_has_one() {
    // While there is only one subscriber, a log line that another test's thread reaches first is taken to interest nobody.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);

    let token = format!("root@pam!x={SECRET}");
    let mut all = String::new();
    for trouble in troubles() {
        let server = RawServer::start(vec![trouble.clone()]).await;
        all += &outputs(&Client::builder(server.url.as_str()).token(token.as_str()).build().unwrap()).await;
        // With a user and a password: the login itself goes wrong, or what comes after it.
        all += &outputs(&Client::builder(server.url.as_str()).ticket("root@pam", PASSWORD).build().unwrap()).await;
        let login = Reply::data("{\"ticket\":\"PVE:S3CRET-ticket\",\"CSRFPreventionToken\":\"S3CRET-csrf\"}");
        let server = RawServer::start(vec![login, trouble.clone()]).await;
        all += &outputs(&Client::builder(server.url.as_str()).ticket("root@pam", PASSWORD).build().unwrap()).await;
    }
    // All goes well, and the answers are secrets themselves.
    let made = "{\"full-tokenid\":\"a@pve!x\",\"value\":\"S3CRET-made\",\"port\":5900,\"ticket\":\"S3CRET-vnc\"}";
    let server = RawServer::start(vec![Reply::data(made)]).await;
    let client = Client::builder(server.url.as_str()).token(token.as_str()).build().unwrap();
    all += &format!("{:?}", client.access().tokens("a@pve").create("x", &TokenParams::new()).await.unwrap());
    all += &format!("{:?}", qemu(&client).vnc(false).await.unwrap());
    client.access().set_password("a@pve", PASSWORD).await.unwrap();
    qemu(&client).agent().set_password("root", PASSWORD).await.unwrap();
    all += &format!("{:?}", UserParams::new("a@pve").password(PASSWORD));
    // Through a proxy that repeats what it was sent; one that is not there; one that is none.
    let mut proxies = vec![nobody()];
    for trouble in troubles() {
        proxies.push(RawServer::start(vec![trouble]).await.url);
    }
    for proxy in proxies {
        let proxy = proxy.replace("http://", &format!("http://user:{OF_PROXY}@"));
        for url in ["http://pve01.invalid", "https://pve01.invalid"] {
            let builder = Client::builder(url).token(token.as_str()).insecure().proxy(proxy.as_str());
            all += &format!("{builder:?}");
            all += &outputs(&builder.build().unwrap()).await;
        }
    }
    for bad in [format!("{OF_PROXY}://p"), format!("socks5://user:{OF_PROXY}@p"), format!("user:{OF_PROXY}@")] {
        let builder = || Client::builder("https://pve").token(token.as_str());
        all += &all_of(&builder().proxy(bad.as_str()).build().unwrap_err());
        all += &all_of(&builder().proxy_from([("HTTPS_PROXY", bad)]).build().unwrap_err());
    }
    all += &outputs(&Client::builder(nobody()).token(token.as_str()).build().unwrap()).await;
    all += &format!("{:?}", Client::builder(format!("https://root:{SECRET}@pve")).token(token.as_str()));
    for bad in [SECRET.to_owned(), format!("root@pam={SECRET}"), format!("root@pam!x={SECRET}\n{SECRET}")] {
        all += &all_of(&Client::builder("https://pve").token(bad).build().unwrap_err());
    }

    let logged = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(all.contains("[hidden]") && logged.contains("Proxmox VE answered"), "the search looks at something");
    assert!(
        logged.contains("proxmox{method=\"GET\" path=/nodes/{node}/qemu/{vmid}/status/current attempt=1}"),
        "{logged}"
    );
    for (place, text) in [("output", &all), ("log", &logged)] {
        let position = text.find("S3CRET").or_else(|| text.find(&HEADER["Basic ".len()..]));
        let around = position.map(|at| &text[at.saturating_sub(200)..(at + 40).min(text.len())]);
        assert_eq!(around, None, "a secret in the {place}");
    }
}
