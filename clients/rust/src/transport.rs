//! Running calls over a channel: the retry rules decide, the runtime waits.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;

use crate::config;
use crate::error::{Error, Result};
use crate::proto;
use crate::retry::{Effort, Limits};

/// Bytes; a rendered report has up to 4 MB.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;

/// One call that may be repeated: a read, or an act under a request id.
pub(crate) trait Call: prost::Message + Clone + 'static {
    type Answer: prost::Message + Default + 'static;
    const PATH: &'static str;
    /// Whether a worker depends on it: tried again for as long as the client's patience lasts.
    const IS_PATIENT: bool = false;
}

macro_rules! calls {
    ($($request:ident => $answer:ty, $path:literal $(, patient = $patient:literal)?;)*) => {
        $(impl Call for proto::$request {
            type Answer = $answer;
            const PATH: &'static str = concat!("/assay.v1.", $path);
            $(const IS_PATIENT: bool = $patient;)?
        })*
    };
}

calls! {
    CreateStudyRequest => proto::Study, "StudyService/CreateStudy";
    GetStudyRequest => proto::Study, "StudyService/GetStudy";
    ListStudiesRequest => proto::ListStudiesResponse, "StudyService/ListStudies";
    StopStudyRequest => proto::StopStudyResponse, "StudyService/StopStudy";
    DeleteStudyRequest => (), "StudyService/DeleteStudy";
    SuggestTrialsRequest => proto::SuggestTrialsResponse, "TrialService/SuggestTrials", patient = true;
    ReportMeasurementsRequest => proto::ReportMeasurementsResponse, "TrialService/ReportMeasurements", patient = true;
    CompleteTrialRequest => proto::CompleteTrialResponse, "TrialService/CompleteTrial", patient = true;
    FailTrialRequest => proto::FailTrialResponse, "TrialService/FailTrial", patient = true;
    ReleaseTrialRequest => proto::ReleaseTrialResponse, "TrialService/ReleaseTrial", patient = true;
    HeartbeatRequest => proto::HeartbeatResponse, "TrialService/Heartbeat";
    CreateTrialRequest => proto::Trial, "TrialService/CreateTrial";
    StopTrialRequest => proto::StopTrialResponse, "TrialService/StopTrial";
    GetTrialRequest => proto::Trial, "TrialService/GetTrial";
    ListTrialsRequest => proto::ListTrialsResponse, "TrialService/ListTrials";
    GetFrontRequest => proto::GetFrontResponse, "AnalysisService/GetFront";
    GetBestTrialRequest => proto::GetBestTrialResponse, "AnalysisService/GetBestTrial";
}

/// How one run of a call differs from the usual.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Terms {
    /// Of one try.
    pub timeout: Option<Duration>,
    /// For all tries.
    pub patience: Option<Duration>,
}

/// A channel, and what was learnt about who is at its other end.
#[derive(Debug)]
pub(crate) struct Transport {
    address: String,
    endpoint: Endpoint,
    token: Option<MetadataValue<Ascii>>,
    limits: Limits,
    /// Opened by the first call: it belongs to the runtime that runs then.
    channel: OnceLock<Channel>,
    has_met: AtomicBool,
}

impl Transport {
    pub fn new(address: String, endpoint: Endpoint, token: Option<MetadataValue<Ascii>>, limits: Limits) -> Self {
        Self { address, endpoint, token, limits, channel: OnceLock::new(), has_met: AtomicBool::new(false) }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn channel(&self) -> Channel {
        self.channel.get_or_init(|| self.endpoint.connect_lazy()).clone()
    }

    /// Run *call* until it is answered, refused, or not worth trying any more.
    pub async fn run<C: Call>(&self, call: C, terms: Terms) -> Result<C::Answer> {
        let mut effort = self.effort::<C>(terms);
        loop {
            match self.once(&call, effort.timeout(Instant::now())).await {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    let delay = effort.delay(error, &self.address, Instant::now(), fastrand::f64())?;
                    tokio::time::sleep(delay).await;
                }
            }
        }
    }

    /// One try.
    pub async fn once<C: Call>(&self, call: &C, timeout: Duration) -> Result<C::Answer> {
        let found = match tokio::time::timeout(timeout, self.send(call.clone(), timeout)).await {
            Err(_) => Err(Error::deadline(&self.address)),
            Ok(Err(status)) => Err(Error::from_status(&status, &self.address)),
            Ok(Ok(answer)) => Ok(answer),
        };
        if found.as_ref().err().is_none_or(|error| !error.reason().is_empty()) {
            self.has_met.store(true, Ordering::Relaxed);
        }
        found
    }

    async fn send<C: Call>(&self, call: C, timeout: Duration) -> Result<C::Answer, tonic::Status> {
        let mut grpc = Grpc::new(self.channel()).max_decoding_message_size(LARGEST_ANSWER);
        let mut request = tonic::Request::new(call);
        request.set_timeout(timeout);
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.clone());
        }
        grpc.ready().await.map_err(|error| tonic::Status::from_error(error.into()))?;
        let codec: ProstCodec<C, C::Answer> = ProstCodec::default();
        grpc.unary(request, PathAndQuery::from_static(C::PATH), codec).await.map(tonic::Response::into_inner)
    }

    fn effort<C: Call>(&self, terms: Terms) -> Effort {
        let config = config::of(C::PATH);
        let usual = self.limits.timeout.or(config.timeout).unwrap_or(self.limits.patience);
        let timeout = terms.timeout.unwrap_or(usual);
        let allowed = if C::IS_PATIENT { self.limits.patience } else { usual.max(timeout) };
        let has_met = self.has_met.load(Ordering::Relaxed);
        Effort::new(config, &self.limits, has_met, terms.patience.unwrap_or(allowed), timeout, Instant::now())
    }
}
