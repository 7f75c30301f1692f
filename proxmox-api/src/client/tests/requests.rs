//! Each request as it goes over the wire.

use std::future::Future;

use serde_json::{Value, json};

use super::*;
use crate::client::{ConfigView, Error};
use crate::*;

/// What was sent: method, path with query, body.
async fn sent<T, F: Future<Output = Result<T, Error>>>(
    data: Value,
    call: impl FnOnce(Client) -> F,
) -> (String, String) {
    let server = answering_data(data).await;
    call(client(&server)).await.unwrap_or_else(|error| panic!("{error}"));
    let request = only_request(&server).await;
    let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let path = request.url.path().strip_prefix("/api2/json").unwrap();
    let body = String::from_utf8(request.body).unwrap();
    let kind = request.headers.get("content-type").map(|kind| kind.to_str().unwrap());
    assert_eq!(kind, (!body.is_empty()).then_some("application/x-www-form-urlencoded"));
    assert_eq!(request.headers["authorization"], format!("PVEAPIToken={TOKEN}"));
    (format!("{} {path}{query}", request.method), body)
}

macro_rules! check {
    ($data:expr, $call:expr, $line:expr, $body:expr) => {
        let (line, body) = sent($data, $call).await;
        assert_eq!((line.as_str(), body.as_str()), ($line, $body));
    };
}

#[tokio::test]
async fn reads_have_their_parameters_in_the_query() {
    check!(json!({"version": "9.1.7"}), |c| async move { c.version().await }, "GET /version", "");
    check!(json!({}), |c| async move { c.permissions().await }, "GET /access/permissions", "");
    check!(json!([]), |c| async move { c.storage_list().await }, "GET /storage", "");
    check!(json!([]), |c| async move { c.nodes().await }, "GET /nodes", "");
    check!(json!([]), |c| async move { c.cluster().status().await }, "GET /cluster/status", "");
    check!(json!([]), |c| async move { c.cluster().tasks().await }, "GET /cluster/tasks", "");
    check!(json!([]), |c| async move { c.cluster().resources(None).await }, "GET /cluster/resources", "");
    let vms = Some(ResourceType::Vm);
    check!(json!([]), |c| async move { c.cluster().resources(vms).await }, "GET /cluster/resources?type=vm", "");
    check!(json!("100"), |c| async move { c.cluster().next_id(None).await }, "GET /cluster/nextid", "");
    check!(json!("777"), |c| async move { c.cluster().is_free(vmid(777)).await }, "GET /cluster/nextid?vmid=777", "");
    check!(json!([]), |c| async move { c.node(&node()).storages().await }, "GET /nodes/pve/storage", "");
    check!(json!([]), |c| async move { c.node(&node()).qemu_list().await }, "GET /nodes/pve/qemu", "");
    let filter = TaskFilter {
        vmid: Some(vmid(101)),
        errors: Some(true),
        source: Some(TaskSource::Active),
        ..Default::default()
    };
    check!(
        json!([]),
        |c| async move { c.node(&node()).tasks(&filter).await },
        "GET /nodes/pve/tasks?vmid=101&errors=1&source=active",
        ""
    );
    let local: StorageId = "local".parse().unwrap();
    check!(
        json!([]),
        |c| async move { c.node(&node()).storage(&local).content(Some("images"), Some(vmid(101))).await },
        "GET /nodes/pve/storage/local/content?content=images&vmid=101",
        ""
    );
}

#[tokio::test]
async fn a_machine_is_read() {
    check!(
        json!({}),
        |c| async move { qemu(&c).config(ConfigView::Pending).await },
        "GET /nodes/pve/qemu/101/config",
        ""
    );
    check!(
        json!({}),
        |c| async move { qemu(&c).config(ConfigView::Current).await },
        "GET /nodes/pve/qemu/101/config?current=1",
        ""
    );
    check!(json!([]), |c| async move { qemu(&c).pending().await }, "GET /nodes/pve/qemu/101/pending", "");
    check!(
        json!({"status": "running"}),
        |c| async move { qemu(&c).status().await },
        "GET /nodes/pve/qemu/101/status/current",
        ""
    );
}

