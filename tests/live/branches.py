"""NetBox's branches: a change within one is no event yet, and its merge has the same request id (seen with
netbox-branching 1.2.2; the plugin itself does not run here). What is sent within a branch is adapted from recorded
deliveries; a merge is a change in main, caught on its way and given the request id that it has in the branch, in the delivery
and in the change log."""
import datetime
import json
import os
import uuid

import database
from deliveries import caught, send
from harness import first, same

VMS = '/virtualization/virtual-machines/'
RECORDED = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'branching')


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%S.%fZ')


def recorded(name):
    with open(os.path.join(RECORDED, name + '.json'), encoding='utf-8') as text:
        return json.load(text)


def next_record():
    """The id that a new record gets; the branch that makes it takes it from the sequence."""
    return int(database.sql("SELECT nextval('virtualization_virtualmachine_id_seq')")) + 1


def in_branch(bench, name, record, request, born):
    """A new machine within a branch, as it was recorded, of this NetBox."""
    body = recorded('unmarked-created')
    body['request']['id'], body['timestamp'] = request, now()
    body['data'].update(id=record, name=name, display=name, created=born, last_updated=born)
    body['data']['cluster'].update(id=bench.cluster, name=bench.server.settings['NETBOX_CLUSTER'])
    body['snapshots']['postchange'].update(name=name, cluster=bench.cluster, created=born)
    return body


def born_in_branch(guest, born):
    """What was made in a branch keeps the time of that (in the record; the entry in the change log is of the merge)."""
    database.sql(f"UPDATE virtualization_virtualmachine SET created = '{born}' WHERE id = {guest.id}")
    guest.birth = f'{born[:23]}Z'
    return guest


def merge(bench, request, change, born=None, count=1):
    """A change in main as a merge or revert makes it; returns what it gave, and its deliveries, which are not sent yet. The
    server rests meanwhile: it must not read the change log before that is as a merge writes it."""
    with bench.server.at_rest(), caught(bench) as bodies:
        made = change()
        bodies = [bodies.get(timeout=30) for _ in range(count)]
        as_merged(bodies, request, born)
    return made, bodies


def as_merged(bodies, request, born):
    for body in bodies:
        database.sql(f"UPDATE core_objectchange SET request_id = '{request}' WHERE request_id = '{body['request']['id']}'")
        body['request'].update(id=request, path='/', path_info='/', method='GET')
        body['context'] = {'active_branch': None}
        for part in (body['data'], body['snapshots']['postchange']) if born else ():
            part['created'] = born


def delivered(bench, check, what, bodies):
    answers = [send(bench, body)[1]['status'] for body in bodies]
    check.that(f'{what}: no copy', lambda: same('answers', answers, ['accepted'] * len(bodies)), within=0)


def branches(bench, check, created):
    marked = recorded('marked-updated')
    status, answer = send(bench, marked)
    check.that('a change that says its branch is ignored', lambda: same(
        'answer', (status, answer.get('status'), 'branch' in answer.get('reason', '')), (202, 'ignored', True)), within=0)

    guest = made_in_branch(bench, check, created, 'live-branch', deliver=True)
    powers(bench, check, guest)
    deleted_in_branch(bench, check, guest)
    with bench.settings(NETBOX_PROXMOX_CATCH_UP='2'):
        lost = made_in_branch(bench, check, created, 'live-branch-lost', deliver=False)
    bench.netbox('DELETE', f'{VMS}{lost.id}/')
    check.that('deleted: it is gone', lost.is_gone)


def made_in_branch(bench, check, created, name, deliver):
    """A machine is made in a branch, and merged; with or without the merge's delivery."""
    record, request, born, before = next_record(), str(uuid.uuid4()), now(), len(bench.pve.writes())
    _, answer = send(bench, in_branch(bench, name, record, request, born))
    check.that(f'{name}: made in a branch, it is accepted', lambda: same('answer', answer['status'], 'accepted'), within=0)
    check.that(f'{name}: and ignored, as main does not have it', lambda: same(
        'states', [event['state'] for event in bench.events(record)], ['ignored']))
    check.holds(f'{name}: nothing is done', lambda: same('requests', bench.pve.writes()[before:], []), 2)
    guest, bodies = merge(bench, request, lambda: born_in_branch(bench.create(name), born), born)
    check.that(f'{name}: merged, it has the id of the branch', lambda: same('id', guest.id, record), within=0, vital=True)
    if deliver:
        delivered(bench, check, name, bodies)
    created(guest)
    check.that(f'{name}: one guest', guest.is_alone)
    return guest


def heard(bench, guest, request):
    """What NetBox would send of a change of the record; it is caught, and nothing else of it is true."""
    with caught(bench) as bodies:
        guest.change(comments='to see what a delivery of it is like')
        body = bodies.get(timeout=30)
    body['request']['id'] = request
    return body


def powers(bench, check, guest):
    """One change of the status in a branch: merged, reverted, merged again."""
    guest.change(status='offline')
    check.that('all is answered', bench.quiet, vital=True)
    request = str(uuid.uuid4())
    body = heard(bench, guest, request)
    body['data']['status'] = {'value': 'active', 'label': 'Active'}
    body['snapshots']['prechange'].update(status='offline', comments='')
    body['snapshots']['postchange'].update(status='active', comments='')
    send(bench, body)
    check.that('Active within the branch is answered', bench.quiet)
    check.holds('and the guest is not started', lambda: guest.runs('stopped'), 2)
    for what, status, wanted in (('merged', 'active', 'running'), ('reverted', 'offline', 'stopped'),
                                 ('merged again', 'active', 'running')):
        _, bodies = merge(bench, request, lambda status=status: guest.change(status=status))
        delivered(bench, check, what, bodies)
        check.that(f'{what}: it is {wanted}', lambda wanted=wanted: guest.runs(wanted))
        check.that('all is answered', bench.quiet)


def deleted_in_branch(bench, check, guest):
    """A machine is deleted in a branch, and the branch is merged."""
    request = str(uuid.uuid4())
    body = heard(bench, guest, request)
    body['event'], body['snapshots'] = 'deleted', {'prechange': body['snapshots']['postchange'], 'postchange': None}
    send(bench, body)
    check.that('Deleted within the branch is answered', bench.quiet)
    check.holds('and the guest is kept', lambda: first(guest.is_ready(), guest.runs('running')), 2)
    _, bodies = merge(bench, request, lambda: bench.netbox('DELETE', f'{VMS}{guest.id}/'), count=2)   # its disk, too
    delivered(bench, check, 'merged', bodies)
    check.that('merged: it is gone', guest.is_gone)
