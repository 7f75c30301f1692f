//! Says in NetBox that a plan is being performed, under what the plan knows of the record: it goes on under the ETag that it leaves.

use netbox_api::ErrorKind;

use super::LiveExecutor;
use super::known::KnownRecord;
use crate::executor::Failure;
use crate::guest::RecordId;
use crate::live::dispatch::standings::patch;
use crate::state::{Said, Standing};

/// What the change log says of the write.
const MESSAGE: &str = "being worked on in Proxmox";

impl LiveExecutor<'_> {
    /// Says it, unless somebody has changed the record meanwhile; gives whether it was said.
    pub(in crate::live) async fn says(
        &self,
        record: RecordId,
        standing: &Standing,
        said: &Said,
    ) -> Result<bool, Failure> {
        let (bridge, known) = (self.bridge, self.known.record());
        let etag = known.as_ref().and_then(|known| known.etag.as_ref());
        let machines = bridge.netbox.virtual_machines().changelog_message(MESSAGE);
        let written = match machines.update(record.0, &patch(bridge, standing, said), etag).await {
            Err(error) if error.kind() == ErrorKind::Precondition => return Ok(false),
            written => written?,
        };
        if let Some(request) = written.request_id {
            bridge.inbox.put_own_request(&request).await?;
        }
        if known.is_some() {
            self.known.read_record(Some(KnownRecord::of(&written.value, written.etag, &bridge.fields)));
        }
        Ok(true)
    }
}