#[tokio::test]
async fn a_machine_is_cloned_resized_and_removed() {
    let params = CloneParams {
        newid: Some(vmid(200)),
        name: Some("web".into()),
        description: Some("one\ntwo; & = ä".into()),
        full: Some(true),
        storage: Some("local-lvm".parse().unwrap()),
        target: Some("pve02".parse().unwrap()),
        ..Default::default()
    };
    check!(
        json!(UPID),
        |c| async move { qemu(&c).clone_to(&params).await },
        "POST /nodes/pve/qemu/101/clone",
        "newid=200&name=web&description=one%0Atwo%3B+%26+%3D+%C3%A4&full=1&storage=local-lvm&target=pve02"
    );
    check!(
        json!(UPID),
        |c| async move { qemu(&c).resize(&ResizeParams::to("scsi0", MiB::from_gib(20))).await },
        "PUT /nodes/pve/qemu/101/resize",
        "disk=scsi0&size=20G"
    );
    check!(
        json!(null),
        |c| async move { qemu(&c).resize(&ResizeParams::by("scsi0", MiB(3584))).await },
        "PUT /nodes/pve/qemu/101/resize",
        "disk=scsi0&size=%2B3584M"
    );
    let params = DestroyParams { purge: Some(true), destroy_unreferenced_disks: Some(false), ..Default::default() };
    check!(
        json!(UPID),
        |c| async move { qemu(&c).destroy(&params).await },
        "DELETE /nodes/pve/qemu/101?purge=1&destroy-unreferenced-disks=0",
        ""
    );
    let slots: [DriveSlot; 2] = ["scsi1".parse().unwrap(), "scsi2".parse().unwrap()];
    check!(
        json!(null),
        |c| async move { qemu(&c).unlink(&slots, true).await },
        "PUT /nodes/pve/qemu/101/unlink",
        "idlist=scsi1%2Cscsi2&force=1"
    );
}

#[tokio::test]
async fn ssh_keys_are_encoded_twice() {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f a+b@c";
    let keys: SshKeys = format!("{key}\r\n{key}\n").parse().unwrap();
    let update = ConfigUpdate::new().sshkeys(&keys);
    let once = "ssh-ed25519%2520AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f%2520a%252Bb%2540c";
    check!(
        json!(null),
        |c| async move { qemu(&c).set_config(&update).await },
        "PUT /nodes/pve/qemu/101/config",
        format!("sshkeys={once}%250A{once}").as_str()
    );
}

#[tokio::test]
async fn a_machine_is_configured() {
    let update = ConfigUpdate::new()
        .cores(4)
        .memory(MiB::from_gib(2))
        .onboot(true)
        .ipconfig(0, &"ip=192.0.2.10/24,gw=192.0.2.1".parse().unwrap())
        .delete("net1")
        .digest("abc");
    let body = "cores=4&memory=2048&onboot=1&ipconfig0=ip%3D192.0.2.10%2F24%2Cgw%3D192.0.2.1&delete=net1&digest=abc";
    let same = update.clone();
    check!(json!(null), |c| async move { qemu(&c).set_config(&update).await }, "PUT /nodes/pve/qemu/101/config", body);
    check!(
        json!(UPID),
        |c| async move { qemu(&c).set_config_async(&same).await },
        "POST /nodes/pve/qemu/101/config",
        body
    );
    check!(
        json!(null),
        |c| async move { qemu(&c).regenerate_cloudinit().await },
        "PUT /nodes/pve/qemu/101/cloudinit",
        ""
    );
}

