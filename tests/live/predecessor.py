"""A NetBox that was set up for netbox-proxmox-automation, with its 17 event rules, drives the server: nothing is changed
but a secret on its webhook and, on NetBox 4.7, one word in the conditions. docs/switching.md says it to operators."""
import json
import os
import pty
import subprocess

from containers import ARCHIVE
from harness import first, same

VMS, DISKS = '/virtualization/virtual-machines/', '/virtualization/virtual-disks/'
RULES, HOOKS = '/extras/event-rules/', '/extras/webhooks/'
NAME = 'netbox-proxmox-flask-application'
FIXTURE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'fixtures', 'predecessor-rules.json')
THERE = 820


def set_up(bench):
    """Its webhook and rules in place of ours; returns how to go back."""
    netbox = bench.netbox
    bench.rule(enabled=False)
    hook = netbox.ensure(HOOKS, {'name': NAME}, payload_url=bench.server.url + '/', http_method='POST',
                         http_content_type='application/json', secret=bench.secret, ssl_verification=False)['id']
    with open(FIXTURE, encoding='utf-8') as text:
        rules = json.loads(text.read().replace('"custom_fields.proxmox_vm_type"', '"custom_fields.proxmox_vm_type.value"'))
    made = [netbox.ensure(RULES, {'name': f"{rule.pop('name')}-flask-application"}, enabled=True, action_type='webhook',
                          action_object_type='extras.webhook', action_object_id=hook, **rule)['id'] for rule in rules]

    def back():
        for rule in made:
            netbox('DELETE', f'{RULES}{rule}/')
        netbox('DELETE', f'{HOOKS}{hook}/')
        bench.rule(enabled=True)
    return len(made), back


def command(bench, *arguments, stdin=subprocess.DEVNULL, ends=0):
    """None if the command line ends as wanted."""
    done = bench.server.command(*arguments, stdin=stdin)
    return None if done.returncode == ends else f'exit {done.returncode}: {done.stdout} {done.stderr}'


def answered(bench, answer, *arguments, **wanted):
    """The same with a person at a terminal, who answers what it asks."""
    keyboard, terminal = pty.openpty()
    try:
        os.write(keyboard, f'{answer}\n'.encode())
        return command(bench, *arguments, stdin=terminal, **wanted)
    finally:
        os.close(keyboard)
        os.close(terminal)


def drives(bench, check, created):
    count, back = set_up(bench)
    check.that('its rules are there', lambda: same('rules', count, 17), within=0)
    try:
        existing(bench, check)
        for guest in (
                bench.create('live-pre', custom_fields={'proxmox_vm_templates': '9000', 'proxmox_node': 'pve1'}),
                bench.create('live-pre-ct', 'lxc', memory=512, custom_fields={
                    'proxmox_lxc_templates': ARCHIVE, 'proxmox_node': 'pve1', 'proxmox_public_ssh_key': bench.key})):
            created(guest)
            guest.change(vcpus=4, memory=1024)
            check.that(f'{guest.kind}: cores and memory', lambda guest=guest: guest.has(cores='4', memory='1024'))
            if guest.kind == 'qemu':
                disk = bench.netbox('POST', DISKS, {'virtual_machine': guest.id, 'name': 'scsi1', 'size': 2000})
                check.that('qemu: disk added', lambda guest=guest: guest.has(
                    scsi1=f'local-lvm:vm-{guest.vmid}-disk-1,size=2G'))
                bench.netbox('DELETE', f"{DISKS}{disk['id']}/")
                check.that('qemu: disk deleted', lambda guest=guest: guest.has(scsi1=None))
            guest.change(status='active')
            check.that(f'{guest.kind}: active, it runs', lambda guest=guest: guest.runs('running'))
            guest.change(status='offline')
            check.that(f'{guest.kind}: offline, it is stopped', lambda guest=guest: guest.runs('stopped'))
            check.that(f'{guest.kind}: nothing was said', lambda guest=guest: same('journal', guest.journal(), []), within=0)
            bench.netbox('DELETE', f'{VMS}{guest.id}/')
            check.that(f'{guest.kind}: deleted, it is gone', guest.is_gone)
            check.that(f'{guest.kind}: made once, destroyed once', lambda guest=guest: same('requests', (
                len(guest.creations()), len(guest.requests('DELETE', ''))), (1, 1)))
    finally:
        back()


def existing(bench, check):
    """A guest that the predecessor made: nothing happens to it before it is adopted, everything after."""
    bench.pve.write('POST', f'/nodes/{bench.pve.ready["node"]}/qemu', vmid=THERE, name='live-pre-old', memory=2048, cores=2)
    guest = bench.create('live-pre-old', status='active', custom_fields={
        'proxmox_vm_templates': '9000', 'proxmox_vmid': str(THERE), 'proxmox_node': 'pve1', 'proxmox_vm_storage': None})
    guest.vmid = THERE
    guest.change(status='offline')
    guest.change(status='active')
    check.that('a guest that was there is not touched, and adopt is named', lambda: first(
        same('entries', len(guest.journal('adopt')), 1), guest.runs('stopped'), guest.notes('netbox-proxmox', False)))
    check.that('adopt --all, and no: nothing is done', lambda: first(
        command(bench, 'adopt', '--all', ends=2), answered(bench, 'n', 'adopt', '--all', ends=1),
        guest.notes('netbox-proxmox', False)))
    # As long as the server answers a change of it, it is left.
    check.that('adopt --all, and yes', lambda: answered(bench, 'y', 'adopt', '--all'))
    check.that('it carries the marker', guest.is_ready)
    guest.change(status='offline')
    guest.change(status='active')
    check.that('now it follows', lambda: guest.runs('running'))
    bench.netbox('DELETE', f'{VMS}{guest.id}/')
    check.that('and goes with its record', guest.is_gone)
