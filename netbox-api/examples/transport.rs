//! A transport that tells what is sent through it, and carries it into a NetBox in memory: no socket is opened.

use netbox_api::Client;
use netbox_api::client::Transport;
use netbox_api::client::transport::{Body, Sending};
use netbox_api::testing::{FakeNetBox, InProcess};

struct Telling(InProcess);

impl Transport for Telling {
    fn send(&self, request: http::Request<Body>) -> Sending<'_> {
        println!("{} {}", request.method(), request.uri());
        self.0.send(request)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), netbox_api::Error> {
    let netbox = FakeNetBox::builder().start().await;
    let builder = Client::builder("http://netbox.invalid").transport(Telling(netbox.transport()));
    let client = builder.token(netbox.token().into()).build()?;
    println!("NetBox {}", client.status().await?.netbox_version);
    Ok(())
}
