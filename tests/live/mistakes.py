"""What users get wrong in NetBox, and what they are told: each mistake is made through the real NetBox's API and ends in
a journal entry, without Proxmox being touched. reports.py makes the page docs/reports.md of what was said."""
import os
import sqlite3

from containers import ARCHIVE, create
from harness import same
from reports import Page
from rest import NetBoxError

VMS, DISKS = '/virtualization/virtual-machines/', '/virtualization/virtual-disks/'
NICS, ADDRESSES, JOURNAL = '/virtualization/interfaces/', '/ipam/ip-addresses/', '/extras/journal-entries/'
# The VMIDs are typed, so that the page is the same after each run.
GUEST, OTHER, CONTAINER, WRITTEN, THEIRS, TWIN, STUCK, DENIED = 810, 811, 812, 813, 700, 701, 702, 703


class Mistakes:
    """Makes mistakes, and collects what is said of them."""

    def __init__(self, bench, check):
        self.bench, self.check, self.netbox, self.pve = bench, check, bench.netbox, bench.pve
        self.page, self.section = Page(), ''

    def entries(self, guest=None):
        kind, number = ('virtualmachine', guest.id) if guest else ('cluster', self.bench.cluster)
        return [e['comments'] for e in self.netbox.find(
            JOURNAL, assigned_object_type=f'virtualization.{kind}', assigned_object_id=number)]

    def said(self, mistake, guest, *words, named=None, allocated=None):
        """The entry on a guest's record (None: on the cluster) that has all these words; noted for the page, without a VMID
        that may be another one the next time."""
        name = named or guest.name

        def probe():
            entries = self.entries(guest)
            found = [e for e in entries if e.startswith(name + ':') and all(w.lower() in e.lower() for w in words)]
            if not found:
                return f'no entry of {name} with {words}: {entries}'
            self.page.note(self.section, mistake, found[-1], name, allocated)
            return None
        self.check.that(mistake, probe)

    def refused(self, mistake, method, path, body):
        """NetBox itself does not take it."""
        try:
            self.netbox(method, path, body)
            answer = 'it was accepted'
        except NetBoxError as error:
            answer = str(error).partition(': 400: ')[2]
        self.page.refused[mistake] = answer.replace('|', '\\|')
        self.check.that(mistake, lambda: None if answer and answer != 'it was accepted' else answer, within=0)

    def answered(self, guest):
        """Whether the server has answered all it heard of a record, and heard of it."""
        with sqlite3.connect(f'file:{self.bench.inbox}?mode=ro', uri=True) as inbox:
            states = [state for state, in inbox.execute('SELECT state FROM event WHERE record = ?', [guest.id])]
        return None if states and 'pending' not in states else f'events of {guest.id}: {states}'

    def changed_nothing(self, what, since, vmid=None):
        """The bridge sent nothing that changes Proxmox (or this guest) since so many writes."""
        sent = [f"{r['method']} {r['path']} {r['params']}" for r in self.pve.writes()[since:]
                if vmid is None or f'/{vmid}/' in r['path'] + '/']
        self.check.that(what, lambda: same('requests', sent, []), within=0)

    def settle(self, guest, words):
        """All that was done to a record so far was answered: what is done in any status comes after it."""
        guest.change(description=words)
        self.check.that(f'that was answered ({words})', lambda: guest.notes(f'netbox-description: {words}'))

    def disk(self, guest, name, size=1000, **custom):
        """Gives a virtual disk to a record; returns its path."""
        made = self.netbox('POST', DISKS, {'virtual_machine': guest.id, 'name': name, 'size': size, 'custom_fields': custom})
        return f"{DISKS}{made['id']}/"

    def wrong_disk(self, mistake, guest, name, *words, **attributes):
        """A disk that is reported, and taken back."""
        path = self.disk(guest, name, **attributes)
        self.said(mistake, guest, f'disk {name}', *words)
        self.netbox('DELETE', path)


