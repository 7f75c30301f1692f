"""The server plans the branches of a real NetBox with netbox-branching, NetBox says of each delivery which branch it is of, and
merges nothing that is not planned as it is."""
import contextlib
import os
import subprocess
import time

import pictures
from branching import BRANCHES, Branch, DISKS, VMS
from browser import Browser
from harness import ApiError, first, same


@contextlib.contextmanager
def configured(text, **files):
    """NetBox runs with this beside its configuration meanwhile, and with these modules beside it."""
    conf = os.path.join(os.environ['NETBOX_LAB_DIR'], 'root', 'conf')
    try:
        for name, content in {'more': text, **files}.items():
            with open(os.path.join(conf, name + '.py'), 'w', encoding='utf-8') as file:
                file.write(content)
        anew()
        yield
    finally:
        for name in ('more', *files):
            os.remove(os.path.join(conf, name + '.py'))
        anew()


def anew():
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'netbox', 'again.sh')
    ended = subprocess.run([script], env={**os.environ, 'NETBOX_BRANCHING': '1'}, capture_output=True, text=True, timeout=180)
    if ended.returncode:
        raise ApiError(f'NetBox does not start again: {ended.stderr[-2000:]}')


def planned(bench, check, created):
    """The server plans branches, NetBox says of each delivery which branch it is of, and merges only what is planned."""
    gate = os.path.join(os.path.dirname(bench.inbox), 'proxmox_gate.py')
    done = bench.set_up('--branching', '--gate', gate)
    settings = [line for line in done.stderr.splitlines() if line.startswith(('PLUGINS_CONFIG = ', 'EVENTS_PIPELINE = '))]
    check.that('setup says what belongs into the configuration', lambda: same('lines', len(settings), 2), within=0, vital=True)
    with open(gate, encoding='utf-8') as text, configured('\n'.join(settings), proxmox_gate=text.read()):
        bench.restart()
        guest = bench.create('live-planned')
        created(guest)
        check.that('main is at rest', bench.quiet, vital=True)
        marked(bench, check, guest)
        gated(bench, check, guest)
        if pictures.are_wanted():
            pictured(bench, check, created)
        bench.netbox('DELETE', f'{VMS}{guest.id}/')
        check.that(f'{guest.name}: deleted, it is gone', guest.is_gone)


class Planned(Branch):
    """A branch that shows its plan."""

    def is_(self, plan, summary=None):
        """None once it shows this, of the changes that it has now."""
        fields, log = self.read()['custom_fields'], self.inside('GET', '/core/object-changes/', ordering='-id', limit=1)
        last = log['results'][0]['id'] if log['results'] else 0
        return first(
            same('proxmox_plan', (fields['proxmox_plan'] or {}).get('value'), plan),
            same('digest', (fields['proxmox_plan_digest'] or '').split(' ')[0], f"{log['count']}:{last}"),
            None if summary is None else same('summary', fields['proxmox_plan_summary'], summary))

    def journal(self, *words):
        """The entries on the branch that have all the words, newest first."""
        entries = self.bench.netbox.find('/extras/journal-entries/', ordering='-id', assigned_object_id=self.id,
                                         assigned_object_type='netbox_branching.branch')
        return [it['comments'] for it in entries if all(word in it['comments'] for word in words)]

    def says(self, *words):
        return None if self.journal(*words) else f'no entry has {words}: {self.journal()}'

    def is_refused(self):
        """None if NetBox does not merge it: its job fails, and does not say why (seen with 1.2.2)."""
        job = self.bench.netbox('POST', f'{BRANCHES}{self.id}/merge/', {'commit': True})['id']
        for _ in range(100):
            job_now = self.bench.netbox('GET', f'/core/jobs/{job}/')
            if job_now['status']['value'] not in ('pending', 'running'):
                break
            time.sleep(0.2)
        refused = job_now['status']['value'] == 'errored' and 'Merging this branch is not permitted.' in job_now['error']
        return first(None if refused else f'job {job_now["status"]}, {job_now["error"]!r}', same('status', self.status(), 'ready'))

    def page_says(self, words):
        page = Browser(self.bench.netbox.url).get(f'{BRANCHES}{self.id}/merge/')
        return None if words in page else f'the page does not say {words!r}'


