"""Clusters in NetBox are renamed, called the same, and left by records: they are known by their id."""
import os

from harness import first, same

VMS, CLUSTERS, GROUPS = '/virtualization/virtual-machines/', '/virtualization/clusters/', '/virtualization/cluster-groups/'
GROUP = 'live-twins'


def forget_twins(netbox):
    """Removes what a run that was cut short has left."""
    for group in netbox.find(GROUPS, slug=GROUP):
        for cluster in netbox.find(CLUSTERS, group_id=group['id']):
            for record in netbox.find(VMS, cluster_id=cluster['id']):
                netbox('DELETE', f"{VMS}{record['id']}/")
            netbox('DELETE', f"{CLUSTERS}{cluster['id']}/")
        netbox('DELETE', f"{GROUPS}{group['id']}/")


def clusters(bench, check, created):
    name = bench.server.settings['NETBOX_CLUSTER']
    guest = bench.create('live-clusters', status='active')
    created(guest)
    try:
        with bench.settings(NETBOX_PROXMOX_CATCH_UP='3'):
            renamed(bench, check, guest, name)
        twin = twins(bench, check, guest, name)
    finally:
        rename(bench, name)
    try:
        alone(bench, check, guest, twin)
        moved(bench, check, guest)
    finally:
        forget_twins(bench.netbox)
        bench.restart(NETBOX_CLUSTER=name, NETBOX_PROXMOX_INBOX='sqlite:' + bench.inbox)
    check.that('with the former inbox it is ready, too', lambda: ready(bench), within=5)
    bench.remove(check, guest)


def rename(bench, name):
    bench.netbox('PATCH', f'{CLUSTERS}{bench.cluster}/', {'name': name})


def ready(bench):
    status, text = bench.server.request('GET', '/readyz')
    return None if status == 200 else f'{status}: {text}'


def unready(bench, *words):
    status, text = bench.server.request('GET', '/readyz')
    return None if status == 503 and all(str(word) in text for word in words) else f'{status}: {text}'


def follows(bench, check, guest, when):
    guest.change(status='offline')
    check.that(f'{when}: Offline, it is stopped', lambda: guest.runs('stopped'))
    guest.change(status='active')
    check.that(f'{when}: Active, it runs', lambda: guest.runs('running'))
    check.that(f'{when}: it is ready', lambda: ready(bench), within=0)


def said_renamed(bench, former, now):
    found = [entry for entry in bench.said(former, 'known by its id') if entry.startswith(f'cluster {now}: ')]
    return None if found else f'{bench.said()}'


def renamed(bench, check, guest, name):
    rename(bench, name + '-renamed')
    follows(bench, check, guest, 'renamed')
    check.that('and that is said', lambda: said_renamed(bench, name, name + '-renamed'))
    bench.server.terminate()
    rename(bench, name + '-again')
    bench.server.start()
    follows(bench, check, guest, 'renamed while the server was down')
    check.that('that is said, too', lambda: said_renamed(bench, name + '-renamed', name + '-again'))
    check.that('once for each', lambda: same('entries', len(bench.said('known by its id')), 2), within=0)


def twins(bench, check, guest, name):
    """A second cluster of the name: a server that does not know which one it is manages neither."""
    rename(bench, name)
    group = bench.netbox('POST', GROUPS, {'name': GROUP, 'slug': GROUP})['id']
    kind = bench.netbox('GET', f'{CLUSTERS}{bench.cluster}/')['type']['id']
    twin = bench.netbox('POST', CLUSTERS, {'name': name, 'type': kind, 'group': group})['id']
    bench.restart()
    check.that('two of a name: a server that knows which one is ready', lambda: ready(bench), within=5)
    inbox = 'sqlite:' + os.path.join(os.path.dirname(bench.inbox), 'another.sqlite')
    bench.restart(wait_for=503, NETBOX_PROXMOX_INBOX=inbox, NETBOX_CLUSTER='live-nowhere')
    check.that('none of a name: not ready, and the name is said', lambda: unready(bench, 'live-nowhere'), within=5)
    bench.restart(wait_for=503, NETBOX_CLUSTER=name)
    check.that('two of a name: a new one is not ready, and both ids are said', lambda: unready(
        bench, name, bench.cluster, twin, 'NETBOX_CLUSTER'), within=5)
    guest.change(status='offline')
    check.that('what is delivered is stored', lambda: None if [
        event for event in bench.events(guest.id) if event['state'] == 'pending'] else f'{bench.events()}')
    check.holds('and not answered', lambda: guest.runs('running'), 3)
    return twin


def alone(bench, check, guest, twin):
    """With the id it is the one that is meant, and the other one is none of the server's."""
    bench.restart(NETBOX_CLUSTER=str(bench.cluster))
    check.that('with the id it is ready', lambda: ready(bench), within=5)
    check.that('what was stored is answered', lambda: guest.runs('stopped'))
    follows(bench, check, guest, 'with the id')
    before = len(bench.pve.writes())
    other = bench.create('live-clusters-other', cluster=twin, status='active', custom_fields={
        'proxmox_vm_templates': '9000', 'proxmox_vmid': str(guest.vmid)})
    other.change(status='offline')
    bench.netbox('DELETE', f'{VMS}{other.id}/')

    def ignored():
        events = bench.events(other.id)
        return first(None if len(events) >= 3 else f'{events}', same('states', {it['state'] for it in events}, {'ignored'}))
    check.that("the other cluster's record is ignored, and its deletion", ignored)
    check.that('the guest at its VMID is not touched', lambda: first(
        guest.runs('running'), guest.is_ready(), same('requests', bench.pve.writes()[before:], [])), within=0)


def moved(bench, check, guest):
    """A record is moved to a cluster that is none of ours, and deleted there."""
    before = len(bench.pve.writes())
    guest.change(cluster=bench.elsewhere)
    check.that('moved to a cluster of others: said on the record', lambda: None if guest.journal(
        'in cluster elsewhere now', 'none of ours', str(guest.vmid), 'left as it is') else f'{guest.journal()}')
    bench.netbox('DELETE', f'{VMS}{guest.id}/')
    check.that('deleted there: said on our cluster', lambda: None if bench.said(
        guest.name, 'was deleted', str(guest.vmid), 'kept') else f'{bench.said()}')
    check.that('its guest is kept', lambda: first(guest.runs('running'), guest.is_ready(), same(
        'requests', bench.pve.writes()[before:], [])), within=0)