def record(bench, name, **custom):
    return bench.create(name, custom_fields={'proxmox_vm_templates': '9000', **custom})


def creations(bench, m):
    """Records whose guests cannot be made."""
    pve, before = bench.pve, len(bench.pve.writes())
    for vmid, name in ((THEIRS, 'theirs'), (TWIN, 'live-m-twin')):
        pve.write('POST', f'/nodes/{pve.ready["node"]}/qemu', vmid=vmid, name=name, memory=512)
    told = []

    def expect(mistake, words, name, **custom):
        told.append((mistake, words, record(bench, f'live-m{name}', **custom)))
    expect('no template is chosen', ['no template'], '-bare', proxmox_vm_templates=None)
    expect('the template does not exist in Proxmox', ['9099'], '-gone', proxmox_vm_templates='9099')
    expect('the template is an ordinary guest', ['is no template'], '-guest', proxmox_vm_templates=str(THEIRS))
    expect('the name of a template that none has', ['no template of the name', '"debian"'], '-value', proxmox_vm_templates='debian')
    expect('the choice of a template is a volume', ['its VMID, or its name'], '-volume', proxmox_vm_templates=ARCHIVE)
    expect('the name has a space', ['DNS name', 'not created'], ' space')
    expect('the name has an underscore', ['DNS name', 'not created'], '_underscore')
    expect('the VMID is no number', ['proxmox_vmid', 'whole number'], '-word', proxmox_vmid='abc')
    expect('the VMID is below 100', ['proxmox_vmid', '"99"'], '-low', proxmox_vmid='99')
    expect("the VMID is another's guest, with no marker", ['700', 'adopt'], '-theirs', proxmox_vmid=str(THEIRS))
    expect('the node does not exist', ['no node pve9'], '-node', proxmox_node='pve9')
    expect('the choice of a node is no name of one', ['"pve 9"'], '-badnode', proxmox_node='pve 9')
    expect('the storage does not exist', ['storage nowhere'], '-store', proxmox_vm_storage='nowhere')
    expect('the storage takes no disks of VMs', ['storage local '], '-local', proxmox_vm_storage='local')
    expect('the choice of a storage is no name of one', ['"my disks"'], '-badstore', proxmox_vm_storage='my disks')
    expect('Proxmox has a guest of this name', ['701', 'adopt'], '-twin')
    expect('the template of a VM is that of a container', ['a container', 'template 9100'], '-kind',
           proxmox_vm_templates='9100')
    for mistake, words, guest in told:
        m.said(mistake, guest, *words)
    silent = {'without a guest type': record(bench, 'live-m-none', proxmox_vm_type=None),
              'in another cluster': bench.create('live-m-elsewhere', cluster=bench.elsewhere)}
    for what, guest in silent.items():
        m.check.that(f'a record {what} is heard of', lambda guest=guest: m.answered(guest))
        m.check.that(f'a record {what} is nobody told of', lambda guest=guest: same('entries', m.entries(guest), []), 0)

    planned = bench.create('live-m-planned', status='planned', custom_fields={
        'proxmox_vm_templates': '9000', 'proxmox_vmid': str(THEIRS)})
    bench.netbox('DELETE', f'{VMS}{planned.id}/')
    m.said("a record is deleted whose VMID is another's guest", None, '700', 'no marker', 'kept', named=planned.name)
    m.changed_nothing('nothing was sent to Proxmox', before)

    m.refused('two virtual machines of one name', 'POST', VMS, {
        'name': 'live-m-twin', 'cluster': bench.cluster, 'status': 'staged'})
    for field, value in (('proxmox_vm_type', 'kvm'), ('proxmox_node', 'pve7'), ('proxmox_vm_templates', '12')):
        m.refused(f'{field} is none of its choices', 'PATCH', f'{VMS}{told[0][2].id}/', {'custom_fields': {field: value}})
    for guest in [guest for _, _, guest in told] + list(silent.values()):
        bench.netbox('DELETE', f'{VMS}{guest.id}/')