def marked(bench, check, guest):
    """Nothing is stored of what says that it is of a branch; it wakes the planner all the same."""
    events, branch = len(bench.events()), Planned(bench, check, 'live-marked')
    new = bench.create('live-marked-new', netbox=branch.inside)
    branch.change(guest.id, memory=4096)
    branch.change(guest.id, status='active')
    check.that('its plan is there', lambda: branch.is_('planned', '+1 ~1 -0'), within=45)
    check.that('in words', lambda: first(
        branch.says('live-marked-new'), branch.says('live-planned', 'memory: 2048 → 4096 MiB')), within=5)
    branch.nothing_yet()
    check.that('nothing of it is stored', lambda: same('events', bench.events()[events:], []), within=0)
    entries = len(branch.journal())
    check.holds('nothing more is said', lambda: same('entries', len(branch.journal()), entries), 2)
    branch.merged_as_planned()
    check.that('made and changed', lambda: first(
        new.has_vmid(), new.is_ready(), guest.has(memory='4096'), guest.runs('running')), within=0)
    check.that('the branch says that it was done', lambda: None if len(branch.journal()) > entries else f'{branch.journal()}')
    print('\n'.join(f'          > {line}' for entry in reversed(branch.journal()) for line in entry.splitlines()), flush=True)
    bench.netbox('DELETE', f'{VMS}{new.id}/')
    check.that(f'{new.name}: deleted, it is gone', new.is_gone)


def gated(bench, check, guest):
    """Only what is planned as it is now is merged."""
    disk = guest.disks()['scsi0']['id']
    with bench.server.at_rest():
        branch = Planned(bench, check, 'live-gated')
        branch.change(guest.id, status='offline')
        # NetBox's one worker waits for who does not answer, up to a minute.
        check.that('without a plan it is not merged', branch.is_refused, within=180)
        check.that('the page says why', lambda: branch.page_says('Its plan for Proxmox is missing'), within=0)
    check.that('it is planned', lambda: branch.is_('planned', '+0 ~1 -0'), within=45)
    with bench.server.at_rest():
        branch.inside('PATCH', f'{DISKS}{disk}/', {'size': 5000})
        check.that('with the plan of former changes it is not merged', branch.is_refused, within=180)
        check.that('the page says why', lambda: branch.page_says('is of former changes'), within=0)
    check.that('a shrink: refused', lambda: branch.is_('refused'), within=45)
    check.that('in words', lambda: branch.says('scsi0', 'shrink'), within=5)
    check.that('it is not merged', branch.is_refused, within=30)
    branch.inside('PATCH', f'{DISKS}{disk}/', {'size': guest.disks()['scsi0']['size']})
    check.that('the size is put back: planned', lambda: branch.is_('planned', '+0 ~1 -0'), within=45)
    branch.merged_as_planned()
    check.that('it is stopped', lambda: guest.runs('stopped'), within=0)


def pictured(bench, check, created):
    """A branch of which there are pictures in the documentation."""
    web, database = (bench.create(name) for name in ('web01', 'db01'))
    for guest in (web, database):
        created(guest)
    bench.netbox('POST', DISKS, {'virtual_machine': database.id, 'name': 'scsi1', 'size': 30000})
    database.change(status='active')
    check.that('main is at rest', lambda: first(database.runs('running'), bench.quiet()), vital=True)
    branch = Planned(bench, check, 'next-week')
    branch.change(web.id, memory=8192, vcpus=4)
    branch.change(web.id, status='active')
    branch.inside('DELETE', f'{VMS}{database.id}/')
    bench.create('web02', netbox=branch.inside, status='active')
    check.that('it is planned', lambda: branch.is_('planned'), within=45)
    page = f'{BRANCHES}{branch.id}/'
    entry = bench.netbox.find('/extras/journal-entries/', ordering='-id', assigned_object_id=branch.id,
                              assigned_object_type='netbox_branching.branch')[0]['id']
    pictures.take(bench.netbox.url, {
        'branch': (page, pictures.card('Custom Fields'), 1000, 420),
        'branch-plan': (f'/extras/journal-entries/{entry}/', pictures.card('Comments'), 1000, 760)})
    bench.netbox('DELETE', page)
    for guest in (web, database):
        bench.netbox('DELETE', f'{VMS}{guest.id}/')
        check.that(f'{guest.name}: deleted, it is gone', guest.is_gone)
