//! A trial in the hands of this worker.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::error::{BoxError, Error, ErrorKind, Preempted, Result};
use crate::heartbeats;
use crate::holding::{Holding, LastWord, Leaving, Report};
use crate::proto::{self, FailureKind};
use crate::records::{Directive, TrialRecord, TrialState};
use crate::space::Params;
use crate::transport::{Terms, Transport};

/// For the last words of a worker that has to go, or whose server has gone.
const PARTING_PATIENCE: Duration = Duration::from_secs(5);

/// A trial that this worker holds.
///
/// Best trained inside [`run`](Self::run), which keeps it held by heartbeats and says by itself how it went. That is
/// also what [`hold`](Self::hold) and [`leave`](Self::leave) do, one after the other. Without them, report more often
/// than the lease lasts. A trial that is dropped between the two, as the future of `run` that is dropped does, is handed
/// back in the background, to be resumed by whoever asks next; one that is dropped by a panic has failed.
#[derive(Debug)]
pub struct Trial {
    transport: Arc<Transport>,
    holding: Arc<Mutex<Holding>>,
    /// While it is held.
    heartbeats: Option<JoinHandle<()>>,
}

impl Trial {
    pub(crate) fn new(transport: Arc<Transport>, message: proto::Trial) -> Self {
        let holding = Arc::new(Mutex::new(Holding::new(message, Instant::now())));
        Self { transport, holding, heartbeats: None }
    }

    /// A value for each active parameter, derived and fixed ones included.
    pub fn params(&self) -> Params {
        self.held().record.params.clone()
    }

    /// Dense within the study, from 1.
    pub fn number(&self) -> i64 {
        self.held().record.number
    }

    /// `projects/{project}/studies/{study}/trials/{number}`.
    pub fn name(&self) -> String {
        self.held().record.name.clone()
    }

    /// From 1; grows each time the trial is handed out.
    pub fn attempt(&self) -> i64 {
        self.held().record.attempt
    }

    /// For the training; may be negative.
    pub fn seed(&self) -> i64 {
        self.held().record.message.seed
    }

    /// Where to resume from; `None`: train from the start.
    pub fn checkpoint(&self) -> Option<String> {
        self.held().record.checkpoint.clone()
    }

    /// Steps that the checkpoint has behind it; 0 without one.
    pub fn start_step(&self) -> i64 {
        self.held().start_step
    }

    /// Train until this step is reported; grows with a promotion. `None` without a fidelity.
    pub fn until_step(&self) -> Option<i64> {
        self.held().directive.until_step
    }

    /// What the server said last.
    pub fn directive(&self) -> Directive {
        self.held().directive.clone()
    }

    /// Whether to leave the trial now; a heartbeat may have said so between two reports.
    pub fn should_stop(&self) -> bool {
        self.held().should_stop()
    }

    /// Everything that was said about it when it was handed out.
    pub fn record(&self) -> TrialRecord {
        self.held().record.clone()
    }

    /// The steps to train to, one after the other; `None` at the budget and when told to pause or to stop. Without a
    /// fidelity there is no budget: break, when done.
    pub fn next_step(&mut self) -> Option<i64> {
        self.held().advance()
    }

    /// Say what was measured; survives a restart of the server. [`next_step`](Self::next_step) obeys the answer by itself.
    ///
    /// # Errors
    /// `LeaseLost`: another worker has the trial now. `InvalidArgument`: a metric is not finite, a step went back, …
    pub async fn report(&mut self, report: impl Into<Report>) -> Result<Directive> {
        let request = self.held().report(report.into(), new_id(), Instant::now())?;
        let step = request.measurements[0].step;
        match self.transport.run(request, Terms::default()).await {
            Ok(answer) => Ok(self.held().reported(step, answer, Instant::now())),
            Err(error) => {
                self.held().refused(&error);
                Err(error)
            }
        }
    }

    /// End the trial with its latest measurement as the result.
    ///
    /// # Errors
    /// As [`report`](Self::report).
    pub async fn complete(&mut self) -> Result<TrialState> {
        self.complete_with(Report::default()).await
    }

    /// End the trial with this result.
    ///
    /// # Errors
    /// As [`report`](Self::report).
    pub async fn complete_with(&mut self, result: impl Into<Report>) -> Result<TrialState> {
        let word = self.held().complete(Some(result.into()), new_id(), Instant::now())?;
        self.end(word, None).await
    }

    /// The attempt died; it is tried again, unless that happened too often.
    ///
    /// # Errors
    /// `LeaseLost`: another worker has the trial now.
    pub async fn fail(&mut self, reason: &str) -> Result<TrialState> {
        let word = self.held().fail(reason, FailureKind::Crashed, false, new_id());
        self.end(word, None).await
    }

    /// The attempt died, and another one would too.
    ///
    /// # Errors
    /// As [`fail`](Self::fail).
    pub async fn fail_for_good(&mut self, reason: &str) -> Result<TrialState> {
        let word = self.held().fail(reason, FailureKind::Crashed, true, new_id());
        self.end(word, None).await
    }

    /// The configuration itself is bad: it cannot be built, diverges, does not fit. The search learns from it.
    ///
    /// # Errors
    /// As [`fail`](Self::fail).
    pub async fn infeasible(&mut self, reason: &str) -> Result<TrialState> {
        let word = self.held().fail(reason, FailureKind::Infeasible, false, new_id());
        self.end(word, None).await
    }

