"""What users get wrong in NetBox, and what they are told: each mistake is made through the real NetBox's API, and ends
in a journal entry. The entries are the page docs/reports.md: a text that is not there, or there and not seen, fails.

LIVE_UPDATE=1 writes the page anew. Read it as an operator would."""
import os
import re

from harness import same
from prepare import fields

VMS, DISKS = '/virtualization/virtual-machines/', '/virtualization/virtual-disks/'
NICS, ADDRESSES, JOURNAL = '/virtualization/interfaces/', '/ipam/ip-addresses/', '/extras/journal-entries/'
PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'docs', 'reports.md')
HEAD = '''# What the journal says

Whatever cannot be done as NetBox has it is said in a journal entry on the virtual machine or, once that is gone, on its
cluster; once, until the cause is over. Each text names the guest and the field or disk as NetBox calls them, what was
found, and what to do. This page is made by `tests/live/mistakes.py`, which makes each of these mistakes in a real NetBox;
NAME, N and STORAGE:VOLUME stand for names, numbers and volumes.

| in NetBox (or beside it) | journal entry |
|---|---|
'''


class Mistakes:
    """Makes mistakes, and collects what is said of them."""

    def __init__(self, bench, check):
        self.bench, self.check, self.netbox, self.rows = bench, check, bench.netbox, {}

    def entries(self, guest=None):
        kind, number = ('virtualmachine', guest.id) if guest else ('cluster', self.bench.cluster)
        return [e['comments'] for e in self.netbox.find(
            JOURNAL, assigned_object_type=f'virtualization.{kind}', assigned_object_id=number)]

    def said(self, mistake, guest, *words, named=None):
        """The entry on a guest's record (None: on the cluster) that has all these words; noted for the page."""
        name = named or guest.name

        def probe():
            entries = self.entries(guest)
            found = [e for e in entries if e.startswith(name + ':') and all(w.lower() in e.lower() for w in words)]
            if not found:
                return f'no entry of {name} with {words}: {entries}'
            self.rows[mistake] = plain(found[0], name)
            return None
        self.check.that(mistake, probe)

    def compare(self):
        """The page is what was seen."""
        text = HEAD + ''.join(f'| {mistake} | {said} |\n' for mistake, said in self.rows.items())
        if os.environ.get('LIVE_UPDATE'):
            with open(PAGE, 'w', encoding='utf-8') as page:
                page.write(text)
        with open(PAGE, encoding='utf-8') as page:
            written = page.read()
        lines = sorted(set(text.splitlines()) ^ set(written.splitlines()))
        self.check.that('docs/reports.md says what was seen', lambda: same('lines that differ', lines, []), within=0)


def plain(text, name):
    """The text without what differs from run to run."""
    text = re.sub(r'\b(?:local-lvm|ceph-pool):[\w./-]+', 'STORAGE:VOLUME', text.replace(name, 'NAME'))
    text = re.sub(r'\b(?:[0-9A-F]{2}:){5}[0-9A-F]{2}\b', 'MAC', text)
    text = re.sub(r'live-[\w-]+', 'NAME', text)
    text = re.sub(r'(?<![\w.:/-])\d{1,6}(?![\w.:/])', 'N', text)
    return text.replace('|', '\\|')


