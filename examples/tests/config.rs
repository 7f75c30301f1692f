//! Configuration: what is set where, and what is said of what is wrong.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{settings, with};
use netbox_proxmox_examples::config::{InboxSettings, Trust};
use netbox_proxmox_examples::{ConfigError, Settings};
use secrecy::ExposeSecret;

fn error<T: std::fmt::Debug>(result: Result<T, ConfigError>) -> String {
    result.unwrap_err().to_string()
}

fn in_file(text: &str, variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    Settings::from_environment(variables.iter().copied().chain([("NETBOX_PROXMOX_CONFIG", path.as_str())]))
}

#[test]
fn what_is_missing_is_named_with_what_to_do() {
    let none = Settings::from_environment::<&str, &str>([]).unwrap();
    for (found, name) in [
        (error(none.netbox()), "NETBOX_URL is not set: "),
        (error(none.clusters()), "PROXMOX_URL is not set: "),
        (error(none.receiver()), "NETBOX_WEBHOOK_SECRET is not set (nor NETBOX_WEBHOOK_SECRET_FILE): "),
        (error(none.identities()), "NETBOX_URL is not set: "),
    ] {
        assert!(found.starts_with(name), "{found}");
    }
    let token = error(Settings::from_environment([("NETBOX_URL", "https://netbox")]).unwrap().netbox());
    assert!(token.starts_with("NETBOX_TOKEN is not set"), "{token}");
    // An empty variable is one that is not set.
    assert!(error(settings(&[("NETBOX_URL", " ")]).netbox()).starts_with("NETBOX_URL is not set"));
}

#[test]
fn what_is_wrong_is_named() {
    for (name, value, says) in [
        ("NETBOX_PROXMOX_LISTEN", "8080", "HOST:PORT"),
        ("NETBOX_PROXMOX_PATHS", "hooks", "/hooks/netbox"),
        ("NETBOX_PROXMOX_PATHS", "/{id}", "/hooks/netbox"),
        ("NETBOX_PROXMOX_PATHS", "/metrics/", "no path of the server's own"),
        ("NETBOX_PROXMOX_BODY_LIMIT", "8M", "bytes"),
        ("NETBOX_WEBHOOK_SECRET", ",", "holds no secret"),
    ] {
        let found = error(settings(&[(name, value)]).receiver());
        assert!(found.starts_with(name) && found.contains(says), "{found}");
    }
    let password = settings(&[("NETBOX_PROXMOX_CONTAINER_PASSWORD", "1234")]).container_password();
    assert!(error(password).starts_with("NETBOX_PROXMOX_CONTAINER_PASSWORD is shorter"));
    let found = error(settings(&[("PROXMOX_INSECURE", "maybe")]).clusters());
    assert!(found.starts_with("PROXMOX_INSECURE"), "{found}");
    assert!(error(settings(&[("NETBOX_PROXMOX_LOG", "xml")]).log_format()).contains("text or json"));
    assert!(error(settings(&[("NETBOX_PROXMOX_IDENTITY", "our netbox")]).identities()).contains("white space"));
}

#[test]
fn ways_to_trust_that_exclude_each_other_are_named_if_they_are_set() {
    let all = [("CA_FILE", "/ca.pem"), ("FINGERPRINT", "AA:BB"), ("INSECURE", "yes")];
    for set in [vec![0, 1], vec![0, 2], vec![1, 2], vec![0, 1, 2]] {
        for of in ["PROXMOX", "NETBOX"] {
            let variables: Vec<_> =
                set.iter().map(|index| (format!("{of}_{}", all[*index].0), all[*index].1)).collect();
            let names: Vec<_> = variables.iter().map(|(name, _)| name.as_str()).collect();
            let pairs: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            let settings = settings(&pairs);
            let found = if of == "NETBOX" { error(settings.netbox()) } else { error(settings.clusters()) };
            assert_eq!(found, format!("{} exclude each other: set one of them", names.join(" and ")));
        }
    }
    // What is off is not set.
    settings(&[("PROXMOX_INSECURE", "0"), ("PROXMOX_CA_FILE", "/ca.pem")]).clusters().unwrap();
}

