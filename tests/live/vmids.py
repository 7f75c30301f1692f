"""Which VMID a new guest gets: none that a record says, and none that was a guest's of late."""
from harness import same

VMS = '/virtualization/virtual-machines/'


def taken(bench):
    return {guest['vmid'] for guest in bench.pve.get('/cluster/resources?type=vm')}


def vmids(bench, check, created):
    one = bench.create('live-vmid-1')
    created(one)
    following = next(vmid for vmid in range(one.vmid + 1, 10_000) if vmid not in taken(bench))
    planned = bench.create('live-vmid-planned', status='planned', custom_fields={'proxmox_vmid': str(following)})
    two = bench.create('live-vmid-2')
    created(two)
    check.that('a VMID that a Planned record says is not given away', lambda: None if two.vmid != following
               else f'{two.vmid} was', within=0)
    bench.netbox('DELETE', f'{VMS}{planned.id}/')
    three = bench.create('live-vmid-3')
    created(three)
    check.that('it would have been the next one', lambda: same('VMID', three.vmid, following), within=0)

    bench.netbox('DELETE', f'{VMS}{one.id}/')
    check.that('a guest is destroyed', one.is_gone)
    four = bench.create('live-vmid-4')
    created(four)
    check.that('its VMID is not given to the next', lambda: None if four.vmid > three.vmid else f'it got {four.vmid}', within=0)
    with bench.policy('vmid_rest = 0'):
        five = bench.create('live-vmid-5')
        created(five)
        check.that('with `vmid_rest = 0` it may be', lambda: None if five.vmid <= one.vmid else f'it got {five.vmid}', within=0)
    for guest in (two, three, four, five):
        bench.netbox('DELETE', f'{VMS}{guest.id}/')
        check.that(f'{guest.name} goes', guest.is_gone)
