"""Buttons for the bridge from NetBox to Proxmox VE. Uploaded by `netbox-proxmox setup --script`.

NetBox decides who may run these (permission "run" on extras.script). They call the bridge's server, and show what it answers.
The server's secret is not in this text. On the machines where NetBox's workers run it is the first of these that is there:
the variable NETBOX_PROXMOX_API_SECRET; the file that NETBOX_PROXMOX_API_SECRET_FILE names; the files in SECRET_FILES.
"""

import hmac
import json
import os
import secrets
import time
import urllib.error
import urllib.request

from extras.scripts import BooleanVar, ObjectVar, Script
from virtualization.models import VirtualMachine

SERVER = "@SERVER@"
VERSION = "@VERSION@"
SECRET_FILES = ("/run/secrets/netbox_proxmox_api_secret", "/etc/netbox-proxmox/api-secret")

name = "Proxmox VE"


def api_secret():
    """The secret, and None where there is none."""
    if given := os.environ.get("NETBOX_PROXMOX_API_SECRET"):
        return given.strip()
    for path in (os.environ.get("NETBOX_PROXMOX_API_SECRET_FILE"), *SECRET_FILES):
        try:
            if path:
                with open(path, encoding="utf-8") as file:
                    # The server takes several while they are exchanged: any of them will do.
                    return file.read().split(",")[0].strip()
        except OSError:
            continue
    return None


def signed(secret, path, body):
    """The headers by which the server knows who asks: a signature over method, path, time, a number used once, and the body."""
    now, nonce = str(int(time.time())), secrets.token_hex(16)
    text = "\n".join(("POST", path, now, nonce, "")).encode() + body
    signature = hmac.new(secret.encode(), text, "sha256").hexdigest()
    return {"Content-Type": "application/json", "X-Api-Time": now, "X-Api-Nonce": nonce, "X-Api-Signature": signature}


def ask(server, secret, path, asked):
    """What the server answers: whether it did so, and the answer."""
    body = json.dumps(asked).encode()
    request = urllib.request.Request(server.rstrip("/") + path, body, signed(secret, path, body), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=150) as answer:
            return True, json.load(answer)
    except urllib.error.HTTPError as error:
        try:
            return False, json.load(error)
        except ValueError:
            return False, {"error": f"{server} answers {error.code} {error.reason}"}
    except (OSError, ValueError) as error:
        return False, {"error": f"{server} cannot be asked: {error}"}


class Bridge:
    """What all of them share. It is no Script, as NetBox would list it as one."""

    path = ""

    def ask(self, **asked):
        server, secret = os.environ.get("NETBOX_PROXMOX_SERVER") or SERVER, api_secret()
        if not secret:
            where = ", ".join(("NETBOX_PROXMOX_API_SECRET", "NETBOX_PROXMOX_API_SECRET_FILE", *SECRET_FILES))
            return self.log_failure(f"The secret of the server's API is not here: looked at {where}")
        done, answer = ask(server, secret, self.path, {"user": self.request.user.username, **asked})
        if not done:
            return self.log_failure(answer.get("error") or json.dumps(answer))
        log = self.log_warning if answer.get("state") in ("parked", "reported") else self.log_info
        for line in answer.get("lines", ()):
            log(line)
        return json.dumps(answer, indent=2)

    def run(self, data, commit):
        if "virtual_machine" not in data:
            return self.ask()
        rest = {"any_name": True} if data.get("any_name") else {}
        return self.ask(vm=data["virtual_machine"].pk, **rest)


class Plan(Bridge, Script):
    path = "/api/plan"
    virtual_machine = ObjectVar(model=VirtualMachine)

    class Meta:
        name = "Plan"
        description = f"What would be done in Proxmox VE for a virtual machine. Nothing is done. ({VERSION})"
        commit_default = False


class Apply(Bridge, Script):
    path = "/api/apply"
    virtual_machine = ObjectVar(model=VirtualMachine)

    class Meta:
        name = "Apply"
        description = f"Makes the guest in Proxmox VE what NetBox says. ({VERSION})"


class Adopt(Bridge, Script):
    path = "/api/adopt"
    virtual_machine = ObjectVar(model=VirtualMachine, description="Its VMID says which guest")
    any_name = BooleanVar(default=False, required=False, label="Any name", description="Also a guest of another name")

    class Meta:
        name = "Adopt"
        description = f"Makes a guest that exists in Proxmox VE that of a virtual machine. ({VERSION})"


class Release(Bridge, Script):
    path = "/api/release"
    virtual_machine = ObjectVar(model=VirtualMachine)

    class Meta:
        name = "Release"
        description = f"Lets what waits for a person try again. ({VERSION})"


class Compare(Bridge, Script):
    path = "/api/compare"

    class Meta:
        name = "Compare"
        description = f"What differs between NetBox and Proxmox VE, of all virtual machines. Nothing is done. ({VERSION})"
        commit_default = False


script_order = (Plan, Apply, Adopt, Release, Compare)
