//! A trial service that misbehaves as a test tells it to, on a free port.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use assay_client::Client;
use assay_client::proto::trial_service_server::{TrialService, TrialServiceServer};
use assay_client::proto::{self, DirectiveAction, TrialState};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// The only trial that it hands out.
pub const TRIAL: &str = "projects/default/studies/s/trials/1";

/// A call that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub method: &'static str,
    pub request_id: String,
    /// What the call said in words.
    pub message: String,
    pub authorization: String,
    pub user_agent: String,
}

/// What a test sets, and what the peer does by.
#[derive(Default)]
struct Script {
    /// How the next reports are refused; then they are taken.
    refusals: VecDeque<Status>,
    /// What heartbeats are answered with.
    wish: DirectiveAction,
    /// Suggestions are never answered.
    is_silent: bool,
}

#[derive(Clone)]
struct Peer {
    script: Arc<Mutex<Script>>,
    seen: mpsc::UnboundedSender<Seen>,
    /// Told when a call was given up by its caller.
    given_up: mpsc::UnboundedSender<()>,
}

/// The peer, from the test's side.
pub struct Stage {
    pub address: String,
    script: Arc<Mutex<Script>>,
    seen: mpsc::UnboundedReceiver<Seen>,
    pub given_up: mpsc::UnboundedReceiver<()>,
}

impl Stage {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (seen_in, seen) = mpsc::unbounded_channel();
        let (given_up_in, given_up) = mpsc::unbounded_channel();
        let script = Arc::new(Mutex::new(Script { wish: DirectiveAction::Continue, ..Script::default() }));
        let peer = Peer { script: Arc::clone(&script), seen: seen_in, given_up: given_up_in };
        let incoming = TcpListenerStream::new(listener);
        let server = tonic::transport::Server::builder().add_service(TrialServiceServer::new(peer.clone()));
        tokio::spawn(server.add_service(StudyPeer::service()).serve_with_incoming(incoming));
        Self { address, script, seen, given_up }
    }

    pub fn client(&self) -> Client {
        Client::new(&self.address).unwrap()
    }

    pub fn refuse_next(&self, status: Status) {
        self.script.lock().unwrap().refusals.push_back(status);
    }

    pub fn wish(&self, action: DirectiveAction) {
        self.script.lock().unwrap().wish = action;
    }

    pub fn fall_silent(&self) {
        self.script.lock().unwrap().is_silent = true;
    }

    /// The next call of that method; others before it are passed over.
    pub async fn next(&mut self, method: &str) -> Seen {
        loop {
            let seen = self.seen.recv().await.expect("the peer lives");
            if seen.method == method {
                return seen;
            }
        }
    }

    /// The methods that were called and not looked at yet, heartbeats apart.
    pub fn rest(&mut self) -> Vec<&'static str> {
        let mut found = Vec::new();
        while let Ok(seen) = self.seen.try_recv() {
            if seen.method != "Heartbeat" {
                found.push(seen.method);
            }
        }
        found
    }
}

impl Peer {
    fn see<T>(&self, method: &'static str, request: &Request<T>, request_id: &str, message: &str) {
        let header = |name| {
            let value = request.metadata().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let _ = self.seen.send(Seen {
            method,
            request_id: request_id.to_owned(),
            message: message.to_owned(),
            authorization: header("authorization"),
            user_agent: header("user-agent"),
        });
    }
}

struct GivenUp(mpsc::UnboundedSender<()>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

fn lease() -> proto::Lease {
    let milliseconds = |count: i32| Some(prost_types::Duration { seconds: 0, nanos: count * 1_000_000 });
    proto::Lease {
        token: "t".into(),
        ttl: milliseconds(900),
        heartbeat_interval: milliseconds(20),
        ..Default::default()
    }
}

fn ended(state: TrialState) -> Option<proto::Trial> {
    Some(proto::Trial { name: TRIAL.into(), state: state.into(), ..Default::default() })
}

#[tonic::async_trait]
impl TrialService for Peer {
    async fn suggest_trials(
        &self,
        request: Request<proto::SuggestTrialsRequest>,
    ) -> Result<Response<proto::SuggestTrialsResponse>, Status> {
        self.see("SuggestTrials", &request, &request.get_ref().request_id, "");
        if self.script.lock().unwrap().is_silent {
            let _guard = GivenUp(self.given_up.clone());
            std::future::pending::<()>().await;
        }
        let trial = proto::Trial { name: TRIAL.into(), number: 1, lease: Some(lease()), ..Default::default() };
        Ok(Response::new(proto::SuggestTrialsResponse { trials: vec![trial], ..Default::default() }))
    }

    async fn report_measurements(
        &self,
        request: Request<proto::ReportMeasurementsRequest>,
    ) -> Result<Response<proto::ReportMeasurementsResponse>, Status> {
        self.see("ReportMeasurements", &request, &request.get_ref().request_id, "");
        if let Some(refusal) = self.script.lock().unwrap().refusals.pop_front() {
            return Err(refusal);
        }
        let directive = proto::Directive { action: DirectiveAction::Continue.into(), ..Default::default() };
        let state = TrialState::Running.into();
        Ok(Response::new(proto::ReportMeasurementsResponse {
            directive: Some(directive),
            state,
            lease: Some(lease()),
            ..Default::default()
        }))
    }

    async fn complete_trial(
        &self,
        request: Request<proto::CompleteTrialRequest>,
    ) -> Result<Response<proto::CompleteTrialResponse>, Status> {
        self.see("CompleteTrial", &request, &request.get_ref().request_id, "");
        Ok(Response::new(proto::CompleteTrialResponse { trial: ended(TrialState::Succeeded), ..Default::default() }))
    }

    async fn fail_trial(
        &self,
        request: Request<proto::FailTrialRequest>,
    ) -> Result<Response<proto::FailTrialResponse>, Status> {
        self.see("FailTrial", &request, &request.get_ref().request_id, &request.get_ref().message);
        Ok(Response::new(proto::FailTrialResponse { trial: ended(TrialState::Queued), ..Default::default() }))
    }

    async fn release_trial(
        &self,
        request: Request<proto::ReleaseTrialRequest>,
    ) -> Result<Response<proto::ReleaseTrialResponse>, Status> {
        self.see("ReleaseTrial", &request, &request.get_ref().request_id, &request.get_ref().message);
        Ok(Response::new(proto::ReleaseTrialResponse { trial: ended(TrialState::Queued), ..Default::default() }))
    }

    async fn heartbeat(
        &self,
        request: Request<proto::HeartbeatRequest>,
    ) -> Result<Response<proto::HeartbeatResponse>, Status> {
        self.see("Heartbeat", &request, "", "");
        let action = self.script.lock().unwrap().wish.into();
        let directive = proto::Directive { action, ..Default::default() };
        Ok(Response::new(proto::HeartbeatResponse {
            directive: Some(directive),
            lease: Some(lease()),
            ..Default::default()
        }))
    }
}

/// Knows one study.
struct StudyPeer;

impl StudyPeer {
    fn service() -> proto::study_service_server::StudyServiceServer<Self> {
        proto::study_service_server::StudyServiceServer::new(Self)
    }
}

#[tonic::async_trait]
impl proto::study_service_server::StudyService for StudyPeer {
    async fn get_study(&self, _: Request<proto::GetStudyRequest>) -> Result<Response<proto::Study>, Status> {
        Ok(Response::new(proto::Study { name: "projects/default/studies/s".into(), ..Default::default() }))
    }
}
