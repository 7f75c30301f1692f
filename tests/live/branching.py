"""Branches of a real NetBox with netbox-branching: what `plan --branch` lists is what is done once a branch is merged, to the
word; and again after a revert, by a squash, and after a merge while the server was down."""
import collections
import json
import re
import secrets

import database
from browser import Browser
from harness import ApiError, first, same

BRANCHES, VMS, DISKS = '/plugins/branching/branches/', '/virtualization/virtual-machines/', '/virtualization/virtual-disks/'
# The requests that a step is made of, each once. `configure` and what ends a creation are as many as it takes.
REQUESTS = {'clone': ('POST', 'clone'), 'resize-disk': ('PUT', 'resize'), 'remove-disk': ('PUT', 'unlink'),
            'start': ('POST', 'start'), 'shutdown': ('POST', 'shutdown'), 'migrate': ('POST', 'migrate'),
            'destroy': ('DELETE', '')}


def is_there(netbox):
    return 'netbox_branching' in netbox('GET', '/status/')['plugins']


def forget(netbox):
    """Removes what a run that was cut short has left; that takes NetBox some seconds each."""
    for branch in netbox.find(BRANCHES, status='ready') if is_there(netbox) else ():
        netbox('DELETE', f"{BRANCHES}{branch['id']}/")


class Branch:
    """A branch of NetBox."""

    def __init__(self, bench, check, name):
        self.bench, self.check, self.name = bench, check, f'{name}-{secrets.token_hex(2)}'     # a merged one stays
        self.id = bench.netbox('POST', BRANCHES, {'name': self.name})['id']
        check.that(f'{self.name}: a branch is ready', lambda: same('status', self.status(), 'ready'), vital=True)
        self.schema_id, self.begun = self.read()['schema_id'], len(bench.pve.writes())
        self.inside = bench.netbox.within(self.schema_id)

    def read(self):
        return self.bench.netbox('GET', f'{BRANCHES}{self.id}/')

    def status(self):
        return self.read()['status']['value']

    def change(self, record, **attributes):
        self.inside('PATCH', f'{VMS}{record}/', attributes)

    def change_by_browser(self, record, **attributes):
        """NetBox says of such a change which branch it is of, whatever its configuration."""
        Browser(self.bench.netbox.url).post(f'{VMS}edit/?_branch={self.schema_id}&pk={record}', pk=record, _apply=1, **attributes)
        self.check.that(f'{self.name}: changed by browser', lambda: first(*(
            same(name, self.inside('GET', f'{VMS}{record}/')[name], value) for name, value in attributes.items())), within=0)

    def plan(self):
        ended = self.bench.server.command('plan', '--branch', self.name, '--output', 'json', NETBOX_TOKEN=self.bench.admin)
        if ended.returncode:
            raise ApiError(f'plan --branch {self.name}: {ended.returncode}\n{ended.stdout}{ended.stderr}')
        return json.loads(ended.stdout)

    def does(self, verb, conflicts=False):
        """Merges or reverts it; over conflicts, if somebody knows of them."""
        job = self.bench.netbox('POST', f'{BRANCHES}{self.id}/{verb}/', {
            'commit': True, 'acknowledge_conflicts': conflicts})['id']

        def ended():
            job_now = self.bench.netbox('GET', f'/core/jobs/{job}/')
            return same(f'{verb} ({job_now["error"]})', job_now['status']['value'], 'completed')
        self.check.that(f'{self.name}: {verb}', ended, vital=True)

    def nothing_yet(self):
        """What is changed in it is no cause of anything."""
        self.check.that(f'{self.name}: what is delivered of it is answered', self.bench.quiet)
        self.check.holds(f'{self.name}: nothing is done', lambda: same('requests', self.bench.pve.writes()[self.begun:], []), 2)

    def as_planned(self, plan, act, how):
        """What is done by this is what the plan lists."""
        steps, asked = Steps(self.bench), len(self.bench.pve.writes())
        act()
        self.check.that(f'{how}: all is answered', self.bench.quiet, within=90)
        self.check.that(f'{how}: what is done is what was planned, to the word', lambda: steps.are(plan), within=10)
        self.check.that(f'{how}: and what Proxmox was asked', lambda: same(
            'requests', requested(self.bench, asked), requests_of(plan)), within=0)
        self.check.holds(f'{how}: nothing is done twice', lambda: first(
            steps.are(plan), same('requests', requested(self.bench, asked), requests_of(plan))), 3)
        self.check.that(f'{how}: nothing waits', lambda: same('events', [
            event for event in self.bench.events() if event['state'] not in ('done', 'ignored')], []), within=0)

    def merged_as_planned(self, how='merged'):
        plan = self.plan()
        self.as_planned(plan, lambda: self.does('merge', bool(plan['conflicts'])), f'{self.name}, {how}')
        return plan


