//! `plan`: the actions for a recorded delivery, or for a guest as both sides have it now.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use netbox_proxmox_core::live::Inbox;
use netbox_proxmox_core::{Action, Current, Event, plan_with};
use netbox_proxmox_examples::output::Output;
use netbox_proxmox_examples::{Exit, Problem, Settings, delivery};

use crate::saved::{Saved, SavedBranch};
use crate::{branch, drift, look, steps};

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Of {
    /// A recorded webhook delivery, JSON; `-` reads standard input. Needs neither server nor configuration
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,
    /// A virtual machine in NetBox, by id or name; both sides are looked up
    #[arg(long, value_name = "NAME|ID")]
    vm: Option<String>,
    /// Every managed virtual machine, and every guest that carries our marker
    #[arg(long)]
    all: bool,
    /// What merging a branch of NetBox (netbox-branching) will do, by its name or schema id
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
}

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    of: Of,
    /// Exit with 5 if there is anything to do, or to say that was not said before
    #[arg(long)]
    check: bool,
    /// Also writes the plan to a file: of a virtual machine for `apply FILE`, of a branch for `--compare FILE`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["event", "all"])]
    out: Option<PathBuf>,
    /// How the plan of a branch differs from one of `--out`; exits with 5 if it does
    #[arg(long, value_name = "FILE", requires = "branch")]
    compare: Option<PathBuf>,
}

pub(crate) async fn run(arguments: &Arguments, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let of = &arguments.of;
    let (news, exit) = match (&of.event, &of.vm, &of.branch) {
        (Some(file), ..) => {
            let plan = of_delivery(file, settings, output)?;
            show(&plan, None, output)?;
            (!plan.is_empty(), Exit::Done)
        }
        (None, Some(vm), _) => {
            let inbox = look::inbox_or_memory(settings).await?;
            let (plan, current) = of_guest(vm, arguments.out.as_deref(), settings, inbox.clone(), output).await?;
            show(&plan, current.as_ref(), output)?;
            (steps::are_news(&plan, &inbox).await?, Exit::Done)
        }
        (None, None, Some(meant)) => {
            let earlier = arguments.compare.as_deref().map(SavedBranch::read).transpose()?;
            let bridge = look::bridge(settings, look::inbox_or_memory(settings).await?).await?;
            let plan = branch::plan(meant, &bridge).await?;
            if let Some(file) = &arguments.out {
                SavedBranch::of(&plan).write(file)?;
            }
            match earlier {
                Some(earlier) => return branch::compare(&plan, &earlier, output),
                None => branch::print(&plan, output)?,
            }
        }
        (None, None, None) => {
            let bridge = look::bridge(settings, look::inbox_or_memory(settings).await?).await?;
            drift::print(&bridge, settings, output).await?
        }
    };
    Ok(if exit == Exit::Done && arguments.check && news { Exit::Conflict } else { exit })
}

fn of_delivery(file: &Path, settings: &Settings, output: &Output) -> Result<Vec<Action>, Problem> {
    let mut bytes = Vec::new();
    let read = match file.to_str() {
        Some("-") => std::io::stdin().read_to_end(&mut bytes).map(drop),
        _ => std::fs::read(file).map(|read| bytes = read),
    };
    let wrong = |why: String| Problem::new(Exit::Usage, format!("{}: {why}", file.display()));
    read.map_err(|error| wrong(error.to_string()))?;
    let delivery =
        delivery::read(&bytes).map_err(|error| wrong(format!("not a delivery of a NetBox webhook: {error}")))?;
    match Event::from_delivery_with(&delivery, settings.fields()) {
        Ok(event) => Ok(plan_with(&event, settings.policy())),
        Err(why) => {
            output.say(&format!("ignored: {why}"));
            Ok(Vec::new())
        }
    }
}

/// The plan for a guest, and what that is now.
async fn of_guest(
    vm: &str,
    out: Option<&Path>,
    settings: &Settings,
    inbox: Inbox,
    output: &Output,
) -> Result<(Vec<Action>, Option<Current>), Problem> {
    let bridge = look::bridge(settings, inbox).await?;
    let record = look::record(&bridge.netbox, vm).await?;
    match look::up(&bridge, record).await? {
        Ok((event, _)) => {
            let plan = plan_with(&event, &bridge.policy);
            if let Some(file) = out {
                Saved::new(record, &event, &plan).write(file)?;
            }
            Ok((plan, event.current))
        }
        Err(why) => {
            output.say(&format!("{vm} is not managed: {why}"));
            Ok((Vec::new(), None))
        }
    }
}

/// Prints a plan, beside what the guest is now.
pub(crate) fn show(plan: &[Action], current: Option<&Current>, output: &Output) -> Result<(), Problem> {
    if plan.is_empty() {
        output.say("nothing to do");
    }
    output.data(plan, &["#", "action", "what"], |index, action| {
        vec![(index + 1).to_string(), action.name().to_owned(), steps::what(action, current)]
    })
}
