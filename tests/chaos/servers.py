"""The processes of a run: the bridge's servers, and what they share."""
import datetime
import json
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

from harness import free_port

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def spawn(command, log, settings=None, **more):
    environment = {name: os.environ[name] for name in ('PATH', 'HOME') if name in os.environ}
    return subprocess.Popen(command, env={**environment, **(settings or {})}, stdin=subprocess.DEVNULL, stderr=log,
                            start_new_session=True, **more)


def fake(command, log):
    """A fake of a peer that says in one line where it is."""
    process = spawn(command, log, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f'{command[0]} does not start')
    return process, json.loads(line)


class Instance:
    """One server of the bridge. It has a name, which is its token's in Proxmox: the log there says who asked."""

    def __init__(self, name, binary, directory, settings, preload):
        self.name, self.binary, self.process, self.stopped = name, binary, None, False
        self.log_path, self.clock = os.path.join(directory, name + '.log'), os.path.join(directory, name + '.clock')
        self.address = ('127.0.0.1', free_port())
        self.settings = {**settings, 'NETBOX_PROXMOX_LISTEN': '%s:%d' % self.address, 'NETBOX_PROXMOX_LOG': 'json'}
        self.lives = []         # [began, ended] of each life, in seconds since 1970
        self.said = []          # (when, which life, what) of each line of its log
        if preload:
            self.turn_clock(0)
            self.settings.update(LD_PRELOAD=preload, FAKETIME_TIMESTAMP_FILE=self.clock, FAKETIME_DONT_FAKE_MONOTONIC='1',
                                 FAKETIME_CACHE_DURATION='1')

    def turn_clock(self, seconds):
        """Its clock says so much more or less, within a second."""
        with open(self.clock + '.new', 'w', encoding='utf-8') as clock:
            clock.write(f'{seconds:+d}\n')
        os.rename(self.clock + '.new', self.clock)

    @property
    def url(self):
        return 'http://%s:%d' % self.address

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def start(self, within=30):
        """Starts it, and again if it ends, as systemd does; says whether it listens after that time."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            if not self.alive():
                self._ended()
                self._begin()
            if self.ask('/livez') == 200:
                return True
            time.sleep(0.1)
        return False

    def _begin(self):
        self.process = spawn([self.binary], subprocess.PIPE, self.settings, stdout=subprocess.DEVNULL)
        self.lives.append([time.time(), None])
        self.listening = threading.Thread(target=self._listen, args=(self.process.stderr, len(self.lives)), daemon=True)
        self.listening.start()

    def _listen(self, lines, life):
        with open(self.log_path, 'ab') as log:
            for line in lines:
                log.write(line)
                log.flush()
                heard = time.time()
                try:
                    what = json.loads(line)
                    at = datetime.datetime.fromisoformat(what.pop('timestamp')).timestamp()
                except ValueError:      # a panic, or why it does not start, are no JSON
                    at, what = heard, {'level': 'TEXT', 'message': line.decode(errors='replace').rstrip()}
                # Its clock may have been turned, by whole seconds.
                self.said.append((at + round(heard - at), life, what))

    def ask(self, path):
        try:
            with OPENER.open(self.url + path, timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def kill(self):
        """As a power failure ends it."""
        if self.alive():
            self.process.kill()
        self._ended()

    def halt(self):
        self.process.send_signal(signal.SIGSTOP)
        self.stopped = True

    def go_on(self):
        if self.stopped and self.alive():
            self.process.send_signal(signal.SIGCONT)
        self.stopped = False

    def terminate(self, within=40):
        """Asks it to end; gives its exit status, None if it had to be killed."""
        if not self.alive():
            self._ended()
            return None
        self.go_on()
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = None
        self._ended()
        return status

    def _ended(self):
        if self.process is not None:
            self.process.wait()
            self.listening.join(10)
            self.stopped = False
            if self.lives and self.lives[-1][1] is None:
                self.lives[-1][1] = time.time()

    def command(self, *arguments):
        """The command line beside it, with its settings."""
        binary = os.path.join(os.path.dirname(self.binary), 'netbox-proxmox')
        settings = {name: value for name, value in self.settings.items() if name not in ('LD_PRELOAD', 'NETBOX_PROXMOX_LOG')}
        return subprocess.run([binary, *arguments], env={'PATH': os.environ['PATH'], **settings}, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
