//! `apply`: makes one guest what NetBox says, as the server would.

use std::path::PathBuf;

use clap::Args;
use netbox_proxmox_core::live::reconcile::CREATIONS_AT_ONCE;
use netbox_proxmox_core::live::{Bridge, LiveExecutor, Looked};
use netbox_proxmox_core::{Action, Failure, Outcome, Progress, RecordId, apply, plan_with};
use netbox_proxmox_examples::observe::outcome_name;
use netbox_proxmox_examples::output::{Format, Output, complain, line};
use netbox_proxmox_examples::{Exit, Problem, Settings};

use crate::saved::Saved;
use crate::{act, drift, look, plan};

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Of {
    /// A virtual machine in NetBox, by id or name
    #[arg(long, value_name = "NAME|ID")]
    vm: Option<String>,
    /// Every managed virtual machine that differs from its guest
    #[arg(long)]
    all: bool,
    /// A plan of `plan --out`; refused if the world has moved on since
    #[arg(value_name = "FILE")]
    plan: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    of: Of,
    /// Does not ask
    #[arg(long, short)]
    yes: bool,
    /// With --all: also where more than 10 guests would be created
    #[arg(long, requires = "all")]
    many: bool,
}

pub(crate) async fn run(arguments: &Arguments, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    act::can_ask(arguments.yes)?;
    // A creation is stored there before it begins.
    let inbox = look::inbox(settings).await?;
    let bridge = look::bridge(settings, inbox).await?;
    if arguments.of.all {
        return all(arguments, settings, &bridge, output).await;
    }
    let saved = arguments.of.plan.as_deref().map(Saved::read).transpose()?;
    let record = match (&saved, &arguments.of.vm) {
        (Some(saved), _) => saved.record,
        (None, vm) => look::record(&bridge.netbox, vm.as_deref().unwrap_or_default()).await?,
    };
    let work = leased(arguments, saved.as_ref(), &bridge, record, output);
    act::leased(&bridge, record, "apply", work).await
}

/// Each guest that differs, one after the other. One that fails does not stop the others.
async fn all(arguments: &Arguments, settings: &Settings, bridge: &Bridge, output: &Output) -> Result<Exit, Problem> {
    let told = Output { format: Format::Table, ..*output };
    let (differ, mut exit) = drift::list(bridge, settings, &|text| told.say(text)).await?;
    if differ.is_empty() {
        output.say("nothing to do");
        return Ok(exit);
    }
    let creations = differ.iter().filter(|it| it.creates).count();
    if creations > CREATIONS_AT_ONCE && !arguments.many {
        let text = format!(
            "{creations} guests would be created, more than {CREATIONS_AT_ONCE}: if this is meant, give --many as well"
        );
        return Err(Problem::new(Exit::Conflict, text));
    }
    act::consent(arguments.yes).await?;
    let agreed = Arguments { of: Of { vm: None, plan: None, all: true }, yes: true, many: arguments.many };
    for drift::Differs { record, name, .. } in differ {
        let work = leased(&agreed, None, bridge, record, output);
        match act::leased(bridge, record, "apply", work).await {
            Ok(Exit::Done) => {}
            // What was reported; a failure weighs more.
            Ok(other) if exit == Exit::Done => exit = other,
            Ok(_) => {}
            Err(problem) => {
                complain(&format!("{name}: {problem}"));
                exit = Exit::Failed;
            }
        }
    }
    Ok(exit)
}

async fn leased(
    arguments: &Arguments,
    saved: Option<&Saved>,
    bridge: &Bridge,
    record: RecordId,
    output: &Output,
) -> Result<Exit, Problem> {
    if let Some(saved) = saved {
        saved.check(bridge).await?;
    }
    let (event, cluster) = match look::up(bridge, record).await? {
        Looked::Event { event, cluster } => (event, cluster),
        Looked::Unmanaged(why) => {
            output.say(&format!("virtual machine {record} is not managed: {why}"));
            return Ok(Exit::Done);
        }
    };
    let steps = plan_with(&event, &bridge.policy);
    if steps.is_empty() {
        plan::show(&steps, output)?;
        return Ok(Exit::Done);
    }
    if !arguments.yes {
        for action in &steps {
            output.say(&action.to_string());
        }
        act::consent(arguments.yes).await?;
    }
    let cluster = bridge
        .cluster(&cluster)
        .ok_or_else(|| Problem::new(Exit::Failed, format!("cluster {cluster} is not one of ours")))?;
    let node = event.current.as_ref().and_then(|current| current.node.given().cloned());
    let applied = apply(steps, &LiveExecutor::new(bridge, cluster, node), &Told(*output)).await;
    if output.format == Format::Json {
        line(&serde_json::to_string_pretty(&applied).map_err(std::io::Error::from)?)?;
    }
    match applied.failed {
        // What was reported is what could not be done as NetBox says it.
        None if applied.done.iter().any(|(action, _)| action.name() == "report") => Ok(Exit::Conflict),
        None => Ok(Exit::Done),
        Some((action, failure)) => {
            let left = applied.left.len();
            let mut problem = Problem::from(failure);
            problem.text = format!("{action}: {}; {left} action(s) not reached", problem.text);
            Err(problem)
        }
    }
}

/// Tells the person how it goes, and prints what was done.
struct Told(Output);

impl Progress for Told {
    fn note(&self, _action: &Action, text: &str) {
        self.0.say(&format!("  {text}"));
    }

    fn end(&self, action: &Action, result: &Result<Outcome, Failure>) {
        if let (Ok(outcome), Format::Table) = (result, self.0.format) {
            // A closed pipe does not stop what is being done.
            let _ = line(&format!("{:<10} {action}", outcome_name(outcome)));
        }
    }
}
