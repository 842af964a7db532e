//! Whether a failed call is tried again, and when: rules without a socket of their own.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::MethodConfig;
use crate::error::{Error, ErrorKind};

/// How long a client waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// For one try, and for all tries of a call that no worker depends on; the service config's when `None`.
    pub timeout: Option<Duration>,
    /// For the first answer of all.
    pub connect_timeout: Duration,
    /// For all tries of a call that a worker depends on: a restart of the server must not cost a training.
    pub patience: Duration,
}

/// The tries of one call.
pub(crate) struct Effort {
    config: MethodConfig,
    connect_timeout: Duration,
    has_met: bool,
    give_up_at: Instant,
    timeout: Duration,
    failures: i32,
    absence: Option<Error>,
}

/// A deadline that has passed still needs a positive number to be sent.
const SHORTEST_TRY: Duration = Duration::from_millis(50);

impl Effort {
    /// *allowed* is for all tries, one of which may take *timeout*; at first contact the client's connect timeout is all.
    pub fn new(
        config: MethodConfig,
        limits: &Limits,
        has_met: bool,
        allowed: Duration,
        timeout: Duration,
        now: Instant,
    ) -> Self {
        let allowed = if has_met { allowed } else { allowed.min(limits.connect_timeout) };
        Self {
            config,
            connect_timeout: limits.connect_timeout,
            has_met,
            give_up_at: now + allowed,
            timeout,
            failures: 0,
            absence: None,
        }
    }

    /// Deadline of the next try.
    pub fn timeout(&self, now: Instant) -> Duration {
        SHORTEST_TRY.max(self.timeout.min(self.give_up_at.saturating_duration_since(now)))
    }

    /// How long to wait before the next try; the error that the caller is told, when it was the last one.
    ///
    /// *chance* is in [0, 1). Only what is safe to repeat gets here: reads, and acts under one request id. ABORTED is
    /// never repeated.
    pub fn delay(&mut self, error: Error, address: &str, now: Instant, chance: f64) -> Result<Duration, Error> {
        self.failures += 1;
        if error.kind() == ErrorKind::Unavailable {
            self.absence = Some(error.clone());
        }
        match self.backoff(&error, chance) {
            Some(delay) if now + delay < self.give_up_at => Ok(delay),
            _ => Err(self.verdict(error, address)),
        }
    }

    fn backoff(&self, error: &Error, chance: f64) -> Option<Duration> {
        let is_worth_it = match error.kind() {
            ErrorKind::Unavailable | ErrorKind::DeadlineExceeded => true,
            ErrorKind::Overloaded => error.retry_after().is_some(), // otherwise a quota that no waiting brings back
            _ => false,
        };
        let grown =
            self.config.initial_backoff.as_secs_f64() * self.config.multiplier.powi((self.failures - 1).min(10));
        let backoff = self.config.max_backoff.as_secs_f64().min(grown);
        // Full jitter above half: workers that lost the same server do not come back at the same moment.
        let delay = Duration::from_secs_f64(backoff * (0.5 + 0.5 * chance));
        is_worth_it.then(|| delay.max(error.retry_after().unwrap_or_default()))
    }

    fn verdict(&mut self, error: Error, address: &str) -> Error {
        if error.kind() != ErrorKind::DeadlineExceeded || !error.reason().is_empty() {
            return error;
        }
        match self.absence.take() {
            Some(absence) => absence, // says more than that time ran out: who refused, and why
            None if self.has_met => error,
            None => Error::no_answer(address, self.connect_timeout),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use tonic::{Code, Status};
    use tonic_types::{ErrorDetails, StatusExt};

    const LIMITS: Limits =
        Limits { timeout: None, connect_timeout: Duration::from_secs(10), patience: Duration::from_secs(600) };

    fn effort(has_met: bool, now: Instant) -> Effort {
        let config = crate::config::of("/assay.v1.TrialService/ReportMeasurements");
        Effort::new(config, &LIMITS, has_met, LIMITS.patience, Duration::from_secs(30), now)
    }

    fn failed(code: Code) -> Error {
        Error::from_status(&Status::new(code, "no"), "here:1")
    }

    fn refused(code: Code, reason: &str, retry_after: Option<Duration>) -> Error {
        let mut details = ErrorDetails::with_error_info(reason, "assay.dev", HashMap::new());
        if retry_after.is_some() {
            details.set_retry_info(retry_after);
        }
        Error::from_status(&Status::with_error_details(code, "no", details), "here:1")
    }

    /// The backoff doubles from 0.1 s to 2 s, with jitter above its half.
    #[test]
    fn the_backoff_grows_to_its_cap() {
        let now = Instant::now();
        let mut effort = effort(true, now);
        let mut next = |chance| effort.delay(failed(Code::Unavailable), "here:1", now, chance).unwrap().as_secs_f64();

        assert_eq!((next(0.0), next(1.0), next(1.0)), (0.05, 0.2, 0.4));
        for _ in 0..40 {
            assert!(next(1.0) <= 2.0);
        }
    }

    /// A server that is gone for half an hour is not waited for; one that is gone for half a minute is.
    #[test]
    fn patience_ends() {
        let now = Instant::now();
        let mut effort = effort(true, now);

        assert!(effort.delay(failed(Code::Unavailable), "here:1", now + Duration::from_secs(30), 0.5).is_ok());
        assert!(effort.delay(failed(Code::Unavailable), "here:1", now + Duration::from_secs(1800), 0.5).is_err());
    }

    /// At first contact, the error names the address within the connect timeout.
    #[test]
    fn a_server_that_is_not_there_is_named() {
        let now = Instant::now();
        let late = now + Duration::from_secs(10);

        let silent = effort(false, now).delay(Error::deadline("here:1"), "here:1", late, 0.5).unwrap_err();
        let mut refusing = effort(false, now);
        refusing.delay(failed(Code::Unavailable), "here:1", now, 0.5).unwrap();
        let refused = refusing.delay(Error::deadline("here:1"), "here:1", late, 0.5).unwrap_err();

        assert_eq!(silent.to_string(), "no server answers at here:1 within 10 s");
        assert_eq!(refused.to_string(), "no server answers at here:1: no");
    }

    /// ABORTED, a bad request and a quota without a time to come back are final.
    #[test]
    fn what_no_waiting_mends_is_told_at_once() {
        let now = Instant::now();
        for error in [
            refused(Code::Aborted, "LEASE_LOST", None),
            refused(Code::InvalidArgument, "INVALID_ARGUMENT", None),
            refused(Code::ResourceExhausted, "OVERLOADED", None),
        ] {
            assert!(effort(true, now).delay(error, "here:1", now, 0.5).is_err());
        }
    }

    /// An overloaded server is left alone for as long as it says.
    #[test]
    fn retry_info_is_kept() {
        let now = Instant::now();
        let busy = refused(Code::ResourceExhausted, "OVERLOADED", Some(Duration::from_secs(7)));

        assert_eq!(effort(true, now).delay(busy, "here:1", now, 0.5).unwrap(), Duration::from_secs(7));
    }
}
