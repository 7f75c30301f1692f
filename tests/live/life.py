#!/usr/bin/env python3
"""Drives the life of guests through a real NetBox's REST API and webhooks into the built server binary, and
looks at what becomes of them in a fake of Proxmox VE: the independent one, or ours. Standard library only.

Environment: NETBOX_URL, NETBOX_TOKEN, PROXMOX_READY (the ready.json of a fake), SERVER (the binary), LIVE_DIR (for the
inbox and the log). tests/run --live sets them. Arguments: the names of scenarios to run (default: all).
"""
import contextlib
import functools
import hashlib
import hmac
import json
import os
import secrets
import sqlite3
import sys
import urllib.parse

sys.dont_write_bytecode = True      # nothing is left in the tree
sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), 'netbox')]
import branching as merged    # noqa: E402
import clusters as of_netbox    # noqa: E402
import containers    # noqa: E402
import discover as from_proxmox    # noqa: E402
import doctor as examined    # noqa: E402
import innetbox as shown    # noqa: E402
import lostfield as lost    # noqa: E402
import meant as read_as    # noqa: E402
import mistakes as wrong    # noqa: E402
import planned as gated    # noqa: E402
import predecessor as former    # noqa: E402
import restored as put_back    # noqa: E402
import stagedthenactive as script    # noqa: E402
import vmids as numbers    # noqa: E402
from harness import ApiError, Checks, Proxmox, Server, first, main_guard, same   # noqa: E402
from rest import NetBox, NetBoxError   # noqa: E402

CLUSTER, IDENTITY, USER = 'live', 'netbox.live.test', 'live-bridge'      # an address does not tell one NetBox from another
KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0fFkZtxYb8l1nq7yJm4Qv3l2nUo0Wc5dQH7yXb3Zp admin+live@example.org'
VMS, DISKS = '/virtualization/virtual-machines/', '/virtualization/virtual-disks/'
JOURNAL, RULES, USERS = '/extras/journal-entries/', '/extras/event-rules/', '/users/users/'
check = Checks()


