//! Makes a hundred records with one request; of those that are refused each is told.

use netbox_api::Client;
use netbox_api::client::NewTag;
use netbox_api::testing::FakeNetBox;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), netbox_api::Error> {
    let netbox = FakeNetBox::builder().start().await;
    let client = Client::builder(netbox.url()).token(netbox.token().into()).build()?;
    let tag =
        |number: usize| NewTag { name: format!("rack {number}"), slug: format!("rack-{number}"), ..Default::default() };
    let mut tags: Vec<NewTag> = (0..100).map(tag).collect();
    tags[7].name = String::new();
    tags[42].name = String::new();
    let Err(error) = client.tags().create_all(&tags).await else { unreachable!("two of them are wrong") };
    for item in error.items() {
        println!("{:?}: {item}", item.item);
    }
    tags.retain(|tag| !tag.name.is_empty());
    let made = client.tags().create_all(&tags).await?.value;
    let ids: Vec<u64> = made.iter().map(|tag| tag.id).collect();
    println!("{} made", ids.len());
    client.tags().delete_all(&ids).await?;
    Ok(())
}
