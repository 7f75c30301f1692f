//! The webhook server. Configured by environment variables and a TOML file; see `--help`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use netbox_proxmox_core::Silent;
use netbox_proxmox_examples::server::{Arguments, Server};
use netbox_proxmox_examples::{Exit, Problem, Settings, logging, output};
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let Arguments {} = Arguments::parse();
    match serve() {
        Ok(()) => Exit::Done.into(),
        Err(problem) => {
            output::complain(&format!("netbox-proxmox-webhook: {problem}"));
            problem.exit.into()
        }
    }
}

fn serve() -> Result<(), Problem> {
    let settings = Settings::load()?;
    logging::init(settings.log_format()?, "info");
    let runtime = tokio::runtime::Runtime::new()?;
    let result = runtime.block_on(async {
        // Before anything is accepted, so that no signal is missed.
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let server = Server::bind(&settings, Silent).await?;
        let stop = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        server.run(stop).await
    });
    // What did not finish in time does not hold the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}