class Bench:
    """NetBox, the Proxmox side and the server between them."""

    def __init__(self):
        directory = os.environ['LIVE_DIR']
        with open(os.environ['PROXMOX_READY'], encoding='utf-8') as ready:
            self.pve = Proxmox(json.load(ready))
        self.admin = os.environ['NETBOX_TOKEN']     # the server has a token of its own
        self.netbox = NetBox(os.environ['NETBOX_URL'], self.admin)
        self.secret, self.inbox = secrets.token_hex(20), os.path.join(directory, 'inbox.sqlite')
        self.server = Server(os.environ['SERVER'], directory, {
            'NETBOX_URL': self.netbox.url, 'NETBOX_TOKEN': self.admin,
            'NETBOX_WEBHOOK_SECRET': self.secret, 'NETBOX_CLUSTER': CLUSTER, 'NETBOX_PROXMOX_IDENTITY': IDENTITY,
            'PROXMOX_URL': self.pve.ready['url'], 'PROXMOX_TOKEN': self.pve.ready['tokens']['bridge'],
            **({'PROXMOX_FINGERPRINT': self.pve.ready['fingerprint']} if self.pve.ready['fingerprint'] else {}),
            'NETBOX_PROXMOX_INBOX': 'sqlite:' + self.inbox})
        clear(self.netbox)
        self.set_up()
        self.key, self.cluster = KEY, self.netbox.find('/virtualization/clusters/', name=CLUSTER)[0]['id']
        # A cluster that is none of the server's.
        kind = self.netbox.find('/virtualization/cluster-types/', slug='proxmox-ve')[0]['id']
        self.elsewhere = self.netbox.ensure('/virtualization/clusters/', {'name': 'elsewhere'}, type=kind)['id']
        check.context = [self.pve.tail, self.server.tail]

    def receiver(self):
        return self.server.url + '/webhook'

    def set_up(self, *more):
        """NetBox is set up by the command line; from then on the server has the token that this gives it, and no more rights.
        Gives what the second time says."""
        path = os.path.join(os.path.dirname(self.inbox), 'server.env')
        arguments = ['setup', '--receiver', self.receiver(), '--user', USER, '--env', path, '--yes', *more]
        for time in ('the first', 'a second'):
            done = self.server.command(*arguments, NETBOX_TOKEN=self.admin)
            if done.returncode or time == 'a second' and 'nothing to write' not in done.stderr:
                raise ApiError(f'setup, {time} time: {done.returncode}\n{done.stdout}{done.stderr}')
        with open(path, encoding='utf-8') as variables:
            lines = [line.strip().partition('=') for line in variables if not line.startswith('#')]
        self.server.settings['NETBOX_TOKEN'] = {name: value for name, _, value in lines}['NETBOX_TOKEN']
        return done

    def send_to(self, url):
        """The webhook sends there."""
        hook = self.netbox.find('/extras/webhooks/', name='netbox-proxmox')[0]
        self.netbox('PATCH', f"/extras/webhooks/{hook['id']}/", {'payload_url': url})

    def rule(self, **attributes):
        """The event rule is changed so; gives it."""
        rule = self.netbox.find(RULES, name='netbox-proxmox')[0]
        return self.netbox('PATCH', f"{RULES}{rule['id']}/", attributes)

    def restart(self, wait_for=200, **settings):
        """The server is started again with these settings (None: not set) beside the others."""
        self.server.terminate()
        self.server.settings.update(settings)
        self.server.settings = {name: value for name, value in self.server.settings.items() if value is not None}
        self.server.start(wait_for=wait_for)

    @contextlib.contextmanager
    def settings(self, **settings):
        """Other settings meanwhile."""
        before = {name: self.server.settings.get(name) for name in settings}
        self.restart(**settings)
        try:
            yield
        finally:
            self.restart(**before)

    def policy(self, text):
        """Another policy meanwhile, as it is written in the file."""
        path = os.path.join(os.path.dirname(self.inbox), 'policy.toml')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(f'[policy]\n{text}\n')
        return self.settings(NETBOX_PROXMOX_CONFIG=path)

    def in_inbox(self, query, *values):
        path = self.server.settings['NETBOX_PROXMOX_INBOX'].removeprefix('sqlite:')
        with contextlib.closing(sqlite3.connect(f'file:{path}?mode=ro', uri=True)) as inbox:
            return inbox.execute(query, values).fetchall()

    def events(self, record=None):
        """What the server's inbox holds, oldest first."""
        rows = self.in_inbox('SELECT key, record, state, reason FROM event ORDER BY id')
        events = [dict(zip(('key', 'record', 'state', 'reason'), row)) for row in rows]
        return [event for event in events if record in (None, event['record'])]

    def fact(self, kind, key):
        """What the server remembers."""
        return json.loads(self.in_inbox('SELECT value FROM fact WHERE kind = ? AND key = ?', kind, key)[0][0])

    def quiet(self):
        """None once NetBox has delivered everything, and everything is answered."""
        queue = next(it for it in self.netbox.find('/core/background-queues/') if it['name'] == 'default')
        waiting = [event for event in self.events() if event['state'] == 'pending']
        return first(same('deliveries that wait', queue['jobs'] + queue['started_jobs'], 0), same('events', waiting, []))

    def said(self, *words):
        """The entries on the cluster that contain all the words."""
        entries = self.netbox.find(JOURNAL, assigned_object_type='virtualization.cluster', assigned_object_id=self.cluster)
        return [e['comments'] for e in entries if all(w.lower() in e['comments'].lower() for w in words)]

    def remove(self, check, guest):
        """Removes a guest in Proxmox, that NetBox knows nothing of."""
        if guest.runs('stopped'):
            self.pve.write('POST', guest.path('status/stop'))
            check.that(f'{guest.name} is stopped by hand', lambda: guest.runs('stopped'))
        self.pve.write('DELETE', guest.path(''))
        check.that(f'{guest.name} is removed by hand', guest.is_gone)

    def guest(self, record, vmid, kind):
        """A handle on a guest that was there before its record."""
        self.since = len(self.pve.requests())
        guest = Guest(self, record, record['name'], kind)
        guest.vmid = vmid
        return guest

    def create(self, name, kind='vm', **attributes):
        """A record of a guest in NetBox, staged; returns a handle on both sides of it."""
        return self.create_all([name], kind, **attributes)[0]

    def create_all(self, names, kind='vm', netbox=None, **attributes):
        """Several, in one request; of a branch, if `netbox` is in one."""
        custom = {'proxmox_vm_type': kind, 'proxmox_vm_storage': 'local-lvm'}
        custom.update(attributes.pop('custom_fields', {'proxmox_vm_templates': '9000'}))
        self.since = len(self.pve.requests())
        made = (netbox or self.netbox)('POST', VMS, [{'name': name, 'cluster': self.cluster, 'status': 'staged', 'vcpus': 2,
                                                      'memory': 2048, 'custom_fields': custom, **attributes} for name in names])
        return [Guest(self, record, name, 'qemu' if kind == 'vm' else 'lxc') for record, name in zip(made, names)]


