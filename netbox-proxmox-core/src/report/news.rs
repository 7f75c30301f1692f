//! What is said of what went as it should.

use proxmox_api::{NodeName, Vmid};

use super::{Report, ReportKind, Reporter, listed};

/// What a text has in place of a VMID that the plan itself allocates.
const ALLOCATED: &str = "a free VMID";

impl Reporter {
    /// A guest that was made; `vmid`: unless the plan allocates it, `node`: where that is known.
    pub fn created(&self, vmid: Option<Vmid>, node: Option<&NodeName>) -> Report {
        let place = node.map_or_else(|| "in Proxmox".to_owned(), |node| format!("on node {node}"));
        let text = format!("{}: created as {ALLOCATED} {place}.", self.name);
        let report = self.report("created", "", "", text).news();
        vmid.map_or(report.clone(), |vmid| report.with_vmid(vmid))
    }

    /// Differences that were reported, and are none any more.
    pub fn over(&self, fields: &[String]) -> Report {
        let fields = listed(fields);
        let text = format!("{}: what was reported of {fields} is over.", self.name);
        self.report("over", "", fields, text).news()
    }
}

impl Report {
    fn news(self) -> Self {
        Self { kind: ReportKind::News, ..self }
    }

    /// The same once the VMID is known that the plan allocates.
    pub(crate) fn with_vmid(self, vmid: Vmid) -> Self {
        match self.kind {
            ReportKind::News => Self { text: self.text.replace(ALLOCATED, &format!("VMID {vmid}")), ..self },
            ReportKind::Difference | ReportKind::Remark => self,
        }
    }
}
