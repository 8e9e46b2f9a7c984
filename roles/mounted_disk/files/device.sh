# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# shellcheck shell=sh
# Waits for a device, and prints what the role must know of it, each line with a name and '=' before it. Changes
# nothing. $1: the device, and $2: how many seconds to wait for it. $3: "new" if the disk was created just now, so that
# no data can be on it. $4: the type of the file system, and $5: its mount point. $6: the bytes that the device must
# have at least. $7: how many seconds to wait until there is room to grow.
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export LC_ALL=C
device="$1" age="$3" type="$4" target="$5" least="$6"
megabyte=1048576

size() {
  lsblk --raw --noheadings --bytes --nodeps --output SIZE "$device"
}

# The bytes of the file system. Those of xfs are only known while it is mounted.
file_system_size() {
  case "$type" in
    ext4) dumpe2fs -h "$device" 2>/dev/null | sed -n 's/^Block [cs][a-z]*: *//p' ;;
    xfs)
      here="$(findmnt --raw --noheadings --output MAJ:MIN --mountpoint "$target" | tail -n 1)"
      [ "$here" != "$(lsblk --raw --noheadings --nodeps --output MAJ:MIN "$device")" ] ||
        xfs_growfs -n "$target" | sed -n 's/^data .*bsize=\([0-9]*\) *blocks=\([0-9]*\).*/\1 \2/p'
      ;;
  esac | tr -s '\n' ' ' | {
    read -r first second
    [ -z "$second" ] || echo $((first * second))
  }
}

left="$2"
until [ -e "$device" ] || [ "$left" -le 0 ]; do
  sleep 1
  left=$((left - 1))
done
if [ ! -e "$device" ]; then
  echo "seen=nothing"
  exit
elif [ ! -b "$device" ]; then
  echo "seen=other"
  exit
fi
echo "seen=device"

rescan="/sys/class/block/$(basename "$(readlink -f "$device")")/device/rescan"
if [ "$(size)" -lt "$least" ] && [ -w "$rescan" ]; then
  echo 1 >"$rescan"
fi

# 0: something, 2: nothing, 8: several things that exclude each other.
held="$(blkid -p -o export "$device" 2>&1)"
status="$?"
echo "status=$status"
printf '%s\n' "$held" | sed -n 's/./held=&/p'

if [ "$status" -eq 2 ] && [ "$age" != new ]; then
  bytes="$(size)"
  part=$((16 * megabyte))
  [ "$bytes" -ge "$part" ] || part="$bytes"
  cmp -n "$part" "$device" /dev/zero >/dev/null || echo "raw=at its beginning"
  cmp -n "$part" "$device" /dev/zero $((bytes - part)) 0 >/dev/null || echo "raw=at its end"
fi

used="$(file_system_size)"
if [ -n "$used" ]; then
  echo "used=$used"
  left="$7"
  while [ "$(size)" -lt $((used + 8 * megabyte)) ] && [ "$left" -gt 0 ]; do
    sleep 1
    left=$((left - 1))
  done
fi

# First the device, then its partitions and what uses it.
lsblk --raw --noheadings --bytes --paths --output MAJ:MIN,KNAME,SIZE,TYPE,MOUNTPOINT "$device" | sed 's/^/row=/'