class Guest:
    """One guest: its record in NetBox and itself in Proxmox."""

    def __init__(self, bench, record, name, kind):
        self.netbox, self.pve, self.id, self.name, self.kind = bench.netbox, bench.pve, record['id'], name, kind
        self.vmid = None
        self.birth = f"{record['created'][:23]}Z"   # in milliseconds
        self.since = bench.since    # a name is used again: what was asked before is another guest's

    def record(self):
        return self.netbox('GET', f'{VMS}{self.id}/')

    def change(self, **attributes):
        return self.netbox('PATCH', f'{VMS}{self.id}/', attributes)

    def disks(self):
        return {d['name']: d for d in self.netbox.find(DISKS, virtual_machine_id=self.id)}

    def journal(self, *words):
        """The entries on the record that leave something to a person, and contain all the words."""
        entries = self.netbox.find(JOURNAL, assigned_object_id=self.id,
                                   assigned_object_type='virtualization.virtualmachine')
        return [e['comments'] for e in entries if e['kind']['value'] != 'success'
                and all(w.lower() in e['comments'].lower() for w in words)]

    def has_vmid(self):
        vmid = self.record()['custom_fields']['proxmox_vmid']
        if not vmid:
            return 'proxmox_vmid is empty; journal: ' + '; '.join(self.journal())
        self.vmid = int(vmid)
        return None

    def has(self, **wanted):
        """Compares settings of the guest, as text (a fake gives back what it was sent)."""
        config = self.pve.config(self.vmid, self.kind)
        return first(*(same(key, None if config.get(key) is None else str(config[key]), value)
                       for key, value in wanted.items()))

    def marker(self):
        return f'netbox-proxmox: {IDENTITY} record {self.id} vmid {self.vmid} ready born {self.birth}'

    def is_ready(self):
        """Unlocked, and marked as this record's with its own VMID."""
        config = self.pve.config(self.vmid, self.kind)
        marker = self.marker()
        return first(same('lock', config.get('lock'), None),
                     None if marker in config.get('description', '') else
                     f'description is {config.get("description")!r}, wanted it to contain {marker!r}')

    def notes(self, words, present=True):
        """Whether its description has these words."""
        found = self.pve.config(self.vmid, self.kind).get('description', '')
        return None if (words in found) == present else f'{words!r} present: {not present}, in {found!r}'

    def path(self, end):
        path = f'/nodes/{self.pve.ready["node"]}/{self.kind}/{self.vmid}'
        return f'{path}/{end}' if end else path

    def config_path(self):
        return self.path('config')

    def runs(self, wanted):
        return same('power state', self.pve.status(self.vmid, self.kind)['status'], wanted)

    def requests(self, method, end):
        """What the bridge asked for this guest since its record was made, and got."""
        return [r for r in self.pve.requests(since=self.since) if r['method'] == method and r['status'] == 200
                and r['path'].endswith(f'/{self.kind}/{self.vmid}{end}')]

    def creations(self):
        end = '/clone' if self.kind == 'qemu' else '/lxc'
        return [r for r in self.pve.requests('POST', end, self.since) if r['status'] == 200
                and self.name in (r['params'].get('name'), r['params'].get('hostname'))]

    def asked(self, method, end, **params):
        """None if the bridge sent this request for this guest with these parameters."""
        found = [r['params'] for r in self.requests(method, end)]
        if any(all(str(p.get(k)) == v for k, v in params.items()) for p in found):
            return None
        return f'no {method} .../{self.vmid}{end} with {params}; seen: {found}'

    def is_gone(self):
        left = [g for g in self.pve.guests() if g['vmid'] == self.vmid]
        return f'still there: {left}' if left else None

    def is_alone(self):
        """Exactly one guest of this name, made by exactly one request."""
        return first(same('guests of this name', [g['vmid'] for g in self.pve.guests(self.name)], [self.vmid]),
                     same('creations', len(self.creations()), 1))


def created(guest):
    check.that('NetBox has a VMID for it', guest.has_vmid, vital=True)
    check.that('the guest is there, unlocked and marked ready', guest.is_ready, vital=True)


