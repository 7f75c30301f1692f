//! `doctor`: whether both sides can be reached, and the tokens may do what is needed.

use netbox_api::client::ObjectChangeFilter;
use netbox_proxmox_core::live::{Inbox, MemoryStore};
use netbox_proxmox_examples::config::ClusterSettings;
use netbox_proxmox_examples::output::Output;
use netbox_proxmox_examples::{Exit, Problem, Settings, connect};
use serde::Serialize;

/// Paths and the privileges that the token needs on all below them.
const PRIVILEGES: &[(&str, &[&str])] = &[
    (
        "/vms",
        &[
            "VM.Audit",
            "VM.Allocate",
            "VM.Clone",
            "VM.PowerMgmt",
            "VM.Migrate",
            "VM.Config.CPU",
            "VM.Config.Memory",
            "VM.Config.Disk",
            "VM.Config.Options",
            "VM.Config.Network",
            "VM.Config.Cloudinit",
        ],
    ),
    ("/storage", &["Datastore.Audit", "Datastore.AllocateSpace"]),
    ("/sdn/zones", &["SDN.Use"]),
];

#[derive(Serialize)]
struct Finding {
    what: String,
    ok: bool,
    detail: String,
    #[serde(skip)]
    exit: Exit,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, what: impl Into<String>, result: Result<String, Problem>) -> bool {
        let what = what.into();
        let (ok, detail, exit) = match result {
            Ok(detail) => (true, detail, Exit::Done),
            Err(problem) => (false, problem.text, problem.exit),
        };
        self.0.push(Finding { what, ok, detail, exit });
        ok
    }
}

pub(crate) async fn run(settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let netbox = connect::netbox(&settings.netbox()?)?;
    let clusters = settings.clusters()?;
    let mut findings = Findings::default();
    let reached = look_at_netbox(&netbox, &mut findings).await;
    for cluster in &clusters {
        look_at_proxmox(cluster, reached.then_some(&netbox), settings.policy().pool.as_deref(), &mut findings).await?;
    }
    output.data(&findings.0, &["", "what", ""], |_, finding| {
        vec![if finding.ok { "ok" } else { "FAILED" }.to_owned(), finding.what.clone(), finding.detail.clone()]
    })?;
    Ok(findings.0.iter().find(|finding| !finding.ok).map_or(Exit::Done, |finding| finding.exit))
}

async fn look_at_netbox(netbox: &netbox_api::Client, findings: &mut Findings) -> bool {
    let status = netbox.status().await.map_err(Problem::from);
    let workers = status.as_ref().ok().and_then(|status| status.rq_workers_running);
    if !findings
        .add(format!("NetBox {}", netbox.url()), status.map(|status| format!("version {}", status.netbox_version)))
    {
        return false;
    }
    if workers == Some(0) {
        let why = "none runs, so no webhook is sent: start NetBox's rqworker";
        findings.add("NetBox workers", Err(Problem::new(Exit::Failed, why)));
    }
    let log = match netbox.object_changes().newest(&ObjectChangeFilter::default()).await {
        Ok(Some(_)) => Ok("can be read".to_owned()),
        // A token without the permission sees an empty list (NetBox 4.7).
        Ok(None) => {
            Err(Problem::new(Exit::Denied, "empty: give the token core.view_objectchange, or no deletion is believed"))
        }
        Err(error) => Err(error.into()),
    };
    findings.add("NetBox change log", log);
    true
}

async fn look_at_proxmox(
    settings: &ClusterSettings,
    netbox: Option<&netbox_api::Client>,
    pool: Option<&str>,
    findings: &mut Findings,
) -> Result<(), Problem> {
    let client = connect::proxmox(settings)?;
    let version = client.version().await.map_err(Problem::from);
    let version = version.map(|version| format!("version {}", version.version.unwrap_or_default()));
    if !findings.add(format!("Proxmox {}", settings.urls), version) {
        return Ok(());
    }
    if let Some(netbox) = netbox {
        // What the server's inbox keeps is not asked: the settings alone must tell which cluster is meant.
        let inbox = Inbox::new(MemoryStore::default());
        let cluster = connect::cluster(settings, &client, netbox, &inbox).await;
        findings.add(
            "cluster in NetBox",
            cluster.map(|it| format!("{} (id {})", it.netbox_cluster.name, it.netbox_cluster.id)),
        );
    }
    let permissions = client.permissions().await.map_err(Problem::from);
    let held = permissions.and_then(|permissions| {
        // Where all new guests are in one pool, rights on that are enough.
        let pool = pool.map(|pool| format!("/pool/{pool}"));
        let mut missing = Vec::new();
        for (path, privileges) in PRIVILEGES {
            let pool = pool.as_deref().filter(|_| *path == "/vms");
            let lacks = |it: &&&str| !permissions.has(path, it) && !pool.is_some_and(|pool| permissions.has(pool, it));
            missing.extend(privileges.iter().filter(lacks).map(|it| format!("{it} on {}", pool.unwrap_or(path))));
        }
        match missing.is_empty() {
            true => Ok("all that is needed".to_owned()),
            false => Err(Problem::new(Exit::Denied, format!("the token lacks {}", missing.join(", ")))),
        }
    });
    findings.add("privileges in Proxmox", held);
    Ok(())
}
