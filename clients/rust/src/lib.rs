// Its program needs a server: tests/clients runs it.
#![cfg_attr(not(doctest), doc = include_str!("../README.md"))]
#![warn(missing_docs)]
// The contract grows: a literal of a message names what it says and leaves the rest, also when there is none today.
#![allow(clippy::needless_update)]

mod client;
mod config;
mod error;
mod heartbeats;
mod holding;
mod linear;
mod metric_value;
mod records;
mod retry;
mod space;
mod spec;
mod study;
mod transport;
mod trial;

pub use client::{Client, ClientBuilder, Tls};
pub use error::{BoxError, Error, ErrorKind, Preempted, Result, Violation};
pub use holding::Report;
pub use records::{Action, Directive, Front, StudyState, TrialRecord, TrialState};
pub use space::{Parameter, Params, Value, boolean, choice, derived, double, fixed, integer};
pub use spec::{Budget, Fidelity, Objective, StudySpec, maximize, minimize};
pub use study::{Study, TrialList, Trials};
pub use tonic::Code;
pub use trial::Trial;

/// The messages and services of the contract, generated from `proto/assay/v1`.
#[allow(missing_docs, clippy::all, clippy::pedantic, rustdoc::all)]
pub mod proto {
    pub use crate::metric_value::MetricValue;

    tonic::include_proto!("assay.v1");
}
