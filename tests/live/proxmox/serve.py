#!/usr/bin/env python3
"""Serves the independent fake `fakepve` (PyPI, AGPL: a test tool, never linked or shipped) as the
Proxmox VE of the live tests: one node, a template to clone, an API token, TLS, and a log of what it
was asked.

    VENV/bin/python3 serve.py --dir DIR [--port 0] [--slow SECONDS] [--as-is]

DIR receives `ready.json` once it listens (url, fingerprint, tokens), `cert.pem`, and
`requests.jsonl`: one line per answered request with time, token, method, path, params, status and,
for a failed one, the message. It ends on SIGTERM, SIGINT, or when the process named by
--parent ends.

Where the fake answers with success and changes nothing although a real Proxmox VE 9.1.7 does
(tests/live/README.md has the list), `follow()` and `allocate()` bring its state in line, so that a test can look at the guest and not only at the request. --as-is leaves the fake alone.
"""
import argparse
import asyncio
import hashlib
import json
import os
import pathlib
import re
import secrets
import signal
import ssl
import sys
import time
import urllib.parse

from aiohttp import web
from fakepve import FakePve
from fakepve.certs import make_cert

NODE = 'pve1'
GIB = 1024 ** 3
DISK = re.compile(r'(?:scsi|virtio|sata|ide)\d+')
QEMU = re.compile(rf'/api2/json/nodes/{NODE}/qemu/(\d+)/(config|resize|unlink)')
UNITS = {'': 1, 'K': 1024, 'M': 1024 ** 2, 'G': GIB, 'T': 1024 * GIB}


def template(pve, vmid, name, storage, protection=False, **more):
    """A cloud-init template: root disk scsi0, cloud-init drive ide2, one NIC, a serial console."""
    volume = f'base-{vmid}-disk-0'
    pve.storages[storage].setdefault('volumes', {})[volume] = {
        'content': 'images', 'format': 'raw', 'size': 10 * GIB, 'vmid': vmid, 'ctime': int(time.time())}
    pve.add_vm(vmid, name, node=NODE, template=True, config={
        'template': 1, 'cores': 1, 'sockets': 1, 'memory': 1024, 'ostype': 'l26', 'scsihw': 'virtio-scsi-pci',
        'boot': 'order=scsi0', 'serial0': 'socket', 'vga': 'serial0', 'agent': '1',
        'scsi0': f'{storage}:{volume},size=10G', 'ide2': f'{storage}:vm-{vmid}-cloudinit,media=cdrom,size=4M',
        'net0': 'virtio=BC:24:11:00:90:00,bridge=vmbr0', 'ipconfig0': 'ip=dhcp',
        'description': 'a template; this text must not reach a clone', 'tags': 'template',
        **({'protection': 1, 'onboot': 1} if protection else {}), **more})


