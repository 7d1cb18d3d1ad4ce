<?php
// Whether Roundcube's own class reads the scripts of the console, and writes them again without losing a rule:
//   php roundcube.php …/plugins/managesieve/lib/Roundcube/rcube_sieve_script.php ours/*.sieve
// Prints what it read. See ../sieve.rs.
require $argv[1];
foreach (array_slice($argv, 2) as $path) {
    $text = file_get_contents($path);
    $script = new rcube_sieve_script($text);
    $again = new rcube_sieve_script($script->as_text());
    if ($again->as_array() != $script->as_array()) {
        fwrite(STDERR, "$path: does not survive\n");
        exit(1);
    }
    $named = preg_match_all('/^# rule:\[(.*)\]\r$/m', $text, $names);
    $read = array_column($script->as_array(), 'name');
    if ($names[1] != $read || count($script->as_array()) != $named) {
        fwrite(STDERR, "$path: " . json_encode([$names[1], $read]) . "\n");
        exit(1);
    }
    echo "$path\n", json_encode($script->as_array(), JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES), "\n";
}
