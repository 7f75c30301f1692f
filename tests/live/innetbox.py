"""What NetBox shows of Proxmox without a plugin: how each machine stands (`setup --status-field`), and the buttons of a script
(`setup --script`) that calls the server's own API."""
import json
import os
import re
import secrets
import time

import pictures
from browser import Browser
from harness import first, same

VMS, SCRIPTS, LOG = '/virtualization/virtual-machines/', '/extras/scripts/', '/core/object-changes/'


def forget_script(netbox):
    """NetBox's API takes away no script, and replaces none (seen on 4.7.3)."""
    browser = Browser(netbox.url)
    for path in re.findall(r'href="(/extras/script-modules/\d+/delete/)', browser.get('/extras/scripts/')):
        browser.post(path, confirm='true')


def innetbox(bench, check, created):
    forget_script(bench.netbox)
    bench.set_up('--status-field', '--script')
    secret = secrets.token_hex(32)
    # Where the worker's environment says, as up.sh has it.
    path = os.path.join(os.environ['NETBOX_LAB_DIR'], 'run', 'api-secret')
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w', encoding='utf-8') as file:
        file.write(secret)
    with bench.settings(NETBOX_PROXMOX_API_SECRET=secret):
        guest = bench.create('live-innetbox')
        created(guest)
        states(bench, check, guest)
        buttons(bench, check, guest)
        if pictures.are_wanted():
            pictured(bench, check, guest)
        bench.netbox('DELETE', f'{VMS}{guest.id}/')
        check.that('deleted: it is gone', guest.is_gone)


def stands(guest, state, *words):
    fields = guest.record()['custom_fields']
    return first(same('proxmox_state', (fields['proxmox_state'] or {}).get('value'), state),
                 None if all(word in (fields['proxmox_state_text'] or '') for word in words) else
                 f"proxmox_state_text is {fields['proxmox_state_text']!r}, wanted {words}")


def said(bench, guest):
    """What the bridge has written of the record, in writes of nothing but how it stands; that it works at it, if that takes long, apart."""
    entries = bench.netbox.find(LOG, changed_object_type='virtualization.virtualmachine', changed_object_id=guest.id)
    mine = [it for it in entries if it['user_name'] == 'live-bridge' and it['action']['value'] == 'update']

    def changed(entry):
        before, after = (entry[part]['custom_fields'] for part in ('prechange_data', 'postchange_data'))
        return {name for name in {**before, **after} if before.get(name) != after.get(name)}
    states = [it['postchange_data']['custom_fields']['proxmox_state'] for it in sorted(mine, key=lambda it: it['id'])
              if changed(it) and all(name.startswith('proxmox_state') for name in changed(it))]
    return [state for state in states if state != 'working']


def states(bench, check, guest):
    check.that('it is in sync', lambda: stands(guest, 'in-sync'), within=30)
    check.that('since when is said', lambda: None if guest.record()['custom_fields']['proxmox_state_since'] else 'nothing', within=0)
    check.that('that was written once', lambda: same('written', said(bench, guest), ['in-sync']), within=0)
    guest.change(status='active')
    check.that('it runs', lambda: guest.runs('running'))
    guest.change(memory=4096)
    check.that('memory while it is Active: it differs, and what', lambda: stands(guest, 'differs', 'memory'), within=30)
    check.that('it is found by that', lambda: same('found', [it['id'] for it in bench.netbox.find(
        VMS, cf_proxmox_state='differs')], [guest.id]), within=0)
    guest.change(memory=2048)
    check.that('in sync again', lambda: stands(guest, 'in-sync'), within=30)
    check.that('one write for each state', lambda: same('written', said(bench, guest), ['in-sync', 'differs', 'in-sync']), within=0)
    check.that('all is answered', bench.quiet)
    writes = len(bench.pve.writes())
    bench.netbox('PATCH', f'{VMS}{guest.id}/', {'custom_fields': {'proxmox_state_text': 'by a person'}})
    check.that('all is answered', bench.quiet)
    check.holds('what a person writes there is no cause', lambda: same('requests', len(bench.pve.writes()), writes), 2)


def run(bench, name, **data):
    """The script's log, and whether its job was completed, as somebody presses the button (by REST)."""
    script = next(it for it in bench.netbox.find(SCRIPTS) if it['name'] == name and 'proxmox_bridge' in it['display'])
    job = bench.netbox('POST', f"{SCRIPTS}{script['id']}/", {'data': data, 'commit': True})['result']['id']
    for _ in range(300):
        ended = bench.netbox('GET', f'/core/jobs/{job}/')
        if ended['status']['value'] not in ('pending', 'running'):
            break
        time.sleep(0.2)
    return ended['status']['value'], json.dumps([ended['data'], ended['log_entries'], ended['error']], ensure_ascii=False)


def answers(ended, *words):
    status, text = ended
    return first(same(f'job ({text})', status, 'completed'), None if all(word in text for word in words) else f'{words} not in {text}')


def buttons(bench, check, guest):
    # What is changed of one that runs waits there, and fakepve shows only what is in force.
    guest.change(status='offline')
    check.that('it is stopped', lambda: guest.runs('stopped'), vital=True)
    guest.change(status='staged')
    check.that('all is answered', bench.quiet, vital=True)
    check.that('Plan: nothing to do', lambda: answers(run(bench, 'Plan', virtual_machine=guest.id), 'nothing to do'), within=0)
    bench.pve.write('PUT', guest.config_path(), memory=1024)
    check.that('Plan: what somebody changed in Proxmox', lambda: answers(
        run(bench, 'Plan', virtual_machine=guest.id), 'memory', '2048'), within=0)
    check.that('and nothing is done', lambda: guest.has(memory='1024'), within=0)
    check.that('Compare: it differs', lambda: answers(run(bench, 'Compare'), guest.name), within=0)
    check.that('Apply', lambda: answers(run(bench, 'Apply', virtual_machine=guest.id)), within=0)
    check.that('it has its memory again', lambda: guest.has(memory='2048'), within=10)
    check.that('Adopt: it is its own already', lambda: answers(run(bench, 'Adopt', virtual_machine=guest.id)), within=0)
    check.that('Release: nothing waits', lambda: answers(
        run(bench, 'Release', virtual_machine=guest.id), 'is parked'), within=0)
    check.that('the log has who asked', lambda: None if any('admin' in line for line in bench.server.tail(400)) else
               'no admin in the log', within=0)


def pictured(bench, check, guest):
    """A machine of which there is a picture in the documentation, and the buttons."""
    guest.change(status='active', name='web01')
    guest.change(memory=4096)
    check.that('it differs', lambda: stands(guest, 'differs', 'memory'), within=30)
    pictures.take(bench.netbox.url, {
        'state': (f'{VMS}{guest.id}/', "//*[contains(text(),'Custom Fields')]/ancestor::div[contains(@class,'card')][1]", 700, 700),
        'buttons': ('/extras/scripts/', pictures.TABLE, 1000, 420)})
    guest.change(memory=2048, name='live-innetbox')