def build(slow):
    """One node with two templates: 9000 on local-lvm, 9001 on the slow ceph-pool (protected)."""
    pve = FakePve(host='127.0.0.1', port=0)
    pve.time_scale = 1.0            # tasks run in the background and are seen running
    pve.shutdown_default_timeout = 60
    pve.add_ceph_storage('ceph-pool')
    pve.ceph_slow(slow, health='HEALTH_OK')
    template(pve, 9000, 'debian-12-cloud', 'local-lvm')
    template(pve, 9001, 'debian-12-ceph', 'ceph-pool', protection=True)
    template(pve, 9014, 'debian-12-plugged', 'local-lvm', cores=4, vcpus=2)     # its CPUs are plugged while it runs
    pve.storages['local'].setdefault('volumes', {})['vztmpl/debian-12-standard_12.7-1_amd64.tar.zst'] = {
        'content': 'vztmpl', 'format': 'tzst', 'size': 126 * 1024 ** 2, 'ctime': int(time.time())}
    pve.add_ct(9100, 'debian-12-ct', node=NODE, template=True, config={
        'template': 1, 'hostname': 'debian-12-ct', 'cores': 1, 'memory': 512, 'rootfs': 'local-lvm:base-9100-disk-0,size=4G',
        'net0': 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:91:00,ip=dhcp'})
    pve.pools['live-acme'], pve.pool_info['live-acme'] = set(), {'comment': None, 'storage': set()}
    tokens = {'bridge': f'root@pam!bridge={secrets.token_hex(16)}', 'test': f'root@pam!test={secrets.token_hex(16)}'}
    for value in tokens.values():
        name, _, secret = value.partition('=')
        pve.apitokens[name] = secret
    # Sees everything and may change nothing: a token that was given too little.
    tokens['auditor'] = f'auditor@pve!bridge={secrets.token_hex(16)}'
    pve.apitokens['auditor@pve!bridge'] = tokens['auditor'].partition('=')[2]
    pve.grant('auditor@pve', '/', 'VM.Audit', 'Datastore.Audit', 'Sys.Audit')
    return pve, tokens


# ------------------------------------------------------------------ what the fake leaves undone
def size_text(size):
    """A size in bytes as Proxmox writes it in a configuration."""
    for unit in 'TGMK':
        if size % UNITS[unit] == 0:
            return f'{size // UNITS[unit]}{unit}'
    return str(size)


def size_of(text):
    number, unit = re.fullmatch(r'(\d+(?:\.\d+)?)([KMGT]?)', text).groups()
    return int(float(number) * UNITS[unit])


def follow(pve, path, params):
    """Brings the state in line after a successful resize or unlink."""
    match = QEMU.fullmatch(path)
    vm = match and pve.vm(int(match[1]))
    if not vm:
        return
    if match[2] == 'resize':
        disk, want = params.get('disk'), params.get('size', '')
        if disk in vm.config:
            now = re.search(r'size=([\d.]+[KMGT]?)', vm.config[disk])
            size = size_of(want.lstrip('+')) + (size_of(now[1]) if want.startswith('+') and now else 0)
            rest = re.sub(r',size=[^,]*', '', vm.config[disk])
            if not now or size >= size_of(now[1]):      # a real one refuses to shrink, in the task
                vm.config[disk] = f'{rest},size={size_text(size)}'
    elif match[2] == 'unlink':
        for disk in re.split(r'[,; ]+', params.get('idlist', '')):
            volume = vm.config.pop(disk, '').split(',')[0]
            if volume and params.get('force') not in ('1', 1, True) and not disk.startswith('unused'):
                detach(vm, volume)


def allocate(pve, path):
    """Gives a guest's new disks a volume before its configuration is read: a POST of the configuration changes it
    in a task, after the answer."""
    match = QEMU.fullmatch(path)
    vm = match and match[2] == 'config' and pve.vm(int(match[1]))
    if not vm:
        return
    for key in [k for k in vm.pending if DISK.fullmatch(k) or re.fullmatch(r'net\d+', k)]:
        value = vm.pending.pop(key)                     # disks and NICs are hotplugged at once
        vm.config.pop(key, None) if value is None else vm.config.__setitem__(key, value)
    for key in [k for k in vm.config if DISK.fullmatch(k)]:
        new = re.fullmatch(r'([^:,]+):(\d+(?:\.\d+)?)((?:,.*)?)', vm.config[key])
        if new:                                         # STORAGE:GiB asks for a new volume
            used = re.findall(rf'vm-{vm.vmid}-disk-(\d+)', ' '.join(map(str, vm.config.values())))
            number = max(map(int, used), default=-1) + 1
            rest = re.sub(r',(?:format|size)=[^,]*', '', new[3])
            vm.config[key] = f'{new[1]}:vm-{vm.vmid}-disk-{number}{rest},size={size_text(int(float(new[2]) * GIB))}'


def detach(vm, volume):
    number = next(n for n in range(256) if f'unused{n}' not in vm.config)
    vm.config[f'unused{number}'] = volume


# ------------------------------------------------------------------------------- serving, logging
async def parameters(request):
    """Query, form and JSON parameters in one dictionary, as the API reads them."""
    found = dict(request.query)
    body = await request.read()
    if body and request.content_type == 'application/json':
        try:
            found.update(json.loads(body))
        except ValueError:
            found['(body)'] = 'not JSON'
    elif body:
        found.update(urllib.parse.parse_qsl(body.decode(errors='replace'), keep_blank_values=True))
    return found


def recorder(pve, log, as_is):
    @web.middleware
    async def record(request, handler):
        started = time.time()
        params = await parameters(request)
        if request.method == 'GET' and not as_is:
            allocate(pve, request.path)
        try:
            response = await handler(request)
        except web.HTTPException as exc:        # the fake's answer to a path it does not know
            response = exc
        status = response.status
        if status < 300 and request.method in ('PUT', 'POST') and not as_is:
            follow(pve, request.path, params)
        line = {'t': started, 'ms': round((time.time() - started) * 1000, 1),
                'token': request.headers.get('Authorization', '').partition('!')[2].partition('=')[0],
                'method': request.method, 'path': request.path.removeprefix('/api2/json'), 'params': params,
                'status': status}
        if status >= 300:
            line['message'] = response.reason
        log.write(json.dumps(line) + '\n')
        log.flush()
        if isinstance(response, web.HTTPException):
            raise response
        return response
    return record


async def serve(args):
    pve, tokens = build(args.slow)
    pve.port = args.port
    directory = pathlib.Path(args.dir)
    certfile, keyfile, der = make_cert(str(directory), name='cert')
    os.replace(certfile, directory / 'cert.pem')
    certfile = str(directory / 'cert.pem')
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certfile, keyfile)
    os.unlink(keyfile)
    with open(directory / 'requests.jsonl', 'a', encoding='utf-8') as log:
        app = pve._build_app()      # start() builds its own, without a place for the log
        app.middlewares.insert(0, recorder(pve, log, args.as_is))
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, '127.0.0.1', args.port, ssl_context=tls).start()
        pve.port = runner.addresses[0][1]
        digest = hashlib.sha256(der).hexdigest().upper()
        ready = {'pid': os.getpid(), 'url': f'https://127.0.0.1:{pve.port}', 'node': NODE, 'nodes': [NODE], 'ca': certfile,
                 'fingerprint': ':'.join(digest[i:i + 2] for i in range(0, 64, 2)), 'tokens': tokens,
                 'user': pve.user, 'password': pve.password,
                 'requests': str(directory / 'requests.jsonl'), 'as_is': args.as_is, 'slow': args.slow}
        temporary = directory / 'ready.json.new'
        temporary.write_text(json.dumps(ready, indent=1) + '\n')
        os.replace(temporary, directory / 'ready.json')
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        while not stop.is_set():
            try:
                await asyncio.wait_for(stop.wait(), 2)
            except asyncio.TimeoutError:
                if args.parent and not os.path.exists(f'/proc/{args.parent}'):
                    break
        await runner.cleanup()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--dir', required=True, help='where ready.json, cert.pem and requests.jsonl go')
    parser.add_argument('--port', type=int, default=0, help='0: a free one')
    parser.add_argument('--slow', type=float, default=4.0, help='seconds that anything on ceph-pool takes')
    parser.add_argument('--parent', type=int, help='end when this process has ended')
    parser.add_argument('--as-is', action='store_true', help="leave the fake's state alone")
    args = parser.parse_args()
    os.makedirs(args.dir, exist_ok=True)
    asyncio.run(serve(args))


if __name__ == '__main__':
    sys.exit(main())
