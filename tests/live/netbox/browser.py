"""NetBox's web pages, as a person who is logged in uses them. Standard library only."""
import http.cookiejar
import re
import urllib.parse
import urllib.request


class Browser:
    """A session of admin's."""

    def __init__(self, url, user='admin', password='admin'):
        self.url, self.cookies = url, http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies))
        self.post('/login/', username=user, password=password)

    def get(self, path):
        with self.opener.open(self.url + path, timeout=60) as answer:
            return answer.read().decode()

    def post(self, path, **fields):
        """Sends a form as its page has it."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path)).group(1)
        data = urllib.parse.urlencode({'csrfmiddlewaretoken': token, **fields}, doseq=True).encode()
        with self.opener.open(urllib.request.Request(self.url + path, data), timeout=60) as answer:
            return answer.read().decode()
