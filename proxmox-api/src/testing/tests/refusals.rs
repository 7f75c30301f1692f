//! What a real Proxmox VE 9.1.7 was seen to refuse, and what it takes although one might think otherwise.

use super::containers::log;
use super::*;

/// Of the tests in other files, a key that is one, encoded as the form needs it.
const KEY: &str =
    "ssh-ed25519%2520AAAAC3NzaC1lZDI1NTE5AAAAIJzLmHqbJ9ssHLyGqMAz6fBUNrRTbfxC1y8iG1Qm%252B8Yw%2520one%2540example";

#[tokio::test]
async fn one_bad_value_refuses_everything_beside_it() {
    let pve = cluster().await;
    let before = pve.guest(101);
    let multicast = "invalid format - format error\nnet0.macaddr: invalid format - value does not look like a valid \
                     unicast MAC address\n\n";
    put(&pve, CONFIG, "net0=virtio%3DA3:11:22:33:44:55,bridge%3Dvmbr0&tags=x&memory=300").await.bad("net0", multicast);
    let small = "invalid format - format error\nmemory.current: value must have a minimum value of 16\n";
    put(&pve, CONFIG, "memory=15&tags=y").await.bad("memory", small);
    let startup = "invalid format - unable to parse startup options\n";
    for bad in ["second", "order=first", "up=", "after=3"] {
        let bad = put(&pve, CONFIG, &format!("startup={}&tags=y", bad.replace('=', "%3D"))).await;
        bad.bad("startup", startup);
    }
    let gateway = "invalid format - format error\nipconfig0.ip: missing property required by 'ipconfig0.gw'\n";
    put(&pve, CONFIG, "ipconfig0=gw%3D198.51.100.1&tags=y").await.bad("ipconfig0", gateway);
    let long = "value may only be 8192 characters long";
    put(&pve, CONFIG, &format!("description={}&tags=y", "x".repeat(8193))).await.bad("description", long);
    assert_eq!(pve.guest(101), before);
    assert_eq!(put(&pve, CONFIG, &format!("description={}", "x".repeat(8192))).await.status, 200);
    assert_eq!(put(&pve, CONFIG, "memory=16").await.status, 200);
}

#[tokio::test]
async fn one_line_that_is_no_key_refuses_all_keys_and_is_not_named() {
    let pve = cluster().await;
    for other in [
        "ssh-ed25519%2520AAAAshort%2520two%2540example",
        "ssh-ed25519-cert-v01%2540openssh.com%2520AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t%2520three",
        "-----BEGIN%2520OPENSSH%2520PRIVATE%2520KEY-----%250AAAAA%250A-----END%2520OPENSSH%2520PRIVATE%2520KEY-----",
    ] {
        let answer = put(&pve, CONFIG, &format!("tags=y&sshkeys={KEY}%250A{other}")).await;
        answer.refused(500, "SSH public key validation error");
        assert!(answer.json().get("errors").is_none());
    }
    assert_eq!((pve.guest(101).unwrap().get("sshkeys"), pve.guest(101).unwrap().get("tags")), (None, None));
    assert_eq!(put(&pve, CONFIG, &format!("sshkeys={KEY}")).await.status, 200);
}

#[tokio::test]
async fn what_is_taken_as_it_is() {
    let pve = cluster().await;
    for (option, value) in [
        ("nameserver", "dns.example.org"),
        ("nameserver", "192.0.2.1 2001:db8::1"),
        ("searchdomain", "example.org"),
        ("ciuser", "ops"),
        ("startup", "order=2,up=30"),
        ("startup", "3"),
        ("ipconfig0", "ip=203.0.113.9/32,gw=198.51.100.1"),
        ("ipconfig0", "ip6=2001:db8::9/128,gw6=fe80::1"),
    ] {
        let form = format!("{option}={}", value.replace('=', "%3D").replace(' ', "+"));
        assert_eq!(put(&pve, CONFIG, &form).await.status, 200, "{form}");
        assert_eq!(get(&pve, CONFIG).await.data()[option], value);
    }
}

#[tokio::test]
async fn more_processors_than_there_are_cores_for_are_found_out_by_the_start() {
    let pve = cluster().await;
    put(&pve, CONFIG, "cores=1&vcpus=2").await.data();
    let start = "/nodes/pve01/qemu/101/status/start";
    let failed = post(&pve, start, "").await;
    assert_eq!(exit(&pve, &failed).await, "start failed: QEMU exited with code 1");
    assert_eq!(
        log(&pve, &failed).await,
        [
            "generating cloud-init ISO",
            "kvm: Invalid CPU topology: maxcpus must be equal to or greater than smp: sockets (1) * dies (1) * modules \
             (1) * cores (1) * threads (1) == maxcpus (1) < smp_cpus (2)",
            "TASK ERROR: start failed: QEMU exited with code 1",
        ]
    );
    assert!(!pve.guest(101).unwrap().is_running());
    put(&pve, CONFIG, "delete=vcpus").await.data();
    assert_eq!(exit(&pve, &post(&pve, start, "").await).await, "OK");
}

#[tokio::test]
async fn a_protected_machine_is_not_destroyed() {
    let pve = cluster().await;
    put(&pve, CONFIG, "protection=1").await.data();
    let text = "can't remove VM 101 - protection mode enabled";
    delete(&pve, "/nodes/pve01/qemu/101").await.refused(500, text);
    put(&pve, CONFIG, "protection=0").await.data();
    assert_eq!(exit(&pve, &delete(&pve, "/nodes/pve01/qemu/101").await).await, "OK");
}
