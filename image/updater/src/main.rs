//! `sos-update`: the command line of the updater. Exit codes: 0 done, 1 fault, 2 usage, 3 refused.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::SUCCESS
}
