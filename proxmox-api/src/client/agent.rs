//! The guest agent of a virtual machine.

use tokio::time::{Instant, sleep_until};

use super::scope::Scope;
use super::{Error, ErrorKind, Phase, WaitOptions, poll_interval};
use crate::answers::{
    AgentAnswer, AgentExit, AgentFile, AgentFilesystem, AgentOsInfo, AgentProcess, AgentUser, InnerInterface,
};
use crate::params::Params;

/// Requests under `/nodes/{node}/qemu/{vmid}/agent`: what runs within the machine answers them.
///
/// Where no agent answers they fail after some seconds, with the words `QEMU guest agent is not running` (Proxmox VE 9.1).
#[derive(Clone, Debug)]
pub struct AgentHandle {
    pub(super) at: Scope,
}

impl AgentHandle {
    /// Whether it answers.
    ///
    /// # Errors
    /// As every request: it does not.
    pub async fn ping(&self) -> Result<(), Error> {
        self.at.post("/ping", &[]).run().await
    }

    /// The interfaces within, with their addresses.
    ///
    /// # Errors
    /// As every request.
    pub async fn interfaces(&self) -> Result<Vec<InnerInterface>, Error> {
        Ok(self.result::<crate::List<InnerInterface>>("/network-get-interfaces").await?.0)
    }

    /// The operating system.
    ///
    /// # Errors
    /// As every request.
    pub async fn os_info(&self) -> Result<AgentOsInfo, Error> {
        self.result("/get-osinfo").await
    }

    /// The host name within.
    ///
    /// # Errors
    /// As every request.
    pub async fn host_name(&self) -> Result<String, Error> {
        let answer: std::collections::BTreeMap<String, String> = self.result("/get-host-name").await?;
        Ok(answer.get("host-name").cloned().unwrap_or_default())
    }

    /// The mounted file systems.
    ///
    /// # Errors
    /// As every request.
    pub async fn filesystems(&self) -> Result<Vec<AgentFilesystem>, Error> {
        Ok(self.result::<crate::List<AgentFilesystem>>("/get-fsinfo").await?.0)
    }

    /// Who is logged in.
    ///
    /// # Errors
    /// As every request.
    pub async fn users(&self) -> Result<Vec<AgentUser>, Error> {
        Ok(self.result::<crate::List<AgentUser>>("/get-users").await?.0)
    }

    /// Freezes the file systems, and says how many. They stay frozen until [`thaw`](Self::thaw).
    ///
    /// # Errors
    /// As every request; after an ambiguous one they may be frozen.
    pub async fn freeze(&self) -> Result<u64, Error> {
        self.done("/fsfreeze-freeze").await
    }

    /// Thaws the file systems, and says how many.
    ///
    /// # Errors
    /// As every request.
    pub async fn thaw(&self) -> Result<u64, Error> {
        self.done("/fsfreeze-thaw").await
    }

    /// Whether the file systems are frozen.
    ///
    /// # Errors
    /// As every request.
    pub async fn is_frozen(&self) -> Result<bool, Error> {
        Ok(self.done::<String>("/fsfreeze-status").await? == "frozen")
    }

    /// Gives back to the storage what the file systems do not use.
    ///
    /// # Errors
    /// As every request.
    pub async fn trim(&self) -> Result<(), Error> {
        self.at.post("/fstrim", &[]).run().await
    }

    /// Starts a program within, with its arguments and what it reads. Proxmox knows its result until it was asked for.
    ///
    /// # Errors
    /// As every request; a program that is not there is said at once.
    pub async fn exec<S: AsRef<str>>(&self, command: &[S], input: Option<&str>) -> Result<AgentProcess, Error> {
        let mut params = Params::new();
        command.iter().for_each(|part| _ = params.add("command", part.as_ref()));
        params.set_opt("input-data", &input);
        self.at.post("/exec", &[]).with(params).read().await
    }

    /// How far a program is that was started.
    ///
    /// # Errors
    /// As every request.
    pub async fn exec_status(&self, process: AgentProcess) -> Result<AgentExit, Error> {
        self.at.get("/exec-status", &[]).with(Params::from([("pid", process.pid)])).read().await
    }

    /// Starts a program and waits for its end. Cancelled, or after the deadline, it goes on within the machine.
    ///
    /// # Errors
    /// As for [`exec`](Self::exec); [`Timeout`](ErrorKind::Timeout) after the deadline of `options`.
    pub async fn run<S: AsRef<str>>(
        &self,
        command: &[S],
        input: Option<&str>,
        options: &WaitOptions,
    ) -> Result<AgentExit, Error> {
        let process = self.exec(command, input).await?;
        let started = Instant::now();
        loop {
            let exit = self.exec_status(process).await?;
            let waited = started.elapsed();
            if exit.exited {
                return Ok(exit);
            }
            if waited >= options.deadline {
                let message =
                    format!("the program (process {}) still runs after {:.0} s", process.pid, waited.as_secs_f32());
                return Err(self.at.attempt("GET", "/exec-status", &[]).error(
                    ErrorKind::Timeout,
                    Phase::Ambiguous,
                    message,
                ));
            }
            let interval = poll_interval(waited, options.poll_first, options.poll_max);
            sleep_until(started + (waited + interval).min(options.deadline)).await;
        }
    }

    /// The text of a file within, at most 16 MiB.
    ///
    /// # Errors
    /// As every request.
    pub async fn read_file(&self, file: &str) -> Result<AgentFile, Error> {
        self.at.get("/file-read", &[]).with(Params::from([("file", file)])).read().await
    }

    /// Writes a file within, at most 60 KiB.
    ///
    /// # Errors
    /// As every request.
    pub async fn write_file(&self, file: &str, content: &str) -> Result<(), Error> {
        self.at.post("/file-write", &[]).with(Params::from([("file", file), ("content", content)])).run().await
    }

    /// Sets the password of a user within.
    ///
    /// # Errors
    /// As every request.
    pub async fn set_password(&self, username: &str, password: &str) -> Result<(), Error> {
        let params = Params::from([("username", username), ("password", password)]);
        self.at.post("/set-user-password", &[]).with(params).run().await
    }

    /// Shuts the machine down by its agent.
    ///
    /// # Errors
    /// As every request.
    pub async fn shutdown(&self) -> Result<(), Error> {
        self.at.post("/shutdown", &[]).run().await
    }

    async fn result<T: serde::de::DeserializeOwned>(&self, rest: &str) -> Result<T, Error> {
        Ok(self.at.get(rest, &[]).read::<AgentAnswer<T>>().await?.result)
    }

    async fn done<T: serde::de::DeserializeOwned>(&self, rest: &str) -> Result<T, Error> {
        Ok(self.at.post(rest, &[]).read::<AgentAnswer<T>>().await?.result)
    }
}
