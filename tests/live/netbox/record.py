#!/usr/bin/env python3
"""Records the webhook deliveries 200 and on of the fixtures from a real NetBox: a disk that grows, a machine that is
paused and resumed, and of a container the SSH key, a mount point, name, interfaces, labels and pause.

    export NETBOX_URL NETBOX_TOKEN      # of an up.sh that `netbox-proxmox setup` has set up (the custom fields, node pve1)
    record.py [FOLDER]                  # default: ../../fixtures/netbox-webhooks

Writes the raw bodies as NNN-what--object-event.raw, and their signatures into the folder's index.json. What it makes
in NetBox is in `rec-cluster` and removed at the end; what others do there is not recorded. Standard library only.
"""
import http.server
import json
import os
import pathlib
import queue
import sys
import threading
import urllib.request

from rest import NetBox

TYPES = ['virtualization.virtualmachine', 'virtualization.virtualdisk', 'virtualization.vminterface',
         'ipam.ipaddress', 'dcim.macaddress']
EVENTS = ['object_created', 'object_updated', 'object_deleted']

SECRET = 'netbox-lab-webhook-secret-0123456789'
VM, DISK, NIC = '/virtualization/virtual-machines/', '/virtualization/virtual-disks/', '/virtualization/interfaces/'
KEYS = ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f alice@example.org',
        'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGRlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn+AgYKD bob@example.org']


class Listener(http.server.BaseHTTPRequestHandler):
    deliveries = queue.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        self.deliveries.put((self.headers['X-Hook-Signature'], body))
        self.send_response(204)
        self.end_headers()

    log_message = lambda *_: None


def change(netbox, folder, deliveries, what, method, path, body=None, count=1):
    """Makes one change and writes the deliveries that it caused; those of a change without a name are left out."""
    request = urllib.request.Request(
        f'{netbox.url}/api{path}', method=method, data=None if body is None else json.dumps(body).encode(),
        headers={**netbox.headers, 'Content-Type': 'application/json'})
    with netbox.opener.open(request, timeout=60) as answer:
        made, ours = json.loads(answer.read() or b'null'), answer.headers['X-Request-ID']
    while what and count:
        signature, raw = Listener.deliveries.get(timeout=60)
        sent = json.loads(raw)
        if sent['request']['id'] == ours:
            number = 200 + sum(it['file'] >= '200' for it in deliveries)
            file = f"{number}-{what}--{sent['object_type'].split('.')[1]}-{sent['event']}.raw"
            (folder / file).write_bytes(raw)
            deliveries.append({'file': file, 'event': sent['event'], 'object_type': sent['object_type'],
                               'id': sent['data']['id'], 'signature': signature})
            count -= 1
    return made


def scenario(record, vm, disk, container, tag):
    step = lambda what, path, thing, **to: record(what, 'PATCH', f"{path}{thing['id']}/", to)
    add = lambda what, path, count, **to: record(what, 'POST', path, {'virtual_machine': container['id'], **to}, count)
    step('virtualdisk-grow-scsi1', DISK, disk, size=8000)
    step(None, VM, vm, status='active')
    step('vm-status-paused', VM, vm, status='paused')
    step('vm-status-resumed', VM, vm, status='active')
    step('lxc-change-ssh-key', VM, container, custom_fields={'proxmox_public_ssh_key': KEYS[1]})
    mount = add('lxc-create-mp0', DISK, 1, name='mp0', size=5000,
                custom_fields={'proxmox_disk_storage_volume': 'local-lvm', 'proxmox_mount_path': '/srv/data'})
    step('lxc-grow-mp0', DISK, mount, size=8000)
    step('lxc-shrink-mp0', DISK, mount, size=6000)
    step(None, DISK, mount, size=8000)
    record('lxc-delete-mp0', 'DELETE', f"{DISK}{mount['id']}/")
    step('lxc-rename', VM, container, name='ct02-renamed')
    add('lxc-create-eth0', NIC, 2, name='eth0', mac_address='BC:24:11:00:02:00')
    nic = add('lxc-create-eth1', NIC, 2, name='eth1', mac_address='BC:24:11:00:02:01')
    step('lxc-change-eth1', NIC, nic, mtu=1400, enabled=False)
    record('lxc-delete-eth1', 'DELETE', f"{NIC}{nic['id']}/", count=2)
    step('lxc-set-labels', VM, container, tags=[tag], description='name server', start_on_boot='on')
    step(None, VM, container, status='active')
    step('lxc-status-paused', VM, container, status='paused')


def main(folder):
    netbox, made = NetBox(os.environ['NETBOX_URL'], os.environ['NETBOX_TOKEN']), []
    server = http.server.HTTPServer(('127.0.0.1', 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def make(path, **body):
        made.append((path, netbox('POST', path, body)))
        return made[-1][1]

    def guest(name, disks, **fields):
        fields = {f'proxmox_{name}': it for name, it in {'node': 'pve1', 'vm_storage': 'local-lvm', **fields}.items()}
        of = make(VM, name=name, cluster=cluster, status='staged', vcpus=2, memory=2048, custom_fields=fields)
        return of, netbox('POST', DISK, [{'virtual_machine': of['id'], 'name': at, 'size': mb} for at, mb in disks])

    try:
        kind = make('/virtualization/cluster-types/', name='rec-type', slug='rec-type')['id']
        cluster = make('/virtualization/clusters/', name='rec-cluster', type=kind)['id']
        tag = make('/extras/tags/', name='rec-dns', slug='rec-dns')['id']
        vm, disks = guest('web02', [('scsi0', 20000), ('scsi1', 5000)], vm_type='vm', vmid='102', vm_templates='9000')
        container, _ = guest('ct02', [('rootfs', 20000)], vm_type='lxc', vmid='103', public_ssh_key=KEYS[0],
                             lxc_templates='local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst')
        url = f'http://127.0.0.1:{server.server_port}/'
        hook = make('/extras/webhooks/', name='rec-webhook', secret=SECRET, payload_url=url)['id']
        make('/extras/event-rules/', name='rec-rule', object_types=TYPES, event_types=EVENTS, action_type='webhook',
             action_object_type='extras.webhook', action_object_id=hook)
        index = json.loads((folder / 'index.json').read_text())
        index['deliveries'] = [it for it in index['deliveries'] if it['file'] < '200']
        scenario(lambda *of, **to: change(netbox, folder, index['deliveries'], *of, **to), vm, disks[1], container, tag)
        (folder / 'index.json').write_text(json.dumps(index, indent=1))
    finally:
        for path, thing in reversed(made):
            netbox('DELETE', f"{path}{thing['id']}/")


if __name__ == '__main__':
    main(pathlib.Path(*sys.argv[1:2] or [pathlib.Path(__file__).parents[2] / 'fixtures' / 'netbox-webhooks']))
