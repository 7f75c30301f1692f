//! What NetBox's workers do for us.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Endpoint, Job, Script};
use crate::error::Error;

impl Endpoint<Job> {
    /// The job when it is over, well or not. It is looked at again after each `pause`, for as long as this is polled: a limit is the
    /// caller's, and dropping it leaves the job alone.
    ///
    /// # Errors
    /// Any [`Error`] of a request.
    pub async fn ended(&self, id: u64, pause: Duration) -> Result<Job, Error> {
        loop {
            let job = self.get(id).await?.value;
            if job.has_ended() {
                return Ok(job);
            }
            tokio::time::sleep(pause).await;
        }
    }
}

impl Endpoint<Script> {
    /// Runs a script: `data` are its variables, an object by its id. Without `commit` what it changes is undone. Its answer is the job, which
    /// [`Endpoint::<Job>::ended`] waits for.
    ///
    /// # Errors
    /// Of kind `NotFound` also if the token may not run it (seen: 4.7.3), else any [`Error`] of a request.
    pub async fn run(&self, id: u64, data: &Value, commit: bool) -> Result<Job, Error> {
        #[derive(Deserialize)]
        struct Run {
            result: Job,
        }
        let call = self.one("POST", id)?;
        let reply = self.client.send(call.body(json!({"data": data, "commit": commit}))).await?;
        reply.decode::<Run>().map(|run| run.result)
    }
}
