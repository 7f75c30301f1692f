"""The page docs/reports.md: the journal entries that the mistakes of mistakes.py ended in, and the texts that they do
not reach, with the reason. A text that is not there, or there and not seen, fails; so does one of the sources that is
neither seen nor named here.

LIVE_UPDATE=1 writes the page anew. Read it as an operator would."""
import glob
import os
import re

from harness import same

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
PAGE = os.path.join(ROOT, 'docs', 'reports.md')
CORE = os.path.join(ROOT, 'netbox-proxmox-core', 'src')
HEAD = '''# What the journal says

Whatever cannot be done as NetBox has it is said in a journal entry on the virtual machine or, once that is gone, on its
cluster; once, until the cause is over. Each text names the guest and the field or disk as NetBox calls them, what was
found, and what to do. Two kinds of entries, of NetBox's kind *success*, leave nothing to do: that a guest was made, and
that what was reported is over, where the guest itself shows that (`[policy] report_created` and `report_over` turn them
off). This page is made by `tests/live/mistakes.py`, which makes each of these mistakes in a real NetBox and compares what
is said; NAME is the guest's name, RECORD the number of a virtual machine in NetBox, TIME when it was
made, VMID one that was allocated.

'''
REFUSED = '''
## What NetBox refuses by itself

These never reach Proxmox: NetBox answers the request, or the form, with an error.

| in NetBox | its answer |
|---|---|
'''
REST = '''
## What these tests do not reach

| journal entry | said when |
|---|---|
'''
# Texts of the sources (some words of each) that no mistake of one person in one NetBox leads to: when they are said.
ELSEWHERE = {
    'this change needs a look-up': 'never by the server: `plan --event` has nothing but the delivery',
    'does not have the template': 'the cluster has several nodes (tests of the planner)',
    'is not shared with': 'the cluster has several nodes (tests of the planner, and between the fakes)',
    'It was left, as no deletion of that': '`plan --all`, or the server at its interval, finds a guest whose record is gone',
    ', which NetBox does not have': 'the same: NetBox has no record of that id',
    'NetBox has another one with this id now': 'the same: NetBox was restored, and another record got the id',
    'It was left: set the VMID to': '`plan --all`, or the server at its interval, finds a second guest of a record',
    'has a marker of an early version': 'the guest was marked by a version before the first release',
    'its marker is then written anew': 'the same',
    'its marker is of an early version': 'the record of such a guest is deleted',
    'cannot be judged, and nothing was done':
        "NetBox's change log cannot be read, was pruned, or does not have what was delivered",
    'was kept. Remove it in Proxmox if nothing on it is needed':
        'a record is moved to a cluster that is none of ours (or loses its type), and deleted then',
    'undo it in NetBox to have the guest managed again': 'a record is moved to a cluster that is none of ours, or loses its type',
    'so the removal of its guest… is forgotten': 'a removal was put off, and the record is there again',
    'their deletions had not been delivered': 'more than 10 deletions are found in the change log that no delivery told of',
    'guests that NetBox has are missing in Proxmox': 'a comparison would create more than 10 guests',
    'guests were destroyed within an hour': 'more than 100 guests are destroyed within an hour',
    "NetBox's change log is not the one": 'NetBox was restored or exchanged',
    'It is known by its id, so its guests': 'a cluster was renamed in NetBox',
    'is shut down now and destroyed in': '`[policy] destroy` puts removals off',
    'the policy is never to destroy': '`[policy] destroy = "never"`',
    'agrees: a journal entry of another user on this cluster': '`[policy] destroy = { approve = true }`: a virtual machine was deleted',
    'is destroyed once a person runs': 'the same, and the change log does not show by whom',
    'is destroyed, and so it is now': 'the same, and another person agreed',
    'the agreement that its guest is destroyed does not count': 'the same, and somebody agreed who may not',
    'has its VMID now': 'a removal was put off, and a record got the VMID meanwhile',
    'It is tried again until it succeeds': 'an outage or a lock of another task lasts for five attempts',
    'Proxmox does not take it. Correct it in NetBox': 'Proxmox refuses a value that looks right; what does not is refused before',
    'network cards would be added': 'more than 8 at once, when a guest is made of a record that has so many interfaces',
    'Set NETBOX_CLUSTER to': 'a cluster was renamed in NetBox, and the setting has its former name',
    'this cannot be read as an address': 'never with NetBox 4.2 to 4.7, whose addresses are some',
    'public keys are wanted, one a line': 'the field for SSH keys is a JSON field, and has an object',
    'one value is wanted': 'a custom field is a multiple selection, or a JSON field, and has several',
    'a container has no cloud-init': '`proxmox_ci_user` is set on a container',
    'was moved from cluster': 'two Proxmox clusters are configured (tests between the fakes)',
    'from which it was moved in NetBox': 'two Proxmox clusters are configured, and the record that was moved is deleted (tests between the fakes)',
    'several templates have the name': 'several templates have the name that NetBox says, and none or several of them are on the wanted node',
    'nobody but importers': '`[policy] importers` names a user, who alone has written the record (discover.py)',
    'written by importers': 'the same',
    'which is an importer': 'such a user deletes a record (discover.py)',
    'the MAC address of net': "the server's token may not write MAC addresses, or NetBox requires more of them",
    'an address needs its prefix length': 'never with NetBox 4.2 to 4.7, whose addresses have one',
}


