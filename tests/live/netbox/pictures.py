"""Pictures of NetBox's pages for the documentation, by a Chromium without a window. Nothing but LIVE_SCREENSHOTS asks for them."""
import base64
import glob
import json
import os
import shutil
import subprocess
import tempfile
import time

from browser import Browser

# Few colours, small files: by the image library that NetBox brings along.
SMALLER = '''
import sys
from PIL import Image
image = Image.open(sys.argv[1]).convert('RGB')
image.quantize(48, dither=Image.Dither.NONE).save(sys.argv[1], optimize=True)
'''


# Where a picture begins.
CARDS = "//div[contains(@class,'page-body')]//div[contains(@class,'card')]/ancestor::div[contains(@class,'row')][1]"
TABLE = "//table/ancestor::div[contains(@class,'card')][1]"


def card(title):
    return f"//*[contains(@class,'card-header')][normalize-space()='{title}']/ancestor::div[contains(@class,'card')][1]"


def are_wanted():
    return bool(os.environ.get('LIVE_SCREENSHOTS'))


class Chromium:
    """Spoken to over a pipe: no port, no library."""

    def __init__(self):
        self.profile, self.number = tempfile.mkdtemp(), 0
        theirs_in, self.into = os.pipe()
        self.out, theirs_out = os.pipe()
        self.process = subprocess.Popen(
            ['bash', '-c', f'exec 3<&{theirs_in} 4>&{theirs_out} "$@"', 'chromium', 'chromium', '--headless=new', '--no-sandbox',
             '--disable-gpu', '--hide-scrollbars', '--remote-debugging-pipe', f'--user-data-dir={self.profile}', 'about:blank'],
            pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.answers = os.fdopen(self.out, 'rb')
        self.session = None
        target = self('Target.createTarget', url='about:blank')['targetId']
        self.session = self('Target.attachToTarget', targetId=target, flatten=True)['sessionId']

    def __call__(self, method, **parameters):
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': parameters}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.into, json.dumps(message).encode() + b'\0')
        while True:
            answer = json.loads(self._next())
            if answer.get('id') == self.number:
                if 'error' in answer:
                    raise OSError(f'{method}: {answer["error"]}')
                return answer['result']

    def _next(self):
        text = bytearray()
        while (byte := self.answers.read(1)) not in (b'\0', b''):
            text += byte
        return text

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


def take(url, pictures):
    """Pictures by name, in the directory LIVE_SCREENSHOTS: of which page, from which element on, how large."""
    directory = os.environ['LIVE_SCREENSHOTS']
    chromium = Chromium()
    try:
        for cookie in Browser(url).cookies:
            chromium('Network.setCookie', name=cookie.name, value=cookie.value, url=url)
        for name, (path, element, width, height) in pictures.items():
            chromium('Emulation.setDeviceMetricsOverride', width=1280, height=2400, deviceScaleFactor=1, mobile=False)
            chromium('Page.navigate', url=url + path)
            time.sleep(6)       # until scripts and fonts are there
            found = chromium('Runtime.evaluate', returnByValue=True, expression=f'''(() => {{
                const at = (document.evaluate({json.dumps(element)}, document, null, 9).singleNodeValue
                            || document.body).getBoundingClientRect();
                return [at.x, at.y, at.width, at.height] }})()''')['result']['value']
            clip = {'x': max(0, found[0] - 8), 'y': max(0, found[1] - 8), 'width': min(width, found[2] + 16),
                    'height': min(height, found[3] + 16), 'scale': 1}
            data = chromium('Page.captureScreenshot', format='png', clip=clip)['data']
            path = os.path.join(directory, name + '.png')
            with open(path, 'wb') as file:
                file.write(base64.b64decode(data))
            python = max(glob.glob(os.path.expanduser('~/.cache/netbox-proxmox/netbox-*/bin/python3')))
            subprocess.run([python, '-c', SMALLER, path], check=True)
            print(f'          {path}: {os.path.getsize(path)} bytes', flush=True)
    finally:
        chromium.close()
