<?php
// Tells the mail server for which client webmail logs in, so that wrong passwords count against that address and not
// against this machine. Dovecot believes it from 127.0.0.1 (login_trusted_networks).
class sos_client extends rcube_plugin
{
    public function init()
    {
        $this->add_hook('storage_connect', [$this, 'name_client']);
    }

    public function name_client($args)
    {
        $args['preauth_ident'] = ['x-originating-ip' => rcube_utils::remote_addr()];
        return $args;
    }
}
