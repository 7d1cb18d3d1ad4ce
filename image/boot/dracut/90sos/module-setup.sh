#!/bin/bash
# dracut module: mounts the state and an /etc in memory on the new root, and has /etc rendered there.
# shellcheck disable=SC2154 # dracut sets moddir, initdir and systemdsystemunitdir

check() { return 0; }

depends() { echo systemd systemd-veritysetup dm; }

install() {
    inst_multiple mount umount chroot mkdir dd tr
    inst_script "$moddir/sos-state.sh" /usr/lib/sos/sos-state
    inst_simple "$moddir/sos-state.service" "$systemdsystemunitdir/sos-state.service"
    $SYSTEMCTL -q --root "$initdir" add-wants initrd-fs.target sos-state.service
}
