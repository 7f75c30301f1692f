//! `inbox`: how large it is, what of it goes, and copies of it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use netbox_proxmox_core::live::bridge::now;
use netbox_proxmox_core::live::inbox::retention::Pruned;
use netbox_proxmox_core::live::inbox::{Entry, EventCounts};
use netbox_proxmox_examples::output::{Output, line};
use netbox_proxmox_examples::{Exit, Problem, Settings};
use serde::{Deserialize, Serialize};

use crate::look;

/// The form of a copy.
const FORMAT: u32 = 1;

/// How many entries are stored at once.
const BATCH: usize = 1000;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// How many events it holds, by where they stand, and how much room it takes
    Size,
    /// Removes what is older than the configuration says; the server does so every hour
    Prune {
        /// Only says what would go
        #[arg(long)]
        dry_run: bool,
    },
    /// Prints all of it as JSON lines, as it is at one moment; the server may run
    Export,
    /// Stores what was exported in an inbox that is empty, or is made
    Import {
        /// The file of JSON lines
        file: PathBuf,
    },
}

/// What a copy begins and ends with: half of one is noticed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mark {
    Inbox { format: u32 },
    End { entries: u64 },
}

/// How many there are of something.
#[derive(Serialize)]
struct Count {
    what: &'static str,
    count: u64,
}

pub(crate) async fn run(arguments: &Arguments, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    match &arguments.command {
        Command::Size => size(settings, output).await?,
        Command::Prune { dry_run } => prune(settings, *dry_run, output).await?,
        Command::Export => export(settings, output).await?,
        Command::Import { file } => import(settings, file, output).await?,
    }
    Ok(Exit::Done)
}

async fn size(settings: &Settings, output: &Output) -> Result<(), Problem> {
    let inbox = look::inbox(settings).await?;
    let EventCounts { pending, done, reported, ignored, parked } = inbox.store().counts().await?;
    let bytes = inbox.store().size().await?;
    let counts = [
        ("pending", pending),
        ("done", done),
        ("reported", reported),
        ("ignored", ignored),
        ("parked", parked),
        ("bytes", bytes),
    ];
    print(counts, output)
}

async fn prune(settings: &Settings, dry_run: bool, output: &Output) -> Result<(), Problem> {
    let inbox = look::inbox(settings).await?;
    let retention = settings.retention();
    let pruned = match dry_run {
        true => retention.would_prune(&inbox, now()).await?,
        false => retention.prune(&inbox, now()).await?,
    };
    let Pruned { done, ignored, keys, requests, records } = pruned;
    let counts = [
        ("done", done),
        ("ignored", ignored),
        ("keys of events", keys),
        ("requests of ours", requests),
        ("records that are gone", records),
    ];
    print(counts, output)?;
    output.say(if dry_run { "nothing was removed (--dry-run)" } else { "removed" });
    Ok(())
}

fn print<const N: usize>(counts: [(&'static str, u64); N], output: &Output) -> Result<(), Problem> {
    let counts = counts.map(|(what, count)| Count { what, count });
    output.data(&counts, &["what", "count"], |_, count| vec![count.what.to_owned(), count.count.to_string()])
}

async fn export(settings: &Settings, output: &Output) -> Result<(), Problem> {
    let inbox = look::inbox(settings).await?;
    let (to, mut from) = tokio::sync::mpsc::channel(BATCH);
    let print = async move {
        json(&Mark::Inbox { format: FORMAT })?;
        let mut entries = 0;
        while let Some(entry) = from.recv().await {
            json(&entry)?;
            entries += 1;
        }
        Ok::<u64, Problem>(entries)
    };
    let (exported, printed) = tokio::join!(inbox.store().export(to), print);
    let entries = printed?;
    // Only of a whole copy the end is written.
    exported?;
    json(&Mark::End { entries })?;
    output.say(&format!("{entries} exported"));
    Ok(())
}

fn json(value: &impl Serialize) -> Result<(), Problem> {
    line(&serde_json::to_string(value).map_err(std::io::Error::from)?)
}

async fn import(settings: &Settings, file: &Path, output: &Output) -> Result<(), Problem> {
    // All of it is read before anything of it is stored.
    let whole = entries(file)?.try_fold(0, |count, entry| entry.map(|_| count + 1))?;
    let inbox = look::inbox_or_new(settings).await?;
    if !inbox.is_empty().await? {
        let text = "the inbox is not empty: an import is for a new one. Stop the server, and set NETBOX_PROXMOX_INBOX to one \
                    that is not there";
        return Err(Problem::new(Exit::Conflict, text));
    }
    let mut batch = Vec::with_capacity(BATCH);
    for entry in entries(file)? {
        batch.push(entry?);
        if batch.len() == BATCH {
            inbox.store().import(&batch).await?;
            batch.clear();
        }
    }
    inbox.store().import(&batch).await?;
    output.say(&format!("{whole} imported"));
    Ok(())
}

/// The entries of a copy. One that does not begin and end as it must is an error.
fn entries(file: &Path) -> Result<impl Iterator<Item = Result<Entry, Problem>>, Problem> {
    let wrong = |why: String| Problem::new(Exit::Usage, format!("{}: {why}", file.display()));
    let open = File::open(file).map_err(|why| wrong(why.to_string()))?;
    let mut lines = (1..).zip(BufReader::new(open).lines());
    let first = lines.next().and_then(|(_, line)| serde_json::from_str(&line.ok()?).ok());
    match first {
        Some(Mark::Inbox { format: FORMAT }) => {}
        Some(Mark::Inbox { format }) => {
            return Err(wrong(format!("it has form {format}, and this version reads form {FORMAT}")));
        }
        _ => return Err(wrong("it is no copy of an inbox: `netbox-proxmox inbox export` makes one".to_owned())),
    }
    let file = file.to_owned();
    let (mut count, mut ended) = (0, false);
    Ok(std::iter::from_fn(move || {
        let wrong = |why: String| Some(Err(Problem::new(Exit::Usage, format!("{}: {why}", file.display()))));
        if ended {
            return None;
        }
        let Some((number, line)) = lines.next() else {
            ended = true;
            return wrong("it ends too early: it is not whole".to_owned());
        };
        let line = match line {
            Ok(line) => line,
            Err(why) => return wrong(format!("line {number}: {why}")),
        };
        if let Ok(Mark::End { entries }) = serde_json::from_str(&line) {
            ended = true;
            return if entries == count { None } else { wrong(format!("it has {count} of {entries} entries")) };
        }
        count += 1;
        match serde_json::from_str(&line) {
            Ok(entry) => Some(Ok(entry)),
            Err(why) => wrong(format!("line {number}: {why}")),
        }
    }))
}