def life(bench, name):
    """Rows 1 to 10 for a virtual machine."""
    guest = bench.create(name)
    created(guest)
    check.that('name, cores and memory are as in NetBox', lambda: guest.has(name=name, cores='2', memory='2048'))
    check.that('it is stopped (staged)', lambda: guest.runs('stopped'))
    check.that('node and root disk are recorded', lambda: first(
        same('node', (guest.record()['custom_fields']['proxmox_node'] or {}).get('value'), 'pve1'),
        same('disks', {n: d['size'] for n, d in guest.disks().items()}, {'scsi0': 10000})))    # 10 GiB

    guest.change(custom_fields={'proxmox_public_ssh_key': KEY})
    check.that('SSH key', lambda: guest.has(sshkeys=urllib.parse.quote(KEY, safe='')))
    guest.change(vcpus=4, memory=4096)
    check.that('cores and memory', lambda: guest.has(cores='4', memory='4096'))

    nic = bench.netbox('POST', '/virtualization/interfaces/', {'virtual_machine': guest.id, 'name': 'net0'})
    address = bench.netbox('POST', '/ipam/ip-addresses/', {
        'address': '192.0.2.10/24', 'assigned_object_type': 'virtualization.vminterface', 'assigned_object_id': nic['id']})
    guest.change(primary_ip4=address['id'])
    check.that('primary address and gateway', lambda: guest.has(ipconfig0='ip=192.0.2.10/24,gw=192.0.2.1'))
    check.that('cloud-init was regenerated', lambda: guest.asked('PUT', '/cloudinit'))
    bench.netbox('PATCH', f"/ipam/ip-addresses/{address['id']}/", {'address': '192.0.2.77/25'})
    check.that('the address changed on the address itself', lambda: guest.has(ipconfig0='ip=192.0.2.77/25,gw=192.0.2.1'))

    disk = bench.netbox('POST', DISKS, {'virtual_machine': guest.id, 'name': 'scsi1', 'size': 2000})
    check.that('disk added: asked for', lambda: guest.asked('PUT', '/config', scsi1='local-lvm:2')
               and guest.asked('POST', '/config', scsi1='local-lvm:2'))
    check.that('disk added: there', lambda: guest.has(scsi1=f'local-lvm:vm-{guest.vmid}-disk-1,size=2G'))
    bench.netbox('PATCH', f"{DISKS}{disk['id']}/", {'size': 5000})
    check.that('disk grown: asked for', lambda: guest.asked('PUT', '/resize', disk='scsi1'))
    check.that('disk grown: it has grown', lambda: guest.has(scsi1=f'local-lvm:vm-{guest.vmid}-disk-1,size=5G'))
    asked = len(guest.requests('PUT', '/resize'))
    bench.netbox('PATCH', f"{DISKS}{disk['id']}/", {'size': 3000})
    check.that('disk shrunk: a journal entry says so', lambda: same('entries', len(guest.journal('shrink', 'scsi1')), 1))
    check.holds('disk shrunk: nothing is sent, and reported once', lambda: first(
        same('resize requests', len(guest.requests('PUT', '/resize')), asked),
        same('entries', len(guest.journal('shrink', 'scsi1')), 1)), 3)
    bench.netbox('DELETE', f"{DISKS}{disk['id']}/")
    check.that('disk deleted: asked for', lambda: guest.asked('PUT', '/unlink', idlist='scsi1', force='1'))
    check.that('disk deleted: gone', lambda: guest.has(scsi1=None))
    root = guest.disks()['scsi0']
    bench.netbox('PATCH', f"{DISKS}{root['id']}/", {'size': 20000})
    check.that('root disk grown', lambda: guest.has(scsi0=f'local-lvm:vm-{guest.vmid}-disk-0,size=20G'))

    guest.change(name=name + '-renamed')
    check.that('renamed', lambda: guest.has(name=name + '-renamed'))
    guest.change(status='active')
    check.that('active: it runs', lambda: guest.runs('running'))
    guest.change(memory=8192)
    check.that('active: new memory is reported', lambda: None if guest.journal('memory') else
               f'journal: {guest.journal()}')
    check.holds('active: new memory is not applied', lambda: guest.has(memory='4096'), 2)
    guest.change(memory=4096)
    guest.change(status='offline')
    check.that('offline: it is shut down', lambda: first(guest.asked('POST', '/status/shutdown'), guest.runs('stopped')))
    bench.netbox('DELETE', f'{VMS}{guest.id}/')
    check.that('deleted: the guest is gone', guest.is_gone)
    check.that('deleted: with purge, without the option for unreferenced disks', lambda: first(
        guest.asked('DELETE', '', purge='1'), same('destroy-unreferenced-disks', [
            r['params'] for r in guest.requests('DELETE', '')
            if str(r['params'].get('destroy-unreferenced-disks', '0')) != '0'], [])))
    check.holds('nothing was done twice', lambda: same('successful requests', {
        'clone': len(guest.creations()), 'destroy': len(guest.requests('DELETE', '')),
        **{end: len(guest.requests(method, end)) for method, end in (
            ('PUT', '/unlink'), ('POST', '/status/start'), ('POST', '/status/shutdown'))}},
        {'clone': 1, 'destroy': 1, '/unlink': 1, '/status/start': 1, '/status/shutdown': 1}), 2)


