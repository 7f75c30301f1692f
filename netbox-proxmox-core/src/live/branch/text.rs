//! A plan as people read it on its branch: one line, and an entry of the journal in Markdown.

use std::fmt::Write;

use proxmox_api::MiB;

use super::fields::APPROVED;
use super::{BranchPlan, Counts, Effects, LostDisk, Overlap, Planned, PlannedAnswer};
use crate::action::Action;
use crate::current::Current;
use crate::guest::RecordId;
use crate::live::inbox::Brake;

/// How many machines an entry names.
pub(super) const MOST: usize = 200;

/// Where the machines of an entry are found.
#[derive(Debug, Clone, Copy)]
pub struct Links<'a> {
    /// NetBox's address.
    pub netbox: &'a str,
}

impl Links<'_> {
    /// A machine's name, which leads to its page.
    pub(super) fn machine(self, name: &str, record: RecordId) -> String {
        let netbox = self.netbox.trim_end_matches('/');
        format!("[{}]({netbox}/virtualization/virtual-machines/{record}/)", plain(name))
    }
}

impl BranchPlan {
    /// In one line: `+2 ~3 -1, 40 GiB destroyed`.
    pub fn summary(&self) -> String {
        let counts = self.counts();
        let Counts { created, changed, destroyed, told, failed, held, .. } = counts;
        let behind = self.behind.records.len();
        let mut line = format!("+{created} ~{changed} -{destroyed}");
        let more = [
            (counts.disks > 0).then(|| format!("{} destroyed", gib(counts.lost))),
            (told > 0).then(|| format!("{told} for people")),
            (failed > 0).then(|| format!("{failed} not looked up")),
            (held > 0).then(|| format!("{held} held")),
            (behind > 0).then(|| format!("{behind} changed in main, too")),
            (!self.conflicts.is_empty()).then(|| format!("{} in conflict", self.conflicts.len())),
        ];
        more.into_iter().flatten().for_each(|more| line.extend([", ", &more]));
        line
    }

    /// As an entry of the branch's journal. Equal plans have equal texts.
    pub fn entry(&self, links: Links<'_>) -> String {
        let counts = self.counts();
        let mut text = format!("**Plan of this branch:** {}.\n", self.in_words());
        let of = |kind: Group| self.records.iter().filter(move |planned| Group::of(planned) == Some(kind));
        let mut room = MOST;
        for group in Group::ALL {
            let all: Vec<&Planned> = of(group).collect();
            if all.is_empty() {
                continue;
            }
            let shown = all.len().min(room);
            room -= shown;
            add(&mut text, format_args!("\n**{}**\n\n", group.title()));
            all.iter().take(shown).for_each(|planned| machine(&mut text, planned, links));
            if all.len() > shown {
                add(&mut text, format_args!("- and {} more\n", all.len() - shown));
            }
        }
        self.held(&mut text, links);
        let behind = self.records.iter().filter(|planned| self.behind.records.contains(&planned.record));
        machines(
            &mut text,
            "Changed in main, too, since the branch was synced: sync it to see the exact plan",
            behind,
            links,
        );
        overlaps(
            &mut text,
            "Changed on both sides: NetBox merges these only if somebody says which wins",
            &self.conflicts,
        );
        overlaps(&mut text, "Changed in main since the branch had it", &self.moved_on);
        if counts.drift > 0 {
            add(
                &mut text,
                format_args!("\n{} step(s) that main wants without this branch are left out.\n", counts.drift),
            );
        }
        text
    }

    /// What the brakes will hold, and how that is agreed to beforehand.
    fn held(&self, text: &mut String, links: Links<'_>) {
        let mut brakes: Vec<Brake> = Vec::new();
        for held in &self.brakes.held {
            if !brakes.contains(&held.brake) {
                brakes.push(held.brake);
            }
        }
        for brake in brakes {
            let held = |planned: &&Planned| {
                self.brakes.held.iter().any(|held| held.record == planned.record && held.brake == brake)
            };
            let title = match brake {
                Brake::Restored => "Held, as NetBox seems to have been restored or exchanged".to_owned(),
                Brake::Agreement => "Held until another person agrees that they are destroyed".to_owned(),
                _ => format!("Held, as more than {} guests would be destroyed within an hour", self.brakes.limit),
            };
            machines(text, &title, self.records.iter().filter(held), links);
        }
        if !self.brakes.held.is_empty() && self.brakes.restored.is_none() {
            add(
                text,
                format_args!(
                    "\nThey wait for a person; another one than who changed this branch may agree now, by its field `{APPROVED}`.\n"
                ),
            );
        }
    }

    /// How many of what, in words.
    fn in_words(&self) -> String {
        let Counts { created, changed, destroyed, disks, lost, told, failed, .. } = self.counts();
        if created + changed + destroyed + told + failed == 0 && self.conflicts.is_empty() {
            return "merging it changes no guest in Proxmox".to_owned();
        }
        let mut words = format!("merging it makes {created} guest(s), changes {changed} and destroys {destroyed}");
        if disks > 0 {
            add(&mut words, format_args!("; {disks} disk(s) with {} are destroyed", gib(lost)));
        }
        if told > 0 {
            add(&mut words, format_args!("; {told} thing(s) are not done, and are told to people"));
        }
        if failed > 0 {
            add(&mut words, format_args!("; {failed} machine(s) could not be looked up"));
        }
        words
    }
}

/// What a machine is listed under.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Destroyed,
    Made,
    Changed,
    Told,
    Failed,
}

impl Group {
    const ALL: [Self; 5] = [Self::Destroyed, Self::Made, Self::Changed, Self::Told, Self::Failed];

