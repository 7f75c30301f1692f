//! What a command prints: data on standard output, talk on standard error. Colours are taken out where nobody sees them
//! (no terminal) or wants them (`NO_COLOR`).

use std::io::{self, Write};

use anstream::{stderr, stdout};
use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::exit::Problem;

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people.
    Table,
    /// JSON.
    Json,
}

/// Where a command prints to.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// How.
    pub format: Format,
    /// Nothing but data and errors.
    pub quiet: bool,
}

impl Output {
    /// Prints data: as JSON, or as a table of these columns.
    ///
    /// # Errors
    /// Standard output cannot be written; a closed pipe ends the command quietly.
    pub fn data<T: Serialize>(
        &self,
        data: &[T],
        columns: &[&str],
        row: impl Fn(usize, &T) -> Vec<String>,
    ) -> Result<(), Problem> {
        let text = match self.format {
            Format::Json => serde_json::to_string_pretty(data).map_err(io::Error::from)?,
            Format::Table if data.is_empty() => return Ok(()),
            Format::Table => {
                let mut table = Table::new();
                table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
                table.set_header(columns);
                table.add_rows(data.iter().enumerate().map(|(index, item)| row(index, item)));
                table.trim_fmt()
            }
        };
        line(&text)
    }

    /// Says something to the person, unless they want it quiet.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            complain(text);
        }
    }
}

/// A line on standard output.
///
/// # Errors
/// It cannot be written.
pub fn line(text: &str) -> Result<(), Problem> {
    let mut out = stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// A line on standard error; nobody may be listening.
pub fn complain(text: &str) {
    let _ = writeln!(stderr().lock(), "{text}");
}
