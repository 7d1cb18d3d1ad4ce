//! `sos-sign`: makes keys, signs releases and verifies them, and makes the repository of a channel that offers them.
//! Exit codes: 0 done, 1 fault, 2 usage, 3 refused.

mod commands;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use sos_signing::{Error, Expected, Progress, PublicKey, SigningKey, Verified, sign_manifest, verify_with};

const DONE: u8 = 0;
const FAULT: u8 = 1;
const REFUSED: u8 = 3;

/// Makes keys, signs releases of the Small Organisation Server, verifies them, and offers them in a channel.
#[derive(Parser)]
#[command(name = "sos-sign", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a key: NAME.key, readable by you alone, and NAME.pub. Not inside a git repository.
    Keygen {
        /// Where the two files go.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// What they are called: letters a-z, 0-9 and -.
        #[arg(long, default_value = "release")]
        name: String,
    },
    /// Signs DIR/manifest.json, and writes DIR/manifest.json.sig.
    Sign {
        /// The release's directory.
        dir: PathBuf,
        /// A private key's file. Give it twice to sign with an old key and a new one.
        #[arg(long = "key", value_name = "FILE", required = true)]
        keys: Vec<PathBuf>,
    },
    /// Says whether DIR is a release signed by one of the keys: yes, or why not (exit code 3).
    Verify {
        /// The release's directory.
        dir: PathBuf,
        /// A public key's file. Give it again for each further key you trust.
        #[arg(long = "public-key", value_name = "FILE", required = true)]
        public_keys: Vec<PathBuf>,
        /// Debian's name of the architecture it has to be for.
        #[arg(long, default_value = "amd64")]
        architecture: String,
        /// Answers in JSON, on one line.
        #[arg(long)]
        json: bool,
    },
    #[command(flatten)]
    Repository(commands::RepositoryCommand),
}

fn main() -> ExitCode {
    let code = match Arguments::parse().command {
        Command::Keygen { out, name } => report(keygen(&out, &name)),
        Command::Sign { dir, keys } => report(sign(&dir, &keys)),
        Command::Verify { dir, public_keys, architecture, json } => {
            let verdict = judge(&dir, &public_keys, architecture);
            if json {
                println!("{}", as_json(&verdict));
            } else {
                println_verdict(&dir, &verdict);
            }
            exit_code(&verdict)
        }
        Command::Repository(command) => change(command),
    };
    ExitCode::from(code)
}

fn change(command: commands::RepositoryCommand) -> u8 {
    let json = command.json();
    let outcome = command.run();
    if json {
        println!("{}", commands::as_json(&outcome));
    } else {
        commands::print(&outcome);
    }
    match outcome {
        Ok(_) => DONE,
        Err(error) if error.code().is_some() => REFUSED,
        Err(_) => FAULT,
    }
}

fn report(done: Result<()>) -> u8 {
    match done {
        Ok(()) => DONE,
        Err(error) => {
            eprintln!("sos-sign: {error}");
            FAULT
        }
    }
}

fn keygen(out: &std::path::Path, name: &str) -> Result<()> {
    let (key, files) = SigningKey::create(out, name)?;
    println!("key     {}", key.public().id());
    println!("private {}  (keep it off this machine when you can)", files.private.display());
    println!("public  {}", files.public.display());
    Ok(())
}

fn sign(dir: &std::path::Path, keys: &[PathBuf]) -> Result<()> {
    let keys = keys.iter().map(|path| SigningKey::load(path)).collect::<Result<Vec<_>, _>>()?;
    for signature in sign_manifest(dir, &keys)?.signatures {
        println!("signed  {} by {}", dir.display(), signature.key_id);
    }
    Ok(())
}

fn judge(dir: &std::path::Path, public_keys: &[PathBuf], architecture: String) -> Result<Verified, Error> {
    let keys = public_keys.iter().map(|path| PublicKey::load(path)).collect::<Result<Vec<_>, _>>()?;
    let expected = Expected { architecture, ..Expected::default() };
    // Hidden by indicatif itself when standard error is not a terminal.
    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template("{msg} {bar:24} {bytes}/{total_bytes} {bytes_per_sec}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let mut show = |progress: Progress<'_>| {
        bar.set_message(progress.artefact.to_owned());
        bar.set_length(progress.total);
        bar.set_position(progress.done);
    };
    let verdict = verify_with(dir, &keys, &expected, &mut show);
    bar.finish_and_clear();
    verdict
}

fn println_verdict(dir: &std::path::Path, verdict: &Result<Verified, Error>) {
    match verdict {
        Ok(verified) => {
            println!("yes: {} is {} {}", dir.display(), verified.manifest().product, verified.version());
            for key in verified.keys() {
                println!("signed by {key}");
            }
        }
        Err(Error::Refusal(refusal)) => {
            eprintln!("refused: {}: {refusal}", refusal.code());
        }
        Err(Error::Fault(fault)) => eprintln!("sos-sign: {fault}"),
    }
}

fn as_json(verdict: &Result<Verified, Error>) -> serde_json::Value {
    match verdict {
        Ok(verified) => json!({
            "verdict": "verified",
            "keys": verified.keys(),
            "manifest": verified.manifest(),
        }),
        Err(Error::Refusal(refusal)) => json!({
            "verdict": "refused",
            "refusal": refusal.code(),
            "message": refusal.to_string(),
        }),
        Err(Error::Fault(fault)) => json!({
            "verdict": "fault",
            "message": fault.to_string(),
        }),
    }
}

fn exit_code(verdict: &Result<Verified, Error>) -> u8 {
    match verdict {
        Ok(_) => DONE,
        Err(Error::Refusal(_)) => REFUSED,
        Err(Error::Fault(_)) => FAULT,
    }
}
