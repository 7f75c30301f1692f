//! The same requests as those recorded give the same deliveries: each field of each, save for times and request ids.

use std::path::Path;

use serde_json::{Map, Value};

use super::scenario::{play, prepare, seeded};

/// How many deliveries the recorded part of the scenario gave.
const RECORDED: usize = 124;

#[tokio::test]
async fn every_delivery_is_as_recorded() {
    let netbox = seeded().start().await;
    prepare(&netbox);
    netbox.hold();
    netbox.webhook("http://127.0.0.1:18099/hook", Some("netbox-lab-webhook-secret-0123456789"));
    play(&netbox.user("admin"));

    let made = netbox.deliveries();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/netbox-webhooks");
    let mut compared = 0;
    for entry in std::fs::read_dir(fixtures).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(number) =
            name.get(..3).and_then(|number| number.parse::<usize>().ok()).filter(|number| *number <= RECORDED)
        else {
            continue;
        };
        if !name.ends_with(".raw") {
            continue;
        }
        let recorded = plain(serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap());
        let mut differences = Vec::new();
        compare("", &recorded, &plain(made[number - 1].json()), &mut differences);
        assert!(differences.is_empty(), "{name}:\n{}", differences.join("\n"));
        compared += 1;
    }
    assert!(compared > 50, "only {compared} recorded deliveries were found");
    assert_eq!(made.len(), RECORDED);
}

/// Without what is different every time.
fn plain(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut kept: Map<String, Value> = fields.into_iter().map(|(name, value)| (name, plain(value))).collect();
            for name in ["created", "last_updated", "timestamp"] {
                if let Some(Value::String(moment)) = kept.get_mut(name) {
                    *moment = moment.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
                }
            }
            if let Some(request) = kept.get_mut("request") {
                request["id"] = Value::Null;
            }
            Value::Object(kept)
        }
        Value::Array(items) => items.into_iter().map(plain).collect(),
        other => other,
    }
}

fn compare(at: &str, recorded: &Value, made: &Value, differences: &mut Vec<String>) {
    match (recorded, made) {
        (Value::Object(a), Value::Object(b)) => {
            let mut names: Vec<_> = a.keys().chain(b.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                match (a.get(name), b.get(name)) {
                    (Some(a), Some(b)) => compare(&format!("{at}.{name}"), a, b, differences),
                    (Some(a), None) => differences.push(format!("{at}.{name}: missing, recorded {a}")),
                    (None, b) => differences.push(format!("{at}.{name}: not recorded, made {b:?}")),
                }
            }
        }
        (a, b) if a == b => {}
        (a, b) => differences.push(format!("{at}: recorded {a}, made {b}")),
    }
}
