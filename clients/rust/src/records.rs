//! What the server tells: pictures of studies and trials at one moment.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::proto;
use crate::space::Params;

macro_rules! states {
    ($(#[$doc:meta])* $name:ident of $wire:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// One of a newer server.
            Unknown,
        }

        impl $name {
            pub(crate) fn from_wire(number: i32) -> Self {
                match proto::$wire::try_from(number) {
                    $(Ok(proto::$wire::$variant) => Self::$variant,)*
                    _ => Self::Unknown,
                }
            }

            /// As the contract and other clients write it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unknown => "UNKNOWN",
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

states! {
    /// Where a trial is in its life.
    TrialState of TrialState {
        /// Waiting to be run or resumed.
        Queued = "QUEUED",
        /// A worker holds it.
        Running = "RUNNING",
        /// At a budget boundary without a worker.
        Paused = "PAUSED",
        /// Evaluated.
        Succeeded = "SUCCEEDED",
        /// Ended early by a decision.
        Stopped = "STOPPED",
        /// Died too often.
        Failed = "FAILED",
        /// The configuration itself is bad.
        Infeasible = "INFEASIBLE",
    }
}

states! {
    /// Whether a study hands out trials.
    StudyState of StudyState {
        /// It does.
        Active = "ACTIVE",
        /// Stopped by a user.
        Stopped = "STOPPED",
        /// Ended by its budget, a target or an exhausted space.
        Completed = "COMPLETED",
    }
}

impl TrialState {
    /// Whether nothing can change it any more.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Stopped | Self::Failed | Self::Infeasible)
    }
}

/// What a worker shall do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Go on.
    Continue,
    /// Leave the trial; its checkpoint is kept.
    Pause,
    /// Leave the trial for good.
    Stop,
}

impl Action {
    /// As the contract and other clients write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Continue => "CONTINUE",
            Self::Pause => "PAUSE",
            Self::Stop => "STOP",
        }
    }
}

/// The answer to a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// What to do.
    pub action: Action,
    /// Train until this step is reported; `None` without a fidelity.
    pub until_step: Option<i64>,
    /// PROMOTED, RUNG_REACHED, COMPLETED, PRUNED, STUDY_OVER, STOPPED_BY_USER, or empty.
    pub reason: String,
}

impl Directive {
    /// Whether the worker shall leave the trial.
    pub fn leaves(&self) -> bool {
        self.action != Action::Continue
    }
}

impl From<proto::Directive> for Directive {
    /// A newer server's unknown wish is to leave, since that loses nothing.
    fn from(message: proto::Directive) -> Self {
        let reason = proto::DirectiveReason::try_from(message.reason).map_or("", |reason| reason.as_str_name());
        Self {
            action: match proto::DirectiveAction::try_from(message.action) {
                Ok(proto::DirectiveAction::Continue) => Action::Continue,
                Ok(proto::DirectiveAction::Pause) => Action::Pause,
                _ => Action::Stop,
            },
            until_step: message.until_step,
            reason: short(reason, "DIRECTIVE_REASON_"),
        }
    }
}

/// One configuration, as it was when it was read.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrialRecord {
    /// `projects/{project}/studies/{study}/trials/{number}`.
    pub name: String,
    /// Dense within the study, from 1.
    pub number: i64,
    /// Where it is in its life.
    pub state: TrialState,
    /// A value for each active parameter.
    pub params: Params,
    /// Of the result once SUCCEEDED, of the latest measurement before; empty when there is none.
    pub metrics: BTreeMap<String, f64>,
    /// The last reported step; 0 when there is none.
    pub steps: i64,
    /// Train until this step is reported; `None` without a fidelity.
    pub until_step: Option<i64>,
    /// Whether all hard constraints are kept; `None` when that is not known.
    pub feasible: Option<bool>,
    /// Where to resume from.
    pub checkpoint: Option<String>,
    /// Who holds it; empty when nobody does.
    pub worker: String,
    /// How often it was handed out, as far as the view tells.
    pub attempt: i64,
    /// Everything that the server said.
    pub message: proto::Trial,
}

