"""What must hold once faults have stopped and all has come to rest. Each rule yields (record or None, what is wrong)."""
import collections
import re

from history import MARKER
from world import IDENTITY

P = ('staged', 'active', 'offline', 'paused')
RULES = []
DISK = re.compile(r'(scsi|virtio|sata|ide|mp)\d+|rootfs|unused\d+')
TAKEN_OVER_WITHIN = 30      # seconds after a SIGKILL
NEAR = 0.1                  # seconds by which the times of two logs may differ


def rule(check):
    RULES.append(check)
    return check


def judge(history):
    return [(check.__name__.replace('_', ' '), record, why) for check in RULES for record, why in check(history)]


@rule
def every_accepted_delivery_is_answered_or_parked(history):
    for it in history.deliveries:
        if any(status == 202 for _, _, status in it['answers']):
            prefix = f"{it['request']}/{it['type']}/{it['id']}/{it['event']}/"
            known = [key for key in history.keys if key.startswith(prefix) and key.endswith('@' + it['time'])]
            # A delivery that concerns no virtual machine is accepted, and nothing is stored.
            if not known and it['type'] == 'virtualization.virtualmachine':
                yield it['id'], f'accepted, and not in the inbox: {prefix} {it["time"]}'
    for event in history.events:
        if event['state'] == 'pending':
            yield event['change']['record'], f"still pending: {event['key']}, {event['attempts']} attempts: {event['reason']}"


@rule
def only_what_a_brake_holds_waits_for_a_person(history):
    for event in history.parked:
        if not event['brake']:
            yield event['change']['record'], f"parked: {event['key']}: {event['reason']}"


@rule
def what_was_not_delivered_is_made_up_for(history):
    known = {key.split('@')[0].rsplit('/', 1)[0] for key in history.keys}
    for entry in history.log:
        kind, action = entry['changed_object_type'], entry['action']['value']
        event = {'create': 'created', 'update': 'updated', 'delete': 'deleted'}[action]
        if kind == 'virtualization.virtualmachine' and f"{entry['request_id']}/{kind}/{entry['changed_object_id']}/{event}" not in known:
            yield entry['changed_object_id'], f"NetBox's change log has what the inbox never heard of: {event} in request {entry['request_id']}"


def owned(history):
    """Guests by the record whose marker they have: (VMID, guest, marker)."""
    found = collections.defaultdict(list)
    for vmid, guest in history.guests.items():
        marker = MARKER.search(guest['config'].get('description', ''))
        if marker and marker[1] == IDENTITY:
            found[int(marker[2])].append((vmid, guest, marker))
    return found


def moment(text):
    """A time to the millisecond, in which births are compared."""
    return re.sub(r'(\.\d{3})\d*', r'\1', text).replace('+00:00', 'Z')


@rule
def one_guest_a_record(history):
    guests, waiting = owned(history), history.waiting()
    for record, of_it in guests.items():
        if len(of_it) > 1:
            yield record, f'has {len(of_it)} guests: {[vmid for vmid, *_ in of_it]}'
        if record not in history.records and record not in waiting:
            yield record, f'was deleted, and guest {of_it[0][0]} is there'
    for record, it in history.records.items():
        if record not in guests and it['status']['value'] in P and record not in waiting:
            yield record, f"has no guest; it is {it['status']['value']}"


@rule
def vmid_and_marker_are_right(history):
    for record, of_it in owned(history).items():
        said = history.records.get(record)
        if said is None or record in history.waiting():
            continue
        for vmid, _, marker in of_it:
            if str(said['custom_fields']['proxmox_vmid']) != str(vmid):
                yield record, f"NetBox says VMID {said['custom_fields']['proxmox_vmid']}, and the guest is {vmid}"
            if int(marker[3]) != vmid or marker[4] != 'ready' or moment(marker[5]) != moment(said['created']):
                yield record, f"the marker of guest {vmid} is {marker[0]!r}; the record was created {said['created']}"


@rule
def nothing_foreign_is_touched(history):
    for vmid, before in history.foreign_before.items():
        if history.foreign[vmid] != before:
            yield None, f'guest {vmid} was {before} and is {history.foreign[vmid]}'
        yield from ((None, f'{it["method"]} {it["path"]} by {it["who"]}') for it in history.writes if it['vmid'] == vmid)
    known = {*history.foreign_before, *(vmid for of_it in owned(history).values() for vmid, *_ in of_it)}
    yield from ((None, f'guest {vmid} is nobody\'s: {guest}') for vmid, guest in history.guests.items() if vmid not in known)


@rule
def both_sides_agree(history):
    waiting, guests = history.waiting(), owned(history)
    for record, said in history.records.items():
        if record in waiting or record not in guests or said['status']['value'] not in P:
            continue
        vmid, guest, _ = guests[record][0]
        for what, wanted, found in differences(history, said, guest):
            if wanted != found:
                yield record, f'guest {vmid}: {what} is {found!r}, NetBox says {wanted!r}'


