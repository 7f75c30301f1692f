"""NetBox is put back to a dump that was made before, under the running server: its ids come again."""
import database
from harness import first, same

VMS = '/virtualization/virtual-machines/'
# What must be said to nobody then.
HARMFUL = ('remove that guest', 'set the VMID to')


def harmless(bench, *guests):
    """Nobody is told to do harm to a guest."""
    said = [entry for guest in guests for entry in guest.journal()] + bench.said()
    found = [entry for entry in said if any(words.lower() in entry.lower() for words in HARMFUL)]
    return same('harmful entries', found, [])


def newest(bench):
    return bench.netbox('GET', '/core/object-changes/', ordering='-id', limit=1)['results'][0]['id']


def known(bench):
    """The entry of the change log that the server has read to, as it remembers it."""
    return bench.fact('change-log', 'read')['known'][0]


def restored(bench, check, created):
    kept, second = bench.create('live-kept'), bench.create('live-kept-too')
    for guest in (kept, second):
        created(guest)
        check.that(f'{guest.name}: all is written back', lambda guest=guest: None if guest.disks() else 'no disk', vital=True)
    check.that('all is answered', bench.quiet, vital=True)
    before = database.dump()
    web = bench.create('live-web01', status='active')
    created(web)
    check.that('web01 runs', lambda: web.runs('running'), vital=True)
    check.that('all is answered', bench.quiet, vital=True)
    untouched = lambda: first(web.runs('running'), web.is_ready(), same('destroyed', web.requests('DELETE', ''), []))

    # The interval is long: NetBox is looked at before anything is destroyed, whenever that is.
    with bench.settings(NETBOX_PROXMOX_CATCH_UP='3600'):
        check.that('the log is read', lambda: same('entry', known(bench), newest(bench)), vital=True)
        database.restore(before)
        reborn(bench, check, web, untouched)
        bench.netbox('DELETE', f'{VMS}{kept.id}/')
        held(bench, check, kept)
        check.that('web01 is as it was', untouched, within=0)
        agreed(bench, check, kept)

    # Once more, until the log has grown past where it was; and the server was down meanwhile.
    check.that('all is answered', bench.quiet, vital=True)
    bench.server.terminate()
    database.restore(before)
    while newest(bench) <= known(bench):
        second.change(comments=f'after entry {newest(bench)}')
    bench.server.start()
    check.that('a log that has grown again is not taken for the same', lambda: None if bench.said(
        'restored', 'its entry') else f'{bench.said()}')
    bench.netbox('DELETE', f'{VMS}{second.id}/')
    held(bench, check, second)
    check.that('web01 is as it was', untouched, within=0)
    agreed(bench, check, second)
    bench.netbox('DELETE', f'{VMS}{kept.id}/')      # there again, without a guest
    bench.remove(check, web)


def reborn(bench, check, web, untouched):
    """Another record gets the id of the one that NetBox has forgotten, and is deleted."""
    db = bench.create('live-db01', custom_fields={})
    check.that("db01 has web01's id", lambda: same('id', db.id, web.id), within=0, vital=True)
    check.that('it is told what it lacks', lambda: None if db.journal('no template') else f'journal: {db.journal()}')
    check.that('and no harm', lambda: harmless(bench, db, web), within=0)
    check.that("`plan --all` says whose web01's guest is", lambda: None if all(words in bench.server.command(
        'plan', '--all', '--output', 'json').stdout for words in (web.birth, 'another one with this id now')) else 'not said')
    bench.netbox('DELETE', f'{VMS}{db.id}/')
    check.holds('web01 is untouched when db01 is deleted', untouched, 5)
    check.that('all is answered', bench.quiet)
    check.that('and nobody is told to do harm to it', lambda: harmless(bench, db), within=0)


def held(bench, check, guest):
    check.that('a deletion is held', lambda: None if [
        event for event in bench.events(guest.id) if event['state'] == 'parked' and str(event['reason']).startswith('held: ')]
        else f'{bench.events(guest.id)}')
    check.that("the cluster's journal says what was seen", lambda: None if bench.said(
        'restored', 'change log', 'events --release') else f'{bench.said()}')
    check.that('`events --state parked` lists it', lambda: None if 'held: ' in bench.server.command(
        'events', '--state', 'parked', '--output', 'json').stdout else 'not there')
    check.holds('its guest is there', guest.is_ready, 2)


def agreed(bench, check, guest):
    check.that('`events --release` agrees', lambda: same('exit status', bench.server.command(
        'events', '--release').returncode, 0), within=0)
    check.that('and its guest goes', guest.is_gone)
