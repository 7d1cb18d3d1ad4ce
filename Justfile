# The same commands for those who have just(1). ./dev needs nothing but bash.

_list:
    @just --list --unsorted

# build, sign and boot an image with an example organisation
demo *arguments:
    ./dev demo {{ arguments }}

# the quick checks, which need no image
check:
    ./dev check

# the quick checks, the image, and scenarios: all but some that are much like others
test:
    ./dev test

# build and sign an image
image *release:
    ./dev image {{ release }}

# boot the image in the test world: all scenarios, or these
vm *arguments:
    ./dev vm {{ arguments }}

# measure the build, the image, the boot, the memory and the mail
bench *arguments:
    ./dev bench {{ arguments }}

# build the image on hosts that differ in all that may differ, and compare; as root
reproduce *names:
    ./dev reproduce {{ names }}

# throw bytes at every parser of outside data
fuzz *seconds:
    ./dev fuzz {{ seconds }}

# make the test vectors of signing anew, to be read as a diff
vectors:
    SOS_WRITE_VECTORS=1 cargo test -p sos-signing --test vectors
