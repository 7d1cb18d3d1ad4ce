//! Turns a choice of scenarios into jobs (a group shares one machine), makes the bases they start from,
//! runs a few jobs at once, and gathers what they report.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::base::Base;
use crate::registry::Scenario;
use crate::results::Outcome;
use crate::session::{Event, Order, Task};
use crate::{Error, Result};

/// One machine's worth of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The group's name, or the scenario's.
    pub name: String,
    /// What it starts from.
    pub base: Base,
    /// The scenarios, in order; none for the making of the base itself.
    pub scenarios: Vec<String>,
}

impl Job {
    /// The base that must be there before it: what its scenarios start from, or the parent of the base it makes.
    fn needs(&self) -> Option<Base> {
        if self.scenarios.is_empty() { self.base.parent() } else { Some(self.base) }
    }
}

/// The jobs for these scenarios, so many times each, the bases' own making first.
#[must_use]
pub fn jobs(chosen: &[&Scenario], times: usize) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    for scenario in chosen {
        let name = scenario.group.unwrap_or(scenario.name);
        match jobs.iter_mut().find(|job| job.name == name) {
            Some(job) => job.scenarios.push(scenario.name.into()),
            None => jobs.push(Job { name: name.into(), base: scenario.base, scenarios: vec![scenario.name.into()] }),
        }
    }
    let once = jobs.clone();
    let again = |time| once.iter().map(move |job| Job { name: format!("{}-{time}", job.name), ..job.clone() });
    jobs.extend((2..=times).flat_map(again));
    // A child before its parent here means the parent before its child in the end; and first what takes longest.
    for base in [Base::Fresh, Base::Claimed, Base::Across, Base::Staged, Base::Populated] {
        if jobs.iter().any(|job| job.base == base || job.base.parent() == Some(base)) {
            jobs.insert(0, Job { name: format!("base-{}", base.name()), base, scenarios: Vec::new() });
        }
    }
    jobs
}

/// How far a base is.
#[derive(Debug, Clone)]
enum Making {
    Underway,
    Made,
    Failed(String),
}

#[derive(Debug, Default)]
struct Board {
    waiting: VecDeque<Job>,
    bases: HashMap<Base, Making>,
    outcomes: Vec<Outcome>,
    refusal: Option<String>,
}

/// A run of jobs.
pub struct Run<'a> {
    /// What every job is told; name and task are filled in.
    pub order: Order,
    /// Jobs at once.
    pub at_once: usize,
    /// Whether scratch folders stay.
    pub keep: bool,
    /// Called with each outcome as it comes.
    pub show: &'a (dyn Fn(&Outcome) + Sync),
}

impl Run<'_> {
    /// Runs all jobs and gives the outcomes in the order they came.
    ///
    /// # Errors
    /// [`Error::Refused`] when the host cannot run them.
    pub fn all(&self, jobs: Vec<Job>) -> Result<Vec<Outcome>> {
        let bases = self.order.folder.join("bases");
        let made = |job: &Job| job.scenarios.is_empty() && job.base.is_made(&bases, &self.order.sources);
        let (done, waiting): (Vec<_>, Vec<_>) = jobs.into_iter().partition(made);
        let mut board = Board { waiting: waiting.into(), ..Board::default() };
        board.bases.insert(Base::Unbooted, Making::Made);
        board.bases.extend(done.into_iter().map(|job| (job.base, Making::Made)));
        let (board, changed) = (Mutex::new(board), Condvar::new());
        std::thread::scope(|scope| {
            for _ in 0..self.at_once {
                scope.spawn(|| self.work(&board, &changed));
            }
        });
        let board = board.into_inner().unwrap_or_else(PoisonError::into_inner);
        board.refusal.map_or(Ok(board.outcomes), |refusal| Err(Error::Refused(refusal)))
    }

    fn work(&self, board: &Mutex<Board>, changed: &Condvar) {
        while let Some(job) = take(board, changed) {
            let failed_base = job.needs().and_then(|base| match lock(board).bases.get(&base) {
                Some(Making::Failed(why)) => Some(format!("the base `{}` could not be made: {why}", base.name())),
                _ => None,
            });
            let mut finished = BTreeSet::new();
            let ended = match failed_base {
                Some(why) => Err(Error::Unmet(why)),
                None => self.run_job(&job, board, &mut finished),
            };
            let mut board = lock(board);
            match ended {
                Err(Error::Refused(refusal)) => {
                    board.refusal = Some(refusal);
                    board.waiting.clear();
                }
                Err(error) if job.scenarios.is_empty() => {
                    board.bases.insert(job.base, Making::Failed(error.to_string()));
                }
                Err(error) => self.fail_the_rest(&job, &finished, &error.to_string(), &mut board),
                Ok(()) if job.scenarios.is_empty() => {
                    board.bases.insert(job.base, Making::Made);
                }
                Ok(()) => {}
            }
            changed.notify_all();
        }
    }

    /// Runs one job's process; outcomes go to the board as they come, and their scenarios' names to `finished`.
    fn run_job(&self, job: &Job, board: &Mutex<Board>, finished: &mut BTreeSet<String>) -> Result<()> {
        let task =
            if job.scenarios.is_empty() { Task::Make(job.base) } else { Task::Run(job.base, job.scenarios.clone()) };
        let order = Order { name: job.name.clone(), task, ..self.order.clone() };
        let ended = watch(&order, |event| match event {
            Event::Finished(outcome) => {
                (self.show)(&outcome);
                finished.insert(outcome.scenario.clone());
                lock(board).outcomes.push(outcome);
            }
            Event::Progress(said) => eprintln!("{}: {said}", job.name),
            _ => {}
        });
        let scratch = self.order.folder.join("jobs").join(&job.name);
        if !self.keep {
            remove(&scratch);
        }
        ended?;
        let all = job.scenarios.iter().all(|name| finished.contains(name));
        if all { Ok(()) } else { Err(Error::Unmet("the job's process ended before its time".into())) }
    }

    fn fail_the_rest(&self, job: &Job, finished: &BTreeSet<String>, why: &str, board: &mut Board) {
        for name in job.scenarios.iter().filter(|name| !finished.contains(*name)) {
            let failure = Some(why.to_owned());
            let outcome = Outcome { scenario: name.clone(), seconds: 0.0, failure, skipped: None, notes: Vec::new() };
            (self.show)(&outcome);
            board.outcomes.push(outcome);
        }
    }
}

