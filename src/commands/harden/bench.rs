//! Where sets of measures are tried: the service is started with them and watched, its log read, its probe run.

use std::ffi::OsString;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::apply::{Applied, Watcher, apply};
use crate::diagnosis::Subject;
use crate::diagnosis::verify::{Verdict, verify};
use crate::hardening::tighten::log_baseline::{LogBaseline, Symptom};
use crate::hardening::tighten::{Setting, clues};
use crate::host::probe::{self, ProbeOutcome, Setting as ProbeSetting};
use crate::manager::{Manager, Snapshot, journal};
use crate::model::diagnostic::{Code, Error, Explanation, Result};
use crate::model::message::{message, opt, set};
use crate::model::wait::sleep;
use crate::plan::{Hardening, Step};
use crate::session::context::Context;
use crate::session::start_result;
use crate::state::service::Service;
use crate::unit::drop_in;

/// How long a probe may take.
const PROBE: Duration = Duration::from_secs(10);
/// How often the log is read while the service is watched.
const LOOKS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(20);

/// The steps of a trial are not reported, because all of them are undone.
pub struct NoProgress;

impl Watcher for NoProgress {
    fn begins(&self, _: &Step) {}
    fn done(&self, _: &Step) {}
}

/// A service on the bench.
pub struct Bench<'a> {
    /// Which.
    pub service: &'a Service,
    /// Its manager.
    pub manager: &'a Manager,
    /// Its drop-ins.
    pub hardening: Hardening,
    /// How long it is watched after each start.
    pub settle: Duration,
    /// How often it was started.
    pub starts: usize,
    probe: Option<Vec<OsString>>,
    baseline: LogBaseline,
    silent: bool,
    subject: Subject,
    context: &'a Context<'a>,
}

/// What was seen of a run.
struct Observation {
    /// What it said.
    lines: Vec<String>,
    /// Its log may not be read.
    unreadable: bool,
    /// What went wrong.
    sign: Option<Symptom>,
    /// Why it is not up.
    down: Option<Explanation>,
}

/// The words of a probe, as a shell would split them.
pub fn probe(line: &str) -> Result<Vec<OsString>> {
    let words = shlex::split(line).filter(|words| !words.is_empty());
    let words: Vec<OsString> = words.into_iter().flatten().map(OsString::from).collect();
    if words.is_empty() {
        let message = message!("{}: expected a command with closed quotes", opt("probe"));
        let error = Error::invalid(message).about_option("probe");
        return Err(error.hint(set("probe", "curl -sf http://localhost:8000/")));
    }
    Ok(words)
}

