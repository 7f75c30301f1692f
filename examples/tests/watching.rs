//! The alerts and the dashboard in `deploy/` ask for metrics and labels that the server has.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::time::Duration;

use netbox_proxmox_examples::metrics::Metrics;
use serde_json::Value;

const ALERTS: &str = include_str!("../../deploy/prometheus-alerts.yml");
const DASHBOARD: &str = include_str!("../../deploy/grafana-dashboard.json");

/// What `/metrics` shows once everything has happened.
fn shown() -> String {
    let (metrics, took) = (Metrics::default(), Duration::from_secs(1));
    metrics.delivery("accepted");
    metrics.answer("done", took);
    metrics.action("clone", "done", took);
    metrics.events("parked", 1);
    metrics.render()
}

/// A metric with the labels that it is asked for by, such as `("netbox_proxmox_events", ["state"])`.
type Asked = (String, BTreeSet<String>);

/// The metrics in expressions, with the labels in their braces.
fn asked(text: &str) -> BTreeSet<Asked> {
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
    let found = text.match_indices("netbox_proxmox_").map(|(at, _)| {
        let (name, rest) = text[at..].split_at(text[at..].find(|c| !is_name(c)).unwrap());
        let braces = rest.strip_prefix('{').map_or("", |rest| rest.split_once('}').unwrap().0);
        let labels = braces.split(", ").filter_map(|one| one.split_once(['=', '!'])).map(|(label, _)| label.to_owned());
        (name.to_owned(), labels.collect())
    });
    found.collect()
}

fn expressions(dashboard: &Value) -> Vec<String> {
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

fn are_there(asked: &BTreeSet<Asked>) {
    let shown = shown();
    for (name, labels) in asked {
        let mut lines = shown.lines().filter_map(|line| line.strip_prefix(name.as_str())?.strip_prefix('{'));
        let line = lines.next().unwrap_or_else(|| panic!("no metric {name} in\n{shown}"));
        // Prometheus itself adds the job.
        let missing: Vec<_> =
            labels.iter().filter(|label| *label != "job" && !line.contains(&format!("{label}=\""))).collect();
        assert!(missing.is_empty(), "{name} has no label {missing:?}: {line}");
    }
}

#[test]
fn the_alerts_ask_for_what_there_is() {
    let asked = asked(ALERTS);
    assert!(asked.len() >= 4, "{asked:?}");
    are_there(&asked);
}

#[test]
fn the_dashboard_asks_for_what_there_is() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let expressions = expressions(&dashboard);
    let asked = asked(&expressions.join("\n"));
    assert!(expressions.len() >= 8 && asked.len() >= 6, "{asked:?}");
    are_there(&asked);
}

#[test]
fn a_metric_or_a_label_that_is_not_there_is_found() {
    for wrong in ["rate(netbox_proxmox_nothing{job=\"x\"}[5m])", "netbox_proxmox_events{job=\"x\", mood=\"good\"} > 0"]
    {
        let asked = asked(wrong);
        assert!(std::panic::catch_unwind(|| are_there(&asked)).is_err(), "{wrong}");
    }
}
