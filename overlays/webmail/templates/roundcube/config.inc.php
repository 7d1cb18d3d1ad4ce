<?php
// Webmail. Talks to this machine's own servers only, whose certificate may be self-signed.
$config = [];
$local = ['ssl' => ['verify_peer' => false, 'verify_peer_name' => false, 'allow_self_signed' => true]];

$config['db_dsnw'] = 'sqlite:////var/lib/roundcube/db/roundcube.sqlite?mode=0640';
$config['temp_dir'] = '/var/lib/roundcube/temp';
$config['log_driver'] = 'syslog';
$config['syslog_id'] = 'roundcube';
$config['des_key'] = {{ secrets.webmail_sessions | php }};
$config['cipher_method'] = 'AES-256-CBC';

$config['imap_host'] = 'ssl://127.0.0.1:993';
$config['imap_conn_options'] = $local;
$config['smtp_host'] = 'ssl://127.0.0.1:465';
$config['smtp_user'] = '%u';
$config['smtp_pass'] = '%p';
$config['smtp_conn_options'] = $local;
$config['smtp_helo_host'] = {{ host | php }};

// "name" and "name@{{ domain }}" are one member.
$config['username_domain'] = {{ domain | php }};
$config['username_domain_forced'] = false;
$config['login_lc'] = 2;
$config['mail_domain'] = {{ domain | php }};
$config['auto_create_user'] = true;

$config['product_name'] = {{ organisation.name | php }};
$config['support_url'] = '';
$config['useragent'] = '';
$config['language'] = {{ language | php }};
$config['timezone'] = {{ timezone | php }};
$config['skin'] = 'elastic';
$config['enable_installer'] = false;
$config['enable_spellcheck'] = false;
$config['session_lifetime'] = 60;
$config['session_path'] = '/webmail/';
$config['login_rate_limit'] = 5;
$config['x_frame_options'] = 'sameorigin';
$config['max_message_size'] = '{{ mail.message_mib }}M';
$config['quota_zero_as_unlimited'] = true;
$config['drafts_mbox'] = 'Drafts';
$config['junk_mbox'] = 'Junk';
$config['sent_mbox'] = 'Sent';
$config['trash_mbox'] = 'Trash';
$config['archive_mbox'] = 'Archive';
$config['show_real_foldernames'] = false;

$config['plugins'] = ['archive', 'managesieve'];
if (PHP_SAPI !== 'cli') {
    // for whom webmail logs in; Debian's own programs on the command line look for plugins elsewhere
    $config['plugins'][] = 'sos_client';
}
$config['managesieve_host'] = 'tls://127.0.0.1:4190';
$config['managesieve_conn_options'] = $local;
$config['managesieve_default'] = '';
$config['managesieve_script_name'] = 'webmail';
$config['managesieve_vacation'] = 1;