def stuck(bench, m):
    """A creation that was killed half-way: the guest is locked, and no task runs."""
    guest = record(bench, 'live-m-stuck', proxmox_vmid=str(STUCK), proxmox_vm_templates='9099')
    m.check.that('a creation is refused for now', lambda: None if m.entries(guest) else 'no entry yet')
    path = f'/nodes/{bench.pve.ready["node"]}/qemu'
    bench.pve.write('POST', path, vmid=STUCK, memory=512)
    bench.pve.write_as_root('PUT', f'{path}/{STUCK}/config', lock='clone')
    before = len(bench.pve.writes())
    guest.change(custom_fields={'proxmox_vm_templates': '9000'})
    m.said('its creation was killed half-way', guest, f'qm unlock {STUCK}')
    m.changed_nothing('the locked guest is left alone', before, STUCK)
    bench.netbox('DELETE', f'{VMS}{guest.id}/')
    bench.pve.write_as_root('DELETE', f'{path}/{STUCK}', skiplock=1)


def container(bench, m, created):
    """What is special to containers."""
    before = len(bench.pve.writes())
    for mistake, words, custom in (
            ("the template of a container is a VM's", ['a virtual machine', 'template 9000'], {'proxmox_lxc_templates': '9000'}),
            ('the template of a container does not exist in Proxmox', ['9098'], {'proxmox_lxc_templates': '9098'}),
            ('the name of a template of a container that none has', ['no template of the name', '"debian.tar"'],
             {'proxmox_lxc_templates': 'debian.tar'}),
            ('the choice of a template is no volume', ['"local:"', 'such as'], {'proxmox_lxc_templates': 'local:'}),
            ('no node has the template volume', ['no node has'], {'proxmox_lxc_templates': ARCHIVE.replace('12.7', '99.9')}),
            ('no storage is chosen, and that of the template takes no containers', ['no storage is set'],
             {'proxmox_vm_storage': None})):
        guest = create(bench, 'live-m-ct', custom_fields=custom)
        m.said(mistake, guest, *words)
        bench.netbox('DELETE', f'{VMS}{guest.id}/')
    m.changed_nothing('nothing was sent to Proxmox', before)
    guest = create(bench, 'live-m-ct', custom_fields={'proxmox_vmid': str(CONTAINER)})
    created(guest)
    m.wrong_disk('the name of a disk of a container is no slot', guest, 'scsi1', 'rootfs')
    m.wrong_disk('a disk of a container has no mount path', guest, 'mp1', 'proxmox_mount_path')
    m.wrong_disk('a mount path that is none', guest, 'mp2', 'where a container can mount', proxmox_mount_path='srv')
    path = m.disk(guest, 'mp0', 2000, proxmox_mount_path='/srv')
    m.check.that('a mount point', lambda: None if bench.pve.config(CONTAINER, 'lxc').get('mp0') else 'none')
    bench.netbox('PATCH', path, {'custom_fields': {'proxmox_mount_path': '/var'}})
    m.said('a mount path is changed', guest, 'mounted at /srv')
    bench.netbox('PATCH', path, {'custom_fields': {'proxmox_mount_path': '/srv'}})
    guest.change(custom_fields={'proxmox_public_ssh_key': bench.key.replace('admin+live', 'other')})
    m.said('the SSH key of a container is changed', guest, 'SSH keys', 'only when it creates')
    nic = bench.netbox('POST', NICS, {'virtual_machine': guest.id, 'name': 'docker0'})
    address = bench.netbox('POST', ADDRESSES, {'address': '192.0.2.60/24', 'assigned_object_id': nic['id'],
                                               'assigned_object_type': 'virtualization.vminterface'})
    bench.pve.write('PUT', guest.config_path(), delete='net0')
    guest.change(primary_ip4=address['id'])
    m.said('an address, and no card to hold it', guest, '192.0.2.60', 'has no net0')
    guest.change(primary_ip4=None, status='active')
    m.check.that('it runs', lambda: guest.runs('running'))
    guest.change(status='paused')
    m.said('a container is Paused', guest, 'cannot be suspended')
    guest.change(status='active')
    bench.netbox('DELETE', path)
    m.said('a mount point is deleted while the container runs', guest, 'mp0', 'once the container has stopped')
    bench.netbox('DELETE', f'{VMS}{guest.id}/')
    m.check.that('the container is removed', guest.is_gone)