def steps_of(plan):
    return [step for record in plan['records'] for step in record.get('steps', [])]


def requests_of(plan):
    """What Proxmox is asked for these steps."""
    names = [step.split()[0] for step in steps_of(plan)]
    return dict(collections.Counter(name for name in names if name in REQUESTS))


def requested(bench, before):
    """What Proxmox was asked for since, by the steps that need it."""
    found = collections.Counter()
    for request in bench.pve.writes()[before:]:
        for name, (method, end) in REQUESTS.items():
            last = request['path'].rsplit('/', 1)[1]
            if request['status'] == 200 and request['method'] == method and (last == end or not end and last.isdigit()):
                found[name] += 1
    return dict(found)


class Steps:
    """The steps that the server takes from now on, in the words of its log."""

    def __init__(self, bench):
        self.bench, self.begun = bench, len(self.lines(bench))

    @staticmethod
    def lines(bench):
        with open(bench.server.log_path, encoding='utf-8') as log:
            read = [json.loads(line) for line in log if line.startswith('{') and line.endswith('}\n')]
        return [line for line in read if 'action' in line and ('outcome' in line or 'why' in line)]

    def taken(self, plan):
        """As the plan writes them, which does not know which VMID a new guest gets; those that did something apart."""
        made = {step.split(' (VMID to be')[0].split()[1] for step in steps_of(plan) if '(VMID to be allocated)' in step}
        everything, done = collections.Counter(), collections.Counter()
        for line in self.lines(self.bench)[self.begun:]:
            text = line['message']
            if line.get('guest') in made:
                text = re.sub(r'as VMID \d+', 'as a free VMID', re.sub(r'\(VMID \d+\)', '(VMID to be allocated)', text))
            everything[text] += 1
            done[text] += line.get('outcome') != 'unchanged'
        return everything, done

    def are(self, plan):
        """None if each step of the plan was taken, and nothing was done beside."""
        planned, (everything, done) = collections.Counter(steps_of(plan)), self.taken(plan)
        return same('steps (not taken, not planned)', (
            list((planned - everything).elements()), list((done - planned).elements())), ([], []))


def branching(bench, check, created):
    two = len(bench.pve.ready['nodes']) > 1
    names = ['changed', 'shrunk', 'deleted'] + ['moved'] * two
    guests = dict(zip(names, bench.create_all([f'live-branching-{name}' for name in names])))
    for guest in guests.values():
        created(guest)
    for name in ('shrunk', 'deleted'):
        bench.netbox('POST', DISKS, {'virtual_machine': guests[name].id, 'name': 'scsi1', 'size': 5000})
    guests['deleted'].change(status='active')
    check.that('main is at rest', lambda: first(
        guests['shrunk'].has(scsi1=f"local-lvm:vm-{guests['shrunk'].vmid}-disk-1,size=5G"), guests['deleted'].runs('running'),
        bench.quiet()), vital=True)

    branch = Branch(bench, check, 'live-all')
    new = in_branch(bench, branch, guests)
    branch.nothing_yet()
    plan = branch.merged_as_planned()
    counts = {'created': 1, 'changed': 2 + two, 'destroyed': 1, 'disks': 2, 'told': 1, 'failed': 0, 'drift': 0}
    check.that('how many of what, as planned', lambda: same(
        'counts', {name: plan['counts'][name] for name in counts}, counts), within=0)
    check.that('the shrink was refused before', lambda: same('verdict', plan['verdict'], 'refused'), within=0)

    new.has_vmid()
    check.that('the machine that was made in the branch', lambda: first(
        new.is_alone(), new.is_ready(), new.has(cores='2', memory='2048', ipconfig0='ip=192.0.2.50/24,gw=192.0.2.1'),
        new.runs('running')), within=0)
    changed = guests['changed']
    check.that('the one that was changed', lambda: first(changed.has(cores='4', memory='4096'), changed.runs('running')), within=0)
    check.that('the one whose disk was shrunk has another one more', lambda: first(
        guests['shrunk'].has(scsi1=f"local-lvm:vm-{guests['shrunk'].vmid}-disk-1,size=5G"),
        None if 'size=2G' in bench.pve.config(guests['shrunk'].vmid).get('scsi2', '') else 'no scsi2'), within=0)
    check.that('the one that was deleted', guests['deleted'].is_gone, within=0)
    if two:
        check.that('the one that was moved', lambda: same('node', bench.pve.guests(guests['moved'].name)[0]['node'], 'pve2'), within=0)
    for guest in [new, *guests.values()]:
        if guest is not guests['deleted']:
            bench.netbox('DELETE', f'{VMS}{guest.id}/')
            check.that(f'{guest.name}: deleted, it is gone', guest.is_gone)