def machine(bench):
    """the life of a virtual machine"""
    life(bench, 'live-vm')


def beyond(bench):
    """rows 12 to 15, which are never gated or complete the others"""
    guest = bench.create('live-beyond', status='active')
    created(guest)
    check.that('active: it runs', lambda: guest.runs('running'))
    tag = bench.netbox.ensure('/extras/tags/', {'slug': 'live-shop'}, name='Live Shop')['id']
    guest.change(tags=[tag], description='a shop', start_on_boot='on')
    check.that('tag, start on boot and description, beside those of the template', lambda: first(
        guest.has(onboot='1'),
        same('tags', sorted(bench.pve.config(guest.vmid)['tags'].split(';')), ['live-shop', 'netbox', 'template']),
        guest.notes('netbox-description: a shop')))
    guest.change(tags=[], description='', start_on_boot='off')
    check.that('and gone again', lambda: first(
        guest.has(onboot='0'),
        same('tags', sorted(bench.pve.config(guest.vmid)['tags'].split(';')), ['netbox', 'template']),
        guest.notes('netbox-description', present=False)))
    guest.change(status='paused')
    check.that('paused: it is suspended', lambda: same(
        'qmpstatus', bench.pve.status(guest.vmid).get('qmpstatus'), 'paused'))
    guest.change(status='active')
    check.that('active: it is resumed', lambda: same(
        'qmpstatus', bench.pve.status(guest.vmid).get('qmpstatus'), 'running'))
    guest.change(status='offline')
    check.that('offline: it is stopped', lambda: guest.runs('stopped'))
    guest.change(status='staged')

    nics = {}
    for name, attributes in (('net0', {}), ('eth1', {'mac_address': 'BC:24:11:00:77:01', 'mtu': 1400}),
                             ('eth2', {'enabled': False})):
        nics[name] = bench.netbox('POST', '/virtualization/interfaces/', {
            'virtual_machine': guest.id, 'name': name, **attributes})['id']
    check.that('two network cards more', lambda: first(
        guest.has(net1='virtio=BC:24:11:00:77:01,bridge=vmbr0,mtu=1400'),
        None if 'link_down=1' in str(bench.pve.config(guest.vmid).get('net2')) else
        f"net2 is {bench.pve.config(guest.vmid).get('net2')}"))
    mac = bench.pve.config(guest.vmid)['net0'].split('=')[1].split(',')[0]
    check.that('the MAC address of the first one is recorded', lambda: same('mac_address', bench.netbox(
        'GET', f"/virtualization/interfaces/{nics['net0']}/")['mac_address'], mac))
    vlan = bench.netbox.ensure('/ipam/vlans/', {'vid': 77, 'name': 'live'})['id']
    bench.netbox('PATCH', f"/virtualization/interfaces/{nics['eth1']}/", {
        'mode': 'access', 'untagged_vlan': vlan, 'mtu': None})
    check.that('a VLAN', lambda: guest.has(net1='virtio=BC:24:11:00:77:01,bridge=vmbr0,mtu=1400,tag=77'))
    bench.netbox('POST', '/ipam/ip-addresses/', {
        'address': '192.0.2.30/24', 'assigned_object_type': 'virtualization.vminterface',
        'assigned_object_id': nics['eth1']})
    check.that('an address on the second card', lambda: guest.has(ipconfig1='ip=192.0.2.30/24'))
    bench.netbox('DELETE', f"/virtualization/interfaces/{nics['eth1']}/")
    check.that('a deleted interface takes its card along', lambda: guest.has(net1=None))
    check.holds('nothing was said', lambda: same('journal', guest.journal(), []), 1)
    bench.netbox('DELETE', f'{VMS}{guest.id}/')
    check.that('deleted: the guest is gone', guest.is_gone)


