"""What the server acknowledged is there after a power cut.

The real server stores deliveries in SQLite while strace records what it does with its files. At every cut the files are built again as a disk may have them then: all that was synced
before, and of what was not synced nothing, all, or some of it in any order, torn at sectors. In each the command line must find every delivery that was answered 202 before the cut.

What is assumed of the disk: what was synced is there; a file that was made is there under its name (SQLite syncs the folder, too); a sector of 512 bytes is written whole or not at all.
"""
import argparse
import hashlib
import hmac
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SECRET, SECTOR = 'power-cut-secret', 512
CALLS = 'openat,lseek,write,pwrite64,writev,pwritev,fsync,fdatasync,ftruncate,unlink,rename,sendto,close'
ACCEPTED = b'HTTP/1.1 202'
# A line of strace: the process, the call with its arguments, what it returned.
LINE = re.compile(r'^(?:\[pid +)?(\d+)\]? +(\w+)\((.*)\) += (-?\d+)')
UNFINISHED = re.compile(r'^(?:\[pid +)?(\d+)\]? +(\w+)\((.*) <unfinished \.\.\.>$')
RESUMED = re.compile(r'^(?:\[pid +)?(\d+)\]? +<\.\.\. (\w+) resumed>(.*)$')
TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def delivery(number):
    machine = {'id': number, 'name': f'web{number:04}', 'status': {'value': 'active'}, 'cluster': {'id': 1, 'name': 'pve-cluster-1'},
               'custom_fields': {'proxmox_vm_type': 'vm'}, 'created': '2026-11-22T08:48:37.1Z'}
    return json.dumps({
        'event': 'created', 'timestamp': f'2026-11-22T08:48:37.{number:06}+00:00', 'object_type': 'virtualization.virtualmachine',
        'request': {'id': f'00000000-0000-4000-8000-{number:012}', 'user': 'alice', 'method': 'POST', 'path': '/'}, 'data': machine,
        'snapshots': {'prechange': None, 'postchange': {'name': machine['name'], 'status': 'active', 'cluster': 1, 'custom_fields': {'proxmox_vm_type': 'vm'}}},
    }).encode()


def send(port, body):
    signature = hmac.new(SECRET.encode(), body, hashlib.sha512).hexdigest()
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
    connection.request('POST', '/webhook', body, {'Content-Type': 'application/json', 'X-Hook-Signature': signature})
    status = connection.getresponse().status
    connection.close()
    return status