#[tokio::test]
async fn a_machine_changes_its_power_state_and_its_node() {
    check!(
        json!(UPID),
        |c| async move { qemu(&c).start(&StartParams::default()).await },
        "POST /nodes/pve/qemu/101/status/start",
        ""
    );
    let params = ShutdownParams { timeout: Some(60), force_stop: Some(true) };
    check!(
        json!(UPID),
        |c| async move { qemu(&c).shutdown(&params).await },
        "POST /nodes/pve/qemu/101/status/shutdown",
        "timeout=60&forceStop=1"
    );
    let params = StopParams { overrule_shutdown: Some(true), ..Default::default() };
    check!(
        json!(UPID),
        |c| async move { qemu(&c).stop(&params).await },
        "POST /nodes/pve/qemu/101/status/stop",
        "overrule-shutdown=1"
    );
    let params = SuspendParams { todisk: Some(true), ..Default::default() };
    check!(
        json!(UPID),
        |c| async move { qemu(&c).suspend(&params).await },
        "POST /nodes/pve/qemu/101/status/suspend",
        "todisk=1"
    );
    check!(json!(UPID), |c| async move { qemu(&c).resume().await }, "POST /nodes/pve/qemu/101/status/resume", "");
    let params = MigrateParams { online: Some(true), with_local_disks: Some(true), ..MigrateParams::new(node()) };
    check!(
        json!(UPID),
        |c| async move { qemu(&c).migrate(&params).await },
        "POST /nodes/pve/qemu/101/migrate",
        "target=pve&online=1&with-local-disks=1"
    );
}

#[tokio::test]
async fn what_both_kinds_have_is_asked_at_their_own_paths() {
    let guest = |c: &Client, kind| c.node(&node()).guest(kind, vmid(201));
    for (kind, path) in [(GuestType::Qemu, "/nodes/pve/qemu/201"), (GuestType::Lxc, "/nodes/pve/lxc/201")] {
        check!(
            json!({"status": "running"}),
            |c| async move { guest(&c, kind).status().await },
            format!("GET {path}/status/current").as_str(),
            ""
        );
        check!(
            json!(UPID),
            |c| async move { guest(&c, kind).start(&StartParams::default()).await },
            format!("POST {path}/status/start").as_str(),
            ""
        );
        let size = ResizeParams::to("disk", MiB(1024));
        check!(
            json!(UPID),
            |c| async move { guest(&c, kind).resize(&size).await },
            format!("PUT {path}/resize").as_str(),
            "disk=disk&size=1G"
        );
        check!(
            json!({"running": 0}),
            |c| async move { guest(&c, kind).migration_check(&node()).await },
            format!("GET {path}/migrate?target=pve").as_str(),
            ""
        );
        let destroy = DestroyParams { purge: Some(true), ..Default::default() };
        check!(
            json!(UPID),
            |c| async move { guest(&c, kind).destroy(&destroy).await },
            format!("DELETE {path}?purge=1").as_str(),
            ""
        );
    }
    // What the other kind takes is not sent: Proxmox refuses unknown parameters.
    let everything = MigrateParams {
        online: Some(true),
        with_local_disks: Some(true),
        restart: Some(true),
        timeout: Some(60),
        ..MigrateParams::new(node())
    };
    let params = everything.clone();
    check!(
        json!(UPID),
        |c| async move { guest(&c, GuestType::Lxc).migrate(&params).await },
        "POST /nodes/pve/lxc/201/migrate",
        "target=pve&restart=1&timeout=60"
    );
    check!(
        json!(UPID),
        |c| async move { guest(&c, GuestType::Qemu).migrate(&everything).await },
        "POST /nodes/pve/qemu/201/migrate",
        "target=pve&online=1&with-local-disks=1"
    );
}