    /// Hand the trial back, to be resumed by whoever asks next; from *checkpoint*, if it is newer.
    ///
    /// # Errors
    /// As [`fail`](Self::fail).
    pub async fn release(&mut self, checkpoint: Option<&str>, reason: &str) -> Result<TrialState> {
        let word = self.held().release(checkpoint.map(str::to_owned), reason, new_id());
        self.end(word, None).await
    }

    /// Keep it held by heartbeats from now on. Has to be called on a Tokio runtime.
    pub fn hold(&mut self) {
        if self.heartbeats.is_none() {
            let beating = heartbeats::beat(Arc::clone(&self.transport), Arc::clone(&self.holding));
            self.heartbeats = Some(tokio::spawn(beating));
        }
    }

    /// Keep it held, run *body*, and [`leave`](Self::leave).
    ///
    /// # Errors
    /// That of *body*, or what the last word was answered with.
    pub async fn run<F>(mut self, body: F) -> Result<(), BoxError>
    where
        F: AsyncFnOnce(&mut Self) -> Result<(), BoxError>,
    {
        self.hold();
        let outcome = body(&mut self).await;
        self.leave(outcome).await
    }

    /// Say how it went, and end the heartbeats:
    ///
    /// - told to pause or stop, or completed, failed, released by hand: nothing more is said;
    /// - `Ok`, before that: it is completed with its latest measurement, or has failed without any report;
    /// - [`Preempted`]: it is handed back, and the error is returned;
    /// - `LeaseLost` of this trial: another worker has it now; the error ends here, so that the loop around goes on;
    /// - another error: the attempt has failed, with the error's text, and the error is returned.
    ///
    /// # Errors
    /// That of *outcome*, or what the last word was answered with.
    pub async fn leave(&mut self, outcome: Result<(), BoxError>) -> Result<(), BoxError> {
        let (leaving, patience) = match &outcome {
            Ok(()) => (Leaving::Normally, None),
            Err(error) if error.is::<Preempted>() => (Leaving::Interrupted("preempted"), Some(PARTING_PATIENCE)),
            Err(error) => (Leaving::Failed(&with_causes(error.as_ref())), parting(error)),
        };
        let word = self.held().farewell(&leaving, new_id(), Instant::now());
        let said = match word {
            Some(word) => self.end(word, patience).await.map(|_| ()),
            None => Ok(()),
        };
        self.is_done();
        match (outcome, said) {
            (Err(error), _) if self.is_own_loss(error.downcast_ref()) => Ok(()),
            (Err(error), Err(unsaid)) => {
                tracing::warn!(trial = self.name(), %unsaid, "the server could not be told how the trial went");
                Err(error)
            }
            (Err(error), Ok(())) => Err(error),
            (Ok(()), Err(error)) if self.is_own_loss(Some(&error)) => Ok(()),
            (Ok(()), said) => Ok(said?),
        }
    }

    async fn end(&mut self, word: LastWord, patience: Option<Duration>) -> Result<TrialState> {
        match speak(&self.transport, word, patience).await {
            Ok(state) => {
                self.is_done();
                Ok(state)
            }
            Err(error) => {
                self.held().refused(&error);
                Err(error)
            }
        }
    }

    fn is_done(&mut self) {
        self.held().is_over = true;
        self.heartbeats.take().inspect(JoinHandle::abort);
    }

    fn is_own_loss(&self, error: Option<&Error>) -> bool {
        let is_own = error.is_some_and(|error| error.is_loss_of(&self.held().record.name));
        if is_own {
            tracing::warn!(trial = self.name(), "another worker has the trial now");
        }
        is_own
    }

    fn held(&self) -> MutexGuard<'_, Holding> {
        lock(&self.holding)
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        let Some(heartbeats) = self.heartbeats.take() else { return };
        heartbeats.abort();
        let why = "the trial was dropped";
        let leaving =
            if std::thread::panicking() { Leaving::Failed("the worker panicked") } else { Leaving::Interrupted(why) };
        let word = self.held().farewell(&leaving, new_id(), Instant::now());
        if let (Some(word), Ok(runtime)) = (word, tokio::runtime::Handle::try_current()) {
            let transport = Arc::clone(&self.transport);
            runtime.spawn(async move { speak(&transport, word, Some(PARTING_PATIENCE)).await });
        }
    }
}

async fn speak(transport: &Transport, word: LastWord, patience: Option<Duration>) -> Result<TrialState> {
    let terms = Terms { timeout: None, patience };
    let trial = match word {
        LastWord::Complete(request) => transport.run(request, terms).await?.trial,
        LastWord::Fail(request) => transport.run(request, terms).await?.trial,
        LastWord::Release(request) => transport.run(request, terms).await?.trial,
    };
    Ok(TrialState::from_wire(trial.unwrap_or_default().state))
}

/// A panic of the body must not cost the heartbeats of other trials, nor the last word of this one.
pub(crate) fn lock(holding: &Mutex<Holding>) -> MutexGuard<'_, Holding> {
    holding.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

pub(crate) fn new_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

fn parting(error: &BoxError) -> Option<Duration> {
    let is_gone = error.downcast_ref::<Error>().is_some_and(|error| error.kind() == ErrorKind::Unavailable);
    is_gone.then_some(PARTING_PATIENCE)
}

fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join("\ncaused by: ")
}
