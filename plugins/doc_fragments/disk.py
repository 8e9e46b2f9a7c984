# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a disk, which modules for one disk and for a fleet share."""

from __future__ import annotations


class ModuleDocFragment:
    """What a disk shall be like, and how far it may be changed."""

    DOCUMENTATION = r"""
options:
  state:
    description:
      - V(present) creates the disk where it does not exist, and changes it where it differs.
      - V(absent) moves the disk to the trash. A disk that does not exist, or that is in the trash, is no change.
      - A disk that a virtual machine boots from is never deleted. Neither is one that is in another data center or on
        another virtual machine than the options say.
    type: str
    choices: [present, absent]
    default: present
  resize_method:
    description:
      - How a disk grows. An attached disk grows online, a detached one offline. V(auto) does what is possible.
      - V(online) and V(offline) insist. The task fails where the disk can't be resized that way.
      - A disk is made smaller offline only. After an online resize the guest grows its file system itself.
    type: str
    choices: [auto, online, offline]
    default: auto
  allow_shrink:
    description:
      - Whether O(size_in_gb) may make the disk smaller. What is beyond its new end is lost, so shrink the file system
        first.
      - A disk is made smaller only while it is detached.
    type: bool
    default: false
  force:
    description:
      - Used with O(state=absent). Whether a disk that is assigned to a virtual machine is deleted. It is detached and
        unassigned before that.
    type: bool
    default: false
  purge:
    description:
      - Used with O(state=absent). Whether the disk is also purged from the trash, and can't be restored.
      - A disk that is in the trash already is purged where it is named by its ID alone. It can't be found by its name.
    type: bool
    default: false
  restore:
    description:
      - Used with O(state=present). Whether a disk that is in the trash is restored. It must be named by its ID.
      - What else is to be changed shows only after the disk was restored, so the diff tells nothing of it.
    type: bool
    default: false
  size_in_gb:
    description:
      - Size in GB, at least 10.
      - Required where the disk must be created.
      - See O(resize_method) and O(allow_shrink) for what happens to a disk of another size.
    type: int
  bus_type:
    description: Bus by which the virtual machine sees the disk.
    type: str
    choices: [scsi, virtio]
  data_center:
    description:
      - Data center of the disk, by its ID or its permalink. Plain text is taken for the permalink, and for the ID if it
        has the form of one, as C(loc_) or C(dc_) and 16 letters and digits.
      - It is part of a look-up by name. A disk of that name in another data center is another disk.
      - Required where the disk must be created, unless O(virtual_machine_disk) names a virtual machine.
      - Where neither is set, the environment variable E(KATAPULT_DATA_CENTER) is used for the look-up by name and
        for the create. It holds a permalink or an ID. It is never compared with a disk that was found.
    type: dict
    suboptions:
      id:
        description: ID of the data center.
        type: str
      permalink:
        description: Permalink of the data center, such as V(uk-lon-01).
        type: str
  io_profile:
    description:
      - Disk I/O profile, by its ID or its permalink. Plain text is taken for the permalink, and for the ID if it has
        the form of one, as C(diop_) and 16 letters and digits.
    type: dict
    suboptions:
      id:
        description: ID of the profile.
        type: str
      permalink:
        description: Permalink of the profile, such as V(unrestricted).
        type: str
  initial_file_system:
    description:
      - File system that a new disk is formatted with.
      - Used only when the disk is created. The service does not show it afterwards, so it is never compared.
    type: str
    choices: [ext4, xfs]
  storage_speed:
    description: Kind of storage. It can't be changed once the disk is there.
    type: str
    choices: [nvme, ssd]
  virtual_machine_disk:
    description:
      - The virtual machine that the disk is assigned to, and how.
      - A disk that is assigned to another virtual machine fails the task. Use
        M(katapult.cloud.katapult_disk_assignment) to move it.
    type: dict
    suboptions:
      virtual_machine:
        description:
          - The virtual machine, by its ID or its fully qualified name. Plain text is taken for the name, and
            for the ID if it has the form of one, as C(vm_) and 16 letters and digits.
          - Upper and lower case of the name make no difference. It is sent as given.
          - A new disk is made in the data center of this machine, so that O(data_center) can be left out.
        type: dict
        suboptions:
          id:
            description: ID of the virtual machine.
            type: str
          fqdn:
            description: Fully qualified name of the virtual machine.
            type: str
      boot:
        description: Whether the virtual machine boots from the disk.
        type: bool
      attach_on_boot:
        description: Whether the disk is attached whenever the virtual machine starts. The service's default is V(true).
        type: bool
      attach:
        description:
          - Whether the disk is attached to the running virtual machine. With O(wait=true) the task waits for that.
          - On a virtual machine that does not run, the disk is attached when the machine starts. The task switches
            O(virtual_machine_disk.attach_on_boot) on for that, unless the task itself sets it to V(false), and does not
            wait.
          - V(false) detaches the disk. It is attached again at the machine's next start, unless
            O(virtual_machine_disk.attach_on_boot) is V(false).
        type: bool
  annotations:
    description:
      - Annotations of the disk. The list is the whole wanted set; its order does not matter.
      - An empty list wants a disk without annotations.
      - Whether the service replaces annotations or adds to them is not documented. The disk is read again, and the task
        fails where the change did not take.
    type: list
    elements: dict
    suboptions:
      key:
        description: Key of the annotation.
        type: str
        required: true
      value:
        description:
          - Value of the annotation. A value that is left out, null and empty text mean the same.
          - It may have line breaks and tabs, but no other control characters.
        type: str
"""
