//! Programs that are started, listened to, and never left behind.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::count::{Count, count_line};
use crate::fault::Fault;

/// What a program did.
pub struct Outcome {
    pub is_success: bool,
    /// Tests it said that it ran.
    pub count: Count,
}

/// Runs a program to its end, shows what it says as it says it, and counts the tests that it reports.
/// After `limit` it is killed with everything it started, and counts as failed.
pub fn run(command: &mut Command, limit: Duration) -> Result<Outcome, Fault> {
    let mut running = Running::start(command)?;
    let (mut count, end) = (Count::default(), Instant::now() + limit);
    while let Some(line) = running.next_line(end) {
        count += count_line(&line);
    }
    let is_late = Instant::now() >= end;
    if is_late {
        eprintln!("killed after {} s", limit.as_secs());
    } else if let Ok(status) = running.child.wait() {
        return Ok(Outcome { is_success: status.success(), count });
    }
    Ok(Outcome { is_success: false, count })
}

/// A program that runs beside this one until it is dropped.
pub struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Running {
    /// Starts the program; its two outputs are shown here and handed out by [`Running::next_line`].
    pub fn start(command: &mut Command) -> Result<Self, Fault> {
        let program = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|source| Fault::Start { program, source })?;
        let (sender, lines) = mpsc::channel();
        if let Some(out) = child.stdout.take() {
            let sender = sender.clone();
            thread::spawn(move || relay(out, std::io::stdout(), &sender));
        }
        if let Some(err) = child.stderr.take() {
            thread::spawn(move || relay(err, std::io::stderr(), &sender));
        }
        Ok(Running { child, lines })
    }

    /// The next line of either output; `None` when both are closed or the time is over.
    pub fn next_line(&mut self, end: Instant) -> Option<String> {
        self.lines.recv_timeout(end.saturating_duration_since(Instant::now())).ok()
    }
}

impl Drop for Running {
    /// Kills the program and its descendants; a program that has ended is left in peace.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        for id in descendants(self.child.id()) {
            let _ = Command::new("kill").args(["-KILL", &id.to_string()]).stderr(Stdio::null()).status();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Copies lines as they come; bytes that are no text are shown with replacement characters.
fn relay(from: impl Read, mut to: impl Write, sender: &Sender<String>) {
    let mut from = BufReader::new(from);
    let mut bytes = Vec::new();
    while matches!(from.read_until(b'\n', &mut bytes), Ok(1..)) {
        let _ = to.write_all(&bytes).and_then(|()| to.flush());
        // The receiver may have lost interest; the program must still be able to write.
        let _ = sender.send(String::from_utf8_lossy(&bytes).trim_end().to_owned());
        bytes.clear();
    }
}

/// All processes below this one, as Linux lists them; elsewhere none is known.
fn descendants(ancestor: u32) -> Vec<u32> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // The name in brackets may hold spaces and brackets; the parent stands second after it.
        let parent =
            stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
        parents.extend(parent.map(|parent| (parent, id)));
    }
    let mut found = vec![ancestor];
    let mut next = 0;
    while next < found.len() {
        let parent = found[next];
        found.extend(parents.iter().filter(|(of, _)| *of == parent).map(|(_, id)| *id));
        next += 1;
    }
    found.split_off(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_program_is_judged_by_its_status_and_counted_by_its_words() {
        let said = run(&mut shell("echo '3 passed, 1 failed'; exit 1"), Duration::from_secs(60)).unwrap();
        assert_eq!((said.is_success, said.count), (false, Count { passed: 3, failed: 1 }));
        let quiet = run(&mut shell("exit 0"), Duration::from_secs(60)).unwrap();
        assert_eq!((quiet.is_success, quiet.count), (true, Count::default()));
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_its_children() {
        let mut running = Running::start(&mut shell("sleep 1000 & echo $!; wait")).unwrap();
        let child: u32 =
            running.next_line(Instant::now() + Duration::from_secs(60)).unwrap().parse().unwrap();
        assert_eq!(descendants(running.child.id()), [child]);
        drop(running);
        // A killed process may stay in the list until its new parent has noted it, but then as a zombie.
        let path = format!("/proc/{child}/stat");
        let gone = |stat: &str| stat.is_empty() || stat.contains(") Z ") || stat.contains(") X ");
        let begin = Instant::now();
        let mut stat = fs::read_to_string(&path).unwrap_or_default();
        while !gone(&stat) && begin.elapsed() < Duration::from_secs(60) {
            std::thread::yield_now();
            stat = fs::read_to_string(&path).unwrap_or_default();
        }
        assert!(gone(&stat), "{stat}");
    }

    #[test]
    fn a_late_program_counts_as_failed() {
        let late =
            run(&mut shell("echo '1 passed, 0 failed'; sleep 1000"), Duration::from_millis(300)).unwrap();
        assert_eq!((late.is_success, late.count.passed), (false, 1));
    }
}
