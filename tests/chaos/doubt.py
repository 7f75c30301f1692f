"""Whether the judge would have seen it: each rule is shown the history of a good run with one thing wrong in it."""
import copy
import time

import judge
from history import MARKER

WRONG = {}


def wrong(check):
    """What the function makes wrong is that rule's to see."""
    def note(make):
        WRONG.setdefault(check, []).append(make)
        return make
    return note


def blind(history):
    """What is made wrong, and its rule does not see. Of a history that has nothing of the kind nothing is said."""
    for check in judge.RULES:
        for make in WRONG.get(check, [None]):
            if make is None:
                yield f'nothing shows that this rule can fail: {check.__name__}'
                continue
            other = copy.copy(history)
            for name in ('deliveries', 'events', 'keys', 'log', 'guests', 'foreign', 'records', 'disks', 'writes', 'tasks', 'volumes', 'steps'):
                setattr(other, name, copy.deepcopy(getattr(history, name)))
            if make(other) is not False and not list(check(other)):
                yield f'{check.__name__} does not see: {make.__name__}'


def guest(history):
    """A guest of ours whose record waits for nobody: (record, VMID)."""
    for record, of_it in judge.owned(history).items():
        if record in history.records and record not in history.waiting() and history.records[record]['status']['value'] in judge.P:
            return record, of_it[0][0]
    return None


@wrong(judge.every_accepted_delivery_is_answered_or_parked)
def an_accepted_delivery_is_forgotten(history):
    for it in history.deliveries:
        if it['type'] == 'virtualization.virtualmachine' and any(status == 202 for *_, status in it['answers']):
            history.keys = {key for key in history.keys if not key.endswith('@' + it['time'])}
            return None
    return False


@wrong(judge.every_accepted_delivery_is_answered_or_parked)
def an_event_is_never_answered(history):
    history.events[0]['state'] = 'pending'


@wrong(judge.only_what_a_brake_holds_waits_for_a_person)
def an_event_is_parked(history):
    history.parked = [{**history.events[0], 'brake': None}]


@wrong(judge.what_was_not_delivered_is_made_up_for)
def a_change_is_never_heard_of(history):
    entry = next(it for it in history.log if it['changed_object_type'] == 'virtualization.virtualmachine')
    history.keys = {key for key in history.keys if not key.startswith(entry['request_id'])}


@wrong(judge.one_guest_a_record)
def a_record_has_two_guests(history):
    if not (found := guest(history)):
        return False
    history.guests[99999] = history.guests[found[1]]


@wrong(judge.one_guest_a_record)
def a_guest_outlives_its_record(history):
    if not (found := guest(history)):
        return False
    del history.records[found[0]]


@wrong(judge.one_guest_a_record)
def a_guest_is_missing(history):
    if not (found := guest(history)):
        return False
    del history.guests[found[1]]


@wrong(judge.vmid_and_marker_are_right)
def netbox_says_another_vmid(history):
    if not (found := guest(history)):
        return False
    history.records[found[0]]['custom_fields']['proxmox_vmid'] = 99999


@wrong(judge.vmid_and_marker_are_right)
def a_guest_stays_unfinished(history):
    if not (found := guest(history)):
        return False
    config = history.guests[found[1]]['config']
    config['description'] = config['description'].replace(' ready ', ' creating ')


@wrong(judge.nothing_foreign_is_touched)
def a_foreign_guest_is_changed(history):
    history.foreign[101] = history.foreign[101].replace('Ada', 'Bob')


@wrong(judge.nothing_foreign_is_touched)
def a_guest_is_nobodys(history):
    if not (found := guest(history)):
        return False
    config = history.guests[found[1]]['config']
    config['description'] = MARKER.sub('', config['description'])


@wrong(judge.both_sides_agree)
def a_guest_is_off(history):
    for record, of_it in judge.owned(history).items():
        if record in history.records and record not in history.waiting() and history.records[record]['status']['value'] == 'active':
            history.guests[of_it[0][0]]['power'] = 'stopped'
            return None
    return False


@wrong(judge.both_sides_agree)
def a_disk_is_too_many(history):
    if not (found := guest(history)):
        return False
    history.guests[found[1]]['config']['unused0'] = 'ceph:vm-1-disk-7'


@wrong(judge.nothing_is_done_twice)
def a_guest_is_made_again_and_again(history):
    history.writes += [it for it in history.writes if it['record'] and it['path'].endswith('/clone') and it['status'] == 200] * 50


@wrong(judge.nothing_is_done_twice)
def a_creation_is_told_twice(history):
    if not (told := [it for it in history.journal if 'created as VMID' in it['comments']]):
        return False
    history.journal = [*history.journal, told[0]]


@wrong(judge.nothing_is_done_twice)
def a_volume_is_left(history):
    history.volumes.append({'volid': 'ceph:vm-100-disk-99', 'vmid': 100})


@wrong(judge.one_plan_a_guest_at_a_time)
def another_server_writes(history):
    of_guests = [it for it in history.writes if it['vmid'] in history.record_of]
    if not of_guests:
        return False
    of_guests[-1]['who'] = 'nobody'


@wrong(judge.one_plan_a_guest_at_a_time)
def two_tasks_of_a_guest_overlap(history):
    task = next((it for it in history.tasks if it['type'] == 'qmstart'), None)
    if task is None:
        return False
    history.tasks.append({**task, 'user': 'root@pam!nobody', 'endtime': task['endtime'] + 1})


@wrong(judge.what_a_killed_server_worked_on_is_taken_over_in_time)
def nobody_takes_over(history):
    at, instance = time.time(), history.instances[0]
    history.promised, history.instances = lambda *_: True, [copy.copy(instance), *history.instances[1:]]
    history.instances[0].lives = [*instance.lives, [at, at + 1]]
    history.kills = {*history.kills, (at + 1, instance.name)}
    life = len(instance.lives) + 1
    history.steps += [(at, 1, instance.name, life, True), (at + 99, 1, 'another', 1, True)]


@wrong(judge.no_server_panics)
def a_server_panics(history):
    instance = copy.copy(history.instances[0])
    instance.said = [(0, 1, {'level': 'TEXT', 'message': "thread 'main' panicked"})]
    history.instances = [instance, *history.instances[1:]]
