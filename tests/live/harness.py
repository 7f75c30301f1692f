"""What the live tests share: checks with deadlines, the bridge's server process, a look at the Proxmox side."""
import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request


class Stop(Exception):
    """A check failed without which the rest of its scenario means nothing."""


def first(*differences):
    return next((d for d in differences if d is not None), None)


def same(what, seen, wanted):
    """None if they are equal, otherwise the difference as text."""
    return None if seen == wanted else f'{what} is {seen!r}, wanted {wanted!r}'


class Checks:
    """Counts checks and says of a failed one what differed and what the server last wrote."""

    def __init__(self):
        self.passed, self.failed, self.context, self.scenario = 0, [], [], ''

    @contextlib.contextmanager
    def part(self, name):
        """One scenario: a failure inside does not stop the next one."""
        self.scenario, began = name, time.monotonic()
        print(f'\n{name}', flush=True)
        try:
            yield
            print(f'  took {time.monotonic() - began:.0f} s', flush=True)
        except Stop as why:
            print(f'  the rest of "{name}" was left out: {why}', flush=True)
        except Exception as error:      # a defect of the test, or a peer that is gone: counts as a failure
            self._fail('runs to its end', f'{type(error).__name__}: {error}', 0)

    def that(self, name, probe, within=45, vital=False):
        """Waits until probe() returns None; until then it returns what differs, as text."""
        started = time.monotonic()
        while True:
            try:
                differs = probe()
            except (OSError, ApiError, LookupError) as error:
                differs = f'{type(error).__name__}: {error}'
            took = time.monotonic() - started
            if differs is None:
                self.passed += 1
                print(f'  ok      {name}  ({took:.1f} s)', flush=True)
                return True
            if took > within:
                self._fail(name, differs, took)
                if vital:
                    raise Stop(name)
                return False
            time.sleep(0.2)

    def holds(self, name, probe, for_seconds=4):
        """The opposite wait: probe() must return None all the time."""
        until = time.monotonic() + for_seconds
        while time.monotonic() < until:
            differs = probe()
            if differs is not None:
                self._fail(name, differs, 0)
                return False
            time.sleep(0.2)
        self.passed += 1
        print(f'  ok      {name}  (for {for_seconds} s)', flush=True)
        return True

    def _fail(self, name, differs, took):
        self.failed.append(f'{self.scenario}: {name}: {differs}')
        print(f'  FAILED  {name}  (after {took:.1f} s)\n            {differs}', flush=True)
        for show in self.context:
            for line in show():
                print(f'          | {line}', flush=True)

    def summary(self):
        for line in self.failed:
            print(f'FAILED  {line}')
        print(f'{self.passed} passed, {len(self.failed)} failed', flush=True)
        return 1 if self.failed or not self.passed else 0


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Server:
    """The built binary, configured by environment variables only."""

    def __init__(self, binary, directory, settings):
        self.binary, self.settings, self.process = binary, settings, None
        self.log_path = os.path.join(directory, 'server.log')
        self.url = f'http://127.0.0.1:{free_port()}'
        self.settings['NETBOX_PROXMOX_LISTEN'] = self.url.removeprefix('http://')

    def start(self, within=60, wait_for=200):
        """Starts it and waits for this answer of /readyz."""
        environment = {name: os.environ[name] for name in ('PATH', 'HOME', 'LANG') if name in os.environ}
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen([self.binary], env={**environment, **self.settings}, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True)
        until, seen = time.monotonic() + within, ''
        while time.monotonic() < until:
            if self.process.poll() is not None:
                seen = f'it ended with {self.process.returncode}'
                break
            try:
                status, seen = self.request('GET', '/readyz')
                if status == wait_for:
                    return
            except OSError as error:
                seen = error
            time.sleep(0.1)
        raise ApiError(f'the server does not answer {wait_for}: {seen}\n' + '\n'.join(self.tail()))

    def command(self, *arguments, stdin=subprocess.DEVNULL, without=(), **more):
        """The command line beside the server's binary (or that itself, without arguments), with the server's settings and
        these, run to its end."""
        binary = os.path.join(os.path.dirname(self.binary), 'netbox-proxmox') if arguments else self.binary
        settings = {**{name: value for name, value in self.settings.items() if name not in without}, **more}
        return subprocess.run([binary, *arguments], env={'PATH': os.environ['PATH'], **settings}, text=True,
                              capture_output=True, stdin=stdin, timeout=120)

    def request(self, method, path, body=None, headers=None):
        """(status, text) of one request to the server."""
        request = urllib.request.Request(self.url + path, method=method, data=body, headers=headers or {})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=10) as answer:
                return answer.status, answer.read().decode(errors='replace')
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors='replace')

    @contextlib.contextmanager
    def at_rest(self):
        """It does nothing, and is there."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def kill(self):
        """As a crash or a power failure ends it."""
        self.process.kill()
        self.process.wait()

    def terminate(self, within=30):
        """Asks it to end; returns its exit status, None if it had to be killed."""
        if self.process is None or self.process.poll() is not None:
            return self.process and self.process.returncode
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def tail(self, lines=25):
        try:
            with open(self.log_path, encoding='utf-8', errors='replace') as log:
                return [f'server: {line.rstrip()}' for line in log.readlines()[-lines:]]
        except FileNotFoundError:
            return ['server: no log']


class ApiError(Exception):
    """A request that was answered with an error, or a server that does not come up."""


class Proxmox:
    """The Proxmox side, seen with a token of its own, and the log of what the bridge asked."""

    def __init__(self, ready):
        self.ready = ready
        self.context = ssl.create_default_context(cafile=ready['ca'])     # not asked over plain HTTP

    def get(self, path):
        request = urllib.request.Request(self.ready['url'] + '/api2/json' + path,
                                         headers={'Authorization': 'PVEAPIToken=' + self.ready['tokens']['test']})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                             urllib.request.HTTPSHandler(context=self.context))
        try:
            with opener.open(request, timeout=30) as answer:
                return json.loads(answer.read())['data']
        except urllib.error.HTTPError as error:
            raise ApiError(f'GET {path}: {error.code} {error.reason}') from None

    def write(self, method, path, **params):
        """What an administrator changes beside the bridge."""
        return self._write(method, path, params, {'Authorization': 'PVEAPIToken=' + self.ready['tokens']['test']})

    def write_as_root(self, method, path, **params):
        """The same logged in as root@pam: a token may not set a lock."""
        ticket = self._write('POST', '/access/ticket', {
            'username': self.ready['user'], 'password': self.ready['password']}, {})
        return self._write(method, path, params, {
            'Cookie': 'PVEAuthCookie=' + ticket['ticket'],
            'CSRFPreventionToken': ticket['CSRFPreventionToken']})

    def _write(self, method, path, params, headers):
        data = urllib.parse.urlencode(params)
        in_body = method in ('POST', 'PUT')
        request = urllib.request.Request(
            f'{self.ready["url"]}/api2/json{path}' + ('' if in_body or not data else '?' + data), method=method,
            data=data.encode() if in_body else None, headers=headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                             urllib.request.HTTPSHandler(context=self.context))
        try:
            with opener.open(request, timeout=30) as answer:
                return json.loads(answer.read())['data']
        except urllib.error.HTTPError as error:
            raise ApiError(f'{method} {path}: {error.code} {error.reason}') from None

    def guests(self, name=None):
        """The guests (templates left out), by name if one is given."""
        return [g for g in self.get('/cluster/resources?type=vm')
                if not g.get('template') and name in (None, g.get('name'))]

    def config(self, vmid, kind='qemu'):
        return self.get(f'/nodes/{self.ready["node"]}/{kind}/{vmid}/config')

    def status(self, vmid, kind='qemu'):
        return self.get(f'/nodes/{self.ready["node"]}/{kind}/{vmid}/status/current')

    def requests(self, method=None, ends='', since=0):
        """What the bridge asked, oldest first, without the first `since`; `ends` is the end of the path."""
        with open(self.ready['requests'], encoding='utf-8') as log:
            lines = [json.loads(line) for line in log if line.endswith('\n')]
        return [r for r in [r for r in lines if r['token'] == 'bridge'][since:]
                if method in (None, r['method']) and r['path'].endswith(ends)]

    def writes(self):
        return [r for r in self.requests() if r['method'] != 'GET']

    def tail(self, lines=12):
        return [f"asked:  {r['method']} {r['path']} {json.dumps(r['params'])} -> {r['status']} {r.get('message', '')}"
                for r in self.writes()[-lines:]]


def main_guard(run):
    """Ends cleanly on SIGTERM and SIGINT too, so that what was started is ended."""
    def end(number, _frame):
        raise SystemExit(128 + number)
    signal.signal(signal.SIGTERM, end)
    sys.exit(run())
