//! `sos-console`: serves the pages on a Unix socket.

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Parser;
use sos_console::app::{App, Places};
use sos_console::clock::Clock;
use sos_console::journal::Sink;
use sos_console::{guard, routes};
use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{SignalKind, signal};

/// Where the console listens and whom it talks to.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// The socket that nginx talks to.
    #[arg(long, default_value = "/run/sos-console/http.sock")]
    socket: PathBuf,
    /// Listens on this address instead of the socket, for tests: 127.0.0.1:8080.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Where Dovecot asks whether somebody may try to log in.
    #[arg(long, default_value = "127.0.0.1:8461")]
    policy: SocketAddr,
    /// The helper's socket.
    #[arg(long, default_value = sos_ipc::SOCKET)]
    helper: PathBuf,
    /// The directory.
    #[arg(long, default_value = "ldapi://%2Frun%2Fslapd%2Fldapi")]
    ldap: String,
    /// The name server that says what the world sees, instead of the system's: 127.0.0.1:5353.
    #[arg(long)]
    resolver: Option<SocketAddr>,
    /// The console's own state.
    #[arg(long, default_value = "/var/lib/sos-console")]
    state: PathBuf,
    /// The organisation's logo.
    #[arg(long, default_value = "/var/lib/sos/logo")]
    logo: PathBuf,
    /// What Dovecot has to show when it asks.
    #[arg(long, default_value = "/etc/sos-console/policy-key")]
    policy_key: PathBuf,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let app = App::new(Places {
        helper: arguments.helper,
        ldap: arguments.ldap,
        state: arguments.state,
        logo: arguments.logo,
        policy_key: arguments.policy_key,
        journal: Sink::Stderr,
        resolver: arguments.resolver,
        clock: Clock::System,
    });
    let policy = TcpListener::bind(arguments.policy).await;
    let policy = policy.with_context(|| format!("cannot listen on {}", arguments.policy))?;
    let policy = axum::serve(policy, guard::policy::router(app.clone()));
    let pages = routes::router(app);
    let stop = stop()?;
    match arguments.listen {
        Some(address) => {
            let listener = TcpListener::bind(address).await;
            let listener = listener.with_context(|| format!("cannot listen on {address}"))?;
            run(axum::serve(listener, pages).into_future(), policy.into_future(), stop).await
        }
        None => {
            let listener = listen(&arguments.socket)?;
            run(axum::serve(listener, pages).into_future(), policy.into_future(), stop).await
        }
    }
}

/// The socket, for whoever is in its folder's group: nginx.
fn listen(path: &Path) -> anyhow::Result<UnixListener> {
    // One that an earlier run left.
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path).with_context(|| format!("cannot listen on {}", path.display()))?;
    std::fs::set_permissions(path, Permissions::from_mode(0o660))
        .with_context(|| format!("cannot open {} to its group", path.display()))?;
    Ok(listener)
}

fn stop() -> anyhow::Result<impl Future<Output = ()>> {
    let mut term = signal(SignalKind::terminate()).context("cannot wait for signals")?;
    Ok(async move {
        term.recv().await;
    })
}

/// Serves until told to stop. What is in memory is meant to be lost, so nothing has to be put away.
async fn run(
    pages: impl Future<Output = std::io::Result<()>>,
    policy: impl Future<Output = std::io::Result<()>>,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    tokio::select! {
        ended = pages => ended.context("the pages are served no more"),
        ended = policy => ended.context("Dovecot is answered no more"),
        () = stop => Ok(()),
    }
}