def staged(bench, m, guest, other):
    """What cannot be done to a guest in status Staged."""
    before = len(bench.pve.writes())
    m.said("the disk is smaller than the template's", guest, "template's root disk")
    stranger = record(bench, 'live-m-mine', proxmox_vmid=str(GUEST))
    m.said("the VMID is another record's guest", stranger, str(GUEST), 'belongs to')
    bench.netbox('DELETE', f'{VMS}{stranger.id}/')
    m.said("a record is deleted whose VMID is another record's guest", None, str(GUEST), 'belongs to', named=stranger.name)

    guest.change(custom_fields={'proxmox_public_ssh_key': 'not a key', 'proxmox_gateway': 'middle'})
    m.said('the SSH key is none', guest, 'proxmox_public_ssh_key', 'authorized_keys')
    m.said('the gateway is none of the rules', guest, 'proxmox_gateway', 'first, last or none')
    guest.change(vcpus=0.5, name='live mistakes', custom_fields={'proxmox_public_ssh_key': None, 'proxmox_gateway': None})
    m.said('half a virtual CPU', guest, 'vcpus', 'whole', named='live mistakes')
    m.said('a guest is given a name with a space', guest, 'DNS name', named='live mistakes')
    bench.pve.write('PUT', guest.config_path(), sockets=2)
    guest.change(vcpus=3, name=guest.name)
    m.said("virtual CPUs that the guest's sockets cannot share", guest, 'vcpus 3', 'sockets')
    bench.pve.write('PUT', guest.config_path(), delete='sockets')
    guest.change(vcpus=2, custom_fields={'proxmox_vmid': '899'})
    m.said('the VMID is changed', guest, '899', f'VMID {GUEST}')
    guest.change(custom_fields={'proxmox_vmid': None})
    m.said('the VMID is cleared', guest, 'no VMID', f'VMID {GUEST}')
    guest.change(custom_fields={'proxmox_vmid': str(GUEST), 'proxmox_vm_type': 'lxc'})
    m.said('the type is changed', guest, 'cannot be changed from one into the other')
    guest.change(custom_fields={'proxmox_vm_type': 'vm', 'proxmox_node': 'pve9'})
    m.said('a node that does not exist is chosen for a guest', guest, 'no node pve9', 'pve1')
    guest.change(custom_fields={'proxmox_node': 'pve1'})
    m.changed_nothing('the guest was not touched', before, GUEST)
    disks(bench, m, guest, other)
    interfaces(bench, m, guest)


