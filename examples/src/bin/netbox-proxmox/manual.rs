//! `completions` and `man`: what packages install beside the binaries, made from the definition of the command line.

use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use netbox_proxmox_examples::output::line;
use netbox_proxmox_examples::{Exit, Problem, server};

pub(crate) fn completions(mut command: Command, shell: Shell) -> Result<Exit, Problem> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Exit::Done)
}

/// A page for the command line, one for each of its commands (section 1), and one for the server (section 8).
pub(crate) fn pages(command: Command, directory: &Path) -> Result<Exit, Problem> {
    let written = std::fs::create_dir_all(directory).and_then(|()| {
        clap_mangen::generate_to(command, directory)?;
        Man::new(server::Arguments::command()).section("8").generate_to(directory)
    });
    let failed = |error| Problem::new(Exit::Failed, format!("{}: {error}", directory.display()));
    written.map(|_| Exit::Done).map_err(failed)
}