    fn title(self) -> &'static str {
        match self {
            Self::Destroyed => "Destroyed",
            Self::Made => "Made",
            Self::Changed => "Changed",
            Self::Told => "Not done, and told to people",
            Self::Failed => "Could not be looked up",
        }
    }

    /// None: nothing happens to it.
    fn of(planned: &Planned) -> Option<Self> {
        match &planned.answer {
            PlannedAnswer::Failed { .. } => Some(Self::Failed),
            PlannedAnswer::Ignored { .. } => None,
            PlannedAnswer::Parked { .. } => Some(Self::Told),
            PlannedAnswer::Plan { effects, .. } if effects.destroys => Some(Self::Destroyed),
            PlannedAnswer::Plan { effects, .. } if effects.creates => Some(Self::Made),
            PlannedAnswer::Plan { .. } => {
                let steps = planned.steps();
                let acts = steps.iter().any(|step| !matches!(step, Action::Report(_)));
                let told = !planned.told().is_empty();
                if acts { Some(Self::Changed) } else { told.then_some(Self::Told) }
            }
        }
    }
}

/// A machine with what happens to it, a line each.
fn machine(text: &mut String, planned: &Planned, links: Links<'_>) {
    let Planned { record, name, answer, current } = planned;
    let current = current.as_deref();
    add(text, format_args!("- {}{}\n", links.machine(name, *record), place(current)));
    match answer {
        PlannedAnswer::Failed { why } => line(text, &plain(why)),
        PlannedAnswer::Parked { reports } => reports.iter().for_each(|report| line(text, &plain(&report.text))),
        PlannedAnswer::Ignored { .. } => {}
        PlannedAnswer::Plan { effects, .. } => {
            of_effects(effects).iter().for_each(|effect| line(text, effect));
            planned.steps().into_iter().filter(|step| !is_news(step)).for_each(|it| line(text, &step(it, current)));
        }
    }
}

/// Where a guest is now.
fn place(current: Option<&Current>) -> String {
    let node = current.and_then(|current| current.node.given());
    match (current.and_then(|current| current.vmid), node) {
        (Some(vmid), Some(node)) => format!(", VMID {vmid} on {node}"),
        (Some(vmid), None) => format!(", VMID {vmid}"),
        (None, _) => String::new(),
    }
}

/// What is worth knowing before all steps.
fn of_effects(effects: &Effects) -> Vec<String> {
    let Effects { stops, moves, loses, .. } = effects;
    let disk = |disk: &LostDisk| {
        let size = disk.size.map(|size| format!(", {size}")).unwrap_or_default();
        format!("{} ({}{size})", disk.slot, plain(&disk.volume))
    };
    let lost = loses.iter().map(disk).collect::<Vec<_>>().join(", ");
    let all = [
        stops.then(|| "**stops:** it runs now".to_owned()),
        moves.then(|| "**moves** to another node".to_owned()),
        (!loses.is_empty()).then(|| format!("**loses** {lost}")),
    ];
    all.into_iter().flatten().collect()
}

/// Whether a step only tells what went well.
fn is_news(step: &Action) -> bool {
    matches!(step, Action::Report(report) if !report.is_for_a_person())
}

/// A step, with what is there now beside what it is set to.
fn step(action: &Action, current: Option<&Current>) -> String {
    if let Action::Report(report) = action {
        return format!("**told:** {}", plain(&report.text));
    }
    let values = current.map(|current| action.values(current)).unwrap_or_default();
    if values.iter().any(|value| value.before.is_some()) {
        let values = values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return format!("{} {}", action.name(), plain(&values));
    }
    plain(&action.to_string())
}

/// The names of machines under a title, if there are any.
fn machines<'a>(text: &mut String, title: &str, all: impl Iterator<Item = &'a Planned>, links: Links<'_>) {
    let all: Vec<&Planned> = all.collect();
    if all.is_empty() {
        return;
    }
    add(text, format_args!("\n**{title}**\n\n"));
    all.iter()
        .take(MOST)
        .for_each(|planned| add(text, format_args!("- {}\n", links.machine(&planned.name, planned.record))));
    if all.len() > MOST {
        add(text, format_args!("- and {} more\n", all.len() - MOST));
    }
}

fn overlaps(text: &mut String, title: &str, all: &[Overlap]) {
    if all.is_empty() {
        return;
    }
    add(text, format_args!("\n**{title}**\n\n"));
    for Overlap { object_type, object, name, fields } in all.iter().take(MOST) {
        let kind = object_type.rsplit('.').next().unwrap_or(object_type);
        add(text, format_args!("- {kind} {} ({object}): {}\n", plain(name), plain(&fields.join(", "))));
    }
    if all.len() > MOST {
        add(text, format_args!("- and {} more\n", all.len() - MOST));
    }
}

pub(super) fn line(text: &mut String, what: &str) {
    add(text, format_args!("    - {what}\n"));
}

pub(super) fn add(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a text does not fail.
    let _ = text.write_fmt(what);
}

/// A text that Markdown shows as it is, in one line.
pub(super) fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => shown.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' => shown.extend(['\\', c]),
            c => shown.push(c),
        }
    }
    shown
}

fn gib(size: MiB) -> String {
    format!("{} GiB", size.0.div_ceil(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_markdown() {
        assert_eq!(plain("a_b [x](http://evil)\n# c|d"), "a\\_b \\[x\\](http://evil) \\# c\\|d");
        let link = Links { netbox: "http://netbox/" }.machine("a]b", RecordId(7));
        assert_eq!(link, "[a\\]b](http://netbox/virtualization/virtual-machines/7/)");
    }
}
