#!/usr/bin/env bash
# Makes the signed files of the test archive, with keys that live only while this runs. Run it by hand after a change
# to Packages or security.Packages beside it, and commit what it writes:
#   keyring.asc            the archive's public key
#   other.asc              a public key that signed nothing here
#   trixie.InRelease       good, without an end
#   security.InRelease     good, the archive of security updates
#   expired.InRelease      its Valid-Until has passed
#   bookworm.InRelease     good, but of another release
set -euo pipefail
cd "$(dirname "$0")"
GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'gpgconf --kill all; rm -rf "$GNUPGHOME"' EXIT

key() { gpg --batch --quiet --passphrase '' --quick-generate-key "$1" ed25519 sign never; }

# release FILE SUITE CODENAME PACKAGES [VALID-UNTIL]
release() {
  {
    printf 'Origin: Test\nSuite: %s\nCodename: %s\n' "$2" "$3"
    printf 'Date: Wed, 01 Jan 2025 12:00:00 UTC\n'
    [[ -z ${5-} ]] || printf 'Valid-Until: %s\n' "$5"
    printf 'Architectures: all amd64\nComponents: main\nSHA256:\n'
    printf ' %s %s main/binary-amd64/Packages\n' "$(sha256sum <"$4" | cut -d' ' -f1)" "$(stat -c %s "$4")"
  } | gpg --batch --yes --quiet --local-user archive --digest-algo SHA512 --clearsign --output "$1"
}

key "archive"
key "other"
gpg --armor --export archive >keyring.asc
gpg --armor --export other >other.asc
release trixie.InRelease stable trixie Packages
release security.InRelease stable-security trixie-security security.Packages
release expired.InRelease stable trixie Packages 'Wed, 08 Jan 2025 12:00:00 UTC'
release bookworm.InRelease oldstable bookworm Packages
