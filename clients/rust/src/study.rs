//! A study, from the client's side: ask, steer, read.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::Result;
use crate::proto;
use crate::records::{Front, StudyState, TrialRecord, duration, end_reason};
use crate::space::Params;
use crate::transport::{Terms, Transport};
use crate::trial::{Trial, new_id};

/// Deadline of one ask: the server waits for a trial until shortly before it.
const LONGEST_WAIT: Duration = Duration::from_secs(25);
/// Deadline of an ask that shall not wait: it has to get there and back.
const SHORTEST_WAIT: Duration = Duration::from_millis(500);
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
/// Between two asks, when the server does not say.
const USUAL_PAUSE: Duration = Duration::from_secs(1);
/// Items read at once by what iterates over a list.
const PAGE_SIZE: i32 = 200;

/// A study on the server. What it shows of itself is as old as the last call; [`refresh`](Self::refresh) reads it again.
#[derive(Debug, Clone)]
pub struct Study {
    transport: Arc<Transport>,
    message: proto::Study,
}

impl Study {
    pub(crate) fn new(transport: Arc<Transport>, message: proto::Study) -> Self {
        Self { transport, message }
    }

    /// `projects/{project}/studies/{study}`.
    pub fn name(&self) -> &str {
        &self.message.name
    }

    /// The last part of the name.
    pub fn id(&self) -> &str {
        self.message.name.rsplit('/').next().unwrap_or_default()
    }

    /// Whether it hands out trials.
    pub fn state(&self) -> StudyState {
        StudyState::from_wire(self.message.state)
    }

    /// Why it is over: MAX_TRIALS, TARGET_REACHED, STOPPED_BY_USER, …; empty while it is active.
    pub fn end_reason(&self) -> String {
        end_reason(self.message.end_reason)
    }

    /// Whether nothing is handed out any more.
    pub fn is_over(&self) -> bool {
        matches!(self.state(), StudyState::Stopped | StudyState::Completed)
    }

    /// The seed in force.
    pub fn seed(&self) -> i64 {
        self.message.resolved_seed
    }

    /// What its creator asked for.
    pub fn spec(&self) -> proto::StudySpec {
        self.message.spec.clone().unwrap_or_default()
    }

    /// Everything that was read.
    pub fn message(&self) -> &proto::Study {
        &self.message
    }

    /// One trial after the other, until the study is over.
    ///
    /// *worker* is unique among the living. Under the same name as before, a worker that was restarted gets its trial
    /// back at once; for the same reason, leave each trial before asking for the next one.
    pub fn trials(&self, worker: &str) -> Trials {
        Trials { study: self.clone(), worker: worker.to_owned(), ready: VecDeque::new() }
    }

    /// Ask for up to *count* trials, and wait for them until the study is over (then [`is_over`](Self::is_over) says
    /// so) or *timeout* has passed; then there are none. Dropping the future cancels the call; a trial that was granted
    /// nevertheless is got by asking again under the same name.
    ///
    /// # Errors
    /// Whatever the server refuses, and `Unavailable` beyond the client's patience.
    pub async fn ask(&mut self, worker: &str, count: i32, timeout: Option<Duration>) -> Result<Vec<Trial>> {
        let give_up_at = timeout.map(|timeout| Instant::now() + timeout);
        loop {
            let left = |now| give_up_at.map(|end: Instant| end.saturating_duration_since(now));
            let wait = left(Instant::now()).map_or(LONGEST_WAIT, |left| left.clamp(SHORTEST_WAIT, LONGEST_WAIT));
            let request = proto::SuggestTrialsRequest {
                parent: self.message.name.clone(),
                worker: worker.to_owned(),
                count,
                request_id: new_id(),
                ..Default::default()
            };
            let answer = self.transport.run(request, Terms { timeout: Some(wait), patience: None }).await?;
            let left = left(Instant::now());
            if !answer.trials.is_empty() || self.ended(answer.end_reason) || left == Some(Duration::ZERO) {
                let transport = || Arc::clone(&self.transport);
                return Ok(answer.trials.into_iter().map(|trial| Trial::new(transport(), trial)).collect());
            }
            let told = answer.retry_delay.as_ref().map_or(USUAL_PAUSE, |delay| duration(Some(delay)));
            let pause = told.max(SHORTEST_PAUSE);
            tokio::time::sleep(left.map_or(pause, |left| pause.min(left))).await;
        }
    }

