//! A kind that has no type here, as a type of your own.

use netbox_api::Client;
use netbox_api::testing::FakeNetBox;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Manufacturer {
    id: u64,
    name: String,
}

#[derive(Serialize)]
struct NewManufacturer<'a> {
    name: &'a str,
    slug: &'a str,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), netbox_api::Error> {
    let netbox = FakeNetBox::builder().start().await;
    let client = Client::builder(netbox.url()).token(netbox.token().into()).build()?;
    // Such as "plugins/custom-objects/racks".
    let manufacturers = client.endpoint::<Manufacturer>("dcim/manufacturers");
    manufacturers.create(&NewManufacturer { name: "Example", slug: "example" }).await?;
    for manufacturer in manufacturers.all(&[("slug", "example")]).await? {
        println!("{} {}", manufacturer.id, manufacturer.name);
    }
    Ok(())
}
