//! What is answered: as data, and as lines for people.

use std::time::Duration;

use netbox_proxmox_core::live::adopt::{adopt, find};
use netbox_proxmox_core::live::dispatch::lease::unique_owner;
use netbox_proxmox_core::live::release::{self, Released};
use netbox_proxmox_core::live::{Bridge, Found, Leases, Reconcile, Service};
use netbox_proxmox_core::{Action, Current, RecordId, plan_with};
use serde_json::{Value, json};

use super::{Ask, Asked};
use crate::exit::{Exit, Problem};
use crate::look::{self, none_parked};
use crate::observe::outcome_name;
use crate::steps;

/// How long is waited for what comes of a record.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many guests that differ are listed.
const LISTED: usize = 100;

pub(super) async fn answer(service: &Service, parallel: usize, ask: Ask, asked: &Asked) -> Result<Value, Problem> {
    let bridge = service.dispatcher().bridge();
    match ask {
        Ask::Plan => plan(bridge, &asked.vm()?).await,
        Ask::Apply => apply(service, &asked.vm()?, &asked.user).await,
        Ask::Adopt => adopted(bridge, &asked.vm()?, asked.any_name).await,
        Ask::Release => released(service, &asked.vm()?).await,
        Ask::Compare => compared(bridge, parallel).await,
    }
}

/// What would be done for a record, and nothing else.
async fn plan(bridge: &Bridge, vm: &str) -> Result<Value, Problem> {
    let record = look::record(&bridge.netbox, vm).await?;
    Ok(match planned(bridge, record).await? {
        Ok((plan, lines)) => json!({"record": record, "managed": true, "plan": plan, "lines": lines}),
        Err(why) => {
            json!({"record": record, "managed": false, "plan": [], "lines": [format!("it is not managed: {why}")]})
        }
    })
}

/// A plan with its steps in words; or why the record is not managed.
async fn planned(bridge: &Bridge, record: RecordId) -> Result<Result<(Vec<Action>, Vec<String>), String>, Problem> {
    Ok(look::up(bridge, record).await?.map(|(event, _)| {
        let plan = plan_with(&event, &bridge.policy);
        let lines = worded(&plan, event.current.as_ref());
        (plan, lines)
    }))
}

fn worded(plan: &[Action], current: Option<&Current>) -> Vec<String> {
    if plan.is_empty() {
        return vec!["nothing to do".to_owned()];
    }
    plan.iter().map(|action| steps::uncoloured(action, current)).collect()
}

/// Hands a record to the dispatcher, and waits a while for what comes of it.
async fn apply(service: &Service, vm: &str, user: &str) -> Result<Value, Problem> {
    let dispatcher = service.dispatcher();
    let bridge = dispatcher.bridge();
    let record = look::record(&bridge.netbox, vm).await?;
    let (name, lines) = match look::up(bridge, record).await? {
        Ok((event, _)) => {
            let plan = plan_with(&event, &bridge.policy);
            let name = event.desired.as_ref().map_or_else(|| vm.to_owned(), |guest| guest.name.clone());
            (name, worded(&plan, event.current.as_ref()))
        }
        Err(why) => return Err(Problem::new(Exit::Conflict, format!("{vm} is not managed: {why}"))),
    };
    let key = dispatcher.ask_for(record, &name, user).await?;
    let came = dispatcher.came_of(record, &key, PATIENCE).await?;
    let (state, reason) = came.map_or(("unknown", None), |event| (event.stands(), event.reason.clone()));
    let end = match (state, &reason) {
        ("pending", None) => "it is still being worked on: the journal will say what comes of it".to_owned(),
        (state, None) => state.to_owned(),
        (state, Some(reason)) => format!("{state}: {reason}"),
    };
    let lines: Vec<String> = lines.into_iter().chain([end]).collect();
    Ok(json!({"record": record, "event": key, "state": state, "reason": reason, "lines": lines}))
}

/// Makes the guest at the record's VMID the record's.
async fn adopted(bridge: &Bridge, vm: &str, any_name: bool) -> Result<Value, Problem> {
    let record = look::record(&bridge.netbox, vm).await?;
    let (event, cluster) = look::up(bridge, record).await?.map_err(|why| {
        Problem::new(Exit::Conflict, format!("{vm} is not managed: {why}. Change that in NetBox, then adopt again"))
    })?;
    let Some((guest, vmid)) = event.desired.as_ref().and_then(|guest| Some((guest, guest.vmid.given()?))) else {
        let text = format!("NetBox has no VMID for {vm}: write that of its guest into {}", bridge.fields.vmid);
        return Err(Problem::new(Exit::Conflict, text));
    };
    let adopting = async {
        let found = find(bridge, cluster, guest).await?;
        if !any_name && found.config.name() != guest.proxmox_name() {
            let called = found.config.name().unwrap_or("without a name");
            let text = format!(
                "guest {vmid} is called {called}, not {}: if it is the one, say that any name will do",
                guest.name
            );
            return Err(Problem::new(Exit::Conflict, text));
        }
        Ok(adopt(bridge, cluster, guest).await?)
    };
    let leases = Leases::new(&unique_owner("netbox-proxmox API"));
    let outcome = leases.alone(bridge.inbox.store(), record, adopting).await?.ok_or_else(|| {
        Problem::new(Exit::Conflict, format!("virtual machine {record}: it is being worked on; try again later"))
    })??;
    let first = match outcome_name(&outcome) {
        "unchanged" => format!("guest {vmid} is that of {} already", guest.name),
        _ => format!("guest {vmid} is that of {} from now on", guest.name),
    };
    // Adopted it is, whatever comes of this.
    let (plan, rest) = planned(bridge, record).await?.unwrap_or_default();
    let rest = if plan.is_empty() { Vec::new() } else { [vec!["it differs from NetBox:".to_owned()], rest].concat() };
    let lines = [vec![first], rest].concat();
    Ok(json!({"record": record, "vmid": vmid, "outcome": outcome_name(&outcome), "plan": plan, "lines": lines}))
}

/// Lets what is parked of a virtual machine try again.
async fn released(service: &Service, vm: &str) -> Result<Value, Problem> {
    let inbox = &service.dispatcher().bridge().inbox;
    // Whoever presses NetBox's button may be the one who deleted.
    let Released { events, .. } = release::of(inbox, vm, None).await?.ok_or_else(|| none_parked(vm))?;
    service.dispatcher().wake();
    Ok(json!({"released": events, "lines": [format!("{events} released")]}))
}

/// What differs, of all records, and nothing is done about it.
async fn compared(bridge: &Bridge, parallel: usize) -> Result<Value, Problem> {
    let (mut guests, mut lines, mut left_off) = (Vec::new(), Vec::new(), 0);
    let swept = Reconcile::new(bridge, parallel)
        .sweep(&mut |found| {
            let (record, name, plan, current) = match found {
                Found::Same { .. } => return,
                Found::Failed { what, failure } => {
                    return lines.push(format!("{what} was not compared: {}", failure.why));
                }
                Found::Difference { owner, name, event, plan, .. } => (Some(owner.record), name, plan, event.current),
                Found::Orphan(report) => (report.record, report.name.clone(), vec![Action::Report(report)], None),
            };
            if guests.len() >= LISTED {
                left_off += 1;
                return;
            }
            lines.extend(worded(&plan, current.as_ref()));
            guests.push(json!({"record": record, "name": name, "plan": plan}));
        })
        .await?;
    lines.push(format!("{} compared, {} differ, {} could not be compared", swept.compared, swept.differ, swept.failed));
    Ok(json!({"counts": swept, "guests": guests, "left_off": left_off, "lines": lines}))
}