#[test]
fn the_inbox_is_a_file_or_a_database_whose_password_is_not_shown() {
    let inbox = |value| settings(&[("NETBOX_PROXMOX_INBOX", value)]).inbox();
    assert_eq!(settings(&[]).inbox().unwrap().to_string(), "netbox-proxmox.sqlite");
    assert_eq!(inbox("sqlite:/var/lib/inbox.sqlite").unwrap().to_string(), "/var/lib/inbox.sqlite");
    assert_eq!(inbox("sqlite:///var/lib/inbox.sqlite").unwrap().to_string(), "/var/lib/inbox.sqlite");
    for (address, shown) in [
        ("postgres://user:hunter2@db/inbox", "postgres://user@db/inbox"),
        ("postgresql://user@db:5433/inbox?password=hunter2&sslmode=verify-full", "postgresql://user@db:5433/inbox"),
        ("postgres://user:hunter2@[::1/inbox", "postgres://…"),
    ] {
        let place = inbox(address).unwrap();
        assert_eq!(place.to_string(), shown);
        assert!(!format!("{place:?}").contains("hunter2"));
        let InboxSettings::Postgres(whole) = place else { panic!("{place:?}") };
        assert_eq!(whole.expose_secret(), address);
    }
    for wrong in ["inbox.sqlite", "sqlite:", "mysql://user:hunter2@db/inbox"] {
        let why = error(inbox(wrong));
        assert!(why.contains("sqlite:PATH") && !why.contains("hunter2"), "{why}");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "postgres://user:hunter2@db/inbox\n").unwrap();
    let in_file = settings(&[("NETBOX_PROXMOX_INBOX_FILE", file.path().to_str().unwrap())]);
    assert_eq!(in_file.inbox().unwrap().to_string(), "postgres://user@db/inbox");
}

#[test]
fn markers_name_the_host_of_netbox() {
    let identities = |others: &[(&str, &str)]| settings(others).identities().unwrap();
    let of = |url| settings(&[("NETBOX_PROXMOX_IDENTITY", ""), ("NETBOX_URL", url)]).identities();
    assert_eq!(of("https://netbox.example.org/nb/").unwrap(), ["netbox.example.org"]);
    assert_eq!(of("https://netbox.example.org:8443").unwrap(), ["netbox.example.org:8443"]);
    // In every container stack NetBox is called so.
    let same =
        ["http://netbox:8080", "http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]", "http://10.0.0.7"];
    for url in same.into_iter().chain(["http://netbox.localhost", "http://host.localdomain"]) {
        let why = error(of(url));
        assert!(why.starts_with("NETBOX_PROXMOX_IDENTITY is not set") && why.contains("no other has"), "{url}: {why}");
    }
    let renamed = [("NETBOX_PROXMOX_IDENTITY", "new"), ("NETBOX_PROXMOX_FORMER_IDENTITIES", "old, older")];
    assert_eq!(identities(&renamed), ["new", "old", "older"]);
}

#[test]
fn deliveries_come_to_the_usual_paths_and_the_configured_ones() {
    let paths = settings(&[("NETBOX_PROXMOX_PATHS", "/hooks/netbox/, /webhook")]).receiver().unwrap().paths;
    assert_eq!(paths.into_iter().collect::<Vec<_>>(), ["/", "/hooks/netbox", "/webhook"]);
}

#[test]
fn a_secret_may_be_in_a_file_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    std::fs::write(&path, "nbt_abc.from-a-file\n").unwrap();
    let path = path.to_str().unwrap();
    let read = settings(&[("NETBOX_TOKEN", ""), ("NETBOX_TOKEN_FILE", path)]).netbox().unwrap().token;
    assert_eq!(read.expose_secret(), "nbt_abc.from-a-file");
    let both = error(settings(&[("NETBOX_TOKEN_FILE", path)]).netbox());
    assert!(both.contains("NETBOX_TOKEN and NETBOX_TOKEN_FILE are both set"), "{both}");
    let missing = error(settings(&[("NETBOX_TOKEN", ""), ("NETBOX_TOKEN_FILE", "/nonexistent/token")]).netbox());
    assert!(missing.starts_with("NETBOX_TOKEN_FILE names /nonexistent/token"), "{missing}");
}

