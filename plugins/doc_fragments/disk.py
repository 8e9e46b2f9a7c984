# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a disk, shared by the modules for one disk and for many."""

from __future__ import annotations


class ModuleDocFragment:
    """The desired disk, and how it may be changed."""

    DOCUMENTATION = r"""
options:
  state:
    description: >-
      V(present) creates or changes the disk. V(absent) moves it to the trash, but never a boot disk, or a disk whose
      data center or virtual machine differs from the options.
    type: str
    choices: [present, absent]
    default: present
  resize_method:
    description: How to resize the disk. V(online) needs an attached disk, V(offline) a detached one.
    type: str
    choices: [auto, online, offline]
    default: auto
  allow_shrink:
    description: >-
      Allow O(size_in_gb) to shrink a detached disk. Data beyond its new end is lost. Shrink the file system first.
    type: bool
    default: false
  force:
    description: With O(state=absent), also detach and delete a disk that is assigned to a virtual machine.
    type: bool
    default: false
  purge:
    description: >-
      With O(state=absent), delete the disk permanently. If it is in the trash already, identify it by its ID alone.
    type: bool
    default: false
  restore:
    description: Restore a disk, identified by its ID, from the trash.
    type: bool
    default: false
  size_in_gb:
    description: Size in GB, at least 10. Required to create a disk.
    type: int
  bus_type:
    description: Bus that connects the disk to the virtual machine.
    type: str
    choices: [scsi, virtio]
  data_center:
    description:
      - Data center, which also selects among disks with the same name. Required to create a disk, unless
        O(virtual_machine_disk) names a virtual machine.
      - If neither is set, E(KATAPULT_DATA_CENTER) is used to find or create a disk by name.
    type: dict
    suboptions:
      id:
        description: ID of the data center.
        type: str
      permalink:
        description: Permalink, such as V(uk-lon-01).
        type: str
  io_profile:
    description: Disk I/O profile.
    type: dict
    suboptions:
      id:
        description: ID of the profile.
        type: str
      permalink:
        description: Permalink, such as V(unrestricted).
        type: str
  initial_file_system:
    description: File system of a new disk. Otherwise ignored.
    type: str
    choices: [ext4, xfs]
  storage_speed:
    description: Type of storage. It cannot be changed later.
    type: str
    choices: [nvme, ssd]
  virtual_machine_disk:
    description: >-
      Assignment to a virtual machine. The task fails if the disk is on another one.
    type: dict
    suboptions:
      virtual_machine:
        description: The virtual machine.
        type: dict
        suboptions:
          id:
            description: ID of the virtual machine.
            type: str
          fqdn:
            description: Fully qualified name, compared without case.
            type: str
      boot:
        description: Whether it is the boot disk. It cannot be changed.
        type: bool
      attach_on_boot:
        description: Attach the disk at each start. The API's default is V(true).
        type: bool
      attach:
        description:
          - Attach or detach the disk. A detached disk is attached again at the next start, unless
            O(virtual_machine_disk.attach_on_boot=false).
          - If the virtual machine is stopped, V(true) enables O(virtual_machine_disk.attach_on_boot) unless it is set,
            and does not wait.
        type: bool
  annotations:
    description: >-
      Complete set of annotations, in any order, or a mapping such as V({env: production}). An empty list removes all.
    type: list
    elements: dict
    suboptions:
      key:
        description: Key of the annotation.
        type: str
        required: true
      value:
        description: Value, or empty. Line breaks and tabs are allowed.
        type: str
"""