def written(bench, m, created):
    """Values that are left out while all else is done: each is the report of a real user."""
    guest = record(bench, 'live-m-written', proxmox_vmid=str(WRITTEN))
    created(guest)
    m.settle(guest, 'written')
    guest.change(memory=15, vcpus=3)
    m.said('less memory than Proxmox takes', guest, 'memory', '16 MB')
    m.check.that('the rest was done', lambda: guest.has(cores='3'))
    secret = 'b3BlbnNzaC1rZXktdjEAAAAA'
    guest.change(memory=1024, custom_fields={'proxmox_public_ssh_key':
                 f'-----BEGIN OPENSSH PRIVATE KEY-----\n{secret}\n-----END OPENSSH PRIVATE KEY-----'})
    m.said('a private key is pasted', guest, 'line 1', 'private key')
    m.check.that('it is not repeated', lambda: same('entries', [e for e in m.entries(guest) if secret in e], []), within=0)
    guest.change(custom_fields={'proxmox_public_ssh_key': f'{bench.key}\nssh-rsa AAAAbroken someone@example'})
    m.said('one of several SSH keys is none', guest, 'line 2', 'authorized_keys')
    m.wrong_disk('a disk of the firmware', guest, 'efidisk0', 'firmware', size=4)
    m.check.that('nobody is told to rename it', lambda: same(
        'entries', [e for e in m.entries(guest) if 'rename' in e.lower()], []), within=0)
    nic = bench.netbox('POST', NICS, {'virtual_machine': guest.id, 'name': 'net0', 'mac_address': 'A3:E9:3D:22:FC:AE'})
    m.said('a MAC address that no card can have', guest, 'interface net0', 'A3:E9:3D:22:FC:AE')
    address = bench.netbox('POST', ADDRESSES, {
        'address': '192.0.2.70/24', 'status': 'deprecated', 'assigned_object_id': nic['id'],
        'assigned_object_type': 'virtualization.vminterface'})
    m.said('an address that is deprecated', guest, '192.0.2.70', 'status')
    bench.netbox('PATCH', f"{ADDRESSES}{address['id']}/", {'status': 'active', 'role': 'vip'})
    m.said('an address that software within the guest has', guest, '192.0.2.70', 'role')
    inside = bench.netbox('POST', ADDRESSES, {'address': '192.0.2.170/24'})
    bench.netbox('PATCH', f"{ADDRESSES}{address['id']}/", {'role': '', 'nat_inside': inside['id']})
    m.said('an address that is translated to another', guest, '192.0.2.70', 'translated to 192.0.2.170')
    bench.netbox('PATCH', f"{ADDRESSES}{address['id']}/", {'nat_inside': None})
    m.check.that('the only address is set', lambda: guest.has(ipconfig0='ip=192.0.2.70/24,gw=192.0.2.1'))
    bench.netbox('PATCH', f"{ADDRESSES}{address['id']}/", {'address': '192.0.2.70/32'})
    m.said('an address whose prefix has no room for a gateway', guest, '192.0.2.70/32', 'proxmox_gateway')
    m.check.that('it is set without one', lambda: guest.has(ipconfig0='ip=192.0.2.70/32'))
    bench.pve.write('PUT', guest.config_path(), cicustom='user=local:snippets/user.yml')
    guest.change(custom_fields={'proxmox_public_ssh_key': bench.key.replace('admin+live', 'other')})
    m.said('an SSH key, and the guest has cloud-init data of its own', guest, 'SSH keys', 'cicustom')
    for name in ('cali3f1a2b4c5d6', 'flannel.1', 'cni0', 'kube-ipvs0', 'vxlan.calico', 'nodelocaldns', 'tunl0'):
        bench.netbox('POST', NICS, {'virtual_machine': guest.id, 'name': name})
    m.settle(guest, 'interfaces of Kubernetes')
    m.check.that('they are no cards', lambda: guest.has(net1=None))
    bench.netbox('DELETE', f'{VMS}{guest.id}/')
    m.check.that('it is removed', guest.is_gone)