#[test]
fn a_secret_without_a_folder_is_a_credential_of_the_unit() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("secret_pve"), "root@pam!x=from-a-credential\n").unwrap();
    let credentials = ("CREDENTIALS_DIRECTORY", directory.path().to_str().unwrap());
    let alone = [credentials, ("PROXMOX_URL", "https://pve01:8006"), ("PROXMOX_TOKEN_FILE", "secret_pve")];
    let table = "[[cluster]]\nproxmox_url = 'https://pve01:8006'\nproxmox_token_file = 'secret_pve'\n";
    for found in [Settings::from_environment(alone), in_file(table, &[credentials])] {
        assert_eq!(found.unwrap().clusters().unwrap()[0].token.expose_secret(), "root@pam!x=from-a-credential");
    }
    let elsewhere = settings(&[credentials, ("NETBOX_TOKEN", ""), ("NETBOX_TOKEN_FILE", "/nonexistent/token")]);
    assert!(error(elsewhere.netbox()).starts_with("NETBOX_TOKEN_FILE names /nonexistent/token"));
}

#[test]
fn several_secrets_while_one_is_being_replaced() {
    let secrets = settings(&[("NETBOX_WEBHOOK_SECRET", "new, old")]).receiver().unwrap().secrets;
    assert_eq!(secrets.iter().map(|secret| secret.expose_secret()).collect::<Vec<_>>(), ["new", "old"]);
}

#[test]
fn the_environment_wins_over_the_file() {
    let text = r#"
        netbox_url = "https://from-the-file"
        NETBOX_TOKEN = "nbt_from.the-file"
        proxmox_url = ["https://pve01:8006", "https://pve02:8006"]
        proxmox_token = "root@pam!x=1"
        proxmox_insecure = true
    "#;
    let settings = in_file(text, &[("NETBOX_URL", "https://from-the-environment")]).unwrap();
    let netbox = settings.netbox().unwrap();
    assert_eq!(netbox.url, "https://from-the-environment");
    assert_eq!(netbox.token.expose_secret(), "nbt_from.the-file");
    let clusters = settings.clusters().unwrap();
    assert_eq!(clusters[0].urls, "https://pve01:8006,https://pve02:8006");
    assert_eq!(clusters[0].trust, Trust::Insecure);
}

#[test]
fn the_file_holds_several_clusters_policy_and_names_of_fields() {
    let text = r#"
        [[cluster]]
        proxmox_url = "https://pve01:8006"
        proxmox_token = "root@pam!x=1"
        netbox_cluster = "one"
        [[cluster]]
        proxmox_url = "https://pve11:8006"
        proxmox_token = "root@pam!x=2"
        proxmox_ca_file = "/ca.pem"
        netbox_cluster = "two"
        [policy]
        destroy = { after = 3600 }
        [inbox]
        ignored = 60
        at_most = 1000000
        [fields]
        node = "pve_node"
    "#;
    let settings = in_file(text, &[]).unwrap();
    let retention = netbox_proxmox_core::live::inbox::Retention::default();
    let retention = netbox_proxmox_core::live::inbox::Retention { ignored: 60, at_most: Some(1_000_000), ..retention };
    assert_eq!(*settings.retention(), retention);
    let clusters = settings.clusters().unwrap();
    let names: Vec<_> = clusters.iter().map(|cluster| cluster.netbox_cluster.as_deref().unwrap()).collect();
    assert_eq!(names, ["one", "two"]);
    assert_eq!(clusters[1].trust, Trust::CaFile("/ca.pem".into()));
    assert_eq!(settings.policy().destroy, netbox_proxmox_core::policy::DestroyWhen::After(3600).into());
    assert_eq!(settings.fields().node, "pve_node");
    assert_eq!(settings.fields().vmid, "proxmox_vmid");
}

