//! Everything that can go wrong, as one type with a kind for each reason of the contract.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt;

/// A `Result` whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whatever the body of [`Trial::run`](crate::Trial::run) fails with; `?` makes it of any error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

const DOMAIN: &str = "assay.dev";

/// What went wrong, to be matched on. `docs/errors.md` says what to do about each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A field is wrong; [`Error::violations`] has all of them.
    InvalidArgument,
    /// The same request id was used with another payload.
    RequestIdReused,
    /// A page token that is malformed or of another query.
    InvalidPageToken,
    /// No such study.
    StudyNotFound,
    /// No such trial.
    TrialNotFound,
    /// The study exists with another specification; [`Error::metadata`] has the `differing` fields.
    StudySpecMismatch,
    /// The study is stopped or completed.
    StudyOver,
    /// The call needs a study that is over.
    StudyNotOver,
    /// The trial's state does not allow this.
    WrongTrialState,
    /// Test metrics are written once.
    TestMetricsSealed,
    /// The question needs results that are not there yet.
    NotEnoughData,
    /// Another worker holds the trial, or the lease was given up.
    LeaseLost,
    /// The study changed since it was read.
    EtagMismatch,
    /// The watch cannot be resumed from there.
    ResumeTokenExpired,
    /// Too many calls in flight, or a quota is used up.
    Overloaded,
    /// No server answers, or it is starting or stopping.
    Unavailable,
    /// The server did not answer in time; whether the call had an effect is not known.
    DeadlineExceeded,
    /// Part of the contract, but not of this server's version.
    NotServedYet,
    /// No valid credentials.
    Unauthenticated,
    /// The credentials do not allow this.
    PermissionDenied,
    /// A defect of the server, logged there.
    ServerFault,
    /// A reason that this version does not know; [`Error::code`] and [`Error::reason`] are kept.
    Other,
}

impl ErrorKind {
    /// As it is called in every client; `AssayError` for [`Other`](Self::Other).
    pub fn name(self) -> String {
        if self == Self::Other { "AssayError".to_owned() } else { format!("{self:?}") }
    }
}

/// One wrong field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path from the request's root, or the name of an argument.
    pub field: String,
    /// What is wrong, with the value.
    pub description: String,
}

/// A call that was refused or not answered, or an argument that could not be sent. Nothing was changed by a refusal.
#[derive(Debug, Clone)]
pub struct Error(Box<Facts>);

#[derive(Debug, Clone)]
struct Facts {
    kind: ErrorKind,
    code: Code,
    reason: String,
    message: String,
    metadata: HashMap<String, String>,
    violations: Vec<Violation>,
    retry_after: Option<Duration>,
}

impl Error {
    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The gRPC status code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Name in the wire's ErrorReason, such as `LEASE_LOST`; empty when the other side gave none.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The text, without the address of anything.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Facts about the error, by name.
    pub fn metadata(&self) -> &HashMap<String, String> {
        &self.0.metadata
    }

    /// All wrong fields at once.
    pub fn violations(&self) -> &[Violation] {
        &self.0.violations
    }

    /// When the server asks to try again; `None` when it does not.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The error with a single violation, found before anything was sent.
    pub fn invalid(field: impl Into<String>, description: impl Into<String>) -> Self {
        let violation = Violation { field: field.into(), description: description.into() };
        let message = format!("{}: {}", violation.field, violation.description);
        Self::new(ErrorKind::InvalidArgument, Code::InvalidArgument, "INVALID_ARGUMENT", message)
            .with_violations(vec![violation])
    }

    /// What a failed call to *address* means.
    pub(crate) fn from_status(status: &Status, address: &str) -> Self {
        let code = code_of(status);
        let details = status.check_error_details().unwrap_or_default();
        let mut error = Self::new(ErrorKind::Other, code, "", status.message());
        if let Some(info) = details.error_info().filter(|i| i.domain.is_empty() || i.domain == DOMAIN) {
            error.0.reason = info.reason.trim_start_matches("ERROR_REASON_").to_owned();
            error.0.metadata = info.metadata.clone();
        }
        if let Some(bad) = details.bad_request() {
            let wrong = bad.field_violations.iter();
            error = error.with_violations(
                wrong.map(|v| Violation { field: v.field.clone(), description: v.description.clone() }).collect(),
            );
        }
        error.0.retry_after = details.retry_info().and_then(|retry| retry.retry_delay);
        if error.0.reason.is_empty() {
            error.0.kind = kind_of_code(code);
            error.0.message = unexplained(code, address, &cause(status));
        } else {
            error.0.kind = kind_of_reason(&error.0.reason);
        }
        error
    }