def disks(bench, m, guest, other):
    before = len(bench.pve.writes())
    m.wrong_disk('the name of a disk is no slot', guest, 'data', 'scsi0')
    m.wrong_disk('a disk of no size', guest, 'scsi9', '0 MB', size=0)
    m.wrong_disk('a disk in the slot of the cloud-init drive', guest, 'ide2', 'cloud-init')
    m.wrong_disk('a disk on a storage that does not exist', guest, 'scsi8', 'storage nowhere',
                 proxmox_disk_storage_volume='nowhere')
    m.changed_nothing('no disk was made', before, GUEST)
    path = m.disk(guest, 'scsi1', 5000)
    there = f'local-lvm:vm-{GUEST}-disk-1,size=5G'
    m.check.that('a disk is added', lambda: guest.has(scsi1=there))
    before = len(bench.pve.writes())
    m.refused('two disks of one name', 'POST', DISKS, {'virtual_machine': guest.id, 'name': 'scsi1', 'size': 1000})
    bench.netbox('PATCH', path, {'size': 3000})
    m.said('a disk is made smaller', guest, 'scsi1', 'cannot shrink')
    bench.netbox('PATCH', path, {'size': 5000, 'custom_fields': {'proxmox_disk_storage_volume': 'ceph-pool'}})
    m.said('a disk is given another storage', guest, 'scsi1', 'not moved')
    bench.netbox('PATCH', path, {'name': 'scsi2', 'custom_fields': {'proxmox_disk_storage_volume': None}})
    m.said('a disk is renamed', guest, 'scsi1', 'renamed scsi2')
    bench.netbox('PATCH', path, {'name': 'scsi1', 'virtual_machine': other.id})
    m.said('a disk is given to another virtual machine', guest, 'scsi1', 'moved from')
    m.said('a disk is taken from another virtual machine', other, 'scsi1', 'moved from')
    guest.change(disk=None)         # NetBox 4.7.3 refuses every change of the former owner until then
    bench.netbox('PATCH', path, {'virtual_machine': guest.id})
    bench.netbox('DELETE', f"{DISKS}{guest.disks()['scsi0']['id']}/")
    m.said('the root disk is deleted', guest, 'scsi0', 'boots from it')
    m.changed_nothing('the disks were not touched', before, GUEST)

    bench.pve.write('PUT', guest.config_path(), scsi5='local-lvm:1')
    guest.change(comments='saved with a disk more')
    m.said('somebody added a disk in Proxmox', guest, 'scsi5', 'not in NetBox')
    bench.pve.write('PUT', guest.config_path(), delete='scsi5')
    other_path = m.disk(guest, 'scsi6')
    m.check.that('another disk is added', lambda: guest.has(scsi6=f'local-lvm:vm-{GUEST}-disk-2,size=1G'))
    m.check.that('and answered', lambda: m.answered(guest))
    guest.change(comments='saved, so that the server sees which volume it is')
    m.check.that('and seen', lambda: m.answered(guest))
    bench.pve.write('PUT', guest.config_path(), delete='scsi6')
    bench.pve.write('PUT', guest.config_path(), scsi6='ceph-pool:1')
    bench.netbox('DELETE', other_path)
    m.said('a disk is deleted in whose place somebody attached another', guest, 'scsi6', 'not removed', 'ceph-pool')
    bench.pve.write('PUT', guest.config_path(), delete='scsi6')


def interfaces(bench, m, guest):
    made = bench.netbox('POST', NICS, {'virtual_machine': guest.id, 'name': 'eth0', 'mtu': 100, 'custom_fields': {
        'proxmox_bridge': 'the bridge in the cellar'}})
    nic = f"{NICS}{made['id']}/"
    m.said('an MTU that Proxmox does not take', guest, 'interface eth0 MTU', '576')
    m.said('a bridge whose name cannot be one', guest, 'proxmox_bridge', 'cellar')
    bench.netbox('PATCH', nic, {'mtu': None, 'custom_fields': {'proxmox_bridge': None}})
    first, second = (bench.netbox('POST', ADDRESSES, {
        'address': f'192.0.2.{number}/24', 'assigned_object_id': made['id'],
        'assigned_object_type': 'virtualization.vminterface'})['id'] for number in (20, 21))
    guest.change(primary_ip4=first)
    m.check.that('the primary address', lambda: guest.has(ipconfig0='ip=192.0.2.20/24,gw=192.0.2.1'))
    bench.netbox('PATCH', f'{ADDRESSES}{second}/', {'description': 'saved'})
    m.said('a second IPv4 address on an interface', guest, '192.0.2.21', 'eth0', 'within the guest')
    m.check.that('the first one is not said to be too much', lambda: same(
        'entries', [e for e in m.entries(guest) if '192.0.2.20' in e], []), within=0)
    guest.change(primary_ip4=None)
    m.check.that('no address', lambda: guest.has(ipconfig0=None))
    bench.pve.write('PUT', guest.config_path(), net7='virtio,bridge=vmbr0', onboot=1)
    guest.change(comments='saved with a card more')
    m.said('Proxmox has a network card more', guest, 'net7', 'no interface in NetBox')
    m.said('the guest starts on boot, NetBox never said so', guest, 'starts with its node')
    bench.pve.write('PUT', guest.config_path(), delete='net7,onboot,ide2')
    guest.change(primary_ip4=first, custom_fields={'proxmox_public_ssh_key': bench.key})
    m.said('a primary address, and no cloud-init drive', guest, 'primary IPv4', 'cloud-init')
    m.said('an SSH key, and no cloud-init drive', guest, 'SSH keys', 'cloud-init')
    guest.change(primary_ip4=None, custom_fields={'proxmox_public_ssh_key': None})
    bench.pve.write('PUT', guest.config_path(), ide2=f'local-lvm:vm-{GUEST}-cloudinit,media=cdrom')
    bench.first_address = first


