#!/usr/bin/env python3
"""Prepares a NetBox for the bridge: a cluster, the custom fields with their choice sets, and a webhook
with one event rule for the five object types. Standard library only, and idempotent: what is there is
brought up to date. Prints the ids of what it made as JSON.

    prepare.py --netbox URL --token TOKEN --receiver URL --secret SECRET --cluster NAME
               [--nodes pve1] [--templates 9000=debian-12-cloud] [--storages local-lvm,ceph-pool]
               [--containers local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst=debian-12]
"""
import argparse
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

TYPES = ['virtualization.virtualmachine', 'virtualization.virtualdisk', 'virtualization.vminterface',
         'ipam.ipaddress', 'dcim.macaddress']
EVENTS = ['object_created', 'object_updated', 'object_deleted']


class NetBoxError(Exception):
    """An answer of NetBox that is an error: its status and body."""

    def __init__(self, method, path, status, body):
        super().__init__(f'{method} {path}: {status}: {body[:500]}')
        self.status = status


class NetBox:
    """The REST API, as far as the live tests need it."""

    def __init__(self, url, token):
        self.url = url.rstrip('/')
        self.authorization = ('Bearer ' if token.startswith('nbt_') else 'Token ') + token
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def __call__(self, method, path, body=None, **filters):
        query = '?' + urllib.parse.urlencode(filters, doseq=True) if filters else ''
        request = urllib.request.Request(
            f'{self.url}/api{path}{query}', method=method, data=None if body is None else json.dumps(body).encode(),
            headers={'Authorization': self.authorization, 'Content-Type': 'application/json',
                     'Accept': 'application/json'})
        try:
            with self.opener.open(request, timeout=120) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise NetBoxError(method, path, error.code, error.read().decode(errors='replace')) from None
        return json.loads(text) if text else None

    def find(self, path, **filters):
        return self('GET', path, limit=1000, **filters)['results']

    def ensure(self, path, match, **attributes):
        """The object that matches, made if there is none, brought up to date otherwise."""
        found = self.find(path, **match)
        body = {**match, **attributes}
        return self('PATCH', f"{path}{found[0]['id']}/", body) if found else self('POST', path, body)


def fields(netbox, nodes, templates, storages, containers):
    """The custom fields of the mission under their default names, and the choice sets of the selections."""
    def choices(name, values):
        return netbox.ensure('/extras/custom-field-choice-sets/', {'name': name}, extra_choices=values)['id']

    kinds = choices('proxmox-vm-type', [['vm', 'Virtual machine'], ['lxc', 'Container']])
    node_set = choices('proxmox-nodes', [[n, n] for n in nodes])
    storage_set = choices('proxmox-storages', [[s, s] for s in storages])
    vm_templates = choices('proxmox-vm-templates', [list(t) for t in templates])
    lxc_templates = choices('proxmox-lxc-templates', [list(t) for t in containers])
    vm, disk = ['virtualization.virtualmachine'], ['virtualization.virtualdisk']
    table = [
        ('proxmox_node', 'Proxmox node', vm, 'select', node_set),
        ('proxmox_vm_type', 'Proxmox guest type', vm, 'select', kinds),
        ('proxmox_vmid', 'Proxmox VMID', vm, 'text', None),
        ('proxmox_vm_storage', 'Proxmox storage', vm, 'select', storage_set),
        ('proxmox_public_ssh_key', 'Proxmox SSH keys', vm, 'longtext', None),
        ('proxmox_vm_templates', 'Proxmox VM template', vm, 'select', vm_templates),
        ('proxmox_lxc_templates', 'Proxmox container template', vm, 'select', lxc_templates),
        ('proxmox_disk_storage_volume', 'Proxmox disk storage', disk, 'select', storage_set),
        ('proxmox_mount_path', 'Proxmox mount path (containers)', disk, 'text', None),
    ]
    made = {}
    for name, label, object_types, kind, choice_set in table:
        attributes = {'label': label, 'object_types': object_types, 'type': kind, 'filter_logic': 'exact'}
        if choice_set:
            attributes['choice_set'] = choice_set
        made[name] = netbox.ensure('/extras/custom-fields/', {'name': name}, **attributes)['id']
    return made


def webhook(netbox, receiver, secret, rules=1):
    """The webhook and `rules` event rules for it (two rules send everything twice; surplus ones are removed)."""
    hook = netbox.ensure('/extras/webhooks/', {'name': 'netbox-proxmox'}, payload_url=receiver, http_method='POST',
                         http_content_type='application/json', secret=secret, ssl_verification=True)['id']
    ids = []
    for number in range(1, 3):
        name = f'netbox-proxmox-{number}'
        if number <= rules:
            ids.append(netbox.ensure('/extras/event-rules/', {'name': name}, object_types=TYPES, event_types=EVENTS,
                                     enabled=True, action_type='webhook', action_object_type='extras.webhook',
                                     action_object_id=hook)['id'])
        else:
            for surplus in netbox.find('/extras/event-rules/', name=name):
                netbox('DELETE', f"/extras/event-rules/{surplus['id']}/")
    return {'webhook': hook, 'event_rules': ids}


def prepare(netbox, receiver, secret, cluster, nodes, templates, storages, containers):
    kind = netbox.ensure('/virtualization/cluster-types/', {'slug': 'proxmox-ve'}, name='Proxmox VE')['id']
    made = netbox.ensure('/virtualization/clusters/', {'name': cluster}, type=kind, status='active')['id']
    return {'cluster_type': kind, 'cluster': made, 'custom_fields': fields(netbox, nodes, templates, storages, containers),
            **webhook(netbox, receiver, secret)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ('netbox', 'token', 'receiver', 'secret', 'cluster'):
        parser.add_argument('--' + name, required=True)
    parser.add_argument('--nodes', default='pve1')
    parser.add_argument('--templates', default='9000=debian-12-cloud,9001=debian-12-ceph')
    parser.add_argument('--storages', default='local-lvm,ceph-pool')
    parser.add_argument('--containers', default='local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst=debian-12-standard')
    args = parser.parse_args()
    try:
        made = prepare(NetBox(args.netbox, args.token), args.receiver, args.secret, args.cluster,
                       args.nodes.split(','), [t.split('=', 1) for t in args.templates.split(',')],
                       args.storages.split(','), [t.split('=', 1) for t in args.containers.split(',')])
    except NetBoxError as error:
        sys.exit(str(error))
    print(json.dumps(made, indent=1))


if __name__ == '__main__':
    main()
