//! One request at a time against a server that gives one answer.

use std::collections::BTreeSet;

use proxmox_api::Client;
use proxmox_api::api::{Shape, shapes};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// What was sent so far.
#[derive(Default)]
pub(crate) struct Recorder {
    lines: Vec<String>,
    operations: BTreeSet<(&'static str, &'static str)>,
}

/// The answer to a call, which is sent to a server that answers this `data`.
macro_rules! ask {
    ($recorder:expr, $data:expr, $client:ident => $call:expr) => {{
        let (server, $client) = $crate::recorder::Recorder::server($data).await;
        let answer = $call.await.unwrap_or_else(|error| panic!("{}: {error}", stringify!($call)));
        $recorder.note(&server).await;
        answer
    }};
}
pub(crate) use ask;

impl Recorder {
    pub(crate) async fn server(data: Value) -> (MockServer, Client) {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(200).set_body_json(json!({ "data": data }));
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let client = Client::builder(server.uri()).token("root@pam!x=secret").build().unwrap();
        (server, client)
    }

    /// Notes the only request that the server got, if the schema allows it.
    pub(crate) async fn note(&mut self, server: &MockServer) {
        let requests = server.received_requests().await.unwrap();
        let [request] = &requests[..] else { panic!("{} requests", requests.len()) };
        let path = request.url.path().strip_prefix("/api2/json").unwrap();
        let shape = shape_of(request.method.as_str(), path);
        let sent = parameters(request);
        for (name, _) in &sent {
            assert!(shape.parameter(name).is_some(), "{} {} has no parameter {name}", shape.method, shape.path);
        }
        for needed in shape.parameters.iter().filter(|parameter| parameter.required) {
            let there = sent.iter().any(|(name, _)| name == needed.name);
            assert!(there, "{} {} needs {}", shape.method, shape.path, needed.name);
        }
        let shown: Vec<String> = sent.into_iter().map(|(name, value)| format!(" {name}={value}")).collect();
        self.lines.push(format!("{} {path}{}", shape.method, shown.concat()));
        self.operations.insert((shape.path, shape.method));
    }

    pub(crate) fn requests(&self) -> String {
        let lines: BTreeSet<&String> = self.lines.iter().collect();
        lines.into_iter().map(|line| format!("{line}\n")).collect()
    }

    /// Path and method of every operation that was called.
    pub(crate) fn operations(&self) -> BTreeSet<(&'static str, &'static str)> {
        self.operations.clone()
    }
}

/// The operation that a request is for: of several whose paths fit the one with the fewest variable parts.
fn shape_of(method: &str, path: &str) -> Shape {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |shape: &Shape| {
        let template: Vec<&str> = shape.path.split('/').collect();
        shape.method == method
            && template.len() == parts.len()
            && template.iter().zip(&parts).all(|(wanted, part)| wanted.starts_with('{') || wanted == part)
    };
    let shape = shapes().into_iter().filter(fits).min_by_key(|shape| shape.path.matches('{').count());
    shape.unwrap_or_else(|| panic!("the schema has no {method} {path}"))
}

fn parameters(request: &Request) -> Vec<(String, String)> {
    let of = |text: &[u8]| url::form_urlencoded::parse(text).into_owned().collect::<Vec<_>>();
    let kind = request.headers.get("content-type").map(|kind| kind.to_str().unwrap());
    let Some(boundary) = kind.and_then(|kind| kind.strip_prefix("multipart/form-data; boundary=")) else {
        return [of(request.url.query().unwrap_or_default().as_bytes()), of(&request.body)].concat();
    };
    let body = String::from_utf8_lossy(&request.body);
    let delimiter = format!("--{boundary}");
    let parts = body.split(&delimiter).filter_map(|part| {
        let (head, value) = part.split_once("\r\n\r\n")?;
        let (name, rest) = head.split_once("name=\"")?.1.split_once('"')?;
        let filename = rest.split_once("filename=\"").and_then(|(_, rest)| rest.split_once('"'));
        Some((name.to_owned(), filename.map_or(value.trim_end(), |(name, _)| name).to_owned()))
    });
    parts.collect()
}