impl<'a> Bench<'a> {
    /// Takes a service; nothing is done yet.
    pub fn new(
        service: &'a Service,
        manager: &'a Manager,
        hardening: Hardening,
        settle: Duration,
        probe: Option<Vec<OsString>>,
        context: &'a Context<'a>,
    ) -> Bench<'a> {
        let run = service.run.clone().unwrap_or_default();
        let subject = Subject::of_run(&service.name, service.scope, &run, &service.text());
        let baseline = LogBaseline::default();
        Bench { service, manager, hardening, settle, starts: 0, probe, baseline, silent: false, subject, context }
    }

    /// True when a command tells whether it works.
    pub fn is_probed(&self) -> bool {
        self.probe.is_some()
    }

    /// True when its log tells nothing: it may not be read.
    pub fn is_silent(&self) -> bool {
        self.silent
    }

    /// Runs the service twice without any hardening, to know how it is when nothing is closed to it.
    pub async fn listen(&mut self) -> Result<()> {
        let (first, second) = (self.untouched().await?, self.untouched().await?);
        self.baseline = LogBaseline::of(&first, &second);
        Ok(())
    }

    async fn untouched(&mut self) -> Result<Vec<String>> {
        let steps = self.hardening.trial(drop_in::trial(&self.service.name, &[]));
        let seen = self.started(&steps, None).await?;
        let name = &self.service.name;
        if let Some(explanation) = seen.down {
            return Err(start_result::failed(name, explanation));
        }
        if let Some(sign) = seen.sign {
            let error = Error::new(Code::NotRunning, message!("the probe of {} fails without any hardening", name));
            let log = vec![sign.line.into()];
            let hints = vec!["run the probe yourself first: it must exit with status 0".into()];
            return Err(error.service(name).explained(Explanation { log, hints, ..Explanation::default() }));
        }
        self.silent |= seen.unreadable;
        Ok(seen.lines)
    }

    /// Tries settings; gives what goes wrong with them.
    pub async fn trial(&mut self, settings: &[Setting]) -> Result<Option<Symptom>> {
        let baseline = self.baseline.clone();
        let steps = self.hardening.trial(drop_in::trial(&self.service.name, settings));
        let sign = self.started(&steps, Some(&baseline)).await?.sign;
        let told = sign.as_ref().map_or("works".to_owned(), |sign| format!("breaks: {}", sign.line));
        self.context.ui.detail(format!("start {}: {told}", self.starts));
        settings.iter().for_each(|(name, value)| self.context.ui.detail(format!("    {name}={value}")));
        Ok(sign)
    }

    /// Installs settings, or none, and checks once more whether the service works with them.
    pub async fn keep(&mut self, text: Option<String>) -> Result<()> {
        let baseline = self.baseline.clone();
        let steps = [self.hardening.keep(text), self.hardening.restart()].concat();
        let seen = self.started(&steps, Some(&baseline)).await?;
        let Some(sign) = seen.sign else { return Ok(()) };
        let explanation = seen.down.unwrap_or_else(|| Explanation {
            retry: None,
            what: "it started once with the settings that were found, but not again".into(),
            log: vec![crate::shell::printable(&sign.line).into()],
            why: Some(sign.means.into()),
            hints: vec![message!("watch it longer: {} 20s", opt("settle"))],
        });
        Err(start_result::failed(&self.service.name, explanation))
    }

    /// Does steps that end in a start, and watches what comes of it.
    async fn started(&mut self, steps: &[Step], baseline: Option<&LogBaseline>) -> Result<Observation> {
        self.starts += 1;
        let doing = super::doing(&self.service.name, self.starts);
        let watched = async {
            let applied = apply(steps, Some(self.manager), self.context.host, &NoProgress).await?;
            self.watched(&applied, baseline).await
        };
        self.context.watch(&doing, watched).await
    }

    async fn watched(&self, applied: &Applied, baseline: Option<&LogBaseline>) -> Result<Observation> {
        let unit = self.service.name.unit();
        let oneshot = self.subject.service_type == "oneshot";
        let mut probed = None;
        let mut seen = Observation { lines: Vec::new(), unreadable: false, sign: None, down: None };
        for look in 1..=LOOKS {
            let verdict = verify(self.manager, &unit, oneshot, true, self.settle / LOOKS).await?;
            if let Verdict::Down(down) = verdict {
                return Ok(self.seen_down(*down, applied.job(&unit), baseline));
            }
            self.listen_to(&mut seen, oneshot).await?;
            seen.sign = baseline.and_then(|baseline| baseline.new_symptom(&seen.lines));
            if seen.sign.is_some() {
                return Ok(seen);
            }
            if let Some(words) = self.probe.as_ref().filter(|_| probed.is_none() || look == LOOKS) {
                probed = self.failure(words).await.err().map_or(Some(()), |_| None);
            }
            if verdict == Verdict::HasRun {
                break;
            }
        }
        if let (Some(words), None) = (&self.probe, probed) {
            // The last word is that of the end.
            seen.sign = self.failure(words).await.err();
        }
        if let Some(baseline) = baseline.filter(|_| seen.sign.is_none()) {
            self.wait_for_what_is_missing(&mut seen, baseline, oneshot).await?;
        }
        Ok(seen)
    }

    /// What it always said it may say later: it gets as long again.
    async fn wait_for_what_is_missing(
        &self,
        seen: &mut Observation,
        baseline: &LogBaseline,
        oneshot: bool,
    ) -> Result<()> {
        for _ in 0..LOOKS {
            if baseline.missing(&seen.lines).is_none() {
                return Ok(());
            }
            if !oneshot {
                sleep(self.settle / LOOKS).await;
            }
            self.listen_to(seen, oneshot).await?;
        }
        seen.sign = baseline.new_symptom(&seen.lines).or_else(|| {
            let line = baseline.missing(&seen.lines)?;
            let means = "without it, it does not say any more what it always said".into();
            Some(Symptom { line: line.to_owned(), means, suspects: Vec::new(), lines: vec![line.to_owned()] })
        });
        Ok(())
    }

    async fn listen_to(&self, seen: &mut Observation, has_ended: bool) -> Result<()> {
        let unit = self.service.name.unit();
        let Snapshot { state, run, .. } = self.manager.snapshot(&unit).await?;
        let log = journal::more_of_run(self.service.scope, &state.invocation, &run, has_ended);
        (seen.lines, seen.unreadable) = (log.program.into_iter().map(|line| line.text).collect(), log.unreadable);
        Ok(())
    }

    fn seen_down(
        &self,
        down: crate::diagnosis::verify::Down,
        job: Option<&str>,
        baseline: Option<&LogBaseline>,
    ) -> Observation {
        let (run, invocation) = (down.run.clone(), down.invocation.clone());
        let explanation = start_result::why_down(&self.subject, down, job);
        let log = journal::more_of_run(self.service.scope, &invocation, &run, true);
        let steps = log.manager.into_iter().filter(|line| line.contains("Failed at step"));
        let lines: Vec<String> = log.program.into_iter().chain(steps).map(|line| line.text).collect();
        let of_signal = (run.code > 1).then(|| clues::of_signal(run.status)).flatten();
        let what = || self.context.ui.wording().text(&explanation.whole());
        let mut sign = baseline.and_then(|baseline| baseline.new_symptom(&lines)).unwrap_or_else(|| Symptom {
            line: explanation.log.last().map_or_else(what, |line| line.text.clone()),
            means: of_signal.as_ref().map_or_else(what, |told| told.means.into()),
            suspects: Vec::new(),
            lines: lines.clone(),
        });
        sign.suspects.extend(of_signal.into_iter().flat_map(|told| told.suspects));
        Observation { lines, unreadable: log.unreadable, sign: Some(sign), down: Some(explanation) }
    }

    /// Runs the probe once.
    async fn failure(&self, words: &[OsString]) -> std::result::Result<(), Symptom> {
        let (words, environment) = (words.to_vec(), self.context.host.environment.clone());
        let host = self.context.host.clone();
        let dir = host.physical_dir.clone().unwrap_or_else(|| "/".into());
        let running = thread::spawn(move || {
            let dir = Path::new(&dir);
            let setting = ProbeSetting { dir, environment: &environment, account: None, deadline: PROBE, host: &host };
            probe::run_given(&words, &setting)
        });
        while !running.is_finished() {
            sleep(PAUSE).await;
        }
        let line = match running.join() {
            Ok(ProbeOutcome::Exited { success: true, .. }) => return Ok(()),
            Ok(ProbeOutcome::Exited { stdout, stderr, .. }) => {
                stderr.lines().chain(stdout.lines()).last().unwrap_or("it says nothing").to_owned()
            }
            Ok(ProbeOutcome::TimedOut) => format!("it had not ended after {} s", PROBE.as_secs()),
            Ok(ProbeOutcome::NotStarted(why)) => format!("it cannot be started: {why}"),
            Ok(ProbeOutcome::Untrusted(_)) | Err(_) => "it cannot be started".into(),
        };
        let suspects = clues::evidence(&line).map(|told| told.suspects).unwrap_or_default();
        Err(Symptom { line: line.clone(), means: "the probe fails".into(), suspects, lines: vec![line] })
    }
}