def doubled(bench):
    """the same with every delivery sent twice"""
    rule = bench.rule()
    copied = ('object_types', 'event_types', 'action_object_type', 'action_object_id')
    second = bench.netbox('POST', RULES, {'name': 'live-second', 'action_type': 'webhook', **{it: rule[it] for it in copied}})
    try:
        life(bench, 'live-doubled')
    finally:
        bench.netbox('DELETE', f"{RULES}{second['id']}/")


def crash(bench):
    """the server is killed while one guest is cloned and another begun, and started again"""
    guest = bench.create('live-crash', custom_fields={'proxmox_vm_templates': '9001', 'proxmox_vm_storage': 'ceph-pool'})
    check.that('the clone has begun', lambda: None if [
        r for r in guest.creations() if '/9001/' in r['path']] else 'no clone was asked for', vital=True)
    again = bench.create('live-crash-early')
    check.that('a second one has its VMID', again.has_vmid, vital=True)
    bench.server.kill()         # of the second anywhere between writing the VMID and the end of the creation
    bench.server.start()
    # What was in work is taken up once its lease has not been renewed for 20 s.
    created(guest)
    check.that('there is one guest, cloned once', guest.is_alone)
    check.that('it is as in NetBox', lambda: guest.has(name='live-crash', cores='2', memory='2048'))
    check.that("the template's protection is not inherited", lambda: None if guest.has(protection=None) is None
               else guest.has(protection='0'))
    created(again)
    check.that('there is one of the other, too', again.is_alone)
    check.that('all is answered', bench.quiet)

    status = bench.server.terminate()
    check.that('on SIGTERM the server ends by itself', lambda: same('exit status', status, 0), within=0)
    for one in (guest, again):
        bench.netbox('DELETE', f'{VMS}{one.id}/')
    bench.server.start()
    check.that('what was deleted while it was down is gone', lambda: first(guest.is_gone(), again.is_gone()))


def outsiders(bench):
    """what is none of ours"""
    body = json.dumps({'event': 'created', 'object_type': 'virtualization.virtualmachine', 'data': {'id': 1}}).encode()
    signed = {'X-Hook-Signature': hmac.new(bench.secret.encode(), body, hashlib.sha512).hexdigest()}
    post = functools.partial(bench.server.request, 'POST', '/webhook')
    check.that('a delivery without a signature is refused', lambda: same('status', post(body)[0], 401), within=0)
    check.that('a delivery with a wrong one is refused', lambda: same(
        'status', post(body + b' ', signed)[0], 401), within=0)
    for what in ([], ['plan', '--all']):    # NetBox's address is that of this machine
        ended = bench.server.command(*what, without=['NETBOX_PROXMOX_IDENTITY'])
        check.that(f"without an identity {what[0] if what else 'the server'} does not start", lambda ended=ended: first(
            same('exit status', ended.returncode, 2), None if 'NETBOX_PROXMOX_IDENTITY' in ended.stderr + ended.stdout
            else f'{ended.stdout} {ended.stderr}'), within=0)
    before = len(bench.pve.writes())
    foreign = bench.netbox('POST', VMS, {'name': 'not-proxmox', 'cluster': bench.cluster, 'status': 'active'})
    check.holds('a record without a guest type does nothing', lambda: same(
        'requests that change something', len(bench.pve.writes()), before))
    bench.netbox('DELETE', f"{VMS}{foreign['id']}/")
    check.that('the templates are untouched', lambda: same('templates', sorted(
        g['vmid'] for g in bench.pve.get('/cluster/resources?type=vm') if g.get('template')), [9000, 9001, 9014, 9100]), within=0)


def container(bench):
    """the life of a container"""
    containers.container(bench, check, created)


def placement(bench):
    """guests of either kind go to another node"""
    containers.placement(bench, check, created)


def predecessor(bench):
    """a NetBox that was set up for the predecessor"""
    former.drives(bench, check, created)


def clusters(bench):
    """clusters in NetBox are renamed, called the same, and left"""
    of_netbox.clusters(bench, check, created)


def vmids(bench):
    """which VMIDs new guests get"""
    numbers.vmids(bench, check, created)