/// Runs the process of an order to its end, handing on what it reports.
///
/// # Errors
/// [`Error::Refused`] or [`Error::Unmet`] as the process says.
pub fn watch(order: &Order, mut on_event: impl FnMut(Event)) -> Result<()> {
    let mut command = order.command()?;
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(Error::wire("starting `unshare`"))?;
    let stdout = child.stdout.take();
    let mut ended = Ok(());
    for line in stdout.into_iter().flat_map(|pipe| BufReader::new(pipe).lines()).map_while(Result::ok) {
        match serde_json::from_str(&line) {
            Ok(Event::Ended { message, refused: true }) => ended = Err(Error::Refused(message)),
            Ok(Event::Ended { message, refused: false }) => ended = Err(Error::Unmet(message)),
            Ok(event) => on_event(event),
            Err(_) => eprintln!("{}: {line}", order.name),
        }
    }
    child.wait().map_err(Error::wire("waiting for a job"))?;
    ended
}

/// The next job whose base is there (or has failed); nothing when all are taken.
fn take(board: &Mutex<Board>, changed: &Condvar) -> Option<Job> {
    let mut board = lock(board);
    loop {
        if board.waiting.is_empty() {
            return None;
        }
        let settled = |base: &Base| matches!(board.bases.get(base), Some(Making::Made | Making::Failed(_)));
        let ready = |job: &Job| job.needs().is_none_or(|base| settled(&base));
        if let Some(at) = board.waiting.iter().position(ready) {
            let job = board.waiting.remove(at)?;
            if job.scenarios.is_empty() {
                board.bases.insert(job.base, Making::Underway);
            }
            return Some(job);
        }
        board = changed.wait(board).unwrap_or_else(PoisonError::into_inner);
    }
}

fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remove(folder: &Path) {
    // What cannot be removed is swept up by the next run of the job.
    std::fs::remove_dir_all(folder).ok();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn a_group_shares_one_machine() {
        let chosen: Vec<_> = registry::SCENARIOS.iter().filter(|scenario| scenario.group == Some("mail")).collect();
        let jobs = jobs(&chosen, 1);
        assert_eq!(jobs.len(), 2);
        assert_eq!(jobs[0], Job { name: "base-claimed".into(), base: Base::Claimed, scenarios: Vec::new() });
        assert_eq!(jobs[1].scenarios.len(), chosen.len());
    }

    #[test]
    fn whatever_is_run_again_has_a_machine_of_its_own_and_the_same_base() {
        let chosen: Vec<_> = registry::SCENARIOS.iter().filter(|scenario| scenario.group == Some("mail")).collect();
        let names: Vec<_> = jobs(&chosen, 3).into_iter().map(|job| job.name).collect();
        assert_eq!(names, ["base-claimed", "mail", "mail-2", "mail-3"]);
    }

    #[test]
    fn a_job_waits_for_its_base_and_others_pass_it() {
        let job = |name: &str, base, scenarios: &[&str]| Job {
            name: name.into(),
            base,
            scenarios: scenarios.iter().map(|name| (*name).into()).collect(),
        };
        let mut board = Board::default();
        board.bases.insert(Base::Unbooted, Making::Made);
        board.bases.insert(Base::Claimed, Making::Underway);
        board.waiting = [job("mail", Base::Claimed, &["a"]), job("boots", Base::Unbooted, &["b"])].into();
        let (board, changed) = (Mutex::new(board), Condvar::new());
        assert_eq!(take(&board, &changed).unwrap().name, "boots");
        lock(&board).bases.insert(Base::Claimed, Making::Made);
        assert_eq!(take(&board, &changed).unwrap().name, "mail");
        assert_eq!(take(&board, &changed), None);
    }
}
