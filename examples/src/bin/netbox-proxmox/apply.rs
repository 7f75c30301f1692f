//! `apply`: makes one guest what NetBox says, as the server would.

use std::path::PathBuf;

use clap::Args;
use netbox_proxmox_core::live::sweep::reconcile::CREATIONS_AT_ONCE;
use netbox_proxmox_core::live::{Bridge, LiveExecutor};
use netbox_proxmox_core::{
    Action, Applied, Current, Failure, Outcome, Progress, RecordId, ReportKey, ReportKind, apply, plan_with,
};
use netbox_proxmox_examples::observe::outcome_name;
use netbox_proxmox_examples::output::{Format, Output, complain, line};
use netbox_proxmox_examples::{Exit, Problem, Settings};

use crate::saved::Saved;
use crate::{act, drift, look, plan, steps};

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
    // A person may think for long: nobody waits for that, and what is true then is looked at again.
    let mut shown = None;
    if !arguments.yes {
        if let Some(saved) = &saved {
            saved.check(&bridge).await?;
        }
        let Some((plan, current)) = planned(&bridge, record, output).await? else { return Ok(Exit::Done) };
        if plan.is_empty() {
            plan::show(&plan, None, output)?;
            return Ok(Exit::Done);
        }
        plan.iter().for_each(|action| output.say(&steps::named(action, current.as_ref())));
        act::consent(false).await?;
        shown = Some(plan);
    }
    act::leased(&bridge, record, "apply", leased(shown.as_deref(), saved.as_ref(), &bridge, record, output)).await
}

/// What would be done for a record, and what its guest is now; nothing for one that is not managed.
async fn planned(
    bridge: &Bridge,
    record: RecordId,
    output: &Output,
) -> Result<Option<(Vec<Action>, Option<Current>)>, Problem> {
    match look::up(bridge, record).await? {
        Ok((event, _)) => Ok(Some((plan_with(&event, &bridge.policy), event.current))),
        Err(why) => {
            output.say(&format!("virtual machine {record} is not managed: {why}"));
            Ok(None)
        }
    }
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
    for drift::Differs { record, name, .. } in differ {
        let work = leased(None, None, bridge, record, output);
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

/// Does what there is to do; where a plan was shown, only if it still is that one.
async fn leased(
    shown: Option<&[Action]>,
    saved: Option<&Saved>,
    bridge: &Bridge,
    record: RecordId,
    output: &Output,
) -> Result<Exit, Problem> {
    if let Some(saved) = saved {
        saved.check(bridge).await?;
    }
    let (event, cluster) = match look::up(bridge, record).await? {
        Ok(found) => found,
        Err(why) => {
            output.say(&format!("virtual machine {record} is not managed: {why}"));
            return Ok(Exit::Done);
        }
    };
    let plan = plan_with(&event, &bridge.policy);
    if shown.is_some_and(|shown| shown != plan) {
        let text = format!("virtual machine {record}: the world has moved on since this was shown; apply again");
        return Err(Problem::new(Exit::Conflict, text));
    }
    if plan.is_empty() {
        plan::show(&plan, None, output)?;
        return Ok(Exit::Done);
    }
    let executor = LiveExecutor::of(bridge, cluster, &event);
    let applied = apply(plan, &executor, &Told(*output, event.current)).await;
    if output.format == Format::Json {
        line(&serde_json::to_string_pretty(&applied).map_err(std::io::Error::from)?)?;
    }
    let differs = stays_different(&applied, &executor.told());
    match applied.failed {
        None if differs => Ok(Exit::Conflict),
        None => Ok(Exit::Done),
        Some((action, failure)) => {
            let left = applied.left.len();
            let mut problem = Problem::from(failure);
            problem.text = format!("{action}: {}; {left} action(s) not reached", problem.text);
            Err(problem)
        }
    }
}

/// Whether people were told, now or before, of what could not be done as NetBox says it. A remark is of something else.
fn stays_different(applied: &Applied, told: &[ReportKey]) -> bool {
    let remark = |action: &Action| match action {
        Action::Report(report) if report.kind == ReportKind::Remark => Some(report.key()),
        _ => None,
    };
    let remarks: Vec<ReportKey> = applied.done.iter().filter_map(|(action, _)| remark(action)).collect();
    told.iter().any(|key| !remarks.contains(key))
}

/// Tells the person how it goes, and prints what was done, beside what the guest was.
struct Told(Output, Option<Current>);

impl Progress for Told {
    fn note(&self, _action: &Action, text: &str) {
        self.0.say(&format!("  {text}"));
    }

    fn end(&self, action: &Action, result: &Result<Outcome, Failure>) {
        if let (Ok(outcome), Format::Table) = (result, self.0.format) {
            // A closed pipe does not stop what is being done.
            let _ = line(&format!("{:<10} {}", outcome_name(outcome), steps::named(action, self.1.as_ref())));
        }
    }
}
