//! The server process: made, found running, waited for, stopped.

use std::fs;
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::account::Account;
use super::binaries::Binaries;
use super::place::Place;
use super::{Error, Listen, Options};

/// How long a server may take to be ready; crash recovery can need a while.
const START_LIMIT: Duration = Duration::from_secs(120);
/// How long a start is repeated that fails for a reason that passes.
const RETRY_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);

/// A server that is ready, and our child or not.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) pid: i32,
    pub(super) port: u16,
    pub(super) tcp: bool,
    pub(super) socket_dir: PathBuf,
    data: PathBuf,
    child: Option<Child>,
}

/// Makes the data directory.
pub(super) async fn initialise(
    binaries: &Binaries,
    account: &Account,
    place: &Place,
    disposable: bool,
) -> Result<(), Error> {
    let unfinished = place.unfinished_data();
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(Error::io("remove", &unfinished))?;
    }
    let mut command = account.command(binaries.program("initdb"), place.root());
    command
        .arg("--pgdata")
        .arg(&unfinished)
        .args(["--username=postgres", "--encoding=UTF8"])
        .arg(if cfg!(target_os = "linux") {
            "--locale=C.UTF-8"
        } else {
            "--locale=C"
        })
        .args(["--auth-local=trust", "--auth-host=scram-sha-256"])
        .args(disposable.then_some("--no-sync"))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = command
        .output()
        .await
        .map_err(Error::io("run", binaries.program("initdb")))?;
    if !output.status.success() {
        return Err(Error::Initialise {
            data: place.data(),
            output: String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        });
    }
    fs::rename(&unfinished, place.data()).map_err(Error::io("name", place.data()))
}

impl Server {
    /// The server that runs in this place already. A `postmaster.pid` that no server stands
    /// behind is removed, so that the next start does not stumble over it.
    pub(super) async fn running(place: &Place) -> Result<Option<Self>, Error> {
        let data = place.data();
        let deadline = Instant::now() + START_LIMIT;
        while let Some(file) = PidFile::read(&data) {
            if !is_server_of(file.pid, &data) {
                let path = data.join("postmaster.pid");
                fs::remove_file(&path).map_err(Error::io("remove", path))?;
                return Ok(None);
            }
            if file.is_ready() && file.answers() {
                return Ok(Some(Self {
                    pid: file.pid,
                    port: file.port,
                    tcp: file.tcp,
                    socket_dir: file.socket_dir,
                    data,
                    child: None,
                }));
            }
            if Instant::now() > deadline {
                return Err(Error::Start {
                    reason: format!("process {} is there but does not answer", file.pid),
                    log: log_tail(&place.log()),
                    data,
                });
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(None)
    }

    /// Starts a server and waits until it is ready.
    pub(super) async fn spawn(
        binaries: &Binaries,
        account: &Account,
        place: &Place,
        options: &Options,
    ) -> Result<Self, Error> {
        let begin = Instant::now();
        loop {
            let server = Self::spawn_once(binaries, account, place, options).await;
            let Err(Error::Start { log, .. }) = &server else {
                return server;
            };
            // Between our look for a free port and the server's bind somebody may have taken it;
            // the processes of a killed server hold its memory until they notice.
            let passes = options.listen == Listen::Loopback(0)
                && log.contains("Address already in use")
                || log.contains("shared memory block") && log.contains("still in use");
            if !passes || begin.elapsed() > RETRY_LIMIT {
                return server;
            }
            tokio::time::sleep(10 * POLL).await;
        }
    }

    async fn spawn_once(
        binaries: &Binaries,
        account: &Account,
        place: &Place,
        options: &Options,
    ) -> Result<Self, Error> {
        place.clear_socket_dir()?;
        let port = match options.listen {
            Listen::Socket => 5432,
            Listen::Loopback(0) => free_port()?,
            Listen::Loopback(port) => port,
        };
        let tcp = options.listen != Listen::Socket;
        let log_path = place.log();
        let log = fs::File::create(&log_path).map_err(Error::io("open", &log_path))?;
        let errors = log.try_clone().map_err(Error::io("open", &log_path))?;
        let mut command = account
            .command(binaries.program("postgres"), place.root())
            .into_std();
        command.arg("-D").arg(place.data());
        command.arg("-k").arg(place.socket_dir());
        command.args(["-p", &port.to_string()]);
        let address = if tcp { "127.0.0.1" } else { "" };
        let mut settings = vec![("listen_addresses".to_owned(), address.to_owned())];
        if options.disposable {
            settings.extend(
                ["fsync", "full_page_writes", "synchronous_commit"]
                    .map(|name| (name.to_owned(), "off".to_owned())),
            );
        }
        settings.extend(options.settings.iter().cloned());
        for (name, value) in settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        // A group of its own: Ctrl-C in a terminal reaches us alone, and we stop the server when
        // nothing needs it any more.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .map_err(Error::io("run", binaries.program("postgres")))?;
        let mut server = Self {
            // A process id is a positive i32 on every unix.
            pid: i32::try_from(child.id()).unwrap_or(i32::MAX),
            port,
            tcp,
            socket_dir: place.socket_dir().to_path_buf(),
            data: place.data(),
            child: Some(child),
        };
        server.wait_until_ready(&log_path, options).await?;
        Ok(server)
    }

    async fn wait_until_ready(&mut self, log: &Path, options: &Options) -> Result<(), Error> {
        let mut guard = StopOnDrop(Some(self));
        let begin = Instant::now();
        let mut told = begin;
        loop {
            let Some(server) = guard.0.as_deref_mut() else {
                return Ok(());
            };
            let ready = PidFile::read(&server.data)
                .is_some_and(|file| file.pid == server.pid && file.is_ready() && file.answers());
            if ready {
                guard.0 = None;
                return Ok(());
            }
            let reason = if server.has_ended() {
                "it ended at once"
            } else if begin.elapsed() > START_LIMIT {
                "it was not ready in time"
            } else {
                if told.elapsed() > Duration::from_secs(2) {
                    told = Instant::now();
                    (options.progress)("waiting for PostgreSQL to be ready");
                }
                tokio::time::sleep(POLL).await;
                continue;
            };
            return Err(Error::Start {
                data: server.data.clone(),
                reason: reason.to_owned(),
                log: log_tail(log),
            });
        }
    }

    /// Asks the server to stop and waits until it has.
    pub(super) async fn stop(&mut self, limit: Duration) -> Result<(), Error> {
        self.signal(Signal::SIGINT);
        let begin = Instant::now();
        while !self.has_ended() {
            if begin.elapsed() > limit {
                return Err(Error::Stop {
                    pid: self.pid,
                    seconds: limit.as_secs(),
                });
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// The same from a destructor: waits two seconds at most and then leaves it to the server.
    pub(super) fn stop_blocking(&mut self) {
        self.signal(Signal::SIGINT);
        let begin = Instant::now();
        while !self.has_ended() && begin.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(POLL);
        }
    }

    /// SIGINT is PostgreSQL's "fast shutdown": clients are disconnected, everything is written.
    fn signal(&mut self, signal: Signal) {
        if !self.has_ended() {
            // Fails only when the process has just ended.
            let _ = kill(Pid::from_raw(self.pid), signal);
        }
    }

    fn has_ended(&mut self) -> bool {
        match &mut self.child {
            Some(child) => !matches!(child.try_wait(), Ok(None)),
            None => !is_server_of(self.pid, &self.data),
        }
    }
}

/// Stops a server whose start failed or was abandoned.
struct StopOnDrop<'a>(Option<&'a mut Server>);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(server) = &mut self.0 {
            server.stop_blocking();
        }
    }
}

/// What `postmaster.pid` says.
#[derive(Debug, PartialEq, Eq)]
struct PidFile {
    pid: i32,
    port: u16,
    socket_dir: PathBuf,
    tcp: bool,
    status: String,
}

impl PidFile {
    fn read(data: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(data.join("postmaster.pid")).ok()?)
    }

