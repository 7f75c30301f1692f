//! `setup --proxmox`: the bridge's access to Proxmox.

use netbox_proxmox_core::live::setup::access::{Access, Present, Step, make};
use netbox_proxmox_examples::environment::{EnvironmentFile, can_write};
use netbox_proxmox_examples::output::{Format, Output, complain, line};
use netbox_proxmox_examples::{Exit, Problem, Settings, connect};
use secrecy::ExposeSecret;

use super::{Arguments, show};
use crate::act;

pub(super) async fn run(arguments: &Arguments, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let Some((user, token)) =
        arguments.token.split_once('!').filter(|(user, token)| user.contains('@') && token.len() > 1)
    else {
        return Err(Problem::new(Exit::Usage, "--token is like netbox@pve!bridge: user@realm!name"));
    };
    let access = Access {
        user: user.to_owned(),
        token: token.to_owned(),
        pool: settings.policy().pool.clone(),
        named: settings.names_its_cluster(),
        discover: arguments.discover,
        backup: settings.policy().destroy.backup.is_some(),
    };
    let Some(login) = settings.proxmox_login()? else {
        return print(&access, output);
    };
    let client = connect::proxmox_as(&login)?;
    let steps = access.steps(&access.look(&client).await?);
    let proposed: Vec<_> = steps.iter().map(Step::proposed).collect();
    show(&proposed.iter().collect::<Vec<_>>(), output)?;
    if steps.is_empty() {
        output.say("nothing to write in Proxmox: a token that is there already is not shown again; delete it to have a new one");
    }
    if arguments.dry_run || steps.is_empty() {
        return Ok(Exit::Done);
    }
    // Proxmox shows a token once.
    arguments.env.iter().try_for_each(|path| can_write(path))?;
    act::can_ask(arguments.yes)?;
    act::consent(arguments.yes).await?;
    let mut count = 0;
    let made = make(&client, &steps, |_| count += 1).await;
    output.say(&format!("{count} of {} written", steps.len()));
    match (made?, &arguments.env) {
        (Some(token), Some(path)) => {
            let mut file = EnvironmentFile::open(path)?;
            file.set("PROXMOX_URL", login.urls.as_str().into());
            file.set("PROXMOX_TOKEN", token);
            file.write()?;
        }
        (Some(token), None) => {
            complain(&format!("the token, which Proxmox never shows again:\nPROXMOX_TOKEN='{}'", token.expose_secret()))
        }
        (None, _) => {}
    }
    Ok(Exit::Done)
}

/// The commands, for an administrator to run on a node.
fn print(access: &Access, output: &Output) -> Result<Exit, Problem> {
    let steps = access.steps(&Present::default());
    if output.format == Format::Json {
        let proposed: Vec<_> = steps.iter().map(Step::proposed).collect();
        return show(&proposed.iter().collect::<Vec<_>>(), output).map(|()| Exit::Done);
    }
    steps.iter().try_for_each(|step| line(&step.to_string()))?;
    if let Some(pool) = &access.pool {
        output.say(&format!(
            "templates must be in the pool {pool}, or be allowed one by one: pveum role add NetBoxTemplate --privs \"VM.Audit VM.Clone\", \
             then for each pveum acl modify /vms/VMID --users {} --roles NetBoxTemplate",
            access.user
        ));
    }
    output.say(
        "run these as root on a node; the last one shows the token, for PROXMOX_TOKEN. Or set PROXMOX_SETUP_USER and \
         PROXMOX_SETUP_PASSWORD of an administrator, and this command runs them",
    );
    Ok(Exit::Done)
}