#[tokio::test]
async fn containers_are_created_cloned_and_configured() {
    let params = LxcCreateParams { cores: Some(2), ..LxcCreateParams::new(vmid(201), "local:vztmpl/debian.tar.zst") };
    check!(
        json!(UPID),
        |c| async move { c.node(&node()).create_lxc(&params).await },
        "POST /nodes/pve/lxc",
        "vmid=201&ostemplate=local%3Avztmpl%2Fdebian.tar.zst&cores=2"
    );
    let lxc = |c: &Client| c.node(&node()).lxc(vmid(201));
    check!(
        json!({"hostname": "web02"}),
        |c| async move { lxc(&c).config(ConfigView::Current).await },
        "GET /nodes/pve/lxc/201/config?current=1",
        ""
    );
    let update = ConfigUpdate::new().set("hostname", "web03").delete("mp0").digest("d");
    check!(
        json!(null),
        |c| async move { lxc(&c).set_config(&update).await },
        "PUT /nodes/pve/lxc/201/config",
        "hostname=web03&delete=mp0&digest=d"
    );
    let clone = LxcCloneParams { hostname: Some("web04".into()), full: Some(true), ..LxcCloneParams::new(vmid(202)) };
    check!(
        json!(UPID),
        |c| async move { lxc(&c).clone_to(&clone).await },
        "POST /nodes/pve/lxc/201/clone",
        "newid=202&hostname=web04&full=1"
    );
    check!(json!(null), |c| async move { lxc(&c).template().await }, "POST /nodes/pve/lxc/201/template", "");
}

#[tokio::test]
async fn a_task_is_asked_for_at_its_own_node() {
    let path = "/nodes/pve/tasks/UPID%3Apve%3A000000F9%3A00056CB7%3A6B02ADBE%3Aqmclone%3A9001%3Aroot%40pam%21lab%3A";
    check!(
        json!({"status": "running"}),
        |c| async move { c.task(upid()).status().await },
        format!("GET {path}/status").as_str(),
        ""
    );
    check!(
        json!([]),
        |c| async move { c.task(upid()).log(5, 10).await },
        format!("GET {path}/log?start=5&limit=10").as_str(),
        ""
    );
    check!(json!(null), |c| async move { c.task(upid()).stop().await }, format!("DELETE {path}").as_str(), "");
}

#[tokio::test]
async fn raw_calls_are_written_the_same_way() {
    let params = Params::from([("a", "1 2"), ("b", "ä")]);
    let (one, two, three, four) = (params.clone(), params.clone(), params.clone(), params);
    check!(json!(1), |c| async move { c.get::<u32>("/x/y", &one).await }, "GET /x/y?a=1+2&b=%C3%A4", "");
    check!(json!(1), |c| async move { c.delete::<u32>("/x", &two).await }, "DELETE /x?a=1+2&b=%C3%A4", "");
    check!(json!(1), |c| async move { c.post::<u32>("/x", &three).await }, "POST /x", "a=1+2&b=%C3%A4");
    check!(json!(1), |c| async move { c.put::<u32>("/x", &four).await }, "PUT /x", "a=1+2&b=%C3%A4");
}

#[tokio::test]
async fn a_resize_is_a_task_where_proxmox_makes_it_one() {
    for (answer, expected) in [(json!(UPID), Some(upid())), (json!(null), None), (json!(""), None)] {
        let server = answering_data(answer).await;
        let task = qemu(&client(&server)).resize(&ResizeParams::to("scsi0", MiB(1))).await.unwrap();
        assert_eq!(task.map(|task| task.upid().clone()), expected);
    }
}

#[tokio::test]
async fn one_bad_item_does_not_spoil_a_list() {
    let server =
        answering_data(json!([{"node": "pve", "status": "online"}, {"node": "a/b"}, 7, {"node": "pve02"}])).await;
    let nodes = client(&server).nodes().await.unwrap();
    assert_eq!(nodes.iter().map(|node| node.node.as_str()).collect::<Vec<_>>(), ["pve", "pve02"]);
}

#[tokio::test]
async fn a_taken_vmid_is_no_error_when_asking_whether_it_is_free() {
    let taken = json!({"errors": {"vmid": "VM 101 already exists"}, "message": "Parameter verification failed.\n", "data": null});
    let server = answering(400, taken).await;
    assert!(!client(&server).cluster().is_free(vmid(101)).await.unwrap());
    let error = client(&server).cluster().next_id(Some(vmid(101))).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::AlreadyExists);
    let server = answering(500, json!({"message": "cluster not ready - no quorum?\n"})).await;
    assert!(client(&server).cluster().is_free(vmid(101)).await.is_err());
}