    pub(crate) fn deadline(address: &str) -> Self {
        let message = unexplained(Code::DeadlineExceeded, address, "the deadline passed");
        Self::new(ErrorKind::DeadlineExceeded, Code::DeadlineExceeded, "", message)
    }

    pub(crate) fn no_answer(address: &str, within: Duration) -> Self {
        let message = format!("no server answers at {address} within {} s", within.as_secs_f64());
        Self::new(ErrorKind::Unavailable, Code::Unavailable, "", message)
    }

    /// Whether this says that the trial of that name was lost.
    pub(crate) fn is_loss_of(&self, trial: &str) -> bool {
        let named = self.0.metadata.get("name").map_or("", String::as_str);
        self.kind() == ErrorKind::LeaseLost && (named.is_empty() || named == trial)
    }

    fn new(kind: ErrorKind, code: Code, reason: &str, message: impl Into<String>) -> Self {
        Self(Box::new(Facts {
            kind,
            code,
            reason: reason.to_owned(),
            message: message.into(),
            metadata: HashMap::new(),
            violations: Vec::new(),
            retry_after: None,
        }))
    }

    fn with_violations(mut self, violations: Vec<Violation>) -> Self {
        self.0.violations = violations;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Error {}

/// Returned by the body of [`Trial::run`](crate::Trial::run) when this worker has to leave: the trial is handed back, to be
/// resumed elsewhere, which does not count as a death. It comes out of `run`, so that the loop around ends too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preempted;

impl fmt::Display for Preempted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this worker has to leave")
    }
}

impl std::error::Error for Preempted {}

/// The code of a status; what the transport made up itself says UNKNOWN or CANCELLED where others say UNAVAILABLE.
fn code_of(status: &Status) -> Code {
    use std::error::Error as _;
    match (status.code(), status.source()) {
        (Code::Cancelled, Some(_)) => Code::DeadlineExceeded, // the client's own timer
        (Code::Unknown | Code::Internal, Some(_)) => Code::Unavailable, // the connection broke
        (code, _) => code,
    }
}

/// The message with what caused it: tonic says "transport error" and hides why behind it.
fn cause(status: &Status) -> String {
    let mut text = status.message().to_owned();
    let mut next = std::error::Error::source(status);
    while let Some(error) = next {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        next = error.source();
    }
    text
}

fn unexplained(code: Code, address: &str, text: &str) -> String {
    match code {
        Code::Unavailable => format!("no server answers at {address}: {text}"),
        Code::DeadlineExceeded => format!("{address} did not answer in time: {text}"),
        _ => format!("{address} answered {code:?}: {text}"),
    }
}

/// For errors without an ErrorInfo: made by gRPC itself, or by something between us and the server.
fn kind_of_code(code: Code) -> ErrorKind {
    match code {
        Code::Unavailable => ErrorKind::Unavailable,
        Code::DeadlineExceeded => ErrorKind::DeadlineExceeded,
        Code::Unauthenticated => ErrorKind::Unauthenticated,
        Code::PermissionDenied => ErrorKind::PermissionDenied,
        Code::InvalidArgument => ErrorKind::InvalidArgument,
        Code::ResourceExhausted => ErrorKind::Overloaded,
        _ => ErrorKind::Other,
    }
}