def recorded(binaries, folder, count):
    """What strace says of a server that is sent so many deliveries, one after the other, and is killed."""
    port, trace = free_port(), os.path.join(folder, 'trace')
    inbox = os.path.join(folder, 'files')
    os.mkdir(inbox)
    nobody = free_port()
    environment = {
        'PATH': os.environ['PATH'], 'NETBOX_URL': f'http://localhost:{nobody}', 'NETBOX_TOKEN': 'nbt_labkey000000.nobody-asks', 'NETBOX_WEBHOOK_SECRET': SECRET,
        'NETBOX_PROXMOX_IDENTITY': 'netbox.example.org', 'NETBOX_CLUSTER': '1', 'PROXMOX_URL': f'https://localhost:{nobody}',
        'PROXMOX_TOKEN': 'bridge@pve!lab=00000000-0000-4000-8000-000000000000', 'NETBOX_PROXMOX_INBOX': f'sqlite:{inbox}/inbox.sqlite',
        'NETBOX_PROXMOX_LISTEN': f'127.0.0.1:{port}',
    }
    server = os.path.join(binaries, 'netbox-proxmox-webhook')
    with open(os.path.join(folder, 'log'), 'wb') as log:
        process = subprocess.Popen(['strace', '-f', '-q', '-xx', '-s', '10000000', '-e', f'trace={CALLS}', '-e', 'signal=none', '-o', trace, server],
                                   env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            for _ in range(300):
                try:
                    socket.create_connection(('127.0.0.1', port), 1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            answers = [send(port, delivery(number)) for number in range(1, count + 1)]
        finally:
            # The server alone, once the call of its last answer has returned: strace writes to its end what it has seen.
            time.sleep(1)
            with open(f'/proc/{process.pid}/task/{process.pid}/children', encoding='ascii') as children:
                for child in children.read().split():
                    os.kill(int(child), signal.SIGKILL)
            process.wait(60)
    if answers != [202] * count:
        with open(os.path.join(folder, 'log'), encoding='utf-8', errors='replace') as log:
            raise SystemExit(f'not every delivery was accepted: {answers}\n{log.read()[-3000:]}')
    return trace, inbox


def calls(trace):
    """The calls in the order in which they ended: the name, the arguments, what they returned."""
    begun = {}
    with open(trace, encoding='ascii', errors='replace') as lines:
        for line in lines:
            line = line.rstrip('\n')
            if match := UNFINISHED.match(line):
                begun[match[1]] = match[3]
                continue
            if match := RESUMED.match(line):
                line = f'{match[1]} {match[2]}({begun.pop(match[1], "")}{match[3]}'
            if match := LINE.match(line):
                yield match[2], match[3], int(match[4])


def text_of(arguments):
    return b''.join(bytes.fromhex(found.replace('\\x', '')) for found in TEXT.findall(arguments))


class File:
    """A file as it is on the disk for certain, and what was written since."""

    def __init__(self):
        self.synced, self.pending = bytearray(), []

    def sync(self):
        self.synced, self.pending = self.built(self.pending), []

    def built(self, writes):
        content = bytearray(self.synced)
        for at, data in writes:
            if data is None:
                del content[at:]
                continue
            if len(content) < at + len(data):
                content.extend(bytes(at + len(data) - len(content)))
            content[at:at + len(data)] = data
        return content

    def some(self, chance):
        """Any of what was not synced, torn at sectors, in any order."""
        parts = []
        for at, data in self.pending:
            if data is None:
                parts.append((at, None))
                continue
            start = 0
            while start < len(data):
                end = start + SECTOR - (at + start) % SECTOR
                parts.append((at + start, data[start:end]))
                start = end
        kept = [part for part in parts if chance.random() < 0.5]
        chance.shuffle(kept)
        return self.built(kept)


class Disk:
    """The files of one folder, call by call."""

    def __init__(self, folder, syncs=True):
        self.syncs = syncs
        self.folder, self.files, self.open, self.at, self.answered = folder, {}, {}, {}, 0
        # Files that were removed since the folder was synced, and the folder's own descriptors.
        self.removed, self.folders = set(), set()
        # Its memory is shared, and built anew: it is never read after a power cut.
        self.forgotten = ('-shm',)

    def take(self, name, arguments, returned):
        """Whether the call changed what a cut would leave, or what was promised."""
        number = int(re.match(r'-?\d+', arguments)[0]) if re.match(r'-?\d+', arguments) else None
        if name == 'openat' and returned >= 0:
            path = text_of(arguments).decode(errors='replace')
            self.folders.discard(returned)
            if path == self.folder:
                self.folders.add(returned)
            if path.startswith(self.folder) and not path.endswith(self.forgotten) and path != self.folder:
                self.open[returned], self.at[returned] = path, 0
                if path in self.removed:
                    self.removed.discard(path)
                    self.files[path] = File()
                self.files.setdefault(path, File())
            else:
                self.open.pop(returned, None)
            return False
        if name in ('sendto', 'write', 'writev') and number not in self.open:
            if ACCEPTED in text_of(arguments):
                self.answered += 1
                return True
            return False
        if name in ('unlink', 'rename'):
            path = text_of(arguments).decode(errors='replace')
            if self.folder in path and returned == 0 and not path.endswith(self.forgotten):
                if name == 'rename':
                    raise SystemExit(f'rename of {path}: this test does not know what a cut makes of it')
                self.removed.add(path)
                return True
            return False
        if name in ('fsync', 'fdatasync') and number in self.folders:
            for path in self.removed:
                self.files.pop(path, None)
            self.removed = set()
            return True
        if number not in self.open or returned < 0:
            return False
        file = self.files[self.open[number]]
        if name == 'lseek':
            self.at[number] = returned
        elif name == 'write':
            file.pending.append((self.at[number], text_of(arguments)[:returned]))
            self.at[number] += returned
            return True
        elif name == 'pwrite64':
            file.pending.append((int(arguments.rsplit(',', 1)[1]), text_of(arguments)[:returned]))
            return True
        elif name == 'ftruncate':
            file.pending.append((int(arguments.rsplit(',', 1)[1]), None))
            return True
        elif name in ('fsync', 'fdatasync'):
            if self.syncs:
                file.sync()
            return True
        elif name == 'close':
            self.open.pop(number)
        elif name in ('writev', 'pwritev'):
            raise SystemExit(f'{name} on {self.open[number]}: this test does not read it')
        return False

    def cut(self, folder, how, chance):
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        for path, file in self.files.items():
            if path in self.removed and (how == 'all' or how == 'some' and chance.random() < 0.5):
                continue
            content = {'none': lambda f: f.synced, 'all': lambda f: f.built(f.pending), 'some': lambda f: f.some(chance)}[how](file)
            with open(os.path.join(folder, os.path.basename(path)), 'wb') as built:
                built.write(content)


def kept(binaries, folder):
    """The machines of which the inbox has an event, or why it cannot be read."""
    environment = {'PATH': os.environ['PATH'], 'NETBOX_PROXMOX_INBOX': f'sqlite:{folder}/inbox.sqlite'}
    done = subprocess.run([os.path.join(binaries, 'netbox-proxmox'), 'inbox', 'export'], env=environment, capture_output=True, check=False, timeout=120)
    if done.returncode != 0:
        return None, done.stderr.decode(errors='replace')
    return set(re.findall(r'00000000-0000-4000-8000-(\d{12})/', done.stdout.decode())), ''


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--binaries', required=True, help='the folder of netbox-proxmox and netbox-proxmox-webhook')
    parser.add_argument('--deliveries', type=int, default=25)
    parser.add_argument('--cuts', type=int, default=60, help='how many cuts are tried, of those after a write, a sync or an answer')
    parser.add_argument('--seed', type=int, default=1)
    given = parser.parse_args()
    chance, tried, unsynced = random.Random(given.seed), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        trace, inbox = recorded(given.binaries, folder, given.deliveries)
        every = list(calls(trace))
        disk, moments = Disk(inbox), []
        for index, call in enumerate(every):
            if disk.take(*call) and disk.answered > 0:
                moments.append(index)
        if disk.answered < given.deliveries:
            raise SystemExit(f'of {given.deliveries} answers strace has {disk.answered}')
        chosen = set(chance.sample(moments, min(given.cuts, len(moments))))
        disk, rebuilt = Disk(inbox), os.path.join(folder, 'rebuilt')
        for index, call in enumerate(every):
            disk.take(*call)
            if index not in chosen:
                continue
            unsynced += any(file.pending for file in disk.files.values())
            for how in ('none', 'all', 'some'):
                disk.cut(rebuilt, how, chance)
                found, why = kept(given.binaries, rebuilt)
                tried += 1
                missing = None if found is None else {f'{number:012}' for number in range(1, disk.answered + 1)} - found
                if found is None or missing:
                    raise SystemExit(f'cut after call {index} ({call[0]}), of what was not synced {how}: {why or f"{sorted(missing)} of {disk.answered} answered are missing"}')
        # Whether this would see a loss: the same where no sync reaches the disk.
        disk = Disk(inbox, syncs=False)
        for call in every:
            disk.take(*call)
        disk.cut(rebuilt, 'none', chance)
        found, _ = kept(given.binaries, rebuilt)
        if found is not None and len(found) >= given.deliveries:
            raise SystemExit('what was never synced is there: this proves nothing')
    print(f'{tried} power cuts at {len(chosen)} of {len(moments)} moments ({unsynced} with something not synced), {given.deliveries} deliveries: all that was acknowledged is there')
    if not unsynced or not tried:
        raise SystemExit('no cut had anything to lose: this proves nothing')


if __name__ == '__main__':
    sys.exit(main())
