#!/bin/sh
# Mounts the state for the new root, with an overlay in memory on its /etc, and lets the image render that.
# Which data the slot gets is decided by the image's own updater, which sees the state's top level at /run/sos/state;
# it stays mounted there for the updater of the running system, for root only.
# A state partition is formatted only while neither of its two btrfs superblocks (at 64 KiB and 64 MiB) was ever
# completed: mkfs writes both last, so a power cut during the first boot starts over, and a damaged file system
# is a fault for a person, never a reason to format.
# Every program that is started takes time on a small machine, so mounts are made by the list.
set -eu
state=/dev/disk/by-partlabel/state

superblock_at() {
    [ "$(dd if="$state" bs=8 skip=$((($1 + 64) / 8)) count=1 2>/dev/null | tr -d '\0')" = _BHRfS_M ]
}

bind() { mount --all --fstab /usr/lib/sos/binds.fstab; }
unbind() { umount --recursive /sysroot/run /sysroot/sys /sysroot/proc /sysroot/dev; }

mkdir -p /run/sos/state /run/sos/etc/upper /run/sos/etc/work

if ! superblock_at 65536 && ! superblock_at 67108864; then
    bind
    chroot /sysroot mkfs.btrfs --quiet --force --label state "$state"
    unbind
fi
mount -t btrfs -o noatime,compress=zstd:1,nodev,nosuid,noexec "$state" /run/sos/state

bind
chroot /sysroot /usr/lib/sos/sos-update early
mount --all --fstab /usr/lib/sos/state.fstab
chroot /sysroot /usr/lib/sos/sos-provision early
unbind