class Page:
    """Collects what is said, section by section."""

    def __init__(self):
        self.sections, self.refused = {}, {}

    def note(self, section, mistake, said, name, vmid=None):
        text = plain(said, name)
        self.sections.setdefault(section, {})[mistake] = text.replace(f'guest {vmid} ', 'guest VMID ') if vmid else text

    def text(self):
        parts = [HEAD.rstrip('\n') + '\n']
        for section, rows in self.sections.items():
            parts.append(f'\n## {section}\n\n| what happened | journal entry |\n|---|---|\n' + table(rows))
        parts.append(REFUSED + table(self.refused))
        others = {source: when for words, when in ELSEWHERE.items() for source in texts() if words in source}
        return ''.join(parts) + REST + table(others)

    def compare(self, check):
        """The page is what was seen, and every text of the sources is on it."""
        text = self.text()
        if os.environ.get('LIVE_UPDATE'):
            with open(PAGE, 'w', encoding='utf-8') as page:
                page.write(text)
        with open(PAGE, encoding='utf-8') as page:
            written = page.read()
        lines = [f'{sign} {line}' for sign, ours, theirs in (('seen:', text, written), ('page:', written, text))
                 for line in ours.splitlines() if line not in theirs.splitlines()]
        check.that('docs/reports.md says what was seen', lambda: same('lines that differ', lines, []), within=0)
        unknown = [words for words in ELSEWHERE if not any(words in source for source in texts())]
        missing = [source for source in texts() if not any(words in source for words in ELSEWHERE)
                   and longest(source) not in text.replace('\\|', '|')]
        check.that('every text of the sources was seen or is named with its reason', lambda: same(
            'not seen', missing, []) or same('named and gone from the sources', unknown, []), within=0)


def table(rows):
    return ''.join(f"| {what} | {said} |\n" for what, said in rows.items())


def plain(text, name):
    """The text without what differs from run to run."""
    text = re.sub(r'\b(?:[0-9A-F]{2}:){5}[0-9A-F]{2}\b', 'MAC', text.replace(name, 'NAME'))
    text = re.sub(r'\(created [\d-]+T[\d:.]+Z\)', '(created TIME)', text)
    text = re.sub(r'(virtual machine|--release) \d+( to \d+)?', lambda m: f"{m[1]} RECORD{' to RECORD' if m[2] else ''}", text)
    text = re.sub(r'/(virtual-machines)/\d+/', r'/\1/RECORD/', text)
    return re.sub(r'live-[\w-]+', 'NAME', text).replace('|', '\\|').replace('\n', ' ')


def texts():
    """The texts of the sources as they are written there, with {} for what is filled in."""
    found = []
    paths = sorted(glob.glob(os.path.join(CORE, 'report', '*.rs')))
    for part in ('record.rs', 'record/*.rs', 'plan/gone.rs'):
        paths += sorted(glob.glob(os.path.join(CORE, part)))
    for path in paths:
        with open(path, encoding='utf-8') as source:
            code = re.sub(r'^\s*//.*$', '', source.read().split('#[cfg(test)]')[0], flags=re.M)
        for literal in re.findall(r'"((?:[^"\\]|\\.)*)"', code, re.S):
            literal = re.sub(r'\\\n\s*', '', literal).replace('\\"', '"').removeprefix('{}: ')
            if len(longest(literal)) >= 20 and ' ' in literal:      # shorter ones are names and keys
                found.append(re.sub(r'\{[^}]*\}', '…', literal))
    return list(dict.fromkeys(found))


def longest(literal):
    """The longest run of words that nothing is filled into."""
    return max(re.split(r'\{[^}]*\}|…', literal), key=len).strip()