fn kind_of_reason(reason: &str) -> ErrorKind {
    match reason {
        "INVALID_ARGUMENT" => ErrorKind::InvalidArgument,
        "STUDY_NOT_FOUND" => ErrorKind::StudyNotFound,
        "TRIAL_NOT_FOUND" => ErrorKind::TrialNotFound,
        "STUDY_SPEC_MISMATCH" => ErrorKind::StudySpecMismatch,
        "STUDY_OVER" => ErrorKind::StudyOver,
        "STUDY_NOT_OVER" => ErrorKind::StudyNotOver,
        "WRONG_TRIAL_STATE" => ErrorKind::WrongTrialState,
        "LEASE_LOST" => ErrorKind::LeaseLost,
        "REQUEST_ID_REUSED" => ErrorKind::RequestIdReused,
        "INVALID_PAGE_TOKEN" => ErrorKind::InvalidPageToken,
        "ETAG_MISMATCH" => ErrorKind::EtagMismatch,
        "TEST_METRICS_SEALED" => ErrorKind::TestMetricsSealed,
        "OVERLOADED" => ErrorKind::Overloaded,
        "UNAVAILABLE" => ErrorKind::Unavailable,
        "NOT_SERVED_YET" => ErrorKind::NotServedYet,
        "UNAUTHENTICATED" => ErrorKind::Unauthenticated,
        "PERMISSION_DENIED" => ErrorKind::PermissionDenied,
        "DEADLINE_EXCEEDED" => ErrorKind::DeadlineExceeded,
        "INTERNAL" => ErrorKind::ServerFault,
        "RESUME_TOKEN_EXPIRED" => ErrorKind::ResumeTokenExpired,
        "NOT_ENOUGH_DATA" => ErrorKind::NotEnoughData,
        _ => ErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ErrorReason;
    use tonic_types::ErrorDetails;

    fn refused(code: Code, details: ErrorDetails) -> Error {
        Error::from_status(&Status::with_error_details(code, "said the server", details), "here:1")
    }

    /// A new reason of the contract cannot be forgotten here.
    #[test]
    fn every_reason_has_a_kind() {
        for number in 1..=i32::MAX {
            let Ok(reason) = ErrorReason::try_from(number) else { break };
            let name = reason.as_str_name().trim_start_matches("ERROR_REASON_");
            assert_ne!(kind_of_reason(name), ErrorKind::Other, "{name}");
        }
    }

    /// A newer server's reason stays readable.
    #[test]
    fn an_unknown_reason_keeps_its_code_and_reason() {
        let error = refused(Code::DataLoss, ErrorDetails::with_error_info("FROM_TOMORROW", DOMAIN, HashMap::new()));

        assert_eq!((error.kind(), error.code(), error.reason()), (ErrorKind::Other, Code::DataLoss, "FROM_TOMORROW"));
        assert_eq!(error.to_string(), "said the server");
    }

    /// All violations arrive, with their paths, and so does when to come back.
    #[test]
    fn details_are_read() {
        let mut details = ErrorDetails::with_error_info("INVALID_ARGUMENT", DOMAIN, HashMap::new());
        details.add_bad_request_violation("study.spec.space", "is empty");
        details.set_retry_info(Some(Duration::from_millis(250)));

        let error = refused(Code::InvalidArgument, details);

        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert_eq!(error.violations()[0].field, "study.spec.space");
        assert_eq!(error.retry_after(), Some(Duration::from_millis(250)));
    }

    /// A lost lease of another trial is somebody else's.
    #[test]
    fn a_loss_names_its_trial() {
        let of = HashMap::from([("name".to_owned(), "projects/p/studies/s/trials/1".to_owned())]);
        let lost = refused(Code::Aborted, ErrorDetails::with_error_info("LEASE_LOST", DOMAIN, of));

        assert!(lost.is_loss_of("projects/p/studies/s/trials/1"));
        assert!(!lost.is_loss_of("projects/p/studies/s/trials/2"));
    }

    /// Details that cannot be read cost the details, not the error.
    #[test]
    fn broken_details_leave_the_code() {
        let status = Status::with_details(Code::NotFound, "gone", b"\xff\xff".to_vec().into());

        let error = Error::from_status(&status, "here:1");

        assert_eq!((error.code(), error.kind()), (Code::NotFound, ErrorKind::Other));
        assert_eq!(error.to_string(), "here:1 answered NotFound: gone");
    }
}