def active(bench, m, guest):
    """What is not done to a guest that is in use."""
    guest.change(status='active')
    m.check.that('it runs', lambda: guest.runs('running'))
    before = len(bench.pve.writes())
    guest.change(memory=8192, vcpus=4, primary_ip4=bench.first_address,
                 custom_fields={'proxmox_public_ssh_key': bench.key})
    m.said('memory is changed while Active', guest, 'memory:', 'Staged')
    m.said('virtual CPUs are changed while Active', guest, 'vcpus:', 'Staged')
    m.said('an address is set while Active', guest, 'primary IPv4:', 'Staged')
    m.said('an SSH key is set while Active', guest, 'SSH keys:', 'Staged')
    root = f"{DISKS}{guest.disks()['scsi0']['id']}/"
    bench.netbox('PATCH', root, {'size': 20000})
    m.said('a disk is grown while Active', guest, 'disk scsi0:', 'Staged')
    bench.netbox('PATCH', root, {'size': 10000})
    m.settle(guest, 'sized')
    m.wrong_disk('a disk is created while Active', guest, 'scsi3', 'Staged')
    guest.change(vcpus=2, primary_ip4=None, custom_fields={'proxmox_public_ssh_key': None})
    m.settle(guest, 'all but the memory')
    guest.change(memory=2048)
    m.said('what was reported is so no more', guest, 'of memory is over')
    for nic in bench.netbox.find(NICS, virtual_machine_id=guest.id):
        bench.netbox('DELETE', f"{NICS}{nic['id']}/")
    m.said('an interface is deleted while Active', guest, 'net0', 'card was kept')
    m.check.that('the running guest was not touched', lambda: same('writes', [
        r['params'] for r in bench.pve.writes()[before:] if f'/{GUEST}/' in r['path'] and set(r['params']) - {
            'description', 'digest'}], []), within=0)
    guest.change(status='staged', memory=3072)
    m.said('memory is changed while Staged, and the guest runs', guest, 'memory', 'next shut down')
    guest.change(status='active')
    m.settle(guest, 'in use')
    bench.pve.write('POST', guest.path('status/stop'))
    m.check.that('it was stopped by hand', lambda: guest.runs('stopped'))
    guest.change(comments='saved while it is stopped')
    m.said('somebody stopped the guest in Proxmox', guest, 'status is active', 'stopped')
    bench.pve.write('PUT', guest.config_path(), delete='scsi1')
    guest.change(comments='saved without its disk')
    m.said('somebody removed a disk in Proxmox', guest, 'scsi1', 'missing in Proxmox')


