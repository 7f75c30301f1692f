"""The jobs with pynetbox and proxmoxer, each as its documentation shows it."""

import os
import sys
import time

import pynetbox
from proxmoxer import ProxmoxAPI
from proxmoxer.tools import Tasks

job, prefix, netbox_url, netbox_token, proxmox_url, proxmox_token = sys.argv[1:]


def list():
    return sum(machine.memory or 0 for machine in netbox.virtualization.virtual_machines.all(limit=1000))


def filter():
    return len([machine for machine in netbox.virtualization.virtual_machines.filter(status="staged", limit=1000)])


def create():
    new = [{"name": f"{prefix}{number}", "cluster": 1} for number in range(1000)]
    return len(netbox.virtualization.virtual_machines.create(new))


def update():
    for id in range(1, 101):
        machine = netbox.virtualization.virtual_machines.get(id)
        machine.memory = (machine.memory or 0) + 1
        machine.save()
    return 100


def delete():
    found = netbox.virtualization.virtual_machines.filter(cluster="to-be-deleted", limit=1000)
    ids = [machine.id for machine in found][:300]
    netbox.virtualization.virtual_machines.delete(ids)
    return len(ids)


def task():
    upid = proxmox.nodes("pve01").qemu(100).status.start.post()
    assert Tasks.blocking_status(proxmox, upid)["exitstatus"] == "OK"
    return 1


def snapshot():
    snapshots = proxmox.nodes("pve01").qemu(100).snapshot
    assert Tasks.blocking_status(proxmox, snapshots.post(snapname="before"))["exitstatus"] == "OK"
    count = len(snapshots.get())
    assert Tasks.blocking_status(proxmox, snapshots("before").delete())["exitstatus"] == "OK"
    return count


def upload():
    with open(os.environ["UPLOAD"], "rb") as file:
        proxmox.nodes("pve01").storage("local").upload.post(content="iso", filename=file)
    return os.path.getsize(os.environ["UPLOAD"])


def ping():
    for _ in range(1000):
        proxmox.nodes("pve01").qemu(101).agent("ping").post()
    return 1000


def pools():
    return len(proxmox.pools.get(poolid="web")[0]["members"])


netbox = pynetbox.api(netbox_url, token=netbox_token)
user, secret = proxmox_token.split("=")
user, name = user.split("!")
address = proxmox_url.removeprefix("http://")
# proxmoxer speaks https alone; the fake has no certificate.
proxmox = ProxmoxAPI(address, user=user, token_name=name, token_value=secret, verify_ssl=False)
proxmox._store["base_url"] = proxmox_url + "/api2/json"

begun = time.monotonic()
count = globals()[job]()
took = time.monotonic() - begun
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(count, took, peak)
