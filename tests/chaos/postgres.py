"""The PostgreSQL server that `tests/live/postgres.sh` has started: databases in it, and its end and new start."""
import glob
import os
import subprocess
import urllib.parse


class Postgres:
    def __init__(self, url):
        self.url, self.directory = url, urllib.parse.parse_qs(urllib.parse.urlparse(url).query)['host'][0]
        self.bin = max(glob.glob('/usr/lib/postgresql/*/bin'), key=lambda path: int(path.split('/')[-2]))

    def database(self, name):
        """The address of a new database."""
        url = urllib.parse.urlparse(self.url)
        self._run(['psql', '-h', self.directory, '-U', url.username, '-d', 'postgres', '-qc', f'CREATE DATABASE "{name}"'])
        return url._replace(path='/' + name).geturl()

    def stop(self, mode):
        """`fast` ends sessions in order; `immediate` is a crash, after which it recovers from its log."""
        self._control('-m', mode, '-w', 'stop')

    def start(self):
        self._control('-l', f'{self.directory}/postgres.log', '-w', '-t', '60', 'start')

    def _control(self, *arguments):
        other = ['setpriv', '--reuid', 'postgres', '--regid', 'postgres', '--init-groups'] if os.getuid() == 0 else []
        self._run([*other, f'{self.bin}/pg_ctl', '-D', f'{self.directory}/data', *arguments])

    @staticmethod
    def _run(command):
        subprocess.run(command, check=True, cwd='/', stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
