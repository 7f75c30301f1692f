"""Guests that Proxmox has become records in NetBox: once, in bulk, and without setting anything off."""
import json

from harness import first, same

VMS, DISKS, NICS = '/virtualization/virtual-machines/', '/virtualization/virtual-disks/', '/virtualization/interfaces/'
VLANS, CHANGES, DEVICES = '/ipam/vlans/', '/core/object-changes/', '/dcim/devices/'
USERS, TOKENS, PERMISSIONS = '/users/users/', '/users/tokens/', '/users/permissions/'
IMPORTER = 'live-importer'
VM, OFF, CT, SAME = 7001, 7002, 7003, 7004


def discover(bench, check, created):
    populate(bench, check)
    vlan = bench.netbox.ensure(VLANS, {'vid': 20}, name='live-discover')
    bench.netbox('POST', VMS, {'name': 'live-found-same', 'cluster': bench.cluster, 'status': 'planned'})
    ours = len(bench.pve.writes())
    before = newest(bench)

    shown = discover_with(bench, '--dry-run')
    check.that('a dry run shows what would be written, and what is left', lambda: first(
        same('exit status', shown.returncode, 5), lacks(shown.stdout, 'create virtual machine live-found-vm: status "active", vcpus 2',
             f'proxmox_vmid "{VM}"', 'create virtual disk rootfs of live-found-ct', 'create interface net0 of live-found-vm'),
        lacks(shown.stderr, f'left     guest {SAME} (live-found-same)', 'has its name and no VMID')), within=0)
    check.that('and writes nothing', lambda: same('newest change', newest(bench), before), within=0)

    done = discover_with(bench, '--yes', '--output', 'json')
    check.that('guests become records', lambda: first(same('exit status', done.returncode, 5), None if done.stdout else done.stderr,
        same('created', json.loads(done.stdout or '{}').get('created', {}).get('virtual machines'), 3)), within=0, vital=True)
    records = {record['name']: record for record in bench.netbox.find(VMS, name__isw='live-found-')}
    guests = {name: bench.guest(records[name], vmid, kind) for name, vmid, kind in (
        ('live-found-vm', VM, 'qemu'), ('live-found-off', OFF, 'qemu'), ('live-found-ct', CT, 'lxc'))}
    check.that('with what they have', lambda: is_as_found(bench, records, vlan), within=0)

    after = newest(bench)
    again = discover_with(bench, '--yes', '--output', 'json')
    check.that('a second run writes nothing', lambda: first(
        same('proposed', json.loads(again.stdout)['proposed'], []), same('newest change', newest(bench), after)), within=0)
    check.that('what was delivered is answered', bench.quiet)
    check.that('as echoes', lambda: first(*(same('events', {(it['state'], it['reason']) for it in bench.events(record['id'])} - {
        ('ignored', 'an echo of our own write')}, set()) for name, record in records.items() if name in guests)), within=0)
    with bench.settings(NETBOX_PROXMOX_RECONCILE='2'):
        check.holds('comparisons say nothing of them', lambda: first(
            *(same('journal', guest.journal(), []) for guest in guests.values()),
            same('requests', bench.pve.writes()[ours:], [])), 6)

    nodes(bench, check)
    adopted(bench, check, guests['live-found-vm'])
    for name, record in records.items():
        if name != 'live-found-vm':
            bench.netbox('DELETE', f"{VMS}{record['id']}/")
    check.that('a guest that was not adopted outlives its record', lambda: guests['live-found-off'].runs('stopped'), within=0)
    remove(bench, check)


def populate(bench, check):
    """A machine that runs, one that does not, a container, and one whose name a record has."""
    node = f'/nodes/{bench.pve.ready["node"]}'

    def machine(vmid, name, **options):
        mac = f'BC:24:11:07:00:{vmid % 100:02d}'
        settings = {'memory': 1024, 'cores': 2, 'scsi0': 'local-lvm:4', 'tags': 'live-found', **options}
        settings['net0'] = f'virtio={mac},bridge=vmbr0' + settings.pop('vlan', '')
        bench.pve.write('POST', f'{node}/qemu', vmid=vmid, name=name, **settings)
        check.that(f'{name} is there', lambda: None if bench.pve.config(vmid).get('scsi0') else f'{bench.pve.config(vmid)}')

    machine(VM, 'live-found-vm', vlan=',tag=20', onboot=1, ipconfig0='ip=192.0.2.201/24,gw=192.0.2.1', agent=1)
    machine(OFF, 'live-found-off', ipconfig0='ip=192.0.2.202/24,gw=192.0.2.1', sockets=2)
    machine(SAME, 'live-found-same')
    bench.pve.write('POST', f'{node}/lxc', vmid=CT, hostname='live-found-ct', memory=512, cores=1, rootfs='local-lvm:4',
                    ostemplate='local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst', net0='name=eth0,bridge=vmbr0,hwaddr=BC:24:11:07:00:03,ip=192.0.2.203/24')
    check.that('live-found-ct is there', lambda: None if bench.pve.config(CT, 'lxc').get('rootfs') else 'it is not')
    bench.pve.write('POST', f'{node}/qemu/{VM}/status/start')
    check.that('live-found-vm runs', lambda: same('power state', bench.pve.status(VM)['status'], 'running'))


def newest(bench):
    return bench.netbox('GET', CHANGES, limit=1, ordering='-id')['results'][0]['id']


def lacks(text, *words):
    return first(*(None if word in text else f'no {word!r} in: {text}' for word in words))


def value(record, field):
    held = record['custom_fields'][field]
    return held['value'] if isinstance(held, dict) else held