def creations(bench, m):
    """Records whose guests cannot be made."""
    pve = bench.pve
    pve.write('POST', f'/nodes/{pve.ready["node"]}/qemu', vmid=700, name='theirs', memory=512)
    pve.write('POST', f'/nodes/{pve.ready["node"]}/qemu', vmid=701, name='live-m-twin', memory=512)

    def bad(name, **custom):
        return bench.create(name, custom_fields={'proxmox_vm_templates': '9000', **custom})
    told = []

    def expect(mistake, guest, *words):
        told.append((mistake, guest, words))
    expect('no template is chosen', bad('live-m-bare', proxmox_vm_templates=None), 'no template')
    expect('the template does not exist in Proxmox', bad('live-m-gone', proxmox_vm_templates='9099'), '9099')
    expect('the template is an ordinary guest', bad('live-m-guest', proxmox_vm_templates='700'), 'is no template')
    expect('the name has a space', bad('live-m a b'), 'DNS name')
    expect('the VMID is no number', bad('live-m-word', proxmox_vmid='abc'), 'proxmox_vmid', 'whole number')
    expect('the VMID is below 100', bad('live-m-low', proxmox_vmid='99'), 'proxmox_vmid', '100')
    expect("the VMID is another's guest, with no marker", bad('live-m-theirs', proxmox_vmid='700'), '700', 'adopt')
    expect('the node does not exist', bad('live-m-node', proxmox_node='pve9'), 'no node pve9')
    expect('the storage does not exist', bad('live-m-store', proxmox_vm_storage='nowhere'), 'storage nowhere')
    expect('Proxmox has a guest of this name', bad('live-m-twin'), '701', 'adopt')
    expect('a container (not supported yet)', bench.create(
        'live-m-lxc', 'lxc', custom_fields={}), 'container')
    for mistake, guest, words in told:
        m.said(mistake, guest, *words)
    made = [g['name'] for g in pve.guests() if g['name'].startswith('live-m-') and g['name'] != 'live-m-twin']
    m.check.that('none of them was made', lambda: same('guests', made, []), within=0)
    planned = bench.create('live-m-planned', status='planned', custom_fields={
        'proxmox_vm_templates': '9000', 'proxmox_vmid': '700'})
    bench.netbox('DELETE', f'{VMS}{planned.id}/')
    m.said("a record is deleted whose VMID is another's guest", None, '700', 'left alone', named=planned.name)
    m.check.that('the guests of others are untouched', lambda: same('guests', sorted(
        g['vmid'] for g in pve.guests() if g['vmid'] in (700, 701)), [700, 701]), within=0)
    for _, guest, _ in told:
        bench.netbox('DELETE', f'{VMS}{guest.id}/')


def staged(bench, m, guest, other):
    """What cannot be done to a guest in status Staged."""
    def disk(name, size=1000, **custom):
        return bench.netbox('POST', DISKS, {
            'virtual_machine': guest.id, 'name': name, 'size': size, 'custom_fields': custom})['id']
    guest.change(custom_fields={'proxmox_public_ssh_key': 'not a key'})
    m.said('the SSH key is none', guest, 'proxmox_public_ssh_key', 'authorized_keys')
    guest.change(vcpus=0.5, custom_fields={'proxmox_public_ssh_key': None})
    m.said('half a virtual CPU', guest, 'vcpus', 'whole')
    bench.pve.write('PUT', guest.config_path(), sockets=2)
    guest.change(vcpus=3)
    m.said("virtual CPUs that the guest's sockets cannot share", guest, 'vcpus 3', 'sockets')
    guest.change(vcpus=2)
    odd = disk('data')
    m.said('the name of a disk is no slot', guest, 'disk data', 'scsi0')
    bench.netbox('DELETE', f'{DISKS}{odd}/')
    empty = disk('scsi9', 0)
    m.said('a disk of no size', guest, 'disk scsi9', '0 MB')
    bench.netbox('DELETE', f'{DISKS}{empty}/')
    taken = disk('ide2')
    m.said("a disk in the slot of the cloud-init drive", guest, 'disk ide2', 'cloud-init')
    bench.netbox('DELETE', f'{DISKS}{taken}/')
    nowhere = disk('scsi8', proxmox_disk_storage_volume='nowhere')
    m.said('a disk on a storage that does not exist', guest, 'disk scsi8', 'storage nowhere')
    bench.netbox('DELETE', f'{DISKS}{nowhere}/')

    data = disk('scsi1', 5000)
    m.check.that('a disk is added', lambda: guest.has(scsi1=f'local-lvm:vm-{guest.vmid}-disk-1,size=5G'))
    path = f'{DISKS}{data}/'
    bench.netbox('PATCH', path, {'size': 3000})
    m.said('a disk is made smaller', guest, 'scsi1', 'cannot shrink')
    bench.netbox('PATCH', path, {'size': 5000, 'custom_fields': {'proxmox_disk_storage_volume': 'ceph-pool'}})
    m.said('a disk is given another storage', guest, 'scsi1', 'not moved')
    bench.netbox('PATCH', path, {'name': 'scsi2', 'custom_fields': {'proxmox_disk_storage_volume': None}})
    m.said('a disk is renamed', guest, 'scsi1', 'renamed scsi2')
    bench.netbox('PATCH', path, {'name': 'scsi1', 'virtual_machine': other.id})
    m.said('a disk is given to another virtual machine', guest, 'scsi1', 'moved from')
    guest.change(disk=None)         # NetBox 4.7.3 refuses every change of the former owner until then
    bench.netbox('PATCH', path, {'virtual_machine': guest.id})
    m.check.that('the disk is still there', lambda: guest.has(scsi1=f'local-lvm:vm-{guest.vmid}-disk-1,size=5G'))
    root = guest.disks()['scsi0']['id']
    bench.netbox('DELETE', f'{DISKS}{root}/')
    m.said('the root disk is deleted', guest, 'scsi0', 'boots from it')
    guest.change(custom_fields={'proxmox_node': 'pve9'})
    m.said('a node that does not exist is chosen for a guest', guest, 'no node pve9', 'pve1')
    guest.change(custom_fields={'proxmox_node': 'pve1'})

    nic = bench.netbox('POST', NICS, {'virtual_machine': guest.id, 'name': 'eth0', 'mtu': 100})['id']
    m.said('an MTU that Proxmox does not take', guest, 'interface eth0 MTU', '576')
    bench.netbox('PATCH', f'{NICS}{nic}/', {'mtu': None})
    made = [bench.netbox('POST', ADDRESSES, {
        'address': address, 'assigned_object_id': nic, 'assigned_object_type': 'virtualization.vminterface'})['id']
        for address in ('192.0.2.20/24', '192.0.2.21/24')]
    guest.change(primary_ip4=made[0])
    m.check.that('the primary address', lambda: guest.has(ipconfig0='ip=192.0.2.20/24,gw=192.0.2.1'))
    bench.netbox('PATCH', f'{ADDRESSES}{made[1]}/', {'description': 'saved'})
    m.said('a second IPv4 address on an interface', guest, '192.0.2.21', 'eth0', 'within the guest')
    bench.pve.write('PUT', guest.config_path(), net7='virtio,bridge=vmbr0')
    guest.change(comments='saved')
    m.said('Proxmox has a network card more', guest, 'net7', 'no interface in NetBox')
    bench.pve.write('PUT', guest.config_path(), onboot=1)
    guest.change(comments='saved again')
    m.said('the guest starts on boot, NetBox never said so', guest, 'starts with its node')


