//! `doctor`: whether everything is as the bridge needs it, from NetBox to Proxmox VE, and what to do where it is not.

use std::time::Duration;

use async_trait::async_trait;
use clap::Args;
use netbox_proxmox_core::live::checks::{Answered, Arrivals, Check, Kept, probe, server};
use netbox_proxmox_examples::ask::{address_of, ask};
use netbox_proxmox_examples::output::Output;
use netbox_proxmox_examples::{Exit, Problem, Settings, connect};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Saves a virtual machine in NetBox that is none of ours, without a change, and waits for its delivery. Without such a one,
    /// makes one for it and deletes it again
    #[arg(long)]
    probe: bool,
    /// Also looks at what `discover` needs
    #[arg(long)]
    discover: bool,
    /// How many seconds a test delivery may take
    #[arg(long, default_value_t = 20, requires = "probe", value_name = "SECONDS")]
    within: u64,
    /// Where the server is asked (else at NETBOX_PROXMOX_LISTEN)
    #[arg(long, value_name = "URL")]
    server: Option<String>,
}

pub(crate) async fn run(arguments: &Arguments, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let netbox = connect::netbox(&settings.netbox()?)?;
    let clusters = connect::clusters(settings)?;
    let kept = kept(settings).await?;
    let surroundings = connect::surroundings(settings, netbox, &clusters, kept)?;
    let mut checks: Vec<Check> = settings.strays().iter().map(ToString::to_string).map(stray).collect();
    checks.extend(surroundings.check().await);
    if arguments.discover {
        checks.extend(surroundings.discovery().await);
    }
    let address = match &arguments.server {
        Some(address) => address.clone(),
        None => address_of(&settings.listen()?),
    };
    checks.push(server(&address, &ask(&address).await?, env!("CARGO_PKG_VERSION")));
    if arguments.probe {
        let at_server = AtServer(address);
        // With the inbox at hand it works with the status page off, too.
        let arrivals: &dyn Arrivals = match &surroundings.kept {
            Kept::Open { inbox, .. } if arguments.server.is_none() => inbox,
            _ => &at_server,
        };
        let within = Duration::from_secs(arguments.within);
        checks.push(probe(&surroundings.netbox, &surroundings.fields, arrivals, within).await);
    }
    output.data(&checks, &["", "what", ""], |_, check| {
        let verdict = if check.fault.is_some() { "FAILED" } else { check.verdict.as_str() };
        vec![verdict.to_owned(), check.what.clone(), check.text()]
    })?;
    Ok(Exit::of(&checks))
}

/// What came is seen on the server's status page.
struct AtServer(String);

#[async_trait]
impl Arrivals for AtServer {
    async fn came(&self, request: &str) -> Result<bool, String> {
        match ask(&self.0).await {
            Ok(Answered::Status(status)) => {
                Ok(status.newest.iter().any(|event| event.request.as_deref() == Some(request)))
            }
            Ok(Answered::Alive) => Err("the server's status page is off".to_owned()),
            Ok(Answered::Nothing(why)) => Err(why),
            Err(problem) => Err(problem.text),
        }
    }
}

fn stray(text: String) -> Check {
    Check::warning("environment", text, "Unset it, or set the one that is meant")
}

/// The server's inbox, which is not made by looking.
async fn kept(settings: &Settings) -> Result<Kept, Problem> {
    let place = settings.inbox()?;
    let file = place.to_string().into();
    if !place.may_be_there() {
        return Ok(Kept::Absent { file });
    }
    Ok(match connect::inbox(&place).await {
        Ok(inbox) => Kept::Open { inbox, file },
        Err(problem) => Kept::Unusable { file, why: problem.text },
    })
}