    /// The feasible trials at full fidelity that no other one beats; prints as a table.
    ///
    /// # Errors
    /// `StudyNotFound`, when it was deleted.
    pub async fn front(&self) -> Result<Front> {
        let answer = self.run(proto::GetFrontRequest { name: self.message.name.clone(), ..Default::default() }).await?;
        let objectives = self.message.spec.iter().flat_map(|spec| &spec.objectives);
        Ok(Front::new(answer, objectives.map(|objective| objective.metric.clone()).collect()))
    }

    /// The best feasible trial at full fidelity by *metric*, which may be empty if there is one objective.
    ///
    /// # Errors
    /// `InvalidArgument`, when *metric* is not an objective.
    pub async fn best(&self, metric: &str) -> Result<Option<TrialRecord>> {
        let request = proto::GetBestTrialRequest {
            name: self.message.name.clone(),
            metric: metric.to_owned(),
            ..Default::default()
        };
        Ok(self.run(request).await?.trial.map(Into::into))
    }

    /// One trial with everything about it.
    ///
    /// # Errors
    /// `TrialNotFound`.
    pub async fn trial(&self, number: i64) -> Result<TrialRecord> {
        Ok(self.run(proto::GetTrialRequest { name: self.trial_name(number), ..Default::default() }).await?.into())
    }

    /// Trials that *filter* lets through, by number unless *order_by* says otherwise; pages are read as they are needed.
    pub fn list_trials(&self, filter: &str, order_by: &str) -> TrialList {
        let request = proto::ListTrialsRequest {
            parent: self.message.name.clone(),
            page_size: PAGE_SIZE,
            filter: filter.to_owned(),
            order_by: order_by.to_owned(),
            ..Default::default()
        };
        TrialList { transport: Arc::clone(&self.transport), request: Some(request), ready: VecDeque::new() }
    }

    /// Queue a configuration to be run.
    ///
    /// # Errors
    /// `InvalidArgument`: a value is missing, unknown or out of range.
    pub async fn enqueue(&self, params: impl Into<Params>) -> Result<TrialRecord> {
        self.create_trial(params.into(), Vec::new()).await
    }

    /// Add a trial that was measured elsewhere, with its result at full fidelity.
    ///
    /// # Errors
    /// As [`enqueue`](Self::enqueue).
    pub async fn attach<N: Into<String>>(
        &self,
        params: impl Into<Params>,
        metrics: impl IntoIterator<Item = (N, f64)>,
    ) -> Result<TrialRecord> {
        let metrics: BTreeMap<_, _> =
            metrics.into_iter().map(|(name, value)| (name.into(), proto::MetricValue::new(value))).collect();
        let fidelity = self.message.spec.as_ref().and_then(|spec| spec.fidelity.as_ref());
        let step = fidelity.map_or(0, |fidelity| fidelity.max);
        self.create_trial(params.into(), vec![proto::Measurement { step, metrics, ..Default::default() }]).await
    }

    /// Stop a trial, whoever holds it.
    ///
    /// # Errors
    /// `WrongTrialState`, when it has ended.
    pub async fn stop_trial(&self, number: i64) -> Result<TrialRecord> {
        let request =
            proto::StopTrialRequest { name: self.trial_name(number), request_id: new_id(), ..Default::default() };
        Ok(self.run(request).await?.trial.unwrap_or_default().into())
    }

    /// End it: nothing is handed out any more, running trials are told to stop.
    ///
    /// # Errors
    /// `StudyNotFound`.
    pub async fn stop(&mut self) -> Result<()> {
        let request =
            proto::StopStudyRequest { name: self.message.name.clone(), request_id: new_id(), ..Default::default() };
        self.message = self.run(request).await?.study.unwrap_or_default();
        Ok(())
    }