def active(bench, m, guest):
    """What is not done to a guest that is in use."""
    guest.change(status='active')
    m.check.that('it runs', lambda: guest.runs('running'))
    guest.change(memory=8192, vcpus=4, custom_fields={'proxmox_public_ssh_key': bench.key})
    m.said('memory is changed while Active', guest, 'memory', 'Staged')
    m.said('virtual CPUs are changed while Active', guest, 'vcpus is 4', 'Staged')
    m.said('an SSH key is set while Active', guest, 'SSH keys', 'Staged')
    disk = bench.netbox('POST', DISKS, {'virtual_machine': guest.id, 'name': 'scsi3', 'size': 1000})['id']
    m.said('a disk is created while Active', guest, 'disk scsi3', 'Staged')
    bench.netbox('DELETE', f'{DISKS}{disk}/')
    guest.change(memory=2048, vcpus=2, custom_fields={'proxmox_public_ssh_key': None})
    bench.pve.write('POST', guest.path('status/stop'))
    m.check.that('it was stopped by hand', lambda: guest.runs('stopped'))
    guest.change(comments='saved while it is stopped')
    m.said('somebody stopped the guest in Proxmox', guest, 'status is active', 'stopped')
    bench.pve.write('PUT', guest.config_path(), delete='scsi1')
    guest.change(comments='saved without its disk')
    m.said('somebody removed a disk in Proxmox', guest, 'scsi1', 'missing in Proxmox')


def removals(bench, m, guest, other):
    """What is not removed, and what is gone."""
    bench.pve.write('PUT', guest.config_path(), protection=1)
    bench.netbox('DELETE', f'{VMS}{guest.id}/')
    m.said('a record is deleted whose guest is protected', None, 'protected', named=guest.name)
    m.check.that('the protected guest is there', lambda: guest.has(protection='1'), within=0)
    bench.pve.write('DELETE', other.path(''))
    m.check.that('a guest is removed in Proxmox', other.is_gone)
    other.change(disk=None, comments='saved without its guest')
    m.said('somebody removed the guest in Proxmox', other, 'vanished')
    bench.netbox('DELETE', f'{VMS}{other.id}/')


def run(bench, check, created):
    fields(bench.netbox, [bench.pve.ready['node'], 'pve9'],
           [('9000', 'debian-12-cloud'), ('9001', 'debian-12-ceph'), ('9099', 'gone'), ('700', 'no template')],
           ['local-lvm', 'ceph-pool', 'nowhere'])
    m = Mistakes(bench, check)
    guest, other = bench.create('live-mistakes'), bench.create('live-other')
    creations(bench, m)
    for one in (guest, other):
        created(one)
    staged(bench, m, guest, other)
    active(bench, m, guest)
    removals(bench, m, guest, other)
    m.compare()
