"""What happened, from all who saw it: people, the way of deliveries, the servers' logs, Proxmox's and NetBox's own, the inbox."""
import json
import re

from world import IDENTITY

MARKER = re.compile(r'netbox-proxmox: (\S+) record (\d+) vmid (\d+) (creating|ready) born (\S+)')
VMS = '/virtualization/virtual-machines/'
ENDS = ('answered', 'ignored', 'waits for a person', 'failed; it is tried again', 'failed; parked until it is released', 'not answered')


class History:
    """Of a run that has come to rest."""

    def __init__(self, world, people, faults, parked):
        self.instances, self.faults = world.instances, faults.did
        self.parked = parked        # what waited for a person before the brakes were released
        self.kills, self.promised = set(faults.kills), faults.promised
        self.did = sorted((at, record, what) for person in people for at, record, what in person.did)
        self.deliveries = world.relay.deliveries
        self.writes = list(writes(world.requests))
        self.tasks = [task for node in ('pve1', 'pve2') for task in world.ask(f'/nodes/{node}/tasks?limit=100000&source=all')]
        self.guests, self.foreign, self.foreign_before = world.guests(), world.foreign_guests(), world.foreign
        self.volumes = world.ask('/nodes/pve1/storage/ceph/content')
        find = world.netbox.find
        self.records = {it['id']: it for it in everything(find, VMS)}
        self.disks = everything(find, '/virtualization/virtual-disks/')
        self.log = everything(find, '/core/object-changes/')
        self.journal = everything(find, '/extras/journal-entries/')
        entries = world.inbox_entries()
        self.events = [it['event'] for it in entries if 'event' in it]
        self.keys = {it['key'] for it in self.events} | {it['key']['key'] for it in entries if 'key' in it}
        self.steps = sorted(steps(self.instances), key=lambda step: step[0])
        # The record of each VMID: none is given twice within a run.
        self.record_of = {}
        for write in self.writes:
            if write['record'] and write['status'] == 200:
                self.record_of.setdefault(write['vmid'], write['record'])

    def waiting(self):
        """The records with something that waits for a person, and why."""
        return {it['change']['record']: it['reason'] for it in self.events if it['state'] == 'parked'}

    def of(self, record):
        """All that is known of one record, in the order of time."""
        vmids = [vmid for vmid, of in self.record_of.items() if of == record]
        lines = [(at, 'people', what) for at, of, what in self.did if of == record]
        lines += [(at, 'fault', what) for at, what in self.faults]
        for delivery in self.deliveries:
            if delivery['type'] == 'virtualization.virtualmachine' and delivery['id'] == record:
                lines += [(at, 'delivery', f"{delivery['event']} of {delivery['time']} to {name}: {status}")
                          for at, name, status in delivery['answers']]
        lines += [(write['at'], write['who'], f"{write['method']} {write['path']} {write['params']} -> {write['status']}")
                  for write in self.writes if write['vmid'] in vmids]
        for instance in self.instances:
            lines += [(at, f'{instance.name}/{life}', ' '.join(f'{name}={value}' for name, value in what.items()))
                      for at, life, what in instance.said if str(what.get('record')) == str(record)]
        lines += [(it['received'], 'inbox', f"{it['key']}: {it['state']} {it['reason'] or ''}") for it in self.events
                  if it['change']['record'] == record]
        return [f'{at:.3f} {who:10} {what}' for at, who, what in sorted(lines)]


def everything(find, path):
    found, before = [], None
    while before != len(found):
        before = len(found)
        found += find(path, offset=len(found))
    return found


def writes(path):
    """What changed Proxmox, or was to: who asked, and of which guest."""
    with open(path, encoding='utf-8') as log:
        for line in log:
            asked = json.loads(line)
            if asked['method'] != 'GET' and '!' in (asked['user'] or ''):
                place = re.fullmatch(r'/nodes/[^/]+/(?:qemu|lxc)(?:/(\d+))?(?:/(.*))?', asked['path'])
                new = asked['params'].get('newid') if place and place[2] == 'clone' else asked['params'].get('vmid')
                vmid = new or (place and place[1])
                marker = MARKER.search(asked['params'].get('description', ''))
                yield {**asked, 'who': asked['user'].split('!')[1], 'vmid': int(vmid) if vmid else None,
                       'record': int(marker[2]) if marker and marker[1] == IDENTITY else None}


def steps(instances):
    """When an instance began to answer what concerns a record, and when it ended: (when, record, instance, life, begins)."""
    for instance in instances:
        for at, life, what in instance.said:
            if 'record' in what and what.get('message') == 'answering':
                yield at, int(what['record']), instance.name, life, True
            elif 'record' in what and what.get('message') in ENDS:
                yield at, int(what['record']), instance.name, life, False
