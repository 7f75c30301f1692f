"""The database of the NetBox that up.sh has brought up, past NetBox: put back to a dump, changed without a word in the
change log. NetBox runs on meanwhile."""
import glob
import os
import subprocess

# NetBox's triggers and the order of foreign keys do not matter to data that was whole when it was dumped.
EMPTY = r"""
SET session_replication_role = replica;
DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('%I.%I', schemaname, tablename), ', ')
                     FROM pg_tables WHERE schemaname = 'public'); END $$;
"""


def run(program, *arguments, text=None):
    bindir = max(glob.glob('/usr/lib/postgresql/*/bin'), key=lambda at: float(at.split('/')[4]))
    host = os.path.join(os.environ['NETBOX_LAB_DIR'], 'pg')
    done = subprocess.run([os.path.join(bindir, program), '-h', host, '-U', 'netbox', '-d', 'netbox', *arguments],
                          input=text, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise OSError(f'{program}: {done.stderr[-500:]}')
    return done.stdout


def sql(statement):
    """What a statement gives, as text."""
    return run('psql', '-X', '-qAt', '-v', 'ON_ERROR_STOP=1', '-c', statement).strip()


def dump():
    """All rows, and where the sequences are."""
    return run('pg_dump', '--data-only', '--schema=public')


def restore(dumped):
    """Puts all rows back, and the sequences."""
    run('psql', '-X', '-qAt', '-v', 'ON_ERROR_STOP=1', '--single-transaction', text=EMPTY + dumped)
