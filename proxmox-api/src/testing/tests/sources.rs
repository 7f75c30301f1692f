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

#[test]
fn what_no_real_one_was_asked_is_little_and_known() {
    let all = served();
    let of = |source: Source| -> Vec<String> {
        let found = all.iter().filter(|endpoint| endpoint.source == source);
        found.map(|endpoint| format!("{} {}", endpoint.method, endpoint.path)).collect()
    };
    assert_eq!(
        of(Source::Schema),
        [
            "PUT /access/acl",
            "GET /access/roles",
            "PUT /access/roles/{roleid}",
            "POST /access/ticket",
            "GET /nodes/{node}/lxc/{vmid}"
        ]
    );
    assert_eq!(
        of(Source::Believed),
        ["POST /nodes/{node}/lxc/{vmid}/migrate", "POST /nodes/{node}/lxc/{vmid}/status/resume"]
    );
    assert!(all.iter().filter(|it| it.source == Source::Believed).all(|it| !it.except.is_empty()), "it says what");
    assert!(all.is_sorted_by_key(|endpoint| (endpoint.path, endpoint.method)));
}
