//! HTTP, authentication, parameters.

use super::*;

#[tokio::test]
async fn a_success_is_data_in_an_envelope() {
    let pve = cluster().await;
    let answer = get(&pve, "/version").await;
    assert_eq!((answer.status, answer.reason.as_str()), (200, "OK"));
    assert_eq!(answer.data()["version"], "9.1.7");
    assert!(answer.headers.contains("application/json;charset=UTF-8"));
    assert_eq!(get(&pve, "//version/").await.data()["release"], "9.1");
    assert_eq!(get(&pve, "/cluster/nextid").await.json().to_string(), r#"{"data":"100"}"#);
}

#[tokio::test]
async fn unknown_methods_and_paths_are_501_and_say_so_without_a_newline() {
    let pve = cluster().await;
    for (method, path) in [
        ("GET", "/nosuch"),
        ("POST", "/version"),
        ("GET", "/nodes/pve01/lxc/200/rrd"),
        ("PUT", "/nodes/pve01/qemu/101/status/start"),
    ] {
        let answer = send(&pve, method, path, "").await.unwrap();
        let text = format!("Method '{method} {path}' not implemented");
        assert_eq!((answer.status, answer.reason.as_str()), (501, text.as_str()));
        assert_eq!(answer.json()["message"], text);
    }
    assert_eq!(get(&pve, "/nodes/pve01/lxc").await.data(), serde_json::json!([]));
    let answer = send(&pve, "PATCH", "/version", "").await.unwrap();
    assert_eq!(
        (answer.status, answer.reason.as_str(), answer.text.as_str()),
        (501, "method 'PATCH' not available", "")
    );
}

#[tokio::test]
async fn credentials_that_fail_get_a_401_without_a_body() {
    let pve = cluster().await;
    for (header, reason) in [
        ("", "No ticket"),
        ("Authorization: Basic x\r\n", "No ticket"),
        ("Authorization: PVEAPIToken=root@pam!bridge=wrong\r\n", "Authentication failed!"),
        ("Authorization: PVEAPIToken=root@pam!other=secret\r\n", "Authentication failed!"),
        ("Authorization: PVEAPIToken=nonsense\r\n", "Authentication failed!"),
    ] {
        let answer = send_as(&pve, header, "GET", "/nosuch", "").await.unwrap();
        assert_eq!((answer.status, answer.reason.as_str(), answer.text.as_str()), (401, reason, ""), "{header}");
        assert!(!answer.headers.to_lowercase().contains("content-type"));
    }
    let space = "Authorization: PVEAPIToken root@pam!bridge=secret\r\n";
    assert_eq!(send_as(&pve, space, "GET", "/version", "").await.unwrap().status, 200);
    assert_eq!(pve.requests().last().unwrap().user.as_deref(), Some("root@pam!bridge"));
}

#[tokio::test]
async fn tickets_want_their_csrf_token_for_writes() {
    let pve = FakeProxmox::builder().user("root@pam", "pass word").guest(100, "a", |g| g).start().await;
    let answer = send_as(&pve, "", "POST", "/access/ticket", "username=root%40pam&password=wrong").await.unwrap();
    answer.refused(401, "authentication failure");
    let form = "username=root&realm=pam&password=pass+word";
    let ticket = send_as(&pve, "", "POST", "/access/ticket", form).await.unwrap().data();
    assert_eq!(pve.requests()[1].params["password"], "********");
    let cookie = format!("Cookie: PVEAuthCookie={}\r\n", ticket["ticket"].as_str().unwrap().replace(':', "%3A"));
    let csrf = format!("{cookie}CSRFPreventionToken: {}\r\n", ticket["CSRFPreventionToken"].as_str().unwrap());
    let path = "/nodes/pve/qemu/100/config";
    assert_eq!(send_as(&pve, &cookie, "GET", path, "").await.unwrap().status, 200);
    let refused = send_as(&pve, &cookie, "PUT", path, "cores=2").await.unwrap();
    assert_eq!((refused.status, refused.reason.as_str()), (401, "Permission denied - invalid csrf token"));
    assert_eq!(send_as(&pve, &csrf, "PUT", path, "cores=2").await.unwrap().status, 200);
    pve.expire_tickets();
    assert_eq!(send_as(&pve, &csrf, "GET", path, "").await.unwrap().status, 401);
}

#[tokio::test]
async fn a_limited_token_is_told_the_privilege_it_lacks() {
    let pve = FakeProxmox::builder()
        .limited_token("ops@pve!ro", "s", &[("/vms/100", &["VM.Audit"])])
        .guest(100, "a", |g| g)
        .guest(101, "b", |g| g)
        .start()
        .await;
    assert_eq!(get(&pve, "/nodes/pve/qemu").await.data().as_array().unwrap().len(), 1);
    post(&pve, "/nodes/pve/qemu/100/status/start", "")
        .await
        .refused(403, "Permission check failed (/vms/100, VM.PowerMgmt)");
    // Rights are checked before existence.
    get(&pve, "/nodes/pve/qemu/4242/config").await.refused(403, "Permission check failed (/vms/4242, VM.Audit)");
    post(&pve, "/nodes/pve/qemu", "vmid=200").await.refused(403, "Permission check failed");
    assert_eq!(get(&pve, "/access/permissions").await.data(), serde_json::json!({"/vms/100": {"VM.Audit": 1}}));
    get(&pve, "/cluster/status").await.refused(403, "Permission check failed (/, Sys.Audit)");
    let resources = get(&pve, "/cluster/resources").await.data();
    let ids: Vec<&str> = resources.as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["qemu/100", "node/pve"]);
    assert!(resources[1].get("maxmem").is_none());
}

