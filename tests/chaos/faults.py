"""What goes wrong meanwhile, several things at once, as the seed has it."""
import os
import random
import socket
import subprocess
import threading
import time


class Faults(threading.Thread):
    """`did` says what was done when, `kills` has (when, instance) of each SIGKILL, `absent` (from, to, what) of all that was away."""

    def __init__(self, world, options, postgres, disk):
        super().__init__(daemon=True)
        self.world, self.options, self.postgres, self.disk = world, options, postgres, disk
        self.random, self.did, self.kills, self.absent = random.Random(f'{world.seed} faults'), [], [], []
        self.busy, self.endings, self.error = set(), [], None

    def run(self):
        try:
            until = time.monotonic() + self.options.seconds
            while time.monotonic() < until:
                kinds = self.kinds()
                self.random.choices(list(kinds), kinds.values())[0](self.random.uniform(1, 8))
                time.sleep(self.random.uniform(0.2, 1.8) * self.options.pace)
            for ending in self.endings:
                ending.join()
        except Exception as error:      # a defect of the test, said at the end
            self.error = error
        finally:
            self.heal()

    def kinds(self):
        """What may go wrong here, and how often."""
        world, only = self.world, self.options.only
        kinds = {self.kill: 6, self.halt: 4 if len(world.instances) > 1 else 1, self.netbox_away: 2, self.proxmox_away: 2,
                 self.answers_lost: 3, self.half_open_client: 1}
        if world.instances[0].settings.get('LD_PRELOAD'):
            kinds[self.clock_jumps] = 2
        if self.postgres:
            kinds[self.postgres_ends] = 2
        if self.disk:
            kinds.update({self.disk_full: 2, self.disk_read_only: 1})
        return {kind: weight for kind, weight in kinds.items() if not only or kind.__name__ in only.split(',')}

    def note(self, what):
        self.did.append((time.time(), what))

    def one_of(self, things):
        """One of these with which nothing is wrong."""
        free = [it for it in things if it not in self.busy]
        return self.random.choice(free) if free else None

    def meanwhile(self, thing, what, seconds, ending):
        """Something is wrong with a thing so long; other things go wrong meanwhile."""
        began, name = time.time(), getattr(thing, 'name', None)
        self.note(f'{what}, for {seconds:.1f} s')
        self.busy.add(thing)

        def end():
            time.sleep(seconds)
            try:
                ending()
            except Exception as error:
                self.error = error
            self.note(f'no more: {what}')
            # What comes of it lasts longer: what failed is tried again later.
            self.absent.append((began, time.time() + (0 if name else 10), name))
            self.busy.discard(thing)
        self.endings.append(threading.Thread(target=end, daemon=True))
        self.endings[-1].start()

    def promised(self, began, ended):
        """Whether somebody could work all the time between, and nothing was in the way."""
        meanwhile = [name for a, b, name in self.absent if a < ended and b > began]
        return None not in meanwhile and any(it.name not in meanwhile for it in self.world.instances)

    def kill(self, seconds):
        """SIGKILL; it starts again, sometimes only much later."""
        if instance := self.one_of(self.world.instances):
            instance.kill()
            self.kills.append((instance.lives[-1][1], instance.name))
            self.meanwhile(instance, f'SIGKILL of {instance.name}', seconds * self.random.choice((1, 1, 4)), lambda: self.begin(instance))

    def begin(self, instance):
        if not instance.start():
            self.note(f'{instance.name} does not listen')

    def halt(self, _seconds):
        """SIGSTOP, for less than a lease or for more."""
        if instance := self.one_of(self.world.instances):
            instance.halt()
            self.meanwhile(instance, f'SIGSTOP of {instance.name}', self.random.choice((2, 5, 24, 27)), instance.go_on)

    def gate(self, gate, modes, whose, seconds):
        if self.one_of([gate]):
            mode = self.random.choice(modes)
            gate.set(mode)
            self.meanwhile(gate, f'the way to {whose} is {mode}', seconds, lambda: gate.set('open'))

    def netbox_away(self, seconds):
        self.gate(self.world.to_netbox, ('away', 'silent'), 'NetBox', seconds)

    def proxmox_away(self, seconds):
        self.gate(self.world.to_proxmox, ('away', 'silent'), 'Proxmox', seconds)

    def answers_lost(self, seconds):
        gate, whose = self.random.choice(((self.world.to_netbox, 'NetBox'), (self.world.to_proxmox, 'Proxmox')))
        self.gate(gate, ('lossy',), whose, seconds)

    def half_open_client(self, _seconds):
        """Somebody begins a delivery, and is never heard of again."""
        instance = self.random.choice(self.world.instances)
        try:
            client = socket.create_connection(instance.address, timeout=1)
            client.sendall(b'POST /webhook HTTP/1.1\r\nHost: x\r\nX-Hook-Signature: ' + b'0' * 128 + b'\r\nContent-Length: 900\r\n\r\n{"ev')
            self.world.things.callback(client.close)
        except OSError:
            pass
        self.note(f'a client of {instance.name} is half-open')

    def clock_jumps(self, seconds):
        if instance := self.one_of(self.world.instances):
            by = self.random.choice((-7200, -90, 45, 600, 7200))
            instance.turn_clock(by)
            self.meanwhile(instance, f"{instance.name}'s clock jumps by {by} s", seconds, lambda: instance.turn_clock(0))

    def postgres_ends(self, seconds):
        if self.one_of([self.postgres]):
            mode = self.random.choice(('fast', 'immediate'))
            self.postgres.stop(mode)
            self.meanwhile(self.postgres, f'PostgreSQL ends ({mode})', seconds / 2, self.postgres.start)

    def disk_full(self, seconds):
        if self.one_of([self.disk]):
            self.disk.fill()
            self.meanwhile(self.disk, "the inbox's disk is full", seconds, self.disk.empty)

    def disk_read_only(self, seconds):
        """A server that is started over a disk that nothing can be written to."""
        instance = self.one_of(self.world.instances)
        if not instance or not self.one_of([self.disk]):
            return
        instance.kill()
        self.kills.append((instance.lives[-1][1], instance.name))
        self.disk.make('ro')
        self.note('it starts all the same' if instance.start(within=2) else f'{instance.name} does not start over a disk that is read-only')

        def ending():
            instance.kill()
            self.disk.make('rw')
            self.busy.discard(self.disk)
            self.begin(instance)
        self.busy.add(self.disk)
        self.meanwhile(instance, "the inbox's disk is read-only", seconds, ending)

    def heal(self):
        """Nothing is wrong any more, and everybody is there."""
        for gate in (self.world.to_netbox, self.world.to_proxmox):
            gate.set('open')
        self.world.relay.honest = True
        for instance in self.world.instances:
            instance.go_on()
            if not instance.alive():
                self.begin(instance)


class Disk:
    """A small file system of its own, where root may mount one."""

    def __init__(self, directory):
        self.directory, self.ballast = directory, directory + '/ballast'
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=48m', 'none', directory], check=True, stderr=subprocess.PIPE)

    def close(self):
        subprocess.run(['umount', '-l', self.directory], check=True)

    def fill(self):
        try:
            with open(self.ballast, 'wb', buffering=0) as ballast:
                while ballast.write(b'\0' * 65536):
                    pass
        except OSError:     # no room is left
            pass

    def empty(self):
        os.remove(self.ballast)

    def make(self, how):
        subprocess.run(['mount', '-o', f'remount,{how}', self.directory], check=True, stderr=subprocess.PIPE)
