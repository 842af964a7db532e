//! What a worker knows about the trial that it holds, and what it says about it.
//!
//! Nothing here waits or sends: a method that speaks returns a request, and the answer is handed back. The heartbeats
//! come from another task: they only set `directive` and `is_over`, and what is over stays over.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result};
use crate::proto;
use crate::records::{Action, Directive, TrialRecord, TrialState, duration};
use crate::spec::wire_duration;

/// Characters of a failure's text that the server keeps; of a long one the end matters.
const LONGEST_MESSAGE: usize = 16_384;

/// What was measured; made of `[("loss", 0.1)]` where nothing else is to be said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    metrics: BTreeMap<String, proto::MetricValue>,
    unknown_sem: Vec<String>,
    step: Option<i64>,
    checkpoint: Option<String>,
    cost: Option<f64>,
    provenance: Option<proto::Provenance>,
}

impl Report {
    /// Metrics by name.
    pub fn new<N: Into<String>>(metrics: impl IntoIterator<Item = (N, f64)>) -> Self {
        let metrics = metrics.into_iter().map(|(name, value)| (name.into(), proto::MetricValue::new(value)));
        Self { metrics: metrics.collect(), ..Self::default() }
    }

    /// The step of [`Trial::next_step`](crate::Trial::next_step), or one more than was reported, when not given.
    #[must_use]
    pub fn step(mut self, step: i64) -> Self {
        self.step = Some(step);
        self
    }

    /// Where the training can be resumed from after this step.
    #[must_use]
    pub fn checkpoint(mut self, uri: impl Into<String>) -> Self {
        self.checkpoint = Some(uri.into());
        self
    }

    /// Since the last report, in the unit of the budget.
    #[must_use]
    pub fn cost(mut self, cost: f64) -> Self {
        self.cost = Some(cost);
        self
    }

    /// Standard error of a metric of this report.
    #[must_use]
    pub fn sem(mut self, metric: &str, sem: f64) -> Self {
        match self.metrics.get_mut(metric) {
            Some(value) => value.sem = Some(sem),
            None => self.unknown_sem.push(metric.to_owned()),
        }
        self
    }

    /// Circumstances of this attempt; once is enough.
    #[must_use]
    pub fn provenance(mut self, provenance: proto::Provenance) -> Self {
        self.provenance = Some(provenance);
        self
    }
}

impl<N: Into<String>, const COUNT: usize> From<[(N, f64); COUNT]> for Report {
    fn from(metrics: [(N, f64); COUNT]) -> Self {
        Self::new(metrics)
    }
}

impl From<BTreeMap<String, f64>> for Report {
    fn from(metrics: BTreeMap<String, f64>) -> Self {
        Self::new(metrics)
    }
}

/// A last word about a trial.
#[derive(Debug, Clone)]
pub(crate) enum LastWord {
    Complete(proto::CompleteTrialRequest),
    Fail(proto::FailTrialRequest),
    Release(proto::ReleaseTrialRequest),
}

