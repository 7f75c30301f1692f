//! The command line. Data goes to standard output, talk to standard error; exit codes are those of
//! `netbox_proxmox_examples::Exit`.

mod act;
mod adopt;
mod apply;
mod branch;
#[cfg(feature = "demo")]
mod demo;
mod discover;
mod doctor;
mod drift;
mod events;
mod inbox;
mod look;
mod manual;
mod plan;
mod saved;
mod setup;
mod status;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use netbox_proxmox_examples::config::LogFormat;
use netbox_proxmox_examples::output::{self, Format, Output};
use netbox_proxmox_examples::{Exit, Problem, Settings, logging, steps};

/// Makes Proxmox VE what NetBox says.
///
/// Configured by the environment variables of the server, or by a TOML file with the same names. Exit codes: 0 done or
/// nothing to do, 1 failed, 2 usage, 3 authentication or permission, 4 not found, 5 conflict or drift, 6 timeout or
/// unreachable.
#[derive(Parser)]
#[command(name = "netbox-proxmox", version)]
struct Arguments {
    /// TOML file with settings (else NETBOX_PROXMOX_CONFIG)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How data is printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    output: Format,
    /// Nothing but data and errors
    #[arg(long, short, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The life of a virtual machine, from NetBox through the real server to Proxmox VE, both in this process
    #[cfg_attr(not(feature = "demo"), command(hide = true))]
    Demo {
        /// That of a branch of NetBox (netbox-branching) instead: what merging it will do, and does
        #[arg(long)]
        branch: bool,
    },
    /// What would be done, and nothing else
    Plan(plan::Arguments),
    /// Makes one guest, or all, what NetBox says
    Apply(apply::Arguments),
    /// Makes a guest that exists in Proxmox VE the guest of a virtual machine in NetBox
    Adopt(adopt::Arguments),
    /// Makes guests that Proxmox VE has virtual machines in NetBox
    Discover(discover::Arguments),
    /// What the inbox holds
    Events(events::Arguments),
    /// How large the inbox is, what of it goes, and copies of it
    Inbox(inbox::Arguments),
    /// Sets NetBox up: cluster, custom fields with choices from Proxmox VE, webhook, event rule, user and token
    Setup(setup::Arguments),
    /// Whether everything is as it must be, from NetBox to Proxmox VE, and what to do where it is not
    Doctor(doctor::Arguments),
    /// How the running server is: connected, waiting, parked, done
    Status(status::Arguments),
    /// Prints the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Writes the manual pages of all commands and of the server
    Man {
        /// The directory, which is made if it is not there
        directory: PathBuf,
    },
}

/// What is installed is built without the stateful fakes that the demo runs between.
#[cfg(not(feature = "demo"))]
const WITHOUT_DEMO: &str = "this build has no demo, which brings its own NetBox and Proxmox: run `cargo demo` in the \
                            sources, or build with `--features demo`";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(exit) => exit.into(),
        Err(problem) => {
            if !problem.text.is_empty() {
                output::complain(&format!("netbox-proxmox: {problem}"));
            }
            problem.exit.into()
        }
    }
}

fn run(arguments: Arguments) -> Result<Exit, Problem> {
    let Arguments { config, output: format, quiet, command } = arguments;
    let config = config.map(|path| (OsString::from("NETBOX_PROXMOX_CONFIG"), path.into_os_string()));
    // `doctor` says it among its lines.
    let silent = quiet || matches!(command, Command::Doctor(_));
    let settings = || {
        let settings = Settings::from_environment(std::env::vars_os().chain(config.clone()))?;
        settings
            .strays()
            .iter()
            .filter(|_| !silent)
            .for_each(|stray| output::complain(&format!("netbox-proxmox: {stray}")));
        Ok::<_, Problem>(settings)
    };
    let output = Output { format, quiet };
    // What the libraries warn of; the commands speak for themselves.
    logging::init(LogFormat::Text, if quiet { "error" } else { "warn" });
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        match command {
            #[cfg(feature = "demo")]
            Command::Demo { branch } => demo::run(branch).await,
            #[cfg(not(feature = "demo"))]
            Command::Demo { .. } => Err(Problem::new(Exit::Usage, WITHOUT_DEMO)),
            Command::Plan(arguments) => plan::run(&arguments, &settings()?, &output).await,
            Command::Apply(arguments) => apply::run(&arguments, &settings()?, &output).await,
            Command::Adopt(arguments) => adopt::run(&arguments, &settings()?, &output).await,
            Command::Discover(arguments) => discover::run(&arguments, &settings()?, &output).await,
            Command::Events(arguments) => events::run(&arguments, &settings()?, &output).await,
            Command::Inbox(arguments) => inbox::run(&arguments, &settings()?, &output).await,
            Command::Setup(arguments) => setup::run(&arguments, &settings()?, &output).await,
            Command::Doctor(arguments) => doctor::run(&arguments, &settings()?, &output).await,
            Command::Status(arguments) => status::run(&arguments, &settings()?, &output).await,
            Command::Completions { shell } => manual::completions(Arguments::command(), shell),
            Command::Man { directory } => manual::pages(Arguments::command(), &directory),
        }
    })
}