def meant(bench):
    """what people write, taken as they mean it"""
    read_as.meant(bench, check, created)


def lostfield(bench):
    """NetBox loses VMIDs"""
    lost.lostfield(bench, check, created)


def stagedthenactive(bench):
    """changed while Staged, and Active a moment later"""
    script.stagedthenactive(bench, check, created)


def branching(bench):
    """a branch of NetBox with one of each change, planned and merged"""
    merged.branching(bench, check, created)


def branchingagain(bench):
    """branches that are merged again, squashed, and merged while the server is down"""
    merged.again(bench, check, created)


def branchingplanned(bench):
    """the server writes its plans onto branches, and NetBox merges nothing else"""
    gated.planned(bench, check, created)


def innetbox(bench):
    """how machines stand, and buttons, in NetBox"""
    shown.innetbox(bench, check, created)


def discover(bench):
    """guests that Proxmox has become records in NetBox"""
    from_proxmox.discover(bench, check, created)


def restored(bench):
    """NetBox is restored from a dump"""
    put_back.restored(bench, check, created)


def doctor(bench):
    """what doctor says, and what is wrong"""
    examined.doctor(bench, check, created)


def mistakes(bench):
    """what users get wrong, and what they are told"""
    wrong.run(bench, check, created)


def clear(netbox):
    """Removes what an earlier run left, before anyone listens to it: records, addresses, what was said on a cluster."""
    for entry in netbox.find(JOURNAL, assigned_object_type='virtualization.cluster'):
        netbox('DELETE', f"{JOURNAL}{entry['id']}/")
    of_netbox.forget_twins(netbox)
    merged.forget(netbox)
    for record in netbox.find(VMS):
        if record['name'].startswith('live'):
            netbox('DELETE', f"{VMS}{record['id']}/")
    for path, name in (('/extras/webhooks/', 'netbox-proxmox'), (RULES, 'live-second')):
        for thing in netbox.find(path, name=name):
            netbox('DELETE', f"{path}{thing['id']}/")
    for user in netbox.find(USERS, username=USER):      # with its token, which nobody can read again
        netbox('DELETE', f"{USERS}{user['id']}/")
    for address in netbox.find('/ipam/ip-addresses/', parent='192.0.2.0/24'):
        netbox('DELETE', f"/ipam/ip-addresses/{address['id']}/")


# After `restored` ids come again: it is the last.
SCENARIOS = [machine, beyond, container, doubled, crash, outsiders, predecessor, mistakes, meant, vmids, stagedthenactive,
             clusters, lostfield, innetbox, discover, doctor, restored]
# Of a Proxmox with two nodes, which fakepve is not; what is about NetBox, or only about the texts, is tried once.
OF_TWO_NODES = [machine, beyond, container, placement, crash, stagedthenactive, discover]
# These run there, too, if they are named.
ON_REQUEST = [meant, vmids, clusters, lostfield, innetbox, doctor, restored]
# Of a NetBox with netbox-branching; those of either fake.
OF_BRANCHING, OF_BRANCHING_TWO_NODES = [branching], [branching, branchingagain, branchingplanned]


def main():
    bench = Bench()
    two = len(bench.pve.ready['nodes']) > 1
    if merged.is_there(bench.netbox):
        scenarios = OF_BRANCHING_TWO_NODES if two else OF_BRANCHING
    elif two:
        scenarios = [*OF_TWO_NODES, *ON_REQUEST] if sys.argv[1:] else OF_TWO_NODES
    else:
        scenarios = SCENARIOS
    wanted = sys.argv[1:] or [s.__name__ for s in scenarios]
    known = SCENARIOS + OF_TWO_NODES + OF_BRANCHING_TWO_NODES   # those of other peers are left out
    unknown = set(wanted) - {s.__name__ for s in known}
    if unknown:
        sys.exit(f'no such scenario: {", ".join(sorted(unknown))}')
    try:
        with check.part('the server'):
            bench.server.settings['NETBOX_PROXMOX_LOG'] = 'json'
            bench.server.start()
            check.that('it is ready', lambda: same('status', bench.server.request('GET', '/readyz')[0], 200), vital=True)
            for scenario in scenarios:
                if scenario.__name__ in wanted:
                    with check.part(scenario.__doc__):
                        scenario(bench)
    except NetBoxError as error:
        check.failed.append(str(error))
    finally:
        bench.server.terminate()
    return check.summary()


if __name__ == '__main__':
    main_guard(main)
