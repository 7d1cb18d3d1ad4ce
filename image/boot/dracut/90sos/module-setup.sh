#!/bin/bash
# dracut module: gives the new root its data and an /etc in memory, and has /etc rendered there.
# shellcheck disable=SC2154 # dracut sets moddir, initdir and systemdsystemunitdir

check() { return 0; }

depends() { echo systemd systemd-veritysetup dm; }

install() {
    inst_multiple mount umount chroot mkdir dd tr sh sleep
    inst_script "$moddir/sos-state.sh" /usr/lib/sos/sos-state
    inst_simple "$moddir/binds.fstab" /usr/lib/sos/binds.fstab
    inst_simple "$moddir/state.fstab" /usr/lib/sos/state.fstab
    inst_simple "$moddir/sos-state.service" "$systemdsystemunitdir/sos-state.service"
    inst_simple "$moddir/emergency.service" "$systemdsystemunitdir/emergency.service"
    inst_simple "$moddir/patience.conf" /etc/systemd/system.conf.d/50-sos.conf
    $SYSTEMCTL -q --root "$initdir" add-wants initrd-fs.target sos-state.service
}