def in_branch(bench, branch, guests):
    """One of each change; gives the machine that is made."""
    new = bench.create('live-branching-new', netbox=branch.inside)
    nic = branch.inside('POST', '/virtualization/interfaces/', {'virtual_machine': new.id, 'name': 'net0'})
    address = branch.inside('POST', '/ipam/ip-addresses/', {
        'address': '192.0.2.50/24', 'assigned_object_type': 'virtualization.vminterface', 'assigned_object_id': nic['id']})
    branch.inside('POST', DISKS, {'virtual_machine': new.id, 'name': 'scsi1', 'size': 3000})
    branch.change(new.id, primary_ip4=address['id'], status='active')
    branch.change(guests['changed'].id, memory=4096, vcpus=4)
    branch.change(guests['changed'].id, status='active')
    if 'moved' in guests:
        branch.change(guests['moved'].id, custom_fields={'proxmox_node': 'pve2'})
    shrunk = guests['shrunk'].disks()['scsi1']['id']
    branch.inside('PATCH', f'{DISKS}{shrunk}/', {'size': 3000})
    branch.inside('POST', DISKS, {'virtual_machine': guests['shrunk'].id, 'name': 'scsi2', 'size': 2000})
    branch.inside('DELETE', f"{VMS}{guests['deleted'].id}/")
    branch.inside('DELETE', f"{VMS}{bench.create('live-branching-unmade', netbox=branch.inside).id}/")
    return new


def again(bench, check, created):
    """Merged, reverted, merged again: with the request ids of the branch each time; by a squash; and while the server is down."""
    kept = bench.create('live-again-kept')
    created(kept)
    check.that('main is at rest', bench.quiet, vital=True)
    branch, events = Branch(bench, check, 'live-again'), len(bench.events())
    branch.change_by_browser(kept.id, memory=4096)
    check.that('what is delivered of it is answered', bench.quiet)
    check.that('nothing of it is stored', lambda: same('events', bench.events()[events:], []), within=0)
    new = bench.create('live-again-new', netbox=branch.inside)
    branch.change(kept.id, status='active')

    def merged(how):
        check.that(f'{how}: one is made', lambda: first(new.has_vmid(), new.is_ready(), same(
            'guests', len(bench.pve.guests(new.name)), 1)), within=0)
        check.that(f'{how}: the other one is changed', lambda: first(kept.has(memory='4096'), kept.runs('running')), within=0)
    branch.merged_as_planned()
    merged('merged')
    branch.does('revert')
    check.that('reverted: all is answered', bench.quiet, within=90)
    check.that('reverted: the one that was made is gone', new.is_gone, within=0)
    check.that('reverted: the other one has its memory again', lambda: kept.has(memory='2048'), within=0)
    branch.merged_as_planned('merged again')
    merged('merged again')

    branch = Branch(bench, check, 'live-squashed')
    other = bench.create('live-again-other', netbox=branch.inside)
    branch.change(other.id, memory=1024)
    branch.change(other.id, memory=3072, status='active')
    branch.change(kept.id, status='offline')
    branch.inside('DELETE', f'{VMS}{new.id}/')
    check.that('what is delivered of it is answered', bench.quiet)
    # The browser's form chooses it; REST does not.
    database.sql(f"UPDATE netbox_branching_branch SET merge_strategy = 'squash' WHERE id = {branch.id}")
    branch.merged_as_planned('squashed')
    check.that('squashed: made, stopped, destroyed', lambda: first(
        other.has_vmid(), other.has(memory='3072'), other.runs('running'), kept.runs('stopped'), new.is_gone()), within=0)

    branch = Branch(bench, check, 'live-down')
    branch.change(kept.id, status='active')
    branch.inside('POST', DISKS, {'virtual_machine': other.id, 'name': 'scsi1', 'size': 2000})
    branch.inside('DELETE', f'{VMS}{other.id}/')
    branch.nothing_yet()
    plan = branch.plan()
    # What the disk has changed of a machine that is deleted after it counts as changed on both sides (seen with 1.2.2).
    check.that('its conflict is named', lambda: same('conflicts', [(it['name'], it['fields']) for it in plan['conflicts']], [
        (other.name, ['disk', 'virtual_disk_count'])]), within=0)

    def down():
        bench.server.terminate()
        branch.does('merge', bool(plan['conflicts']))
        check.that('the server was down: NetBox has delivered in vain', lambda: delivered(bench))
        bench.server.start()
        check.that('the server was down: it has caught up', lambda: first(kept.runs('running'), other.is_gone()))
    branch.as_planned(plan, down, f'{branch.name}, merged while the server was down')
    bench.netbox('DELETE', f'{VMS}{kept.id}/')
    check.that(f'{kept.name}: deleted, it is gone', kept.is_gone)


def delivered(bench):
    """None once no delivery waits."""
    queue = next(it for it in bench.netbox.find('/core/background-queues/') if it['name'] == 'default')
    return same('deliveries that wait', queue['jobs'] + queue['started_jobs'], 0)