    /// Lines: process, data directory, start time, port, socket directory, address, shared
    /// memory key, status. A server that is only just starting has not written all of them.
    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let line = |index: usize| lines.get(index).copied().unwrap_or_default();
        Some(Self {
            pid: line(0).parse().ok().filter(|&pid| pid > 0)?,
            port: line(3).parse().unwrap_or_default(),
            socket_dir: PathBuf::from(line(4)),
            tcp: !line(5).is_empty(),
            status: line(7).to_owned(),
        })
    }

    fn is_ready(&self) -> bool {
        self.status == "ready"
    }

    fn answers(&self) -> bool {
        UnixStream::connect(self.socket_dir.join(format!(".s.PGSQL.{}", self.port))).is_ok()
    }
}

/// Whether that process exists and is the server of that data directory, not a stranger that
/// got the number later. We always start servers with the directory on the command line.
fn is_server_of(pid: i32, data: &Path) -> bool {
    if kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH) {
        return false;
    }
    let arguments = match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(bytes) => bytes,
        Err(_) if Path::new("/proc/self/cmdline").exists() => return false,
        // No /proc: macOS and the BSDs.
        Err(_) => match std::process::Command::new("ps")
            .args(["-o", "args=", "-p", &pid.to_string()])
            .output()
        {
            Ok(output) => output.stdout,
            Err(_) => return true,
        },
    };
    let wanted = data.as_os_str().as_encoded_bytes();
    arguments
        .windows(wanted.len())
        .any(|window| window == wanted)
}

fn free_port() -> Result<u16, Error> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(Error::io("find a free port on", "127.0.0.1"))
}

fn log_tail(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_file_is_read_while_it_is_being_written() {
        let whole = "4711\n/x/data\n1700000000\n5433\n/x/run\n127.0.0.1\n 123 456\nready   \n";
        let file = PidFile::parse(whole).unwrap();
        assert_eq!((file.pid, file.port, file.tcp), (4711, 5433, true));
        assert!(file.is_ready());
        let early = PidFile::parse("4711\n/x/data\n").unwrap();
        assert!(!early.is_ready() && !early.tcp);
        assert_eq!(PidFile::parse(""), None);
        assert_eq!(PidFile::parse("-1\n"), None);
    }

    #[test]
    fn a_number_taken_by_another_program_is_no_server() {
        let us = i32::try_from(std::process::id()).unwrap();
        assert!(!is_server_of(us, Path::new("/no/such/data")));
    }
}
