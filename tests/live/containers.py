"""The life of a container, and what needs more than one node, through a real NetBox."""
from harness import first, same

VMS, DISKS = '/virtualization/virtual-machines/', '/virtualization/virtual-disks/'
NICS, ADDRESSES = '/virtualization/interfaces/', '/ipam/ip-addresses/'
ARCHIVE = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst'


def create(bench, name, **attributes):
    custom = {'proxmox_lxc_templates': ARCHIVE, 'proxmox_public_ssh_key': bench.key}
    custom.update(attributes.pop('custom_fields', {}))
    return bench.create(name, 'lxc', vcpus=1, memory=512, custom_fields=custom, **attributes)


def net0(guest, *words, without=()):
    found = str(guest.pve.config(guest.vmid, 'lxc').get('net0'))
    wrong = [w for w in words if w not in found.split(',')] + [w for w in without if w in found]
    return f'net0 is {found}, wrong about {wrong}' if wrong else None


def size(guest, slot, wanted):
    found = str(guest.pve.config(guest.vmid, 'lxc').get(slot))
    return None if f'size={wanted}' in found else f'{slot} is {found}, wanted a size of {wanted}'


def container(bench, check, created):
    """Rows 1 to 10, 12 to 15 for a container."""
    netbox, name = bench.netbox, 'live-ct'
    guest = create(bench, name, disk=8000)
    created(guest)
    check.that('hostname, cores, memory and root disk are as in NetBox', lambda: first(
        guest.has(hostname=name, cores='1', memory='512'), size(guest, 'rootfs', '8G')))
    check.that('it is unprivileged, with the SSH key and without a password', lambda: first(
        guest.has(unprivileged='1'), same('creation', [
            (str(r['params'].get('ssh-public-keys')).strip(), 'password' in r['params']) for r in guest.creations()],
            [(bench.key, False)])))
    check.that('it is stopped (staged)', lambda: guest.runs('stopped'))
    check.that('node and root disk are recorded', lambda: first(
        same('node', (guest.record()['custom_fields']['proxmox_node'] or {}).get('value'), 'pve1'),
        same('disks', {n: d['size'] for n, d in guest.disks().items()}, {'rootfs': 8000})))
    guest.change(vcpus=2, memory=1024, name=name + '-2')
    check.that('cores, memory and name', lambda: guest.has(cores='2', memory='1024', hostname=name + '-2'))

    nic = netbox('POST', NICS, {'virtual_machine': guest.id, 'name': 'eth0'})
    address = netbox('POST', ADDRESSES, {'address': '192.0.2.40/24', 'assigned_object_id': nic['id'],
                                         'assigned_object_type': 'virtualization.vminterface'})
    guest.change(primary_ip4=address['id'])
    check.that('address and gateway in net0', lambda: net0(guest, 'ip=192.0.2.40/24', 'gw=192.0.2.1', 'name=eth0'))
    mac = dict(p.split('=', 1) for p in bench.pve.config(guest.vmid, 'lxc')['net0'].split(',')).get('hwaddr')
    if mac:     # fakepve keeps a card without one, where a real one gives it one
        check.that('its MAC address is recorded', lambda: same(
            'mac_address', netbox('GET', f"{NICS}{nic['id']}/")['mac_address'], mac))
    vlan = netbox.ensure('/ipam/vlans/', {'vid': 77, 'name': 'live'})['id']
    netbox('PATCH', f"{NICS}{nic['id']}/", {'mode': 'access', 'untagged_vlan': vlan})
    check.that('a VLAN, everything else is kept', lambda: net0(
        guest, 'ip=192.0.2.40/24', 'gw=192.0.2.1', 'name=eth0', 'bridge=vmbr0', 'tag=77', *([f'hwaddr={mac}'] if mac else [])))
    guest.change(primary_ip4=None)
    netbox('DELETE', f"{ADDRESSES}{address['id']}/")
    check.that('the address is cleared', lambda: net0(guest, 'tag=77', without=('ip=', 'gw=')))

    tag = netbox.ensure('/extras/tags/', {'slug': 'live-shop'}, name='Live Shop')['id']
    guest.change(tags=[tag], description='a shop', start_on_boot='on')
    check.that('tag, description and start on boot', lambda: first(
        guest.has(onboot='1'), guest.notes('netbox-description: a shop'),
        same('tags', sorted(bench.pve.config(guest.vmid, 'lxc')['tags'].split(';')), ['live-shop', 'netbox'])))

    disk = netbox('POST', DISKS, {'virtual_machine': guest.id, 'name': 'mp0', 'size': 2000})
    check.that('a mount point without a path is reported', lambda: same(
        'entries', len(guest.journal('mp0', 'proxmox_mount_path')), 1))
    path = f"{DISKS}{disk['id']}/"
    netbox('PATCH', path, {'custom_fields': {'proxmox_mount_path': '/srv/data'}})
    check.that('with a path it is mounted', lambda: first(size(guest, 'mp0', '2G'), None if 'mp=/srv/data' in str(
        bench.pve.config(guest.vmid, 'lxc').get('mp0')) else 'not at /srv/data'))
    netbox('PATCH', path, {'size': 3000})
    check.that('grown', lambda: size(guest, 'mp0', '3G'))
    asked = len(guest.requests('PUT', '/resize'))
    netbox('PATCH', path, {'size': 1000})
    check.that('shrunk: a journal entry says so, and nothing is sent', lambda: first(
        same('entries', len(guest.journal('shrink', 'mp0')), 1),
        same('resize requests', len(guest.requests('PUT', '/resize')), asked)))
    guest.change(custom_fields={'proxmox_public_ssh_key': bench.key.replace('admin+live', 'other')})
    check.that('another key is reported', lambda: same('entries', len(guest.journal('SSH keys')), 1))

    guest.change(status='active')
    check.that('active: it runs', lambda: guest.runs('running'))
    guest.change(status='paused')
    check.that('paused: reported, it goes on running', lambda: first(
        same('entries', len(guest.journal('cannot be suspended')), 1), guest.runs('running')))
    guest.change(status='active')
    netbox('DELETE', path)
    check.that('mount point deleted while it runs: said to go when it stops', lambda: same(
        'entries', len(guest.journal('mp0', 'once the container has stopped')), 1))
    guest.change(status='offline')
    check.that('offline: it is stopped, and the mount point is gone with its volume', lambda: first(
        guest.runs('stopped'), guest.has(mp0=None, unused0=None)))
    netbox('DELETE', f'{VMS}{guest.id}/')
    check.that('deleted: the container is gone', guest.is_gone)
    check.holds('nothing was done twice', lambda: same('successful requests', {
        'create': len(guest.creations()), 'destroy': len(guest.requests('DELETE', ''))}, {'create': 1, 'destroy': 1}), 2)


