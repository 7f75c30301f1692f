"""What people write, taken as they mean it: the optional fields, a template that plugs its CPUs, a gateway of one's own, a
tag that Proxmox cannot have, a template by its name."""
from harness import same

VMS, NICS, ADDRESSES, TAGS = ('/virtualization/virtual-machines/', '/virtualization/interfaces/', '/ipam/ip-addresses/',
                              '/extras/tags/')
POOL, CHOICES = 'live-acme', '/extras/custom-field-choice-sets/'


def meant(bench, check, created):
    # A template whose CPUs are plugged: `vcpus` of it may not stay above the cores.
    plugged = bench.create('live-meant-cpus', vcpus=1, custom_fields={'proxmox_vm_templates': '9014'})
    created(plugged)

    def fits():
        config = bench.pve.config(plugged.vmid)
        cores, vcpus = int(config.get('cores', 1)) * int(config.get('sockets', 1)), int(config.get('vcpus', 0))
        return None if cores == 1 and vcpus <= cores else f'cores {cores}, vcpus {vcpus}'
    check.that('no more CPUs are plugged than there are', fits)
    plugged.change(status='active')
    check.that('it starts', lambda: plugged.runs('running'))

    # A gateway that is neither the first nor the last host, and a tag with an umlaut.
    tag = bench.netbox.ensure(TAGS, {'slug': 'groesse-xl'}, name='Größe XL')
    routed = bench.create('live-meant-routed', tags=[tag['id']], custom_fields={
        'proxmox_vm_templates': '9000', 'proxmox_gateway': '10.73.3.253'})
    created(routed)
    check.that('the tag is its slug', lambda: None if 'groesse-xl' in bench.pve.config(routed.vmid).get('tags', '').split(';')
               else bench.pve.config(routed.vmid).get('tags'))
    nic = bench.netbox('POST', NICS, {'virtual_machine': routed.id, 'name': 'eth0'})
    address = bench.netbox('POST', ADDRESSES, {'address': '10.73.0.52/22', 'assigned_object_id': nic['id'],
                                               'assigned_object_type': 'virtualization.vminterface'})
    routed.change(primary_ip4=address['id'])
    check.that('the gateway is the one that was written', lambda: routed.has(
        ipconfig0='ip=10.73.0.52/22,gw=10.73.3.253'))

    # The optional fields, from the creation on, and one of them cleared.
    options = bench.create('live-meant-options', custom_fields={
        'proxmox_vm_templates': '9000', 'proxmox_pool': POOL, 'proxmox_nameserver': '192.0.2.53, 2001:db8::53',
        'proxmox_searchdomain': 'example.org', 'proxmox_ci_user': 'ops', 'proxmox_startup': 'order=2,up=30',
        'proxmox_protection': True})
    created(options)
    check.that('the options are set', lambda: options.has(
        nameserver='192.0.2.53 2001:db8::53', searchdomain='example.org', ciuser='ops', startup='order=2,up=30',
        protection='1'))
    check.that('it is in its pool', lambda: same(
        'pool', [it.get('pool') for it in bench.pve.guests(options.name)], [POOL]), within=20)
    options.change(custom_fields={'proxmox_startup': None, 'proxmox_protection': False})
    check.that('what was cleared is gone', lambda: None if not bench.pve.config(options.vmid).get('startup')
               and str(bench.pve.config(options.vmid).get('protection', 0)) == '0' else str(bench.pve.config(options.vmid)))

    # A template by its name.
    sets = bench.netbox.find(CHOICES, name='proxmox-vm-templates')[0]
    bench.netbox('PATCH', f"{CHOICES}{sets['id']}/",
                 {'extra_choices': sets['extra_choices'] + [['debian-12-ceph', 'Debian 12, by its name']]})
    named = bench.create('live-meant-named', custom_fields={
        'proxmox_vm_templates': 'debian-12-ceph', 'proxmox_vm_storage': None})
    created(named)
    check.that('it is a copy of the template of that name', lambda: None if str(bench.pve.config(named.vmid)['scsi0']).startswith('ceph-pool:')
               else bench.pve.config(named.vmid)['scsi0'])
    for guest in (plugged, routed, options, named):
        bench.netbox('DELETE', f'{VMS}{guest.id}/')
        check.that(f'{guest.name} goes', guest.is_gone)
    bench.netbox('PATCH', f"{CHOICES}{sets['id']}/", {'extra_choices': sets['extra_choices']})
