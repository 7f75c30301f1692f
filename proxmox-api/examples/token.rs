//! Makes a token that may only look: `cargo run --example token`.

mod connect;

use std::error::Error;

use proxmox_api::{AclParams, Client, RoleParams, SecretString, TokenParams};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _fake) = connect::client().await?;
    run(&client).await
}

pub(crate) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    let tokens = client.access().tokens("root@pam");
    let token = tokens.create("inventory", &TokenParams::new().comment("reads the inventory").privsep(true)).await?;
    client
        .access()
        .roles()
        .create(&RoleParams::new("Inventory").privs("Sys.Audit,VM.Audit,VM.GuestAgent.Audit"))
        .await?;
    client.access().set_acl(&AclParams::new("/", "Inventory").tokens(token.full_tokenid.as_str())).await?;
    // Proxmox says the secret only now: it goes where secrets are kept, not to a log.
    keep(&token.value);
    println!("{} may look at everything", token.full_tokenid);
    tokens.delete("inventory").await?;
    Ok(())
}

fn keep(_secret: &SecretString) {}