def denied(bench, m, created):
    """The token may see everything and change nothing."""
    token = bench.server.settings['PROXMOX_TOKEN']
    bench.server.terminate()
    bench.server.settings['PROXMOX_TOKEN'] = bench.pve.ready['tokens']['auditor']
    bench.server.start()
    guest = record(bench, 'live-m-denied', proxmox_vmid=str(DENIED))
    m.said("the server's token may not clone", guest, 'VM.Clone', 'events --release')
    bench.server.terminate()
    bench.server.settings['PROXMOX_TOKEN'] = token
    bench.server.start()
    guest.change(comments='saved, now that the token may')
    created(guest)
    bench.netbox('DELETE', f'{VMS}{guest.id}/')
    m.check.that('it is removed again', guest.is_gone)


def removals(bench, m, guest, other, created):
    """What is not removed, and what is gone."""
    bench.pve.write('PUT', guest.config_path(), protection=1)
    bench.netbox('DELETE', f'{VMS}{guest.id}/')
    m.said('a record is deleted whose guest is protected', None, 'protected', named=guest.name)
    m.check.that('the protected guest is there', lambda: guest.has(protection='1'), within=0)
    bench.pve.write('PUT', guest.config_path(), delete='protection')
    bench.pve.write('DELETE', other.path(''))
    m.check.that('a guest is removed in Proxmox', other.is_gone)
    before = len(bench.pve.writes())
    other.change(disk=None, comments='saved without its guest')
    m.said('somebody removed the guest in Proxmox', other, 'vanished')
    m.changed_nothing('it was not made again', before)
    other.change(custom_fields={'proxmox_vmid': None})
    created(other)
    bench.pve.write('POST', other.path('template'))
    m.check.that('it is made a template', lambda: other.has(template='1'))
    bench.netbox('DELETE', f'{VMS}{other.id}/')
    m.said('a record is deleted whose guest is a template', None, 'is a template', named=other.name, allocated=other.vmid)
    for vmid in (other.vmid, GUEST, THEIRS, TWIN):
        bench.pve.write('DELETE', f'/nodes/{bench.pve.ready["node"]}/qemu/{vmid}')


def choose(bench, nodes):
    """Choices as a person might have written them."""
    for name, values in (
            ('proxmox-cluster-nodes', nodes),
            ('proxmox-vm-templates', ['9000', '9001', '9014', '9099', str(THEIRS), '9100', 'debian', ARCHIVE]),
            ('proxmox-vm-storage', ['local-lvm', 'ceph-pool', 'nowhere', 'local', 'my disks']),
            ('proxmox-lxc-templates', [ARCHIVE, ARCHIVE.replace('12.7', '99.9'), 'debian.tar', 'local:', '9000', '9098'])):
        choices = [[value, value] for value in values]
        bench.netbox.ensure('/extras/custom-field-choice-sets/', {'name': name}, extra_choices=choices)


def run(bench, check, created):
    m = Mistakes(bench, check)
    node = bench.pve.ready['node']
    m.section = 'A guest is to be made'
    choose(bench, ['pve9', 'pve 9'])
    guest, other = (bench.create(name, disk=size, custom_fields={
        'proxmox_vm_templates': '9000', 'proxmox_vmid': str(vmid)}) for name, vmid, size in (
            ('live-mistakes', GUEST, 5000), ('live-other', OTHER, None)))
    created(guest)
    created(other)
    m.said('the guest was made', other, 'created as VMID')
    m.said("the node of the guest is none of NetBox's choices", other, 'choices of proxmox_node')
    choose(bench, [node, 'pve9', 'pve 9'])
    for one in (guest, other):
        one.change(comments='saved, now that its node is a choice')
        check.that('then the node is recorded', lambda one=one: same(
            'node', (one.record()['custom_fields']['proxmox_node'] or {}).get('value'), node))
    creations(bench, m)
    stuck(bench, m)
    denied(bench, m, created)
    m.section = 'A guest that is Staged'
    staged(bench, m, guest, other)
    m.section = 'Values that are left out, while all else is done'
    written(bench, m, created)
    m.section = 'A guest in use'
    active(bench, m, guest)
    m.section = 'A container'
    container(bench, m, created)
    m.section = 'Removals'
    removals(bench, m, guest, other, created)
    m.page.compare(check)
