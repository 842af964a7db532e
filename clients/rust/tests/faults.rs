//! The client against a server that misbehaves: what is said, how often, and under which id.

mod peer;

use std::collections::HashMap;
use std::time::Duration;

use assay_client::proto::DirectiveAction;
use assay_client::{BoxError, Client, ErrorKind, Preempted, Trial};
use peer::Stage;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

async fn a_trial(client: &Client) -> Trial {
    let mut study = client.get_study("s").await.unwrap();
    study.ask("w", 1, None).await.unwrap().remove(0)
}

fn lost() -> Status {
    let of = HashMap::from([("name".to_owned(), peer::TRIAL.to_owned())]);
    let details = ErrorDetails::with_error_info("LEASE_LOST", "assay.dev", of);
    Status::with_error_details(Code::Aborted, "another worker has it", details)
}

/// However often an act is tried, it has one id; the next act has another one.
#[tokio::test]
async fn a_retried_report_keeps_its_id() {
    let mut stage = Stage::open().await;
    let mut trial = a_trial(&stage.client()).await;
    stage.refuse_next(Status::unavailable("away"));
    stage.refuse_next(Status::deadline_exceeded("slow"));

    trial.report([("loss", 1.0)]).await.unwrap();
    trial.report([("loss", 1.0)]).await.unwrap();

    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(stage.next("ReportMeasurements").await.request_id);
    }
    assert!(ids[0].len() == 32 && ids[0] == ids[1] && ids[1] == ids[2], "{ids:?}");
    assert_ne!(ids[2], ids[3]);
}

/// ABORTED is told once and ends the trial; the loop around goes on, and nothing more is said.
#[tokio::test]
async fn a_lost_lease_ends_the_trial_and_nothing_else() {
    let mut stage = Stage::open().await;
    let trial = a_trial(&stage.client()).await;
    stage.refuse_next(lost());
    let mut seen = None;

    trial
        .run(async |trial| {
            let error = trial.report([("loss", 1.0)]).await.unwrap_err();
            seen = Some((error.kind(), trial.should_stop(), trial.next_step()));
            Err(error.into())
        })
        .await
        .unwrap();

    assert_eq!(seen, Some((ErrorKind::LeaseLost, true, None)));
    assert_eq!(stage.rest(), ["SuggestTrials", "ReportMeasurements"]);
}

/// An error of the body is the reason of the failure, with its causes, and comes out again.
#[tokio::test]
async fn an_error_of_the_body_fails_the_trial() {
    let mut stage = Stage::open().await;
    let trial = a_trial(&stage.client()).await;

    let error = trial.run(async |_| Err(BoxError::from("out of memory"))).await.unwrap_err();

    assert_eq!(error.to_string(), "out of memory");
    assert_eq!(stage.next("FailTrial").await.message, "out of memory");
}

/// A body that ends after a report has a result; without one it has failed.
#[tokio::test]
async fn the_end_of_the_body_completes_or_fails() {
    let mut stage = Stage::open().await;
    let client = stage.client();

    let with = a_trial(&client).await;
    with.run(async |trial| Ok(trial.report([("loss", 1.0)]).await.map(|_| ())?)).await.unwrap();
    let without = a_trial(&client).await;
    without.run(async |_| Ok(())).await.unwrap();

    let said = ["SuggestTrials", "ReportMeasurements", "CompleteTrial", "SuggestTrials", "FailTrial"];
    assert_eq!(stage.rest(), said);
}

/// A worker that has to leave hands its trial back, and its loop ends.
#[tokio::test]
async fn preemption_hands_the_trial_back() {
    let mut stage = Stage::open().await;
    let trial = a_trial(&stage.client()).await;

    let error = trial.run(async |_| Err(Preempted.into())).await.unwrap_err();

    assert!(error.is::<Preempted>());
    stage.next("ReleaseTrial").await;
}

/// Dropping the future of a trial that is being trained hands it back in the background.
#[tokio::test]
async fn a_dropped_future_hands_the_trial_back() {
    let mut stage = Stage::open().await;
    let trial = a_trial(&stage.client()).await;

    let limit = Duration::from_millis(50);
    tokio::time::timeout(limit, trial.run(async |_| std::future::pending().await)).await.unwrap_err();

    assert_eq!(stage.next("ReleaseTrial").await.message, "the trial was dropped");
}

/// A panic of the body is a failure, not a silence.
#[tokio::test]
async fn a_panic_fails_the_trial() {
    let mut stage = Stage::open().await;
    let trial = a_trial(&stage.client()).await;

    let panicked = tokio::spawn(trial.run(async |_| panic!("out of luck"))).await;

    assert!(panicked.unwrap_err().is_panic());
    assert_eq!(stage.next("FailTrial").await.message, "the worker panicked");
}

/// A trial that is held beats; a STOP that a heartbeat brings ends the steps, and the trial is handed back.
#[tokio::test]
async fn a_heartbeat_brings_the_stop() {
    let mut stage = Stage::open().await;
    let trial = a_trial(&stage.client()).await;
    stage.wish(DirectiveAction::Stop);

    trial
        .run(async |trial| {
            while trial.next_step().is_some() {
                tokio::task::yield_now().await; // stands for training, which reports nothing meanwhile
            }
            Ok(())
        })
        .await
        .unwrap();

    stage.next("Heartbeat").await;
    stage.next("ReleaseTrial").await;
}

/// Dropping the future of an ask cancels the call on the server.
#[tokio::test]
async fn a_dropped_ask_is_cancelled() {
    let mut stage = Stage::open().await;
    let mut study = stage.client().get_study("s").await.unwrap();
    stage.fall_silent();

    tokio::time::timeout(Duration::from_millis(50), study.ask("w", 1, None)).await.unwrap_err();

    stage.given_up.recv().await.unwrap();
}

/// An ask with a timeout is back in time, with nothing.
#[tokio::test]
async fn an_ask_keeps_its_timeout() {
    let stage = Stage::open().await;
    let client = Client::builder(&stage.address).patience(Duration::from_millis(900)).build().unwrap();
    let mut study = client.get_study("s").await.unwrap();
    stage.fall_silent();

    let error = study.ask("w", 1, Some(Duration::from_millis(100))).await.unwrap_err();

    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
}

/// Token and version go along with every call.
#[tokio::test]
async fn calls_carry_the_token() {
    let mut stage = Stage::open().await;
    let client = Client::builder(&stage.address).token("secret").build().unwrap();
    a_trial(&client).await;

    let seen = stage.next("SuggestTrials").await;

    assert_eq!(seen.authorization, "Bearer secret");
    assert!(seen.user_agent.starts_with("assay-rust/"), "{}", seen.user_agent);
}

/// A server that is not there is named within the connect timeout, and why it does not answer.
#[tokio::test]
async fn an_absent_server_is_named() {
    let nowhere = {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        taken.local_addr().unwrap().to_string()
    };
    let client = Client::builder(&nowhere).connect_timeout(Duration::from_millis(300)).build().unwrap();

    let error = client.get_study("s").await.unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().starts_with(&format!("no server answers at {nowhere}: ")), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
}
