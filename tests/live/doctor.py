"""`netbox-proxmox doctor` against a real NetBox: with the rights that the bridge needs and no more all is well, and each fault
that a real NetBox shows in its own way is named."""
import contextlib
import json
import os
import signal
import subprocess
import time

from harness import first, same

USERS, PERMISSIONS, TOKENS = '/users/users/', '/users/permissions/', '/users/tokens/'
RULES, HOOKS, VMS = '/extras/event-rules/', '/extras/webhooks/', '/virtualization/virtual-machines/'
NAME = 'live-doctor'
# As `live/privileges.rs` has them.
RIGHTS = {
    'virtualization.virtualmachine': ['view', 'change'], 'virtualization.virtualdisk': ['view', 'add'],
    'virtualization.vminterface': ['view', 'change'], 'dcim.macaddress': ['view', 'add'], 'virtualization.cluster': ['view'],
    'ipam.ipaddress': ['view'], 'ipam.vlan': ['view'], 'core.objectchange': ['view'], 'extras.journalentry': ['view', 'add'],
    'extras.customfield': ['view'], 'extras.customfieldchoiceset': ['view'], 'extras.webhook': ['view'],
    'extras.eventrule': ['view']}


def doctor(bench, check, created):
    unmanaged = bench.netbox('POST', VMS, {'name': 'live-unmanaged', 'cluster': bench.cluster, 'status': 'planned'})
    with account(bench) as bridge:
        token, read_only = bridge.token(), bridge.token(write_enabled=False)

        def told(verdict, *words, ends=None, token=token, arguments=(), **settings):
            return lambda: line(look(bench, *arguments, NETBOX_TOKEN=token, **settings), verdict, words, ends)

        bridge.may(RIGHTS)
        check.that('with the rights that are needed, and no more, nothing fails', lambda: fails(look(bench, NETBOX_TOKEN=token)))
        check.that('writing included', told('ok', 'rights of NETBOX_TOKEN', 'all that is needed'), within=0)
        check.that('all machines are seen, and may be changed', told('ok', 'all of them seen'), within=0)
        check.that('the secret is compared', told('ok', 'secret of webhook', 'the one in NETBOX_WEBHOOK_SECRET'), within=0)
        check.that('failed jobs are for superusers', told('ok', 'only a superuser sees'), within=0)
        check.that('the server is seen', told('ok', 'runs and is ready'), within=20)
        check.that('a test delivery arrives', told('ok', 'test delivery', arguments=['--probe']), within=0)
        check.that('nothing came of it', lambda: same('its events', {event['state'] for event in bench.events(unmanaged['id'])},
                                                      {'ignored'}), within=20)

        check.that('a token that only reads', told('failure', 'may write nothing at all', ends=3, token=read_only), within=0)
        check.that('a wrong token', told('failure', 'NETBOX_TOKEN', ends=3, token='nbt_wrong0000000.wrong'), within=0)
        for lacks, action, words in (
                ('virtualization.virtualmachine', 'change', 'may not change virtual machines'),
                ('virtualization.virtualdisk', 'add', 'may not add virtual disks'),
                ('extras.journalentry', 'add', 'may not add journal entries'),
                ('core.objectchange', 'view', 'may not view object changes')):
            bridge.may({of: [it for it in actions if (of, it) != (lacks, action)] for of, actions in RIGHTS.items()})
            check.that(words, told('failure', words, ends=3), within=0)
        bridge.may({of: actions for of, actions in RIGHTS.items() if of != 'extras.webhook'})
        check.that('what cannot be looked at is a warning', told('warning', 'the webhook cannot be checked', ends=0), within=0)
        bridge.may(RIGHTS, only={'virtualization.virtualmachine': {'name': 'nobody'}})
        check.that('a constraint that hides all', told('failure', 'the token sees 0 of', ends=3), within=0)
        bridge.may(RIGHTS, only={'virtualization.virtualmachine': {'name': 'live-unmanaged'}})
        created(bench.create('live-doctor-other'))
        check.that('a constraint that hides some', told('warning', 'the token sees 1 of'), within=0)
        bridge.may({**RIGHTS, 'virtualization.virtualmachine': ['view']})
        bridge.permit('virtualization.virtualmachine', ['change'], {'name': 'nobody'})
        check.that('a constraint of changes alone', told('failure', 'may not change', 'a constraint excludes them'), within=0)
        bridge.may(RIGHTS)

    def with_all(verdict, *words, arguments=(), ends=None, **settings):
        return lambda: line(look(bench, *arguments, **settings), verdict, words, ends)
    rule = bench.netbox.find(RULES)[0]
    hook = bench.netbox.find(HOOKS)[0]
    with changed(bench, RULES, rule, enabled=False):
        check.that('a rule that is disabled', with_all('failure', 'is disabled'), within=0)
    with changed(bench, RULES, rule, conditions={'attr': 'status.value', 'value': 'active'}):
        check.that('a rule with conditions', with_all('warning', 'has conditions'), within=0)
    with changed(bench, RULES, rule, object_types=rule['object_types'][:1]):
        check.that('a rule that leaves types out', with_all('warning', 'do not cover'), within=0)
    with changed(bench, HOOKS, hook, secret='another'):
        check.that('another secret', with_all('failure', 'is another than NETBOX_WEBHOOK_SECRET'), within=0)
        check.that('and a test delivery that does not arrive', with_all(
            'failure', 'was not heard of within 2 s', arguments=['--probe', '--within', '2']), within=0)
    check.that('the delivery that failed is seen', with_all(
        'warning', "NetBox's failed jobs", NETBOX_TOKEN=bench.admin), within=20)
    with no_worker():
        check.that('no worker', with_all('failure', 'none runs, so no delivery is sent'), within=60)
    check.that('a worker again', with_all('ok', "NetBox's workers"), within=60)
    bench.netbox('DELETE', f"{VMS}{unmanaged['id']}/")


