"""A world of its own: both sides as fakes, the servers between them, and a gate on each way."""
import contextlib
import json
import os
import subprocess
import sys

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'live'),
                os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'live', 'netbox')]
from gate import Gate   # noqa: E402
from relay import Relay   # noqa: E402
from rest import NetBox   # noqa: E402
from servers import OPENER, Instance, fake   # noqa: E402
import urllib.request   # noqa: E402

CLUSTER, IDENTITY, ADMIN, SECRET = 'chaos', 'netbox.chaos.test', 'nbt_chaosadmin00.0123456789', '11111111-2222-3333-4444-555555555555'
VZTMPL = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst'
NODES = ('pve1', 'pve2')
# Seconds that tasks of Proxmox take.
TASKS = {'*': 0.2, 'qmclone': 1.2, 'vzcreate': 0.8, 'qmigrate': 0.8, 'qmdestroy': 0.4, 'resize': 0.3}
ELSEWHERE = 'netbox-proxmox: netbox.elsewhere.test record 1 vmid 104 ready born 2026-01-05T08:00:00Z'
# Guests that are nobody's business, in the middle of our VMIDs.
FOREIGN = [
    {'vmid': 101, 'name': 'db01', 'running': True, 'disks': [{'slot': 'scsi0', 'storage': 'ceph', 'mib': 4096}],
     'options': {'description': 'ask Ada first', 'tags': 'netbox', 'cores': '2', 'net0': 'virtio=BC:24:11:0F:00:01,bridge=vmbr0'}},
    {'vmid': 104, 'name': 'other01', 'node': 'pve2', 'disks': [{'slot': 'scsi0', 'storage': 'ceph', 'mib': 1024}],
     'options': {'description': ELSEWHERE}},
    {'vmid': 107, 'name': 'dns01', 'type': 'lxc', 'running': True, 'disks': [{'slot': 'rootfs', 'storage': 'ceph', 'mib': 1024}],
     'options': {'net0': 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:0F:00:02,ip=dhcp'}},
]
TEMPLATE = {'vmid': 9000, 'name': 'debian-12', 'template': True, 'disks': [{'slot': 'scsi0', 'storage': 'ceph', 'mib': 2048}],
            'cloudinit': {'ide2': 'ceph'}, 'options': {'cores': '1', 'memory': '512', 'net0': 'virtio=BC:24:11:0F:00:00,bridge=vmbr0'}}


class World:
    def __init__(self, binaries, directory, names, inbox, seed, preload):
        self.directory, self.seed = directory, seed
        self.things = contextlib.ExitStack()        # what is to be ended
        try:
            self._make(binaries, names, inbox, preload)
        except BaseException:
            self.things.close()
            raise

    def _make(self, binaries, names, inbox, preload):
        directory, seed = self.directory, self.seed
        self.requests = os.path.join(directory, 'proxmox.jsonl')
        noise = self.things.enter_context(open(os.path.join(directory, 'fakes.log'), 'ab'))
        tokens = {f'root@pam!{name}': SECRET for name in (*names, 'judge')}
        world = {'cluster': CLUSTER, 'nodes': list(NODES), 'vztmpls': [VZTMPL], 'tokens': tokens, 'task_seconds': TASKS,
                 'storages': [{'id': 'local', 'type': 'dir', 'content': 'iso,vztmpl'}, {'id': 'ceph', 'type': 'rbd'}],
                 'guests': [TEMPLATE, *FOREIGN]}
        self.proxmox, told = fake([f'{binaries}/fake-proxmox', '--log', self.requests, self.file('proxmox.json', world)], noise)
        self.things.callback(end, self.proxmox)
        self.proxmox_url = told['url']
        seeded = {'token': ADMIN, 'clusters': [CLUSTER]}
        self.netbox_process, told = fake([f'{binaries}/fake-netbox', '--seed', self.file('netbox.json', seeded)], noise)
        self.things.callback(end, self.netbox_process)
        self.netbox = NetBox(told['url'], ADMIN)
        self.cluster = self.netbox.find('/virtualization/clusters/', name=CLUSTER)[0]['id']
        self.to_netbox, self.to_proxmox = (Gate(address(url), f'{seed} gate {url}') for url in (told['url'], self.proxmox_url))
        for gate in (self.to_netbox, self.to_proxmox):
            self.things.callback(gate.close)
        self.instances = []
        self.relay = Relay(self.instances, f'{seed} deliveries')
        self.things.callback(self.relay.close)
        config = self.file('bridge.toml', '[policy]\nconfigure = "always"\npower_off = { graceful = 20 }\n')
        settings = {'NETBOX_URL': self.to_netbox.url, 'NETBOX_TOKEN': ADMIN, 'NETBOX_CLUSTER': CLUSTER,
                    'NETBOX_PROXMOX_IDENTITY': IDENTITY, 'PROXMOX_URL': self.to_proxmox.url, 'NETBOX_PROXMOX_INBOX': inbox,
                    'NETBOX_WEBHOOK_SECRET': 'chaos-webhook-secret-0123456789abcdef', 'NETBOX_PROXMOX_CONFIG': config,
                    'NETBOX_PROXMOX_CATCH_UP': '5', 'NETBOX_PROXMOX_RECONCILE': '0', 'NETBOX_PROXMOX_TASK_TIMEOUT': '60'}
        for name in names:
            self.instances.append(Instance(name, f'{binaries}/netbox-proxmox-webhook', directory, {
                **settings, 'PROXMOX_TOKEN': f'root@pam!{name}={SECRET}'}, preload))
        self._set_up()
        self.foreign = self.foreign_guests()

    def file(self, name, content):
        path = os.path.join(self.directory, name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(content if isinstance(content, str) else json.dumps(content))
        return path

    def _set_up(self):
        """What the bridge needs in NetBox, as users make it, and a token with the rights that it needs."""
        env = os.path.join(self.directory, 'server.env')
        done = self.instances[0].command('setup', '--receiver', self.relay.url, '--user', 'bridge', '--env', env, '--yes')
        if done.returncode:
            raise RuntimeError(f'setup: {done.returncode}\n{done.stdout}{done.stderr}')
        with open(env, encoding='utf-8') as file:
            said = dict(line.strip().split('=', 1) for line in file if '=' in line and not line.startswith('#'))
        for instance in self.instances:
            instance.settings['NETBOX_TOKEN'] = said['NETBOX_TOKEN']

    def start(self):
        for instance in self.instances:
            self.things.callback(instance.kill)
            if not instance.start():
                raise RuntimeError(f'the server {instance.name} does not start: {tail(instance.log_path)}')

    def ask(self, path):
        """Proxmox, past the gate."""
        request = urllib.request.Request(f'{self.proxmox_url}/api2/json{path}',
                                         headers={'Authorization': f'PVEAPIToken=root@pam!judge={SECRET}'})
        with OPENER.open(request, timeout=30) as answer:
            return json.loads(answer.read())['data']

    def guests(self):
        """All guests but templates: by VMID their listing, configuration and state."""
        return {guest['vmid']: self.look_at(guest) for guest in self.ask('/cluster/resources?type=vm') if not guest.get('template')}

    def look_at(self, guest):
        path = f"/nodes/{guest['node']}/{guest['type']}/{guest['vmid']}"
        return {'node': guest['node'], 'type': guest['type'], 'config': self.ask(f'{path}/config'),
                'power': self.ask(f'{path}/status/current')['status']}

    def foreign_guests(self):
        """Those that are none of ours, as text."""
        ours = self.guests()
        return {it['vmid']: json.dumps(ours.get(it['vmid']), sort_keys=True) for it in FOREIGN}

    def inbox_entries(self):
        """All that the inbox holds."""
        done = self.instances[0].command('inbox', 'export')
        if done.returncode:
            raise RuntimeError(f'inbox export: {done.stderr}')
        return [json.loads(line) for line in done.stdout.splitlines()]

    def close(self):
        self.things.close()


def end(process):
    process.kill()
    process.wait()


def address(url):
    host, _, port = url.removeprefix('http://').partition(':')
    return host, int(port)


def tail(path, lines=15):
    with open(path, encoding='utf-8', errors='replace') as log:
        return ''.join(log.readlines()[-lines:])
