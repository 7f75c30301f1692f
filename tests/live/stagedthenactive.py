"""A script changes a machine that is Staged and sets it Active a moment later: it starts with what was changed, once. Also
when the server hears of all that only then."""
from deliveries import caught, send
from harness import first, same

VMS, DISKS = '/virtualization/virtual-machines/', '/virtualization/virtual-disks/'


def stagedthenactive(bench, check, created):
    for late in (False, True):
        guest = bench.create('live-script-late' if late else 'live-script', vcpus=1, memory=1024)
        created(guest)
        check.that('its root disk is recorded', lambda guest=guest: same('disks', list(guest.disks()), ['scsi0']), vital=True)
        check.that('all is answered', bench.quiet, vital=True)
        if late:
            with caught(bench) as bodies:
                script(bench, guest)
                bodies = [bodies.get(timeout=30) for _ in range(4)]
            answers = [send(bench, body)[1]['status'] for body in bodies]
            check.that('delivered later', lambda answers=answers: same('answers', answers, ['accepted'] * 4), within=0)
        else:
            script(bench, guest)
        as_changed(bench, check, guest)
        bench.netbox('DELETE', f'{VMS}{guest.id}/')
        check.that('deleted: it is gone', guest.is_gone)


def script(bench, guest):
    """All within a second."""
    root = guest.disks()['scsi0']['id']
    guest.change(memory=3072, vcpus=2)
    bench.netbox('PATCH', f'{DISKS}{root}/', {'size': 20000})
    bench.netbox('POST', DISKS, {'virtual_machine': guest.id, 'name': 'scsi1', 'size': 2000})
    guest.change(status='active')


def as_changed(bench, check, guest):
    check.that('it runs', lambda: guest.runs('running'))
    check.that('all is answered', bench.quiet)
    check.that('with the new memory and CPUs', lambda: guest.has(memory='3072', cores='2'))
    check.that('and both disks', lambda: guest.has(scsi0=f'local-lvm:vm-{guest.vmid}-disk-0,size=20G',
                                                   scsi1=f'local-lvm:vm-{guest.vmid}-disk-1,size=2G'))

    def order():
        """Configured before it was started, and started once."""
        sent = [(at, r) for at, r in enumerate(bench.pve.requests(since=guest.since)) if r['status'] == 200]
        at = lambda end, **params: [i for i, r in sent if r['method'] != 'GET' and r['path'].endswith(
            f'/{guest.vmid}/{end}') and all(str(r['params'].get(k)) == v for k, v in params.items())]
        start, memory, size = at('status/start'), at('config', memory='3072'), at('resize', disk='scsi0')
        return first(same('starts', len(start), 1), None if memory and size and max(memory + size) < start[0] else
                     f'memory {memory}, resize {size}, start {start}')
    check.that('configured first, then started, once', order, within=0)
    check.that('nothing was said', lambda: same('journal', guest.journal(), []), within=0)
