//! `events`: what the inbox holds; and letting parked events try again.

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use netbox_proxmox_core::RecordId;
use netbox_proxmox_core::live::EventState;
use netbox_proxmox_core::live::bridge::now;
use netbox_proxmox_examples::output::Output;
use netbox_proxmox_examples::{Exit, Problem, Settings};

use crate::look;

#[derive(Clone, Copy, ValueEnum)]
enum State {
    /// Wait for their turn
    Pending,
    /// Were answered
    Done,
    /// Concern nothing of ours
    Ignored,
    /// Wait for a person
    Parked,
}

impl From<State> for EventState {
    fn from(state: State) -> Self {
        match state {
            State::Pending => Self::Pending,
            State::Done => Self::Done,
            State::Ignored => Self::Ignored,
            State::Parked => Self::Parked,
        }
    }
}

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only those in this state
    #[arg(long, value_enum)]
    state: Option<State>,
    /// How many, newest first
    #[arg(long, default_value_t = 20)]
    limit: u32,
    /// Lets parked events try again: of one virtual machine, by its id in NetBox, or of all
    #[arg(long, value_name = "RECORD", num_args = 0..=1, conflicts_with_all = ["state", "limit"])]
    release: Option<Option<u64>>,
}

pub(crate) async fn run(arguments: &Arguments, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let inbox = look::inbox(settings).await?;
    if let Some(record) = arguments.release {
        let released = inbox.store().release(record.map(RecordId), now()).await?;
        if record.is_none() && inbox.restored().await?.is_some() {
            inbox.put_restored(None).await?;
            output.say("agreed: NetBox is taken for the one it was, and guests are destroyed again where it says so");
        }
        output.say(&format!("{released} released; the server tries them again within seconds"));
        return Ok(Exit::Done);
    }
    let events = inbox.store().events(arguments.state.map(EventState::from), arguments.limit).await?;
    if events.is_empty() {
        output.say("no events");
    }
    let columns = ["id", "received", "state", "tried", "record", "guest", "what", "reason"];
    output.data(&events, &columns, |_, event| {
        let change = &event.change;
        vec![
            event.id.to_string(),
            time(event.received),
            event.state.as_str().to_owned(),
            event.attempts.to_string(),
            change.record.to_string(),
            change.name.clone(),
            event.what(),
            event.reason.clone().unwrap_or_default(),
        ]
    })?;
    Ok(Exit::Done)
}

fn time(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map(|time| time.to_string()).unwrap_or_default()
}
