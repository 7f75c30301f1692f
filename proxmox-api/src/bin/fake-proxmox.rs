//! The fake of Proxmox VE as a process, for tests in any language.
//!
//! `fake-proxmox [--listen ADDRESS:PORT] [--log FILE] [SEED.json]` prints one line of JSON with `url` and `token` once it answers, and
//! serves until it is ended. The seed is described at `proxmox_api::testing::Builder::from_seed`; without one there is a
//! node without guests. Without an address it takes a free port of `127.0.0.1`. FILE receives a line of JSON for each request, in the
//! order in which they were executed: `at` (seconds since 1970), `user`, `method`, `path`, `params`, `status`.

use std::error::Error;
use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use proxmox_api::testing::{Builder, Recorded};
use serde_json::{Value, json};

const USAGE: &str = "usage: fake-proxmox [--listen ADDRESS:PORT] [--log FILE] [SEED.json]";

fn line(request: &Recorded) -> Value {
    let Recorded { method, path, params, user, status, .. } = request;
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    json!({"at": at, "user": user, "method": method, "path": path, "params": params, "status": status})
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mut address, mut log, mut seed): (Option<SocketAddr>, Option<File>, _) = (None, None, "{}".to_owned());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--listen" => address = Some(arguments.next().ok_or(USAGE)?.parse()?),
            "--log" => log = Some(File::create(arguments.next().ok_or(USAGE)?)?),
            "--help" | "-h" => {
                println!("{USAGE}");
                return Ok(());
            }
            option if option.starts_with('-') => return Err(USAGE.into()),
            file => seed = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?,
        }
    }
    let mut builder = Builder::from_seed(&seed)?;
    if let Some(address) = address {
        builder = builder.listen(address);
    }
    let pve = builder.start().await;
    if let Some(mut log) = log {
        pve.after("* /**", move |_, request| {
            if let Err(error) = writeln!(log, "{}", line(request)) {
                eprintln!("the log: {error}");
            }
        });
    }
    println!("{}", json!({"url": pve.url(), "token": pve.token_string()}));
    std::future::pending().await
}
