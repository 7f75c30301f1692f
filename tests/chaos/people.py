"""What people do in NetBox meanwhile: each has virtual machines of their own, and changes them one step at a time."""
import random
import threading
import time

from rest import NetBox, NetBoxError
from world import NODES, VZTMPL

VMS, DISKS, CARDS = '/virtualization/virtual-machines/', '/virtualization/virtual-disks/', '/virtualization/interfaces/'
ADDRESSES = '/ipam/ip-addresses/'
MOST = 6        # virtual machines a person has at once
# Fewer than the brake on destroys lets pass within an hour.
DELETIONS = 80


class Person(threading.Thread):
    """One of them. `did` has what they did, for the history of a guest."""

    deletions, counting = 0, threading.Lock()

    def __init__(self, world, number, pause):
        super().__init__(daemon=True)
        self.world, self.number, self.pause, self.random = world, number, pause, random.Random(f'{world.seed} person {number}')
        self.netbox = NetBox(world.netbox.url, world.netbox.headers['Authorization'].split()[1])
        self.mine, self.taken, self.did, self.made, self.over, self.error = {}, {}, [], 0, threading.Event(), None

    def run(self):
        try:
            while not self.over.is_set():
                self.step()
                time.sleep(self.random.uniform(0, 2 * self.pause))
        except Exception as error:      # a defect of the test, said at the end
            self.error = error

    def step(self):
        if len(self.mine) < 2 or (len(self.mine) < MOST and self.random.random() < 0.2):
            return self.create()
        record = self.random.choice(list(self.mine))
        act = self.random.choices(
            (self.resize, self.label, self.power, self.grow, self.add_disk, self.remove_disk, self.migrate, self.rename, self.address,
             self.hurry, self.delete), (5, 3, 6, 3, 4, 2, 3, 2, 2, 2, 2))[0]
        act(record, self.mine[record])

    def note(self, record, what):
        self.did.append((time.time(), record, what))

    def change(self, record, **values):
        self.note(record, f'changes {values}')
        return self.netbox('PATCH', f'{VMS}{record}/', values)

    def create(self):
        self.made += 1
        container = self.random.random() < 0.25
        fields = {'proxmox_vm_type': 'lxc', 'proxmox_lxc_templates': VZTMPL, 'proxmox_vm_storage': 'ceph'} if container else {
            'proxmox_vm_type': 'vm', 'proxmox_vm_templates': '9000'}
        if self.random.random() < 0.5:
            fields['proxmox_node'] = self.random.choice(NODES)
        record = self.netbox('POST', VMS, {
            'name': f'chaos-{self.number}-{self.made}', 'status': self.random.choice(('staged', 'active', 'active', 'offline')),
            'cluster': self.world.cluster, 'memory': self.random.choice((512, 1024, 2048)), 'vcpus': self.random.randint(1, 4),
            'description': f'of person {self.number}', 'custom_fields': fields})
        self.mine[record['id']] = 'lxc' if container else 'qemu'
        self.note(record['id'], f"creates {record['name']} {record['status']['value']} {fields}")

    def resize(self, record, _kind):
        self.change(record, memory=self.random.choice((512, 1024, 1536, 2048, 3072)), vcpus=self.random.randint(1, 4))

    def label(self, record, _kind):
        self.change(record, description=f'of person {self.number}, {self.random.randint(0, 999)}')

    def power(self, record, _kind):
        self.change(record, status=self.random.choice(('active', 'offline')))

    def rename(self, record, _kind):
        self.change(record, name=f'chaos-{self.number}-{record}-{self.random.randint(0, 999)}')

    def migrate(self, record, _kind):
        self.change(record, custom_fields={'proxmox_node': self.random.choice(NODES)})

    def disks(self, record):
        return self.netbox.find(DISKS, virtual_machine_id=record)

    def grow(self, record, _kind):
        if disks := self.disks(record):
            disk = self.random.choice(disks)
            self.note(record, f"grows {disk['name']}")
            self.netbox('PATCH', f"{DISKS}{disk['id']}/", {'size': disk['size'] + 1000})

    def add_disk(self, record, kind):
        slots = {disk['name'] for disk in self.disks(record)}
        # Not before NetBox knows the root disk: a first disk in NetBox says what that is to be.
        if not slots & {'scsi0', 'rootfs'}:
            return
        # None is taken twice: a disk that is deleted and made again before that was heard of is the same one to the bridge.
        self.taken[record] = number = self.taken.get(record, 0) + 1
        if number < 10:
            slot = f'mp{number}' if kind == 'lxc' else f'scsi{number}'
            fields = {'proxmox_disk_storage_volume': 'ceph', **({'proxmox_mount_path': f'/srv/{slot}'} if kind == 'lxc' else {})}
            self.note(record, f'adds {slot}')
            self.netbox('POST', DISKS, {'virtual_machine': record, 'name': slot, 'size': 1000, 'custom_fields': fields})

    def remove_disk(self, record, kind):
        disks = [disk for disk in self.disks(record) if disk['name'] not in ('scsi0', 'rootfs')]
        # A mount point of a container goes once that stops: it is left to other tests.
        if disks and kind == 'qemu':
            disk = self.random.choice(disks)
            self.note(record, f"removes {disk['name']}")
            self.netbox('DELETE', f"{DISKS}{disk['id']}/")

    def address(self, record, _kind):
        """A card, an address on it, and that the primary one: three or four deliveries."""
        cards = self.netbox.find(CARDS, virtual_machine_id=record)
        card = cards[0] if cards else self.netbox('POST', CARDS, {'virtual_machine': record, 'name': 'eth0' if _kind == 'lxc' else 'net0'})
        self.note(record, 'gets an address')
        ip = self.netbox('POST', ADDRESSES, {
            'address': f'10.{self.number}.{record % 250}.{self.random.randint(10, 250)}/24',
            'assigned_object_type': 'virtualization.vminterface', 'assigned_object_id': card['id']})
        former = self.netbox('GET', f'{VMS}{record}/')['primary_ip4']
        self.change(record, primary_ip4=ip['id'])
        if former:
            self.netbox('DELETE', f"{ADDRESSES}{former['id']}/")

    def hurry(self, record, _kind):
        """Several changes within a moment, as a script makes them."""
        for status in self.random.choice((('offline', 'active'), ('active', 'offline', 'active'), ('staged', 'active'))):
            self.change(record, status=status)
        self.change(record, memory=self.random.choice((512, 1024, 2048)))

    def delete(self, record, _kind):
        with Person.counting:
            if Person.deletions >= DELETIONS:
                return
            Person.deletions += 1
        self.note(record, 'deletes it')
        try:
            self.netbox('DELETE', f'{VMS}{record}/')
        except NetBoxError as error:
            if error.status != 404:
                raise
        del self.mine[record]
