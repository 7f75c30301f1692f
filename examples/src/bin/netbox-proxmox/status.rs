//! `status`: what the server's status page shows.

use clap::Args;
use netbox_proxmox_core::live::checks::Answered;
use netbox_proxmox_core::live::status::{Status, ago};
use netbox_proxmox_examples::ask::{address_of, ask};
use netbox_proxmox_examples::output::{Format, Output, line};
use netbox_proxmox_examples::{Exit, Problem, Settings};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Where the server is asked (else at NETBOX_PROXMOX_LISTEN)
    #[arg(long, value_name = "URL")]
    server: Option<String>,
}

pub(crate) async fn run(arguments: &Arguments, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let address = match &arguments.server {
        Some(address) => address.clone(),
        None => address_of(&settings.listen()?),
    };
    let status = match ask(&address).await? {
        Answered::Status(status) => status,
        Answered::Alive => {
            let text = format!("the server at {address} runs, and its status page is off (NETBOX_PROXMOX_STATUS_PAGE)");
            return Err(Problem::new(Exit::Denied, text));
        }
        Answered::Nothing(why) => {
            let text = format!("no server answers at {address}: {why}. Start it, or say with --server where it is");
            return Err(Problem::new(Exit::Unreachable, text));
        }
    };
    match output.format {
        Format::Json => line(&serde_json::to_string_pretty(&status).map_err(std::io::Error::from)?)?,
        Format::Table => print(&status, output)?,
    }
    Ok(if status.ready { Exit::Done } else { Exit::Failed })
}

fn print(status: &Status, output: &Output) -> Result<(), Problem> {
    let facts = status.facts();
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, value) in facts {
        line(&format!("{name:width$}  {value}"))?;
    }
    for trouble in &status.troubles {
        line(&format!("{:width$}  {}", trouble.verdict.as_str(), trouble.text))?;
    }
    if status.newest.is_empty() {
        return Ok(());
    }
    line("")?;
    output.data(&status.newest, &["received", "state", "record", "guest", "what", "reason"], |_, event| {
        vec![
            ago(event.received),
            event.state.clone(),
            event.record.to_string(),
            event.guest.clone(),
            event.what.clone(),
            event.reason.clone().unwrap_or_default(),
        ]
    })
}
