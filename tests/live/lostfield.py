"""NetBox loses fields of a record that several clients change within a moment: it writes back what it read. A VMID that
was lost so is written again."""
import collections
import random
import threading
import time

import database
from harness import first, same
from rest import NetBoxError

VMS = '/virtualization/virtual-machines/'
RECORDS, CLIENTS, SECONDS = 20, 4, 8
# The entries of the change log that have no VMID although the one before had it.
LOST = """
SELECT count(DISTINCT record) FROM (
    SELECT changed_object_id AS record, {vmid} AS now, lag({vmid}) OVER (PARTITION BY changed_object_id ORDER BY id) AS before
    FROM core_objectchange WHERE changed_object_id IN ({ids}) AND changed_object_type_id = (
        SELECT id FROM django_content_type WHERE app_label = 'virtualization' AND model = 'virtualmachine')
) AS entries WHERE before IS NOT NULL AND now IS NULL"""


def lostfield(bench, check, created):
    guests = race(bench)
    check.that('every guest is there', lambda: same('guests', by_name(bench, guests), {g.name: 1 for g in guests}), within=120)
    check.that('all is answered', bench.quiet, within=120)
    lost, without = lost_between(guests), [guest.name for guest in guests if guest.has_vmid()]
    print(f'          NetBox lost the VMID of {lost} of {RECORDS} records; {len(without)} have none now', flush=True)
    again(bench, check, guests, 'after the race')

    # For sure, and without an entry in the change log: null, and not there at all.
    lose(check, guests[:2], "jsonb_set(custom_field_data, '{proxmox_vmid}', 'null')")
    again(bench, check, guests[:2], 'lost for sure')
    lose(check, guests[:2], "custom_field_data - 'proxmox_vmid'")
    with bench.settings(NETBOX_PROXMOX_RECONCILE='3'):
        check.that('written again by the comparison alone', lambda: own_vmids(bench, guests[:2]))
    check.that('nothing was said', lambda: same('journal', [entry for g in guests for entry in g.journal()], []), within=0)
    bench.netbox('DELETE', VMS, [{'id': guest.id} for guest in guests])
    check.that('deleted in one request, all are gone', lambda: same('guests', by_name(bench, guests), {}), within=120)


def race(bench):
    """Several clients write into the records while the server writes VMIDs, nodes and disks back."""
    guests = bench.create_all([f'live-lost-{number:02}' for number in range(RECORDS)])
    until = time.monotonic() + SECONDS

    def client(number):
        field, mine = ('comments', 'description')[number % 2], random.Random(number)
        while time.monotonic() < until:
            try:
                mine.choice(guests).change(**{field: f'client {number}, {mine.random()}'})
            except NetBoxError:     # it may refuse one of two at once
                pass
    threads = [threading.Thread(target=client, args=[number]) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return guests


def lost_between(guests):
    """Of how many records NetBox lost the VMID, whatever was written since."""
    vmid, ids = "postchange_data -> 'custom_fields' ->> 'proxmox_vmid'", ', '.join(str(guest.id) for guest in guests)
    return database.sql(LOST.format(vmid=vmid, ids=ids))


def lose(check, guests, without):
    ids = ', '.join(str(guest.id) for guest in guests)
    database.sql(f'UPDATE virtualization_virtualmachine SET custom_field_data = {without} WHERE id IN ({ids})')
    check.that('the field is lost', lambda: same('VMIDs', [
        guest.record()['custom_fields'].get('proxmox_vmid') for guest in guests], [None] * len(guests)), within=0, vital=True)


def by_name(bench, guests):
    names = {guest.name for guest in guests}
    return dict(collections.Counter(found['name'] for found in bench.pve.guests() if found.get('name') in names))


def own_vmids(bench, guests):
    """Every record says the VMID of the one guest of its name, which carries its marker."""
    there = collections.defaultdict(list)
    for found in bench.pve.guests():
        there[found.get('name')].append(found['vmid'])
    return first(*(guest.has_vmid() or first(same(guest.name, there[guest.name], [guest.vmid]), guest.is_ready())
                   for guest in guests))


def again(bench, check, guests, when):
    for guest in guests:
        guest.change(comments=f'saved once more, {when}')
    check.that(f'each has its VMID and one guest, {when}', lambda: own_vmids(bench, guests))
