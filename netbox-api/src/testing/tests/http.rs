//! Over the wire: tokens, paths without a slash, pages, methods, headers.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::testing::{Access, FakeNetBox};

/// An answer as it came over the wire.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    head: String,
    pub(super) text: String,
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let line =
            self.head.lines().find(|line| line.to_lowercase().starts_with(&format!("{}:", name.to_lowercase())))?;
        line.split_once(": ").map(|(_, value)| value)
    }
}

/// One request on a connection of its own; none if the connection was closed without an answer.
pub(super) async fn send(
    netbox: &FakeNetBox,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Option<Reply> {
    let url = netbox.url();
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{request}\r\n{body}").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection that is dropped may end in a reset.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    let (head, text) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Reply { status, head: head.to_owned(), text: text.to_owned() })
}

/// With the first token and a JSON body.
pub(super) async fn ask(netbox: &FakeNetBox, method: &str, path: &str, body: Value) -> Reply {
    let token = format!("Bearer {}", netbox.token());
    let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
    send(netbox, method, path, &headers, &body).await.unwrap()
}

#[tokio::test]
async fn the_prefix_of_a_token_decides_not_the_keyword_and_wrong_is_403() {
    let v1 = "0123456789012345678901234567890123456789";
    let netbox = FakeNetBox::builder().token("nbt_abcdefghijkl.secret").token(v1).start().await;
    for (given, status, detail) in [
        ("Bearer nbt_abcdefghijkl.secret", 200, ""),
        ("Token nbt_abcdefghijkl.secret", 200, ""),
        (&format!("Token {v1}"), 200, ""),
        (&format!("Bearer {v1}"), 200, ""),
        ("Bearer nbt_abcdefghijkl.wrong", 403, "Invalid v2 token"),
        ("Token wrong", 403, "Invalid v1 token"),
        ("Basic YTpi", 403, "Authentication credentials were not provided."),
    ] {
        let reply = send(&netbox, "GET", "/api/status/", &[("Authorization", given)], &Value::Null).await.unwrap();
        assert_eq!(reply.status, status, "{given}");
        assert_eq!(reply.json()["detail"].as_str().unwrap_or_default(), detail, "{given}");
        assert_eq!(reply.header("WWW-Authenticate"), None);
    }
    assert_eq!(send(&netbox, "GET", "/api/status/", &[], &Value::Null).await.unwrap().status, 403);
}

#[tokio::test]
async fn tokens_with_fewer_rights() {
    let netbox = FakeNetBox::builder()
        .token_of("reader", "r", Access::ReadOnly)
        .token_of("blind", "b", Access::SeesNothing)
        .token_of("careful", "c", Access::Lacks(vec![("change", "virtualization/virtual-machines".to_owned())]))
        .token_of("elsewhere", "e", Access::ChangesNothing)
        .token_of("nobody", "n", Access::None)
        .token_of("some", "s", Access::Except(vec!["core/object-changes".to_owned()]))
        .start()
        .await;
    let actions = async |token: &str, path: &str| {
        let header = [("Authorization", &*format!("Token {token}"))];
        let answer = send(&netbox, "OPTIONS", path, &header, &Value::Null).await.unwrap();
        assert_eq!(answer.status, 200, "{token} {path}");
        answer.json()["actions"]
            .as_object()
            .map(|actions| actions.keys().cloned().collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let machines = "/api/virtualization/virtual-machines/";
    assert_eq!(actions("r", machines).await, [] as [&str; 0]);
    assert_eq!(actions("n", machines).await, [] as [&str; 0], "whoever is known may ask");
    assert_eq!(actions("c", machines).await, ["POST"]);
    assert_eq!(actions("b", machines).await, ["POST", "PUT"], "whatever the constraints");
    assert_eq!(actions("s", "/api/core/object-changes/").await, [] as [&str; 0]);
    netbox.create_vm(json!({"name": "web01"}));
    let status = async |token: &str, method: &str, path: &str| {
        send(&netbox, method, path, &[("Authorization", &format!("Token {token}"))], &Value::Null).await.unwrap()
    };
    let list = "/api/virtualization/virtual-machines/";
    assert_eq!(status("r", "GET", list).await.json()["count"], 1);
    assert_eq!(status("r", "POST", list).await.status, 403);
    assert_eq!(status("b", "GET", list).await.json()["count"], 0);
    assert_eq!(status("b", "GET", &format!("{list}1/")).await.status, 404);
    assert_eq!(status("n", "GET", list).await.status, 403);
    assert_eq!(status("c", "PATCH", &format!("{list}1/")).await.status, 403);
    assert_eq!(status("e", "GET", &format!("{list}1/")).await.status, 200);
    assert_eq!(status("e", "PATCH", &format!("{list}1/")).await.status, 404);
    assert_eq!(status("s", "GET", "/api/core/object-changes/").await.status, 403);
    assert_eq!(status("s", "GET", list).await.status, 200);
}

#[tokio::test]
async fn unknown_paths_are_pages_and_unknown_objects_json() {
    let netbox = FakeNetBox::builder().start().await;
    let object = ask(&netbox, "GET", "/api/virtualization/virtual-machines/9/", Value::Null).await;
    assert_eq!(
        (object.status, object.json()["detail"].as_str()),
        (404, Some("No VirtualMachine matches the given query."))
    );
    for (method, path) in [("GET", "/api/virtualization/nope/"), ("POST", "/api/virtualization/virtual-machines")] {
        let page = ask(&netbox, method, path, Value::Null).await;
        assert_eq!((page.status, page.header("Content-Type")), (404, Some("text/html; charset=utf-8")), "{path}");
        assert!(page.text.contains("Page Not Found"));
    }
    let moved = ask(&netbox, "GET", "/api/virtualization/virtual-machines", Value::Null).await;
    assert_eq!((moved.status, moved.header("Location")), (301, Some("/api/virtualization/virtual-machines/")));
    assert_eq!(ask(&netbox, "POST", "/api/core/object-changes/", json!({})).await.status, 405);
    assert_eq!(ask(&netbox, "POST", "/api/virtualization/clusters/1/", json!({})).await.status, 405);
}

#[tokio::test]
async fn every_answer_names_its_request_and_one_object_its_etag() {
    let netbox = FakeNetBox::builder().start().await;
    let made =
        ask(&netbox, "POST", "/api/virtualization/virtual-machines/", json!({"name": "web01", "cluster": 1})).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.header("Location"), made.json()["url"].as_str());
    assert_eq!(made.header("API-Version"), Some("4.7"));
    let etag = format!("W/\"{}\"", made.json()["last_updated"].as_str().unwrap().replace('Z', "+00:00"));
    assert_eq!(made.header("ETag"), Some(etag.as_str()));
    assert_eq!(netbox.requests()[0].request_id, made.header("X-Request-ID").unwrap());
    assert_eq!(netbox.requests()[0].status, Some(201));
    assert!(netbox.requests()[0].is("POST", "*/virtual-machines/"));

    let path = "/api/virtualization/virtual-machines/1/";
    let token = format!("Bearer {}", netbox.token());
    let patch = async |condition: &str| {
        let headers =
            [("Authorization", token.as_str()), ("If-Match", condition), ("Content-Type", "application/json")];
        send(&netbox, "PATCH", path, &headers, &json!({"memory": 1})).await.unwrap()
    };
    assert_eq!(patch(etag.trim_start_matches("W/")).await.status, 412, "the strong form");
    assert_eq!(patch(&etag).await.status, 200);
    let stale = patch(&etag).await;
    assert_eq!((stale.status, stale.json()), (412, json!({"detail": "Precondition failed."})));
    assert_ne!(stale.header("ETag"), Some(etag.as_str()));
    assert_eq!(patch("*").await.status, 200);
    let head = ask(&netbox, "HEAD", path, Value::Null).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    let list = ask(&netbox, "GET", "/api/virtualization/virtual-machines/", Value::Null).await;
    assert_eq!(list.header("ETag"), None);
}

#[tokio::test]
async fn pages_by_offset_and_by_id() {
    let netbox = FakeNetBox::builder().page_size(2, 3).start().await;
    for name in ["e", "d", "c", "b", "a"] {
        netbox.create_vm(json!({"name": name}));
    }
    let get = async |query: &str| {
        ask(&netbox, "GET", &format!("/api/virtualization/virtual-machines/{query}"), Value::Null).await
    };
    let names = |reply: &Reply| {
        let page = reply.json();
        page["results"].as_array().unwrap().iter().map(|vm| vm["name"].as_str().unwrap().to_owned()).collect::<String>()
    };
    // At the host that was asked, which may be a proxy.
    let base = "http://x/api/virtualization/virtual-machines/";

    let first = get("").await;
    assert_eq!((names(&first), &first.json()["count"]), ("ab".to_owned(), &json!(5)));
    assert_eq!(first.json()["next"], format!("{base}?limit=2&offset=2"));
    assert_eq!(names(&get("?limit=0").await), "abc");
    assert_eq!(names(&get("?limit=99").await), "abc");
    assert_eq!(names(&get("?limit=-1").await), "ab");
    assert_eq!(
        get("?limit=2&offset=4&name__ic=a").await.json()["previous"],
        format!("{base}?limit=2&name__ic=a&offset=2")
    );

    let cursor = get("?start=0&limit=2&fields=id,name").await;
    assert_eq!((names(&cursor), &cursor.json()["count"]), ("ed".to_owned(), &Value::Null));
    assert_eq!(cursor.json()["next"], format!("{base}?fields=id%2Cname&limit=2&start=3"));
    assert_eq!(names(&get("?start=3&limit=2").await), "cb");
    let last = get("?start=5&limit=2").await;
    assert_eq!((names(&last), &last.json()["next"]), ("a".to_owned(), &Value::Null));
    assert_eq!(get("?start=4&limit=2").await.json()["next"], format!("{base}?limit=2&start=6"), "a full last page");
    let refused = get("?start=0&ordering=name").await;
    assert_eq!(
        (refused.status, refused.json()),
        (400, json!(["Ordering cannot be specified in conjunction with cursor-based pagination."]))
    );
}
