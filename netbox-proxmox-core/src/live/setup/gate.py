"""Keeps a branch from being merged unless netbox-proxmox has planned it as it is now.

Written by `netbox-proxmox setup --branching --gate`. It belongs where NetBox's Python finds it, beside manage.py, and
is named in NetBox's configuration:

    PLUGINS_CONFIG = {"netbox_branching": {"merge_validators": ["proxmox_gate.planned"]}}
"""

from netbox_branching.utilities import BranchActionIndicator

PLANNED = ("planned", "nothing-to-do")


def planned(branch):
    """Whether the plan on the branch is one of all its changes, and refuses none of them."""
    fields = branch.custom_field_data
    plan = fields.get("proxmox_plan")
    if plan not in PLANNED:
        return BranchActionIndicator(permitted=False, message=f"Its plan for Proxmox is {plan or 'missing'}.")
    changes = branch.get_unmerged_changes()
    last = changes.order_by("-pk").values_list("pk", flat=True).first() or 0
    digest = (fields.get("proxmox_plan_digest") or "").split(" ")[0]
    if digest != f"{changes.count()}:{last}":
        return BranchActionIndicator(permitted=False, message="Its plan for Proxmox is of former changes: wait for the next.")
    return BranchActionIndicator(permitted=True)