    /// Delete it with all its trials.
    ///
    /// # Errors
    /// `StudyNotFound`.
    pub async fn delete(self) -> Result<()> {
        let name = self.message.name.clone();
        self.run(proto::DeleteStudyRequest { name, request_id: new_id(), ..Default::default() }).await
    }

    /// Read it again.
    ///
    /// # Errors
    /// `StudyNotFound`.
    pub async fn refresh(&mut self) -> Result<()> {
        self.message =
            self.run(proto::GetStudyRequest { name: self.message.name.clone(), ..Default::default() }).await?;
        Ok(())
    }

    fn run<C: crate::transport::Call>(&self, call: C) -> impl Future<Output = Result<C::Answer>> {
        self.transport.run(call, Terms::default())
    }

    async fn create_trial(&self, params: Params, measurements: Vec<proto::Measurement>) -> Result<TrialRecord> {
        let trial = proto::Trial { configuration: Some(params.into()), ..Default::default() };
        let parent = self.message.name.clone();
        let request = proto::CreateTrialRequest {
            parent,
            trial: Some(trial),
            measurements,
            request_id: new_id(),
            ..Default::default()
        };
        Ok(self.run(request).await?.into())
    }

    fn trial_name(&self, number: i64) -> String {
        format!("{}/trials/{number}", self.message.name)
    }

    /// Take in why it is over, and say whether it is.
    fn ended(&mut self, reason: i32) -> bool {
        if reason != 0 && !self.is_over() {
            let is_stopped = reason == i32::from(proto::StudyEndReason::StoppedByUser);
            let state = if is_stopped { proto::StudyState::Stopped } else { proto::StudyState::Completed };
            self.message.set_state(state);
            self.message.end_reason = reason;
        }
        reason != 0
    }
}

/// One trial after the other; see [`Study::trials`].
#[derive(Debug)]
pub struct Trials {
    study: Study,
    worker: String,
    ready: VecDeque<Trial>,
}

impl Trials {
    /// The next trial, once there is one; `None` when the study is over.
    ///
    /// # Errors
    /// As [`Study::ask`].
    pub async fn next(&mut self) -> Result<Option<Trial>> {
        if self.ready.is_empty() {
            self.ready = self.study.ask(&self.worker, 1, None).await?.into();
        }
        Ok(self.ready.pop_front())
    }

    /// The study, as it was when it was last heard of: it knows why there is no next trial.
    pub fn study(&self) -> &Study {
        &self.study
    }
}

/// Trials of a list; see [`Study::list_trials`].
#[derive(Debug)]
pub struct TrialList {
    transport: Arc<Transport>,
    /// For the next page; `None` after the last one.
    request: Option<proto::ListTrialsRequest>,
    ready: VecDeque<proto::Trial>,
}

impl TrialList {
    /// How many trials are read at once, 1 to 1000.
    #[must_use]
    pub fn page_size(mut self, size: i32) -> Self {
        self.request.iter_mut().for_each(|request| request.page_size = size);
        self
    }

    /// With all measurements and attempts.
    #[must_use]
    pub fn full(mut self) -> Self {
        self.request.iter_mut().for_each(|request| request.set_view(proto::TrialView::Full));
        self
    }

    /// The next trial; `None` at the end.
    ///
    /// # Errors
    /// `InvalidArgument`: the filter or the order cannot be read.
    pub async fn next(&mut self) -> Result<Option<TrialRecord>> {
        while self.ready.is_empty() {
            let Some(request) = self.request.take() else { return Ok(None) };
            let page = match self.transport.run(request.clone(), Terms::default()).await {
                Ok(page) => page,
                Err(error) => {
                    self.request = Some(request);
                    return Err(error);
                }
            };
            self.ready = page.trials.into();
            let token = page.next_page_token;
            self.request = (!token.is_empty()).then_some(proto::ListTrialsRequest { page_token: token, ..request });
        }
        Ok(self.ready.pop_front().map(Into::into))
    }

    /// All that are left.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn all(mut self) -> Result<Vec<TrialRecord>> {
        let mut found = Vec::new();
        while let Some(trial) = self.next().await? {
            found.push(trial);
        }
        Ok(found)
    }
}
