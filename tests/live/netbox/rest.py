"""NetBox's REST API, as far as the live tests need it beside `netbox-proxmox setup`. Standard library only."""
import copy
import json
import urllib.error
import urllib.parse
import urllib.request


class NetBoxError(Exception):
    """An answer of NetBox that is an error: its status and body."""

    def __init__(self, method, path, status, body):
        super().__init__(f'{method} {path}: {status}: {body[:500]}')
        self.status = status


class NetBox:
    """The REST API, as far as the live tests need it."""

    def __init__(self, url, token):
        self.url = url.rstrip('/')
        self.headers = {'Authorization': ('Bearer ' if token.startswith('nbt_') else 'Token ') + token}
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def within(self, schema_id):
        """The same within a branch."""
        inside = copy.copy(self)
        inside.headers = {**self.headers, 'X-NetBox-Branch': schema_id}
        return inside

    def __call__(self, method, path, body=None, **filters):
        query = '?' + urllib.parse.urlencode(filters, doseq=True) if filters else ''
        request = urllib.request.Request(
            f'{self.url}/api{path}{query}', method=method, data=None if body is None else json.dumps(body).encode(),
            headers={**self.headers, 'Content-Type': 'application/json', 'Accept': 'application/json'})
        try:
            with self.opener.open(request, timeout=120) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise NetBoxError(method, path, error.code, error.read().decode(errors='replace')) from None
        return json.loads(text) if text else None

    def find(self, path, **filters):
        return self('GET', path, limit=1000, **filters)['results']

    def ensure(self, path, match, **attributes):
        """The object that matches, made if there is none, brought up to date otherwise."""
        found = self.find(path, **match)
        body = {**match, **attributes}
        return self('PATCH', f"{path}{found[0]['id']}/", body) if found else self('POST', path, body)