def look(bench, *arguments, **settings):
    """Exit status and lines."""
    before = bench.server.settings
    bench.server.settings = {**before, **settings}
    try:
        done = bench.server.command('doctor', '--output', 'json', *arguments)
    finally:
        bench.server.settings = before
    return done.returncode, json.loads(done.stdout or '[]'), done.stderr


def line(looked, verdict, words, ends):
    """None if there is such a line, and the exit status is right."""
    code, lines, talk = looked
    texts = [(it['verdict'], f"{it['what']}: {it['detail']}. {it.get('advice', '')}") for it in lines]
    if not any(known == verdict and all(word in text for word in words) for known, text in texts):
        return f'no {verdict} with {words} in {texts} {talk}'
    if verdict == 'failure' and any('advice' not in it for it in lines if it['verdict'] == 'failure'):
        return f'a failure without advice in {lines}'
    return first(None if ends is None else same('exit', code, ends))


def fails(looked):
    code, lines, talk = looked
    for it in lines:
        print(f"          {it['verdict']:8}{it['what']}: {it['detail']}", flush=True)
    failures = [it for it in lines if it['verdict'] == 'failure']
    return first(same('exit', (code, talk), (0, '')), same('failures', failures, []))


class Account:
    """A user of the bridge's own, and what they may."""

    def __init__(self, netbox, user):
        self.netbox, self.user, self.permissions = netbox, user, []

    def token(self, **more):
        made = self.netbox('POST', TOKENS, {'user': self.user, 'version': 2, **more})
        return f"nbt_{made['key']}.{made['token']}"

    def permit(self, of, actions, constraints=None):
        made = self.netbox('POST', PERMISSIONS, {'name': f'{NAME} {len(self.permissions)} {of}', 'object_types': [of], 'actions': actions,
                                                 'users': [self.user], 'constraints': constraints})
        self.permissions.append(made['id'])

    def may(self, rights, only=None):
        self.forget()
        for of, actions in rights.items():
            if actions:
                self.permit(of, actions, (only or {}).get(of))

    def forget(self):
        while self.permissions:
            self.netbox('DELETE', f'{PERMISSIONS}{self.permissions.pop()}/')


@contextlib.contextmanager
def account(bench):
    for old in [it for it in bench.netbox.find(USERS) if it['username'] == NAME]:
        bench.netbox('DELETE', f"{USERS}{old['id']}/")
    user = bench.netbox('POST', USERS, {'username': NAME, 'password': 'Not-for-anybody-0'})['id']
    account = Account(bench.netbox, user)
    try:
        yield account
    finally:
        account.forget()
        bench.netbox('DELETE', f'{USERS}{user}/')


@contextlib.contextmanager
def changed(bench, path, found, **attributes):
    """An object of NetBox's is another meanwhile."""
    before = {name: found.get(name) for name in attributes}
    bench.netbox('PATCH', f"{path}{found['id']}/", attributes)
    try:
        yield
    finally:
        bench.netbox('PATCH', f"{path}{found['id']}/", before)


def runs(pid):
    """Whether a process has not ended; one that nobody has waited for has no command any more."""
    try:
        with open(f'/proc/{pid}/cmdline', encoding='utf-8') as command:
            return command.read() != ''
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def no_worker():
    """NetBox's worker is ended, and started again."""
    lab = os.environ['NETBOX_LAB_DIR']
    with open(os.path.join(lab, 'run', 'rqworker.pid'), encoding='utf-8') as file:
        pid = int(file.read())
    os.kill(pid, signal.SIGTERM)
    try:
        yield
    finally:
        while runs(pid):
            time.sleep(0.1)
        up = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'netbox', 'up.sh')
        subprocess.run([up], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