def differences(history, said, guest):
    config, fields, qemu = guest['config'], said['custom_fields'], guest['type'] == 'qemu'
    yield 'the name', said['name'], config.get('name' if qemu else 'hostname')
    yield 'memory', said['memory'], int(config['memory'])
    yield 'cores', float(said['vcpus']), float(config.get('cores', 1) * config.get('sockets', 1))
    yield 'the node', chosen(fields['proxmox_node']), guest['node']
    if said['status']['value'] in ('active', 'offline'):
        yield 'power', {'active': 'running', 'offline': 'stopped'}[said['status']['value']], guest['power']
    described = re.search(r'^netbox-description: (.*)$', config.get('description', ''), re.MULTILINE)
    yield 'the description', said['description'], described and described[1]
    disks = {name: size_of(value) for name, value in config.items() if DISK.fullmatch(name) and 'media=cdrom' not in value}
    yield 'disks', {disk['name']: disk['size'] for disk in history.disks if disk['virtual_machine']['id'] == said['id']}, disks
    if said['primary_ip4']:
        cards = ' '.join(str(value) for name, value in config.items() if re.fullmatch(r'(ipconfig|net)\d+', name))
        yield 'the address', said['primary_ip4']['address'], (re.search(r'\bip=([0-9./]+)', cards) or [None, None])[1]


def chosen(value):
    """A choice, as NetBox writes it in a select field."""
    return value['value'] if isinstance(value, dict) else value


def size_of(drive):
    """In NetBox's MB."""
    size = re.search(r'size=(\d+)([MGT]?)', str(drive))
    return size and int(size[1]) * {'M': 1, 'G': 1024, 'T': 1024 ** 2}.get(size[2], 0) * 1000 // 1024


@rule
def nothing_is_done_twice(history):
    made, removed = collections.Counter(), collections.Counter()
    for task in history.tasks:
        if task.get('status') == 'OK' and task['type'] in ('qmdestroy', 'vzdestroy'):
            removed[int(task['id'])] += 1
    for write in history.writes:
        if write['record'] and write['method'] == 'POST' and write['status'] == 200 and write['path'].endswith(('/clone', '/lxc')):
            made[write['record']] += 1
    failed = sum(1 for task in history.tasks if task['type'] in ('qmclone', 'vzcreate') and task.get('status') != 'OK')
    for record, times in made.items():
        if times > 1 + failed:
            yield record, f'was made {times} times'
    for vmid, times in removed.items():
        if times > 1:
            yield history.record_of.get(vmid), f'guest {vmid} was destroyed {times} times'
    for (record, said), times in collections.Counter(
            (it['assigned_object_id'], it['comments']) for it in history.journal if 'created as VMID' in it['comments']).items():
        if times > 1:
            yield record, f'was told {times} times: {said}'
    used = ' '.join(str(value) for guest in history.guests.values() for value in guest['config'].values())
    for volume in history.volumes:
        if volume['vmid'] != 9000 and volume['volid'] not in used:
            yield history.record_of.get(volume['vmid']), f"volume {volume['volid']} is left, of no guest"


@rule
def one_plan_a_guest_at_a_time(history):
    """Whoever writes to a guest is whoever began to answer its record last."""
    began = collections.defaultdict(list)
    for at, record, name, life, begins in history.steps:
        if begins:
            began[record].append((at, name, life))
    for write in history.writes:
        record = write['record'] or history.record_of.get(write['vmid'])
        before = [it for it in began[record] if it[0] <= write['at'] - NEAR]
        near = {name for at, name, _ in began[record] if abs(at - write['at']) < NEAR}
        if record is not None and before and write['who'] not in near | {before[-1][1]}:
            yield record, (f"{write['who']} did {write['method']} {write['path']} at {write['at']:.3f}, "
                           f'and {before[-1][1]} began to answer the record at {before[-1][0]:.3f}')
    of_guest = collections.defaultdict(list)
    for task in history.tasks:
        vmid = task['id'] if task['type'] != 'qmclone' else None
        if vmid:
            of_guest[int(vmid)].append((task['starttime'], task.get('endtime') or float('inf'), task['user'], task['upid']))
    for vmid, tasks in of_guest.items():
        tasks.sort()
        for (_, ended, who, one), (begun, _, other, two) in zip(tasks, tasks[1:]):
            if begun < ended and who != other:
                yield history.record_of.get(vmid), f'guest {vmid} had two tasks at once: {one} and {two}'


def taken_over(history):
    """How long what a killed instance worked on waited for somebody: (record, when, seconds)."""
    for instance in history.instances:
        for life, (_, killed) in enumerate(instance.lives, 1):
            if killed is None or (killed, instance.name) not in history.kills:
                continue
            last = {}
            for at, record, name, of, begins in history.steps:
                if (name, of) == (instance.name, life):
                    last[record] = begins
            for record in (record for record, working in last.items() if working):
                after = [at for at, of, name, of_life, begins in history.steps
                         if begins and of == record and at > killed and (name, of_life) != (instance.name, life)]
                if after:
                    yield record, killed, min(after) - killed


@rule
def what_a_killed_server_worked_on_is_taken_over_in_time(history):
    for record, killed, seconds in taken_over(history):
        # Where something else was in the way, too, nothing is promised.
        if seconds > TAKEN_OVER_WITHIN and history.promised(killed, killed + TAKEN_OVER_WITHIN):
            yield record, f'was worked on by a server that was killed at {killed:.3f}, and taken up after {seconds:.1f} s'


@rule
def no_server_panics(history):
    for instance in history.instances:
        yield from ((None, f"{instance.name}: {what['message']}") for _, _, what in instance.said if 'panic' in what.get('message', ''))