/// How the body of a trial was left.
pub(crate) enum Leaving<'a> {
    Normally,
    Failed(&'a str),
    /// The worker has to go, and the trial is innocent.
    Interrupted(&'a str),
}

/// A trial in the hands of a worker.
#[derive(Debug)]
pub(crate) struct Holding {
    pub record: TrialRecord,
    token: String,
    pub heartbeat_interval: Duration,
    /// When the next heartbeat is due.
    pub heartbeat_at: Instant,
    has_fidelity: bool,
    pub start_step: i64,
    pub directive: Directive,
    /// The step that `advance` is at.
    pub step: Option<i64>,
    /// By this attempt.
    last_reported: Option<i64>,
    /// Whether there is nothing more to say: it ended, was handed back, or is lost.
    pub is_over: bool,
    measured_at: Instant,
}

impl Holding {
    pub fn new(trial: proto::Trial, now: Instant) -> Self {
        let lease = trial.lease.clone().unwrap_or_default();
        Self {
            token: lease.token.clone(),
            heartbeat_interval: interval(&lease),
            heartbeat_at: now + interval(&lease),
            has_fidelity: trial.until_step.is_some(),
            start_step: start_step(&trial),
            directive: Directive { action: Action::Continue, until_step: trial.until_step, reason: String::new() },
            step: None,
            last_reported: None,
            is_over: false,
            measured_at: now,
            record: trial.into(),
        }
    }

    pub fn should_stop(&self) -> bool {
        self.is_over || self.directive.leaves()
    }

    /// The next step to train to; `None`: leave.
    pub fn advance(&mut self) -> Option<i64> {
        if self.should_stop() {
            return None;
        }
        let mut step = self.step.unwrap_or(self.start_step) + 1;
        if let Some(until) = self.directive.until_step.filter(|until| step > *until) {
            if self.step.is_some() || self.last_reported.is_some() {
                return None;
            }
            step = until; // resumed at the very end of its budget: evaluated once more, since nobody heard of it
        }
        self.step = Some(step);
        self.step
    }

    pub fn report(&self, report: Report, request_id: String, now: Instant) -> Result<proto::ReportMeasurementsRequest> {
        let measurement = self.measurement(&report, report.step.unwrap_or_else(|| self.default_step()), now)?;
        Ok(proto::ReportMeasurementsRequest {
            name: self.record.name.clone(),
            lease_token: self.token.clone(),
            measurements: vec![measurement],
            checkpoint: report.checkpoint.map(checkpoint),
            provenance: report.provenance,
            request_id,
            ..Default::default()
        })
    }

    /// Take in the answer to a report of *step*.
    pub fn reported(&mut self, step: i64, answer: proto::ReportMeasurementsResponse, now: Instant) -> Directive {
        self.last_reported = Some(step);
        self.measured_at = now;
        self.obey(answer.directive.unwrap_or_default().into());
        self.is_over = self.directive.leaves() || TrialState::from_wire(answer.state) != TrialState::Running;
        if let Some(lease) = &answer.lease {
            self.heartbeat_interval = interval(lease);
        }
        self.heartbeat_at = now + self.heartbeat_interval; // a report was a heartbeat too
        self.directive.clone()
    }

    pub fn heartbeat(&self) -> proto::HeartbeatRequest {
        proto::HeartbeatRequest {
            name: self.record.name.clone(),
            lease_token: self.token.clone(),
            ..Default::default()
        }
    }

    /// Take in the answer to a heartbeat: only a wish to leave, since a report may have learnt more meanwhile.
    pub fn heard(&mut self, answer: proto::HeartbeatResponse, now: Instant) {
        let directive = Directive::from(answer.directive.unwrap_or_default());
        if directive.leaves() && !self.is_over {
            self.obey(directive);
            self.is_over = answer.lease.is_none();
        }
        if let Some(lease) = &answer.lease {
            self.heartbeat_interval = interval(lease);
        }
        self.heartbeat_at = now + self.heartbeat_interval;
    }

    /// Take in what a heartbeat, a report or a last word was answered with instead.
    pub fn refused(&mut self, error: &Error) {
        let is_final = matches!(
            error.kind(),
            ErrorKind::LeaseLost
                | ErrorKind::WrongTrialState
                | ErrorKind::StudyOver
                | ErrorKind::StudyNotFound
                | ErrorKind::TrialNotFound
        );
        if is_final && !self.is_over {
            self.is_over = true;
            self.obey(Directive { action: Action::Stop, until_step: None, reason: error.reason().to_owned() });
        }
    }

    /// Say that this is the result, or the latest measurement when nothing is given.
    pub fn complete(&self, result: Option<Report>, request_id: String, now: Instant) -> Result<LastWord> {
        let mut request = proto::CompleteTrialRequest {
            name: self.record.name.clone(),
            lease_token: self.token.clone(),
            request_id,
            ..Default::default()
        };
        if let Some(report) = result {
            if !report.metrics.is_empty() {
                let step = report.step.unwrap_or_else(|| self.default_step());
                request.final_measurement = Some(self.measurement(&report, step, now)?);
            }
            request.checkpoint = report.checkpoint.map(checkpoint);
            request.provenance = report.provenance;
        }
        Ok(LastWord::Complete(request))
    }

    pub fn fail(&self, message: &str, kind: proto::FailureKind, permanent: bool, request_id: String) -> LastWord {
        LastWord::Fail(proto::FailTrialRequest {
            name: self.record.name.clone(),
            lease_token: self.token.clone(),
            kind: kind.into(),
            message: ending(message),
            permanent,
            provenance: None,
            request_id,
            ..Default::default()
        })
    }

    pub fn release(&self, uri: Option<String>, reason: &str, request_id: String) -> LastWord {
        LastWord::Release(proto::ReleaseTrialRequest {
            name: self.record.name.clone(),
            lease_token: self.token.clone(),
            checkpoint: uri.map(checkpoint),
            message: ending(reason),
            request_id,
            ..Default::default()
        })
    }

    /// What to say when the body of the trial is left; `None`: nothing.
    pub fn farewell(&self, leaving: &Leaving<'_>, request_id: String, now: Instant) -> Option<LastWord> {
        if self.is_over {
            return None;
        }
        let word = match leaving {
            Leaving::Interrupted(why) => self.release(None, why, request_id),
            Leaving::Failed(why) => self.fail(why, proto::FailureKind::Crashed, false, request_id),
            // A heartbeat said so while the lease was good: handed back, nobody has to wait for it to run out.
            Leaving::Normally if self.directive.leaves() => {
                self.release(None, &format!("told to stop: {}", self.directive.reason), request_id)
            }
            Leaving::Normally if self.last_reported.is_none() => {
                let why = "the body of the trial ended without a report";
                self.fail(why, proto::FailureKind::Crashed, false, request_id)
            }
            Leaving::Normally => self.complete(None, request_id, now).ok()?,
        };
        Some(word)
    }

    fn obey(&mut self, mut directive: Directive) {
        if directive.leaves() && directive.until_step.is_none() {
            directive.until_step = self.directive.until_step; // the budget that was granted stays a fact
        }
        self.directive = directive;
    }

    fn measurement(&self, report: &Report, step: i64, now: Instant) -> Result<proto::Measurement> {
        if report.metrics.is_empty() {
            return Err(Error::invalid("metrics", "a report needs at least one metric"));
        }
        if !report.unknown_sem.is_empty() {
            let names = report.unknown_sem.join(", ");
            return Err(Error::invalid("sem", format!("{names}: not among the reported metrics")));
        }
        Ok(proto::Measurement {
            step,
            metrics: report.metrics.clone(),
            cost: report.cost,
            elapsed: Some(wire_duration(now.saturating_duration_since(self.measured_at))),
            create_time: None,
            ..Default::default()
        })
    }

    fn default_step(&self) -> i64 {
        let after_reported = self.last_reported.map(|step| step + 1);
        let first = if self.has_fidelity { self.start_step + 1 } else { self.start_step };
        self.step.or(after_reported).unwrap_or(first)
    }
}

/// Steps that the checkpoint has behind it; without one the training starts anew.
fn start_step(trial: &proto::Trial) -> i64 {
    let of = trial.checkpoint.as_ref();
    of.map_or(0, |checkpoint| checkpoint.step.or(trial.last_step).unwrap_or_default())
}

fn interval(lease: &proto::Lease) -> Duration {
    let told = duration(lease.heartbeat_interval.as_ref());
    if told > Duration::ZERO { told } else { (duration(lease.ttl.as_ref()) / 3).max(Duration::from_secs(1)) }
}

fn checkpoint(uri: String) -> proto::Checkpoint {
    proto::Checkpoint { uri, ..Default::default() }
}

fn ending(text: &str) -> String {
    let surplus = text.chars().count().saturating_sub(LONGEST_MESSAGE);
    text.chars().skip(surplus).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease() -> proto::Lease {
        let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
        proto::Lease { token: "t".into(), ttl: seconds(60), heartbeat_interval: seconds(20), ..Default::default() }
    }

    fn held(until: Option<i64>) -> Holding {
        let trial = proto::Trial { name: "n".into(), lease: Some(lease()), until_step: until, ..Default::default() };
        Holding::new(trial, Instant::now())
    }

    fn answer(action: proto::DirectiveAction, until: Option<i64>) -> proto::ReportMeasurementsResponse {
        proto::ReportMeasurementsResponse {
            directive: Some(proto::Directive {
                action: action.into(),
                until_step: until,
                reason: 0,
                ..Default::default()
            }),
            state: proto::TrialState::Running.into(),
            lease: Some(lease()),
            ..Default::default()
        }
    }

    fn farewell(holding: &Holding, leaving: &Leaving<'_>) -> Option<LastWord> {
        holding.farewell(leaving, "id".into(), Instant::now())
    }

    /// Steps run to the budget, and further when it grows with a promotion.
    #[test]
    fn steps_obey_the_budget() {
        let mut holding = held(Some(2));

        assert_eq!((holding.advance(), holding.advance()), (Some(1), Some(2)));
        holding.reported(2, answer(proto::DirectiveAction::Continue, Some(3)), Instant::now());
        assert_eq!((holding.advance(), holding.advance()), (Some(3), None));
    }

    /// With a checkpoint the training goes on after its step; at the very end of the budget it is evaluated once more.
    #[test]
    fn a_checkpoint_sets_the_start() {
        let checkpoint = proto::Checkpoint { uri: "u".into(), step: Some(3), ..Default::default() };
        let trial = |until| proto::Trial {
            checkpoint: Some(checkpoint.clone()),
            until_step: Some(until),
            ..Default::default()
        };

        assert_eq!(Holding::new(trial(9), Instant::now()).advance(), Some(4));
        let mut at_the_end = Holding::new(trial(3), Instant::now());
        assert_eq!((at_the_end.advance(), at_the_end.advance()), (Some(3), None));
    }

    /// A report that names no step goes under the one that the steps are at; without a fidelity it counts from 0.
    #[test]
    fn a_report_has_a_step_by_default() {
        let report = |holding: &Holding| {
            holding.report([("loss", 1.0)].into(), "id".into(), Instant::now()).unwrap().measurements[0].step
        };
        let mut with = held(Some(5));
        with.advance();
        with.advance();
        let mut without = held(None);

        assert_eq!((report(&with), report(&without)), (2, 0));
        without.reported(0, answer(proto::DirectiveAction::Continue, None), Instant::now());
        assert_eq!(report(&without), 1);
    }

    /// What is said when the body is left, for each way of leaving it.
    #[test]
    fn leaving_says_how_it_went() {
        let mut holding = held(None);
        assert!(matches!(farewell(&holding, &Leaving::Normally), Some(LastWord::Fail(_))));
        assert!(matches!(farewell(&holding, &Leaving::Failed("x")), Some(LastWord::Fail(r)) if r.message == "x"));
        assert!(matches!(farewell(&holding, &Leaving::Interrupted("x")), Some(LastWord::Release(_))));

        holding.reported(0, answer(proto::DirectiveAction::Continue, None), Instant::now());
        assert!(matches!(farewell(&holding, &Leaving::Normally), Some(LastWord::Complete(_))));

        let stop = answer(proto::DirectiveAction::Stop, None).directive;
        holding.heard(
            proto::HeartbeatResponse { directive: stop, lease: Some(lease()), ..Default::default() },
            Instant::now(),
        );
        assert!(holding.should_stop());
        assert!(matches!(farewell(&holding, &Leaving::Normally), Some(LastWord::Release(_))));
    }

    /// After PAUSE or STOP in the answer to a report nothing more is said, and nothing brings the trial back.
    #[test]
    fn what_is_over_stays_over() {
        let mut holding = held(Some(3));
        holding.reported(1, answer(proto::DirectiveAction::Pause, None), Instant::now());
        let go_on = answer(proto::DirectiveAction::Continue, Some(9)).directive;
        holding.heard(
            proto::HeartbeatResponse { directive: go_on, lease: Some(lease()), ..Default::default() },
            Instant::now(),
        );

        assert!(holding.is_over && holding.advance().is_none());
        assert_eq!(holding.directive.until_step, Some(3));
        assert!(farewell(&holding, &Leaving::Normally).is_none());
    }

    /// An empty report and a standard error of nothing are refused before anything is sent.
    #[test]
    fn a_report_without_sense_is_refused() {
        let refused = |report| held(None).report(report, "id".into(), Instant::now()).unwrap_err().to_string();

        assert_eq!(refused(Report::default()), "metrics: a report needs at least one metric");
        assert_eq!(refused(Report::from([("a", 1.0)]).sem("b", 0.1)), "sem: b: not among the reported metrics");
    }

    /// Of a text that is too long the end is kept, on a character's boundary.
    #[test]
    fn a_long_reason_keeps_its_end() {
        let text = format!("{}end", "ü".repeat(LONGEST_MESSAGE));

        let kept = ending(&text);

        assert!(kept.chars().count() == LONGEST_MESSAGE && kept.ends_with("üend"));
    }
}
