//! `sos-console`: serves the pages on a Unix socket.

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use sos_console::app::{App, Places};
use sos_console::clock::Clock;
use sos_console::routes;

/// Where the console listens and whom it talks to.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// The socket that nginx talks to.
    #[arg(long, default_value = "/run/sos-console/http.sock")]
    socket: PathBuf,
    /// Listens on this address instead of the socket, for tests: 127.0.0.1:8080.
    #[arg(long)]
    listen: Option<std::net::SocketAddr>,
    /// The helper's socket.
    #[arg(long, default_value = sos_ipc::SOCKET)]
    helper: PathBuf,
    /// The directory.
    #[arg(long, default_value = "ldapi://%2Frun%2Fslapd%2Fldapi")]
    ldap: String,
    /// The console's own state.
    #[arg(long, default_value = "/var/lib/sos-console")]
    state: PathBuf,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let app = App::new(Places {
        helper: arguments.helper,
        ldap: arguments.ldap,
        state: arguments.state,
        clock: Clock::System,
    });
    let router = routes::router(app);
    match arguments.listen {
        Some(address) => {
            let listener = tokio::net::TcpListener::bind(address).await;
            axum::serve(listener.with_context(|| format!("cannot listen on {address}"))?, router).await?;
        }
        None => {
            let path = &arguments.socket;
            // One that an earlier run left.
            let _ = std::fs::remove_file(path);
            let listener = tokio::net::UnixListener::bind(path);
            axum::serve(listener.with_context(|| format!("cannot listen on {}", path.display()))?, router).await?;
        }
    }
    Ok(())
}
