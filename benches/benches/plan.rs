//! The planner alone, and a delivery of 4 KB on its way to a plan: verified, parsed, planned.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use netbox_api::signature;
use netbox_proxmox_core::{Delivery, Event, plan};

const SECRET: &[u8] = b"netbox-lab-webhook-secret-0123456789";
/// A recorded creation, 2.5 KB, and an update with addresses, 4.3 KB.
const CREATED: &[u8] =
    include_bytes!("../../tests/fixtures/netbox-webhooks/001-vm-create-staged--virtualmachine-created.raw");
const UPDATED: &[u8] =
    include_bytes!("../../tests/fixtures/netbox-webhooks/017-vm-set-primary-ip6--virtualmachine-updated.raw");

fn event(body: &[u8]) -> Event {
    Event::from_delivery(&serde_json::from_slice::<Delivery>(body).unwrap()).unwrap()
}

fn benches(criterion: &mut Criterion) {
    let created = event(CREATED);
    criterion.bench_function("plan of a creation", |bencher| bencher.iter(|| plan(std::hint::black_box(&created))));
    let signed = signature::sign(SECRET, UPDATED);
    let mut delivery = criterion.benchmark_group(format!("a delivery of {} bytes", UPDATED.len()));
    delivery.bench_function("verify", |bencher| {
        bencher.iter(|| signature::verify(SECRET, std::hint::black_box(UPDATED), Some(signed.as_bytes())).unwrap());
    });
    delivery.bench_function("verify + parse + plan", |bencher| {
        bencher.iter(|| {
            signature::verify(SECRET, std::hint::black_box(UPDATED), Some(signed.as_bytes())).unwrap();
            plan(&event(UPDATED))
        });
    });
    delivery.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
