//! `demo`: the lives of a virtual machine and of a container, or of a branch, from a person's changes in NetBox through signed deliveries
//! and the real server to Proxmox VE. Every step is checked; the exit code says whether all was as it should be.

mod page;
mod story;
mod watch;
mod world;

use netbox_proxmox_examples::output::line;
use netbox_proxmox_examples::{Exit, Problem};

use story::{Checks, Step};
use world::World;

pub(crate) async fn run(branch: bool) -> Result<Exit, Problem> {
    let begun = std::time::Instant::now();
    let world = World::begin().await?;
    let (what, story) = match branch {
        false => ("The lives of a virtual machine and of a container.", story::lives()),
        true => ("A branch of NetBox (netbox-branching), planned and merged.", story::branch()),
    };
    line(&format!("{what} NetBox and Proxmox VE are stateful fakes in"))?;
    line("this process; all between them is what runs in production: webhooks, server, inbox, planner,")?;
    line("executor, clients.\n")?;
    page::items("NetBox", &[world.netbox.url()])?;
    page::items("server", std::slice::from_ref(&world.server))?;
    page::items("Proxmox", &[world.proxmox.url().to_owned()])?;
    let (mut differences, mut steps) = (0, 0);
    for (number, step) in story.into_iter().enumerate() {
        steps = number + 1;
        page::heading(steps, step.title)?;
        differences += tell(&world, step).await?;
    }
    let mut checks = Checks::default();
    let deliveries = world.netbox.deliveries();
    let accepted = deliveries.iter().filter(|delivery| delivery.status() == Some(202)).count();
    checks.same("every delivery was accepted", accepted, deliveries.len());
    checks.same("no event waits for a person", world.parked().await, Vec::new());
    checks.same("the server ends when told to", world.end().await, Ok(()));
    line("")?;
    differences += judge(&checks)?;
    if differences > 0 {
        return Err(page::differs(differences));
    }
    let seconds = begun.elapsed().as_secs_f32();
    line(&format!("\n{steps} changes, {} deliveries, all as it should be ({seconds:.1} s).", deliveries.len()))?;
    Ok(Exit::Done)
}

/// Makes one change, shows what became of it, and counts what is not as it should be.
async fn tell(world: &World, step: &Step) -> Result<usize, Problem> {
    let (sent, written) = (world.netbox.deliveries().len(), world.netbox.journal().len());
    let before = world.guest().as_ref().map(page::guest).unwrap_or_default();
    (step.change)(world);
    let settled = world.settled().await;
    let seen = world.watch.take();
    let deliveries = world.netbox.deliveries();
    page::items("NetBox", &deliveries[sent..].iter().map(page::delivery).collect::<Vec<_>>())?;
    world.done.replace(seen.actions.clone());
    page::items("plan", if seen.actions.is_empty() { &seen.nothing } else { &seen.actions })?;
    page::items("tasks", &seen.tasks)?;
    // Entries on a record go with it.
    let journal: Vec<_> = world.netbox.journal().into_iter().skip(written).collect();
    let entries = journal.iter().filter_map(|entry| entry["comments"].as_str().map(str::to_owned));
    page::items("journal", &entries.collect::<Vec<_>>())?;
    if world.look_at_branch().await? {
        page::items("the merge", &world.listed.borrow())?;
    }
    let now = world.guest().as_ref().map(page::guest);
    page::items("Proxmox", &page::changed(&before, now.as_deref()))?;
    let mut checks = Checks::default();
    if let Err(why) = settled {
        checks.differed.push(why);
    }
    checks.differed.extend(world.parked().await.into_iter().map(|why| format!("parked: {why}")));
    (step.expected)(world, &mut checks);
    judge(&checks)
}

fn judge(checks: &Checks) -> Result<usize, Problem> {
    if !checks.held.is_empty() {
        page::items("as wanted", &[checks.held.join(", ")])?;
    }
    page::items("DIFFERS", &checks.differed)?;
    Ok(checks.differed.len())
}