impl From<proto::Trial> for TrialRecord {
    fn from(message: proto::Trial) -> Self {
        let shown = message.final_measurement.as_ref().or(message.latest_measurement.as_ref());
        let attempts = message.attempts.iter().map(|attempt| attempt.number);
        Self {
            name: message.name.clone(),
            number: message.number,
            state: TrialState::from_wire(message.state),
            params: message.configuration.clone().unwrap_or_default().into(),
            metrics: shown.map(|m| m.metrics.iter().map(|(k, v)| (k.clone(), v.value())).collect()).unwrap_or_default(),
            steps: message.last_step.unwrap_or_default(),
            until_step: message.until_step,
            feasible: message.feasible,
            checkpoint: message.checkpoint.as_ref().map(|checkpoint| checkpoint.uri.clone()),
            worker: message.lease.as_ref().map(|lease| lease.worker.clone()).unwrap_or_default(),
            attempt: attempts.chain(message.lease.as_ref().map(|lease| lease.attempt)).max().unwrap_or_default(),
            message,
        }
    }
}

/// The feasible trials at full fidelity that no other one beats, best by the first objective first; prints as a table.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Front {
    /// The trials.
    pub trials: Vec<TrialRecord>,
    /// The objectives, in their order.
    pub objectives: Vec<String>,
    /// Volume dominated by the front; `None` when there is no result.
    pub hypervolume: Option<f64>,
    /// One threshold for each objective, given or inferred.
    pub reference_point: Vec<f64>,
}

impl Front {
    pub(crate) fn new(message: proto::GetFrontResponse, objectives: Vec<String>) -> Self {
        Self {
            trials: message.trials.into_iter().map(Into::into).collect(),
            objectives,
            hypervolume: message.hypervolume,
            reference_point: message.reference_point,
        }
    }
}

impl fmt::Display for Front {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>6}", "trial")?;
        for metric in &self.objectives {
            write!(f, "  {metric:>12}")?;
        }
        for trial in &self.trials {
            write!(f, "\n{:>6}", trial.number)?;
            for metric in &self.objectives {
                let value = trial.metrics.get(metric).map_or("-".to_owned(), |value| format!("{value:.6}"));
                write!(f, "  {value:>width$}", width = metric.len().max(12))?;
            }
            for (name, value) in trial.params.iter() {
                write!(f, "  {name}={value}")?;
            }
        }
        Ok(())
    }
}

/// Why a study is over; empty when it is not.
pub(crate) fn end_reason(number: i32) -> String {
    let unknown = if number == 0 { "" } else { "UNKNOWN" };
    short(proto::StudyEndReason::try_from(number).map_or(unknown, |r| r.as_str_name()), "STUDY_END_REASON_")
}

/// A duration of the wire; what is missing or below zero is zero.
pub(crate) fn duration(message: Option<&prost_types::Duration>) -> Duration {
    message.and_then(|message| Duration::try_from(*message).ok()).unwrap_or_default()
}

fn short(name: &str, prefix: &str) -> String {
    let short = name.strip_prefix(prefix).unwrap_or(name);
    if short == "UNSPECIFIED" { String::new() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unknown enum values of a newer server are mapped, never a crash.
    #[test]
    fn enums_of_a_newer_server_are_mapped() {
        let wish = proto::Directive { action: 99, until_step: None, reason: 99, ..Default::default() };

        assert_eq!(TrialState::from_wire(99), TrialState::Unknown);
        assert_eq!(StudyState::from_wire(0), StudyState::Unknown);
        assert_eq!(end_reason(99), "UNKNOWN");
        assert_eq!(Directive::from(wish).action, Action::Stop);
    }

    /// A result that is final is shown instead of the latest measurement; zero is a value.
    #[test]
    fn the_result_is_the_final_measurement() {
        let measured = |value| proto::Measurement {
            metrics: [("loss".to_owned(), proto::MetricValue::new(value))].into(),
            ..Default::default()
        };
        let trial = proto::Trial {
            final_measurement: Some(measured(0.0)),
            latest_measurement: Some(measured(1.0)),
            ..Default::default()
        };

        assert_eq!(TrialRecord::from(trial).metrics["loss"], 0.0);
    }

    /// A front prints one line for each trial below its heading.
    #[test]
    fn a_front_prints_as_a_table() {
        let trial = TrialRecord::from(proto::Trial { number: 3, ..Default::default() });
        let front =
            Front { trials: vec![trial], objectives: vec!["loss".into()], hypervolume: None, reference_point: vec![] };

        assert_eq!(front.to_string(), " trial          loss\n     3             -");
    }
}
