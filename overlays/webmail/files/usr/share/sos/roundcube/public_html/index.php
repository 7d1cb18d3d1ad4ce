<?php
// The way in. Everything below this folder comes from the image, so nothing here is older than the release.
define('INSTALL_PATH', '/usr/share/sos/roundcube/');
include INSTALL_PATH . 'index.php';
