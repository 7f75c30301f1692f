#!/usr/bin/env python3
"""Rounds of chaos: the server's binary between fakes of both sides, with everything going wrong that does, and then the
question whether what was promised holds. tests/chaos/README.md says more. Standard library only.

  run.py --binaries DIR [--rounds N] [--seconds S] [--pace S] [--only FAULT,…] [--store sqlite|postgres]

Environment: CHAOS_SEED (printed by each run: the same choices again), INBOX_POSTGRES (set by tests/live/postgres.sh: without it
there are rounds over SQLite only), CHAOS_KEEP (a directory in which logs stay).
"""
import argparse
import contextlib
import glob
import os
import secrets
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True      # nothing is left in the tree
sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'live', name) for name in ('', 'netbox')]
import judge as rules   # noqa: E402
from doubt import blind   # noqa: E402
from faults import Disk, Faults   # noqa: E402
from harness import main_guard   # noqa: E402
from history import History   # noqa: E402
from people import Person   # noqa: E402
from postgres import Postgres   # noqa: E402
from world import World   # noqa: E402

REST = 420      # seconds in which all must have come to rest: what failed often is tried again after 300
SHOWN = 80      # lines of the history of a guest


def faketime():
    return next(iter(glob.glob('/usr/lib/*/faketime/libfaketimeMT.so.1')), None)


def settle(world):
    """Waits until the inbox has nothing pending and the log was read; gives how long that took, None if it did not come."""
    began, quiet = time.monotonic(), 0
    while time.monotonic() - began < REST:
        pending = [it for it in world.inbox_entries() if it.get('event', {}).get('state') == 'pending']
        # The change log is read every 5 s, up to what it had the time before.
        quiet = quiet + 1 if not pending and not world.relay.under_way else 0
        if quiet > 12:
            return time.monotonic() - began
        time.sleep(1)
    return None


def one_round(options, seed, number):
    store = options.store
    with contextlib.ExitStack() as things:
        keep = os.environ.get('CHAOS_KEEP')
        directory = keep and os.path.join(keep, f'{store}-{number}')
        if directory:
            os.makedirs(directory, exist_ok=True)
        else:
            directory = things.enter_context(tempfile.TemporaryDirectory(prefix='chaos.'))
        disk, postgres, names = None, None, ['one']
        if store == 'postgres':
            postgres, names = Postgres(os.environ['INBOX_POSTGRES']), ['one', 'two', 'three']
            inbox = postgres.database(f'chaos_{secrets.token_hex(4)}')
        else:
            place = os.path.join(directory, 'disk')
            os.makedirs(place, exist_ok=True)
            with contextlib.suppress(OSError, subprocess.CalledProcessError):       # only root may
                disk = Disk(place)
                things.callback(disk.close)
            inbox = f'sqlite:{place}/inbox.sqlite'
        world = World(options.binaries, directory, names, inbox, seed, faketime())
        things.callback(world.close)
        world.start()
        people = [Person(world, person, 0.6) for person in range(3)]
        faults = Faults(world, options, postgres, disk)
        for thread in (*people, faults):
            thread.start()
        faults.join()
        for person in people:
            person.over.set()
            person.join()
        for thread in (*people, faults):
            if thread.error:
                raise thread.error
        rested = settle(world)
        parked = [it['event'] for it in world.inbox_entries() if it.get('event', {}).get('state') == 'parked']
        if any(it['brake'] for it in parked):       # all that was deleted was meant
            world.instances[0].command('events', '--release')
            settle(world)
        history = History(world, people, faults, parked)
        statuses = [instance.terminate() for instance in world.instances]
        return report(history, rested, statuses, store, seed)


def report(history, rested, statuses, store, seed):
    wrong = rules.judge(history)
    if not wrong:
        wrong = [('the judge sees what is wrong', None, why) for why in blind(history)]
    if any(status != 0 for status in statuses):
        wrong.append(('a server that is told to end ends', None, f'exit statuses {statuses}'))
    taken = [seconds for *_, seconds in rules.taken_over(history)]
    kept = [seconds for _, killed, seconds in rules.taken_over(history) if history.promised(killed, killed + rules.TAKEN_OVER_WITHIN)]
    kinds = [what.split(',')[0] for _, what in history.faults]
    print(f'  {store}: {len(history.did)} changes by people of {len({record for _, record, _ in history.did})} records, '
          f'{len(history.deliveries)} deliveries ({sum(1 for it in history.deliveries if it["fate"] == "never")} never sent), '
          f'{len(history.kills)} kills, {sum('no more' not in it for it in kinds)} faults, {len(history.guests)} guests at the end, '
          f'{len(history.writes)} writes to Proxmox')
    print(f'  at rest after {rested and round(rested)} s; {len(taken)} works of killed servers taken up, '
          f'where nothing else was in the way after {max(kept, default=0):.1f} s at most, else {max(taken, default=0):.1f} s; {sum(bool(it["brake"]) for it in history.parked)} events were held by '
          f'a brake until they were released')
    for name, record, why in wrong:
        print(f'BROKEN  {name}: record {record}: {why}')
    for record in sorted({record for _, record, _ in wrong if record is not None})[:3]:
        print(f'the history of record {record}:')
        for line in history.of(record)[-SHOWN:]:
            print('  |', line[:400])
    if wrong:
        print(f'again: CHAOS_SEED={seed} tests/run --chaos 1')
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--binaries', required=True)
    parser.add_argument('--rounds', type=int, default=1)
    parser.add_argument('--seconds', type=float, default=20)
    parser.add_argument('--only', help='the faults alone, such as kill,halt')
    parser.add_argument('--pace', type=float, default=2, help='seconds from one fault to the next, as a mean')
    parser.add_argument('--store', choices=('sqlite', 'postgres'))
    options = parser.parse_args()
    seed = os.environ.setdefault('CHAOS_SEED', secrets.token_hex(4))
    if options.store:
        failed = [number for number in range(options.rounds) if not one_round(options, f'{seed}+{number}' if number else seed, number)]
        print(f'{options.store}: {len(failed)} of {options.rounds} rounds failed' if failed else f'{options.store}: all held', flush=True)
        return 1 if failed else 0
    print(f'chaos: CHAOS_SEED={seed}', flush=True)
    return both(['sqlite', 'postgres'] if os.environ.get('INBOX_POSTGRES') else ['sqlite'])


def both(stores):
    """The stores at once, each in a process of its own."""
    children = [subprocess.Popen([sys.executable, *sys.argv, '--store', store]) for store in stores]
    try:
        return max(child.wait() for child in children)
    finally:
        for child in children:
            child.terminate()       # it ends what it has started


if __name__ == '__main__':
    main_guard(main)