#[test]
fn what_is_wrong_in_the_file_is_named() {
    let cluster = "[[cluster]]\nproxmox_url = 'https://a'\nproxmox_token = 'r@p!x=1'\n";
    let whole = |text: &str| error(in_file(text, &[]));
    assert!(whole("netbox_ulr = 'x'").contains("netbox_ulr is no setting here"));
    assert!(whole("[policy]\ndestroi = 'now'").contains("destroi"), "{}", whole("[policy]\ndestroi = 'now'"));
    assert!(whole("[inbox]\nparked = 1").contains("[inbox] parked"), "{}", whole("[inbox]\nparked = 1"));
    let dns = whole("[policy]\nnameserver = 'dns.example.org'");
    assert!(dns.contains("[policy] nameserver") && dns.contains("is an IP address"), "{dns}");
    assert!(
        whole("[policy]\ndestroy = 'soon'").contains("[policy] destroy"),
        "{}",
        whole("[policy]\ndestroy = 'soon'")
    );
    assert!(whole("netbox_url = {}").contains("netbox_url is neither"));
    assert!(whole("[cluster]\nproxmox_url = 'x'").contains("[[cluster]]"));
    assert!(whole("[[cluster]]\nnetbox_url = 'x'").contains("[[cluster]] 1: netbox_url is no setting here"));
    // A line that cannot be read may hold a secret.
    let broken = whole("netbox_url = 'x'\nnetbox_token = 'hunter2");
    assert!(broken.contains("line 2") && !broken.contains("hunter2"), "{broken}");
    let clusters = |text: &str, variables: &[(&str, &str)]| error(in_file(text, variables).unwrap().clusters());
    assert!(clusters(&cluster.repeat(2), &[]).contains("[[cluster]] 1: NETBOX_CLUSTER is not set"));
    let named = format!("{cluster}netbox_cluster = 'same'\n").repeat(2);
    assert!(clusters(&named, &[]).contains("[[cluster]] 2: NETBOX_CLUSTER is same"));
    assert!(clusters(cluster, &[("PROXMOX_URL", "https://b")]).contains("PROXMOX_URL is set beside [[cluster]]"));
    let missing = error(Settings::from_environment([("NETBOX_PROXMOX_CONFIG", "/nonexistent.toml")]));
    assert!(missing.contains("NETBOX_PROXMOX_CONFIG (/nonexistent.toml)"), "{missing}");
}

#[test]
fn settings_do_not_print_secrets() {
    let file = "netbox_token = 'secret-in-the-file'\n[[cluster]]\nproxmox_url = 'https://a'\nproxmox_token = 'r@p!x=secret-of-a-cluster'\n";
    let settings = in_file(file, &with(&[])[3..4]).unwrap();
    let environment = common::settings(&[]);
    let printed = format!(
        "{settings:?} {:?} {:?} {environment:?} {:?} {:?} {:?}",
        settings.receiver().unwrap(),
        settings.clusters().unwrap(),
        environment.netbox().unwrap(),
        environment.clusters().unwrap(),
        environment.receiver().unwrap(),
    );
    for secret in
        ["secret-in-the-file", "secret-of-a-cluster", "token-of-netbox", "token-of-proxmox", common::RECORDED_SECRET]
    {
        assert!(!printed.contains(secret), "{printed}");
    }
}

/// The example has the defaults, and every choice there is.
#[test]
fn the_example_file_has_the_defaults() {
    let example = include_str!("../../deploy/netbox-proxmox.example.toml");
    let settings = in_file(example, &[]).unwrap();
    assert_eq!(*settings.policy(), netbox_proxmox_core::Policy::default());
    assert_eq!(*settings.retention(), netbox_proxmox_core::live::inbox::Retention::default());
    assert_eq!(*settings.fields(), netbox_proxmox_core::FieldNames::default());
    assert_eq!(settings.identities().unwrap(), ["netbox.example.org"]);
    for other in [
        "containers = { features = \"\" }",
        "tag = \"\"",
        "destroy = { after = 86400 }",
        "destroy = \"never\"",
        "vmids = { base-plus-id = 10000 }",
    ] {
        let name = other.split(' ').next().unwrap();
        let line = example.lines().find(|line| line.starts_with(&format!("{name} ="))).unwrap();
        let changed = in_file(&example.replace(line, other), &[]).unwrap();
        assert_ne!(*changed.policy(), netbox_proxmox_core::Policy::default(), "{other}");
    }
}
