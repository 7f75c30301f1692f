//! A report of all prefixes: how full each is, how many of its addresses have no name, and what is free in it.
//!
//! `cargo run --features testing --example prefix_report`, or with `NETBOX_URL` and `NETBOX_TOKEN` set against a NetBox.

use std::net::IpAddr;

use futures_util::TryStreamExt;
use netbox_api::client::{IpAddressFilter, NewIpAddress, NewPrefix, PrefixFilter};
use netbox_api::testing::FakeNetBox;
use netbox_api::{Client, Error, IpAddress, Prefix};

/// A line of the report.
struct Line {
    prefix: String,
    status: String,
    used: u128,
    size: Option<u128>,
    nameless: usize,
    gaps: Vec<String>,
}

impl Line {
    fn of(prefix: &Prefix, addresses: &[IpAddress]) -> Self {
        let network = prefix.prefix.parse::<ipnet::IpNet>().ok();
        let mut hosts: Vec<IpAddr> = addresses.iter().filter_map(|one| Some(one.network()?.addr())).collect();
        hosts.sort_unstable();
        hosts.dedup();
        let size = network.filter(|network| network.addr().is_ipv4()).map(|network| {
            let all = 1_u128 << (32 - u32::from(network.prefix_len()));
            // Network and broadcast address, except where every address can be used.
            if prefix.is_pool == Some(true) || all <= 2 { all } else { all - 2 }
        });
        Self {
            prefix: prefix.prefix.clone(),
            status: prefix.status.as_ref().map(ToString::to_string).unwrap_or_default(),
            used: hosts.len() as u128,
            size,
            nameless: addresses.iter().filter(|one| one.dns_name.is_empty()).count(),
            gaps: network.map(|network| gaps(network, &hosts)).unwrap_or_default(),
        }
    }

    fn print(&self) {
        let (used, size) = (self.used, self.size.map_or_else(|| "many".to_owned(), |size| size.to_string()));
        let percent = self.size.filter(|size| *size > 0).map(|size| format!("{:>3} %", used * 100 / size));
        let percent = percent.unwrap_or_default();
        println!(
            "{:<20} {:<10} {used:>5} of {size:>6} {percent:>6}  {} without a name",
            self.prefix, self.status, self.nameless
        );
        for gap in self.gaps.iter().take(3) {
            println!("    free: {gap}");
        }
    }
}

/// The first and last address of each run of free ones, of prefixes that are small enough to be walked.
fn gaps(network: ipnet::IpNet, hosts: &[IpAddr]) -> Vec<String> {
    if network.max_prefix_len() - network.prefix_len() > 12 {
        return Vec::new();
    }
    let mut gaps: Vec<(IpAddr, IpAddr)> = Vec::new();
    let mut open = false;
    for host in network.hosts() {
        match (hosts.binary_search(&host).is_ok(), gaps.last_mut()) {
            (true, _) => open = false,
            (false, Some((_, last))) if open => *last = host,
            (false, _) => {
                gaps.push((host, host));
                open = true;
            }
        }
    }
    gaps.iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first} to {last}") })
        .collect()
}

async fn report(client: &Client) -> Result<(), Error> {
    let fields = ["prefix", "status", "is_pool"];
    let mut prefixes = client.prefixes().fields(fields).list(&PrefixFilter::default());
    while let Some(prefix) = prefixes.try_next().await? {
        let filter = IpAddressFilter { parent: vec![prefix.prefix.clone()], ..Default::default() };
        let addresses = client.ip_addresses().fields(["address", "dns_name"]).all(&filter).await?;
        Line::of(&prefix, &addresses).print();
    }
    Ok(())
}

/// A NetBox with two prefixes and some addresses.
async fn example() -> Result<(FakeNetBox, Client), Error> {
    let netbox = FakeNetBox::builder().start().await;
    let client = Client::builder(netbox.url()).token(netbox.token().into()).build()?;
    for prefix in ["198.51.100.0/24", "2001:db8::/64"] {
        client.prefixes().create(&NewPrefix { prefix: prefix.into(), ..Default::default() }).await?;
    }
    for (address, name) in
        [("198.51.100.1/24", "gw.example.org"), ("198.51.100.7/24", ""), ("2001:db8::7/64", "web01.example.org")]
    {
        let new = NewIpAddress { address: address.into(), dns_name: Some(name.into()), ..Default::default() };
        client.ip_addresses().create(&new).await?;
    }
    Ok((netbox, client))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    match (std::env::var("NETBOX_URL"), std::env::var("NETBOX_TOKEN")) {
        (Ok(url), Ok(token)) => report(&Client::builder(url).token(token.into()).build()?).await,
        _ => {
            let (_netbox, client) = example().await?;
            report(&client).await
        }
    }
}
