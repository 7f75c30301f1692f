//! `setup`: makes in NetBox what the bridge needs, and repairs it; with `--proxmox` its access to Proxmox.

mod access;
mod environment;

use std::path::{Path, PathBuf};

use clap::Args;
use netbox_proxmox_core::live::clusters::own_name;
use netbox_proxmox_core::live::setup::{Made, Options, Plan, branching};
use netbox_proxmox_core::live::{Proposed, Setup, SetupCluster};
use netbox_proxmox_examples::environment::can_write;
use netbox_proxmox_examples::output::{Output, complain};
use netbox_proxmox_examples::{Exit, Problem, Settings, connect};
use secrecy::ExposeSecret;

use crate::act;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Where NetBox reaches the server: `http://bridge.example.org:8080/webhook`
    #[arg(long, value_name = "URL")]
    receiver: Option<String>,
    /// Makes a user of its own for the server, with the permissions that it needs and a token
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// With --user or --proxmox: also what `discover` needs
    #[arg(long)]
    discover: bool,
    /// Makes custom fields in which the server says how each virtual machine stands in Proxmox VE; with saved filters, links, and a
    /// list on the dashboard of the token's user
    #[arg(long)]
    status_field: bool,
    /// Uploads a script whose buttons (Plan, Apply, Adopt, Release, Compare) call the server's API
    #[arg(long)]
    script: bool,
    /// Also what it takes that branches of NetBox (netbox-branching) show what merging them does in Proxmox
    #[arg(long)]
    branching: bool,
    /// With --branching: writes the gate to this file, which keeps branches from being merged that are not planned
    #[arg(long, value_name = "FILE", requires = "branching")]
    gate: Option<PathBuf>,
    /// Writes the webhook's secret to this file, which its owner only can read
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Writes the server's variables to this file, which its owner only can read; what it holds already stays
    #[arg(long, value_name = "FILE")]
    env: Option<PathBuf>,
    /// Shows what would be written, and writes nothing
    #[arg(long)]
    dry_run: bool,
    /// Does not ask
    #[arg(long, short)]
    yes: bool,
    /// Takes away what a set-up made in NetBox, unless something depends on it
    #[arg(long, conflicts_with_all = ["receiver", "user", "secret_file", "env", "proxmox", "discover", "status_field", "script", "branching"])]
    remove: bool,
    /// With --remove: custom fields in which objects have values, too. The values are lost
    #[arg(long, requires = "remove")]
    remove_values: bool,
    /// Prints the commands that give the bridge its access to Proxmox VE; with PROXMOX_SETUP_USER and
    /// PROXMOX_SETUP_PASSWORD of an administrator it makes it
    #[arg(long, conflicts_with_all = ["receiver", "user", "secret_file", "branching"])]
    proxmox: bool,
    /// With --proxmox: the user and the name of its token
    #[arg(long, value_name = "USER!NAME", default_value = "netbox@pve!bridge", requires = "proxmox")]
    token: String,
}

pub(crate) async fn run(arguments: &Arguments, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    if arguments.discover && arguments.user.is_none() && !arguments.proxmox {
        return Err(Problem::new(Exit::Usage, "--discover says what --user or --proxmox gives: name one of them, too"));
    }
    if arguments.proxmox {
        return access::run(arguments, settings, output).await;
    }
    let netbox = connect::netbox(&settings.netbox()?)?;
    let mut clusters = Vec::new();
    let given = settings.webhook_secret()?;
    let setup = match arguments.remove {
        true => Setup::look_to_remove(&netbox, arguments.remove_values).await?,
        false => {
            for cluster in settings.clusters()? {
                let client = connect::proxmox(&cluster)?;
                let setting = match cluster.netbox_cluster {
                    Some(setting) => setting,
                    None => own_name(&client).await?,
                };
                clusters.push(SetupCluster { setting, client });
            }
            let options = Options {
                fields: settings.fields().clone(),
                tag: settings.policy().tag.clone(),
                receiver: arguments.receiver.clone(),
                secret: given.clone(),
                user: arguments.user.clone(),
                discover: arguments.discover,
                status_field: arguments.status_field,
                script: arguments.script,
                branching: arguments.branching,
            };
            Setup::look(&netbox, &clusters, &options).await?
        }
    };
    let plan = setup.plan();
    let proposed: Vec<&Proposed> = plan.writes.iter().map(|write| write.proposed()).collect();
    show(&proposed, output)?;
    plan.remarks.iter().for_each(|remark| complain(&remark.text));
    if plan.writes.is_empty() {
        output.say("nothing to write in NetBox");
    }
    if arguments.dry_run {
        return Ok(end(plan));
    }
    let mut made = Made::default();
    if !plan.writes.is_empty() {
        // NetBox shows a token once.
        arguments.env.iter().chain(&arguments.secret_file).try_for_each(|path| can_write(path))?;
        act::can_ask(arguments.yes)?;
        act::consent(arguments.yes).await?;
        let mut count = 0;
        let result = setup.make(|_| count += 1).await;
        output.say(&format!("{count} of {} written", plan.writes.len()));
        made = result?;
    }
    if let Some(path) = &arguments.gate {
        gate(path)?;
    }
    if !arguments.remove {
        hand_over(arguments, settings, &clusters, plan, &made)?;
    }
    Ok(end(plan))
}

/// The gate goes to its file; what NetBox's configuration needs is said.
fn gate(path: &Path) -> Result<(), Problem> {
    std::fs::write(path, branching::GATE)
        .map_err(|error| Problem::new(Exit::Failed, format!("--gate {}: {error}", path.display())))?;
    complain(&format!(
        "copy {} to NetBox as {}.py, beside its manage.py; add to its configuration, beside what is there already:\n{}\nand \
         restart NetBox's web server and its worker",
        path.display(),
        branching::GATE_MODULE,
        branching::GATE_SETTINGS
    ));
    Ok(())
}

/// Secrets go to the files that were named; what is in none is shown once.
fn hand_over(
    arguments: &Arguments,
    settings: &Settings,
    clusters: &[SetupCluster],
    plan: &Plan,
    made: &Made,
) -> Result<(), Problem> {
    if let (Some(path), Some(secret)) = (&arguments.secret_file, &plan.secret) {
        netbox_proxmox_examples::environment::write_private(path, &format!("{}\n", secret.expose_secret()))?;
    }
    if let Some(path) = &arguments.env {
        return environment::write(path, arguments, settings, clusters, plan, made);
    }
    if let (true, None, Some(secret)) = (plan.is_new_secret, &arguments.secret_file, &plan.secret) {
        complain(&format!("the webhook's secret, for the server:\nNETBOX_WEBHOOK_SECRET={}", secret.expose_secret()));
    }
    if let Some(token) = &made.token {
        complain(&format!(
            "the token of the server's user, which NetBox never shows again:\nNETBOX_TOKEN={}",
            token.expose_secret()
        ));
    }
    Ok(())
}

fn end(plan: &Plan) -> Exit {
    if plan.remarks.iter().any(|remark| remark.problem) { Exit::Conflict } else { Exit::Done }
}

/// What would be written, one a line.
fn show(proposed: &[&Proposed], output: &Output) -> Result<(), Problem> {
    output.data(proposed, &["", "object", ""], |_, write| {
        let attributes = write.attributes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        vec![write.verb.to_string(), format!("{} {}", write.kind, write.name), attributes]
    })
}
