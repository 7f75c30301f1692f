//! What the fake says of itself.

use super::super::{Endpoint, Source, served};
use super::*;

/// A request for an endpoint, with something in place of what is in braces.
fn path(endpoint: &Endpoint) -> String {
    let filled = |segment: &str| match segment {
        "{node}" => "pve01".to_owned(),
        "{vmid}" => "4242".to_owned(),
        other => other.replace(['{', '}'], ""),
    };
    endpoint.path.split('/').map(filled).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn what_is_listed_is_served_each_by_one_route_and_everything_else_is_501() {
    let pve = cluster().await;
    let all = served();
    for endpoint in &all {
        let request = path(endpoint);
        let segments: Vec<&str> = request.split('/').filter(|segment| !segment.is_empty()).collect();
        let routes = super::super::endpoints::routes().filter(|route| route.matches(endpoint.method, &segments));
        assert_eq!(routes.count(), 1, "{endpoint:?}");
        let answer = send(&pve, endpoint.method, &request, "").await.unwrap();
        assert_ne!(answer.status, 501, "{endpoint:?}");
    }
    let paths: std::collections::BTreeSet<&str> = all.iter().map(|endpoint| endpoint.path).collect();
    for path_only in paths {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            if all.iter().any(|endpoint| endpoint.method == method && endpoint.path == path_only) {
                continue;
            }
            let endpoint = Endpoint { method, path: path_only, source: Source::Believed, except: "" };
            let answer = send(&pve, method, &path(&endpoint), "").await.unwrap();
            assert_eq!(answer.status, 501, "{method} {path_only}");
        }
    }
}

/// Names that a table and the schema both have, numbered ones by their beginning.
#[test]
fn a_method_knows_the_parameters_that_the_schema_has_and_no_others() {
    use std::collections::BTreeSet;

    use super::super::schema;

    let mut differences = Vec::new();
    for route in super::super::endpoints::routes().filter(|route| route.endpoint.path != "/") {
        let Endpoint { method, path, .. } = route.endpoint;
        let shape = schema::shape(method, path).unwrap_or_else(|| panic!("the schema has no {method} {path}"));
        let Some(tables) = route.tables() else { continue };
        let known: BTreeSet<String> = tables
            .iter()
            .flat_map(|table| table.iter())
            .map(|param| match param.count {
                None => param.name.to_owned(),
                Some(1) => format!("{}0", param.name),
                Some(_) => format!("{}[n]", param.name),
            })
            .collect();
        let stated: BTreeSet<String> = shape.parameters.iter().map(|it| it.name.to_owned()).collect();
        let lacking: Vec<_> = stated.difference(&known).collect();
        let invented: Vec<_> = known.difference(&stated).collect();
        if !(lacking.is_empty() && invented.is_empty()) {
            differences.push(format!("{method} {path} lacks {lacking:?}, invents {invented:?}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn what_no_real_one_was_asked_is_little_and_known() {
    let all = served();
    let of = |source: Source| -> Vec<String> {
        let kept = |endpoint: &Endpoint| endpoint.except.starts_with("kept as it was given");
        let found = all.iter().filter(|endpoint| endpoint.source == source && !kept(endpoint));
        found.map(|endpoint| format!("{} {}", endpoint.method, endpoint.path)).collect()
    };
    assert_eq!(
        of(Source::Schema),
        [
            "PUT /access/acl",
            "GET /access/roles",
            "PUT /access/roles/{roleid}",
            "POST /access/ticket",
            "GET /access/users/{userid}/token/{tokenid}",
            "POST /cluster/ha/resources",
            "DELETE /cluster/ha/resources/{sid}",
            "GET /cluster/ha/resources/{sid}",
            "PUT /cluster/ha/resources/{sid}",
            "GET /nodes/{node}/lxc/{vmid}",
            "GET /nodes/{node}/lxc/{vmid}/snapshot/{snapname}",
            "GET /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/config",
            "PUT /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/config",
            "POST /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/rollback",
            "POST /nodes/{node}/lxc/{vmid}/spiceproxy",
            "POST /nodes/{node}/lxc/{vmid}/termproxy",
            "POST /nodes/{node}/lxc/{vmid}/vncproxy",
            "GET /nodes/{node}/qemu/{vmid}/snapshot/{snapname}",
            "PUT /nodes/{node}/qemu/{vmid}/snapshot/{snapname}/config",
            "POST /nodes/{node}/qemu/{vmid}/spiceproxy",
            "POST /nodes/{node}/qemu/{vmid}/termproxy",
            "POST /nodes/{node}/services/{service}/reload",
            "POST /nodes/{node}/services/{service}/restart",
            "POST /nodes/{node}/services/{service}/start",
            "GET /nodes/{node}/services/{service}/state",
            "POST /nodes/{node}/services/{service}/stop",
            "POST /nodes/{node}/storage/{storage}/download-url",
            "GET /nodes/{node}/storage/{storage}/status",
            "POST /nodes/{node}/storage/{storage}/upload",
            "POST /nodes/{node}/termproxy",
            "PUT /nodes/{node}/time"
        ]
    );
    assert_eq!(
        of(Source::Believed),
        [
            "POST /nodes/{node}/lxc/{vmid}/migrate",
            "POST /nodes/{node}/lxc/{vmid}/move_volume",
            "POST /nodes/{node}/lxc/{vmid}/status/resume",
            "POST /nodes/{node}/qemu/{vmid}/agent/exec",
            "GET /nodes/{node}/qemu/{vmid}/agent/exec-status",
            "POST /nodes/{node}/qemu/{vmid}/agent/fsfreeze-freeze",
            "POST /nodes/{node}/qemu/{vmid}/agent/fsfreeze-status",
            "POST /nodes/{node}/qemu/{vmid}/agent/fsfreeze-thaw",
            "POST /nodes/{node}/qemu/{vmid}/agent/fstrim",
            "GET /nodes/{node}/qemu/{vmid}/agent/get-host-name",
            "GET /nodes/{node}/qemu/{vmid}/agent/get-osinfo",
            "POST /nodes/{node}/qemu/{vmid}/agent/ping",
            "GET /nodes/{node}/vzdump/extractconfig"
        ]
    );
    assert!(all.iter().filter(|it| it.source == Source::Believed).all(|it| !it.except.is_empty()), "it says what");
    assert!(all.is_sorted_by_key(|endpoint| (endpoint.path, endpoint.method)));
}
