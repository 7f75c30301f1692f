//! `events`: what the inbox holds; and letting parked events try again.

use clap::{Args, ValueEnum};
use jiff::{Span, SpanRelativeTo, Timestamp};
use netbox_proxmox_core::live::release::{self, Released, is_of};
use netbox_proxmox_core::live::{EventState, Inbox, StoredEvent};
use netbox_proxmox_examples::look::none_parked;
use netbox_proxmox_examples::output::Output;
use netbox_proxmox_examples::{Exit, Problem, Settings};

use crate::look;

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum State {
    /// Wait for their turn
    Pending,
    /// Were answered, and all of it was done
    Done,
    /// Were answered: something could not, or must not, be done, and the journal in NetBox says so. Nothing waits
    Reported,
    /// Concern nothing of ours
    Ignored,
    /// Wait for a person, and nothing of them was done: --release tries again
    Parked,
}

/// How many events are read at once.
const PAGE: u32 = 1000;

impl State {
    /// In which state of the inbox they are.
    fn kept(self) -> EventState {
        match self {
            Self::Pending => EventState::Pending,
            Self::Done | Self::Reported => EventState::Done,
            Self::Ignored => EventState::Ignored,
            Self::Parked => EventState::Parked,
        }
    }

    fn is_of(self, event: &StoredEvent) -> bool {
        match self {
            Self::Pending => event.state == EventState::Pending,
            Self::Done => event.state == EventState::Done && !event.is_reported(),
            Self::Reported => event.is_reported(),
            Self::Ignored => event.state == EventState::Ignored,
            Self::Parked => event.state == EventState::Parked,
        }
    }
}

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only those in this state
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Only those of this virtual machine, by its name or its id in NetBox
    #[arg(long, value_name = "NAME")]
    vm: Option<String>,
    /// Only those that came since then: 2026-11-26T08:00:00Z, or 2h, 3d before now
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<u64>,
    /// How many, newest first
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Lets parked events try again: of one virtual machine, by its name or its id in NetBox, or of all
    #[arg(long, value_name = "NAME", num_args = 0..=1, conflicts_with_all = ["state", "vm", "since", "limit"])]
    release: Option<Option<String>>,
}

pub(crate) async fn run(arguments: &Arguments, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let inbox = look::inbox(settings).await?;
    if let Some(of) = &arguments.release {
        return released(&inbox, of.as_deref(), output).await;
    }
    let is_wanted = |event: &StoredEvent| {
        arguments.state.is_none_or(|state| state.is_of(event))
            && arguments.vm.as_deref().is_none_or(|vm| is_of(event, vm))
            && arguments.since.is_none_or(|since| event.received >= since)
    };
    let of = arguments.state.map(State::kept);
    let events = matching(&inbox, of, is_wanted, arguments.limit).await?;
    if events.is_empty() {
        output.say("no events");
    }
    let columns = ["id", "received", "state", "tried", "record", "guest", "what", "reason"];
    output.data(&events, &columns, |_, event| {
        let change = &event.change;
        vec![
            event.id.to_string(),
            time(event.received),
            event.stands().to_owned(),
            event.attempts.to_string(),
            change.record.to_string(),
            change.name.clone(),
            event.what(),
            event.reason.clone().unwrap_or_default(),
        ]
    })?;
    Ok(Exit::Done)
}

/// The newest events that are wanted, page by page.
async fn matching(
    inbox: &Inbox,
    state: Option<EventState>,
    is_wanted: impl Fn(&StoredEvent) -> bool,
    limit: usize,
) -> Result<Vec<StoredEvent>, Problem> {
    let (mut found, mut before) = (Vec::new(), None);
    while found.len() < limit {
        let page = inbox.store().page(state, before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        found.extend(page.into_iter().filter(&is_wanted));
    }
    found.truncate(limit);
    Ok(found)
}

/// Lets parked events try again; a virtual machine that has none is not found.
async fn released(inbox: &Inbox, of: Option<&str>, output: &Output) -> Result<Exit, Problem> {
    let by = person();
    let Released { events, agreed } = match of {
        None => release::all(inbox, &by).await?,
        Some(vm) => release::of(inbox, vm, Some(&by)).await?.ok_or_else(|| none_parked(vm))?,
    };
    if agreed {
        output.say("agreed: NetBox is taken for the one it was, and guests are destroyed again where it says so");
    }
    output.say(&format!("{events} released; the server tries them again within seconds"));
    Ok(Exit::Done)
}

/// Who runs this, as the operating system calls them: whoever became root with sudo is still themselves.
fn person() -> String {
    let name = ["SUDO_USER", "USER", "LOGNAME"].into_iter().filter_map(|name| std::env::var(name).ok());
    let name = name.map(|name| name.trim().to_owned()).find(|name| !name.is_empty());
    name.map_or_else(|| "a person on the command line".to_owned(), |name| format!("{name} on the command line"))
}

/// A time, or how long before now.
fn since(text: &str) -> Result<u64, String> {
    let before = || {
        let ago: Span = text.parse().ok()?;
        let ago = ago.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
        Timestamp::now().checked_sub(ago.abs()).ok()
    };
    let time = text.parse().ok().or_else(before);
    let time =
        time.ok_or_else(|| "a time is wanted, such as 2026-11-26T08:00:00Z, or how long ago: 2h, 3d".to_owned())?;
    u64::try_from(time.as_second()).map_err(|_| "this is before 1970".to_owned())
}

fn time(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map(|time| time.to_string()).unwrap_or_default()
}
