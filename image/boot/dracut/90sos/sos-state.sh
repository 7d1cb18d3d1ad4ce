#!/bin/sh
# Mounts state on /sysroot/var and an overlay in memory on /sysroot/etc, then lets the image render its /etc.
# A state partition is formatted only while neither of its two btrfs superblocks (at 64 KiB and 64 MiB) was ever
# completed: mkfs writes both last, so a power cut during the first boot starts over, and a damaged file system
# is a fault for a person, never a reason to format.
set -eu
state=/dev/disk/by-partlabel/state
options=noatime,compress=zstd:1,nodev,nosuid

superblock_at() {
    [ "$(dd if="$state" bs=8 skip=$((($1 + 64) / 8)) count=1 2>/dev/null | tr -d '\0')" = _BHRfS_M ]
}

for dir in dev proc sys run; do mount --bind "/$dir" "/sysroot/$dir"; done

if ! superblock_at 65536 && ! superblock_at 67108864; then
    chroot /sysroot mkfs.btrfs --quiet --force --label state "$state"
fi
if ! mount -t btrfs -o "subvol=@var,$options" "$state" /sysroot/var 2>/dev/null; then
    mkdir -p /run/sos/state
    mount -t btrfs -o "$options" "$state" /run/sos/state
    [ -e /run/sos/state/@var ] || chroot /sysroot btrfs --quiet subvolume create /run/sos/state/@var
    umount /run/sos/state
    mount -t btrfs -o "subvol=@var,$options" "$state" /sysroot/var
fi

mkdir -p /run/sos/etc/upper /run/sos/etc/work
mount -t overlay -o lowerdir=/sysroot/etc,upperdir=/run/sos/etc/upper,workdir=/run/sos/etc/work overlay /sysroot/etc

chroot /sysroot /usr/lib/sos/sos-provision early

for dir in run sys proc dev; do umount "/sysroot/$dir"; done
