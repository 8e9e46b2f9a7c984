# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# shellcheck shell=sh
# Prints what the role must know of the guest, each line with a name and '=' before it. Changes nothing.
# $1: the mount point. $2: the commands that the role needs.
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export LC_ALL=C

echo "path=$PATH"
for command in $2; do
  command -v "$command" >/dev/null || echo "missing=$command"
done
# BusyBox has a blkid that knows nothing of -p.
case "$(blkid -V 2>&1)" in
  *util-linux*) ;;
  *) echo "missing=blkid of util-linux" ;;
esac

# Without links. Nothing can be mounted there if its parents do not exist.
echo "target=$(readlink -f "$1" || echo "$1")"
if [ -d "$1" ]; then
  echo "point=directory"
  find "$1/" -mindepth 1 -maxdepth 1 -print -quit | sed 's/^/file=/'
elif [ -e "$1" ] || [ -L "$1" ]; then
  echo "point=other"
fi
findmnt --raw --noheadings --output MAJ:MIN,FSTYPE,TARGET | sed 's/^/mount=/'

if [ -e /etc/fstab ]; then
  echo "fstab=there"
  sed -n 's/^[[:space:]]*[^#[:space:]]/line=&/p' /etc/fstab | tr -c '[:print:]\t\n' '?'
fi
[ ! -d /run/systemd/system ] || echo "systemd=running"