def is_as_found(bench, records, vlan):
    machine, off, container = (records[f'live-found-{name}'] for name in ('vm', 'off', 'ct'))
    nic = bench.netbox.find(NICS, virtual_machine_id=machine['id'])[0]
    disks = [(disk['name'], disk['size']) for disk in bench.netbox.find(DISKS, virtual_machine_id=machine['id'])]
    return first(
        same('status', [it['status']['value'] for it in (machine, off, container)], ['active', 'offline', 'offline']),
        same('vcpus', [it['vcpus'] for it in (machine, off, container)], [2.0, 4.0, 1.0]),
        same('memory', machine['memory'], 1024), same('start on boot', machine['start_on_boot']['value'], 'on'),
        same('kinds', [value(it, 'proxmox_vm_type') for it in (machine, off, container)], ['vm', 'vm', 'lxc']),
        same('VMID', value(machine, 'proxmox_vmid'), str(VM)), same('node', value(machine, 'proxmox_node'), bench.pve.ready['node']),
        same('tags', [tag['name'] for tag in machine['tags']], ['live-found']),
        same('disks', disks, [('scsi0', 4000)]), same('MAC address', nic['mac_address'], 'BC:24:11:07:00:01'),
        same('VLAN', ((nic['untagged_vlan'] or {}).get('id'), (nic['mode'] or {}).get('value')), (vlan['id'], 'access')),
        same('addresses', [(it['primary_ip4'] or {}).get('address') for it in (machine, off, container)],
             ['192.0.2.201/24', '192.0.2.202/24', '192.0.2.203/24']))


def discover_with(bench, *arguments):
    """With an administrator's token: the server's may not make records."""
    return bench.server.command('discover', *arguments, NETBOX_TOKEN=bench.admin)


def nodes(bench, check):
    """Nodes become devices, with what these need."""
    def discover(*arguments):
        ended = discover_with(bench, '--only', 'nodes', '--output', 'json', '--yes', *arguments)
        return ended, json.loads(ended.stdout or '{}')

    ended, told = discover('--role', 'live-discover', '--type', 'live-discover')
    check.that('nodes: what a device lacks is said', lambda: first(same('exit status', ended.returncode, 5), lacks(
        ended.stderr, 'give --manufacturer, --site'), same('proposed', told['proposed'], [])), within=0)
    needed = ('--role', 'live-discover', '--type', 'live-discover', '--manufacturer', 'live-discover', '--site', 'live-discover')
    ended, told = discover(*needed)
    wanted = sorted(bench.pve.ready['nodes'])
    check.that('nodes: they become devices of the cluster', lambda: first(
        same('exit status', (ended.returncode, ended.stderr), (0, ended.stderr)), same('devices', sorted(
            (it['name'], it['status']['value'], it['role']['name']) for it in bench.netbox.find(DEVICES, cluster_id=bench.cluster)),
            [(node, 'active', 'live-discover') for node in wanted])), within=0)
    before = newest(bench)
    ended, told = discover(*needed)
    check.that('nodes: a second run writes nothing', lambda: first(same('proposed', told['proposed'], []),
        same('newest change', newest(bench), before)), within=0)
    made = {'slug': 'live-discover'}
    for path, which in ((DEVICES, {'cluster_id': bench.cluster}), ('/dcim/device-types/', made), ('/dcim/manufacturers/', made),
                        ('/dcim/device-roles/', made), ('/dcim/sites/', made)):
        for thing in bench.netbox.find(path, **which):
            bench.netbox('DELETE', f"{path}{thing['id']}/")


def adopted(bench, check, guest):
    """From then on NetBox is the master, but not by what an importer writes."""
    ended = discover_with(bench, '--vm', str(VM), '--adopt', '--yes')
    check.that('a discovered guest is adopted where that is asked', lambda: first(
        same('exit status', (ended.returncode, ended.stderr), (0, ended.stderr)), guest.is_ready()), within=0)
    with bench.policy(f'importers = ["{IMPORTER}"]'):
        written = importer(bench)('PATCH', f'{VMS}{guest.id}/', {'status': 'offline'})
        check.that('what an importer writes is reported', lambda: None if guest.journal('status is offline', 'running') else
                   f'{written["status"]} {guest.journal()} {bench.events(guest.id)}')
        check.holds('and no cause of anything', lambda: guest.runs('running'), 3)
        guest.change(status='active')
        check.that('all is answered', bench.quiet)
        guest.change(status='offline')
        check.that('a person shuts it down', lambda: guest.runs('stopped'))
    bench.netbox('DELETE', f'{VMS}{guest.id}/')
    check.that('deleted: its guest is gone', guest.is_gone)


def importer(bench):
    """NetBox, as another tool's user."""
    user = bench.netbox.ensure(USERS, {'username': IMPORTER}, password='live-importer-Password-1')
    bench.netbox.ensure(PERMISSIONS, {'name': IMPORTER}, object_types=['virtualization.virtualmachine'],
                        actions=['view', 'change'], users=[user['id']])
    token = bench.netbox('POST', TOKENS, {'user': user['id']})
    return type(bench.netbox)(bench.netbox.url, f"nbt_{token['key']}.{token['token']}")


def remove(bench, check):
    for vmid, kind in ((OFF, 'qemu'), (SAME, 'qemu'), (CT, 'lxc')):
        bench.pve.write('DELETE', f'/nodes/{bench.pve.ready["node"]}/{kind}/{vmid}')
    check.that('they are removed by hand', lambda: same('guests', [
        guest['vmid'] for guest in bench.pve.guests() if guest['vmid'] in (OFF, SAME, CT)], []))