#[tokio::test]
async fn bodies_are_read_as_the_daemon_reads_them() {
    let pve = cluster().await;
    let auth = "Authorization: PVEAPIToken=root@pam!bridge=secret\r\nConnection: close\r\nHost: x\r\n";
    let with = |kind: &str, body: &str| {
        let length = body.len();
        format!(
            "PUT /api2/json{CONFIG} HTTP/1.1\r\n{auth}Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    let json = "application/json";
    let answer = raw(&pve, &with(json, r#"{"cores":3.0,"onboot":true,"delete":["tags","ciuser"],"name":null}"#)).await;
    assert_eq!(answer.unwrap().status, 200);
    let guest = pve.guest(101).unwrap();
    assert_eq!((guest.get("cores"), guest.get("onboot"), guest.name()), (Some("3"), Some("1"), Some("web01")));
    raw(&pve, &with(json, r#"{"cores":2.5}"#)).await.unwrap().bad("cores", "type check ('integer') failed - got '2.5'");
    raw(&pve, &with(json, r#"{"description":{}}"#))
        .await
        .unwrap()
        .bad("description", "type check ('string') failed - got HASH");
    let empty = raw(&pve, &with(json, "")).await.unwrap();
    assert!(empty.status == 500 && empty.text.starts_with("malformed JSON string"), "{empty:?}");
    assert_eq!(raw(&pve, &with("text/plain", "cores=1")).await.unwrap().status, 506);
    let form = "application/x-www-form-urlencoded";
    raw(&pve, &with(form, "cores=1&cores=2")).await.unwrap().bad("cores", "type check ('integer') failed - got ARRAY");
    assert_eq!(raw(&pve, &with(form, "cores=1;memory=1024;description=a+b")).await.unwrap().status, 200);
    let guest = pve.guest(101).unwrap();
    assert_eq!((guest.get("memory"), guest.description()), (Some("1024"), Some("a b")));
    let delete = format!("DELETE /api2/json/nodes/pve01/qemu/101 HTTP/1.1\r\n{auth}Content-Length: 7\r\n\r\npurge=1");
    let answer = raw(&pve, &delete).await.unwrap();
    assert_eq!((answer.status, answer.text.as_str()), (501, "Unexpected content for method 'DELETE'"));
    assert!(pve.guest(101).is_some());
}

#[tokio::test]
async fn unknown_parameters_are_refused_also_on_get() {
    let pve = cluster().await;
    get(&pve, "/version?foo=bar").await.bad("foo", super::super::schema::UNKNOWN);
    get(&pve, "/nodes/pve01/qemu/abc/config").await.bad("vmid", "type check ('integer') failed - got 'abc'");
    let small = get(&pve, "/nodes/pve01/qemu/1/config").await;
    small.bad("vmid", "invalid format - value does not look like a valid VM ID\n");
    delete(&pve, "/nodes/pve01/qemu/101?purge=true").await.bad("purge", "type check ('boolean') failed - got 'true'");
    post(&pve, "/nodes/pve01/qemu/9000/clone", "").await.bad("newid", "property is missing and it is not optional");
}

#[tokio::test]
async fn connections_stay_open_after_a_success_and_close_after_an_error() {
    let pve = cluster().await;
    let auth = "Host: x\r\nAuthorization: PVEAPIToken=root@pam!bridge=secret\r\n\r\n";
    // Two requests down one connection: the error closes it, so reading until the end terminates.
    let both = format!("GET /api2/json/version HTTP/1.1\r\n{auth}GET /api2/json/nosuch HTTP/1.1\r\n{auth}");
    let answer = raw(&pve, &both).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains("HTTP/1.1 501 Method 'GET /nosuch' not implemented\r\n"), "{answer:?}");
}

#[tokio::test]
async fn idle_connections_can_be_closed() {
    let pve = cluster().await;
    let closer = pve.clone();
    let reader = tokio::spawn(async move {
        // Without `Connection: close` this reads until the server closes.
        raw(
            &closer,
            "GET /api2/json/version HTTP/1.1\r\nHost: x\r\nAuthorization: PVEAPIToken=root@pam!bridge=secret\r\n\r\n",
        )
        .await
    });
    while pve.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    pve.close_idle_connections();
    assert_eq!(reader.await.unwrap().unwrap().status, 200);
}

#[tokio::test]
async fn after_shutdown_nobody_answers() {
    let pve = cluster().await;
    pve.shutdown().await;
    assert!(TcpStream::connect(pve.url().strip_prefix("http://").unwrap()).await.is_err());
    assert!(pve.guest(101).is_some());
}