def placement(bench, check, created):
    """Row 11, where there are two nodes: a running guest of either kind goes to the other one and comes back."""
    for guest, kind in ((bench.create('live-moved', status='active'), 'qemu'), (create(
            bench, 'live-moved-ct', status='active'), 'lxc')):
        created(guest)
        check.that(f'{kind}: it runs on pve1', lambda guest=guest: guest.runs('running'))
        for node in ('pve2', 'pve1'):
            guest.change(custom_fields={'proxmox_node': node})

            def there(guest=guest, node=node):
                now = [g for g in bench.pve.guests() if g['vmid'] == guest.vmid]
                return same('where', [(g['node'], g['status']) for g in now], [(node, 'running')])
            check.that(f'{kind}: it runs on {node}', there)
        bench.netbox('DELETE', f'{VMS}{guest.id}/')
        check.that(f'{kind}: deleted, it is gone', guest.is_gone)
    clone = create(bench, 'live-ct-clone', custom_fields={
        'proxmox_lxc_templates': '9100', 'proxmox_public_ssh_key': None})
    created(clone)
    check.that('a clone of a container template keeps its address', lambda: net0(clone, 'ip=dhcp', 'name=eth0'))
    bench.netbox('DELETE', f'{VMS}{clone.id}/')
    check.that('it is gone, too', clone.is_gone)
