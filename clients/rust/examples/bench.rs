//! What a cycle (ask, report, complete) costs with the client and with the bare stubs, one after the other against one
//! server. `tests/bench/clients.py` runs it with an address, a study with enough trials in its queue, and a number of rounds.

use std::time::{Duration, Instant};

use assay_client::proto;
use assay_client::proto::trial_service_client::TrialServiceClient;
use assay_client::{BoxError, Client, Study};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, address, study, rounds] = arguments.as_slice() else { return Err("give address, study and rounds".into()) };
    let client = Client::new(address)?;
    let mut study = client.get_study(study).await?;
    let mut stub = TrialServiceClient::new(client.channel());

    let (mut through, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..rounds.parse()? {
        bare.push(by_stub(&mut stub, study.name()).await?);
        through.push(by_client(&mut study).await?);
    }
    println!("{}", serde_json::json!({"client_ms": milliseconds(&through), "bare_ms": milliseconds(&bare)}));
    Ok(())
}

async fn by_client(study: &mut Study) -> Result<Duration, BoxError> {
    let begun = Instant::now();
    let mut trial = study.ask("bench", 1, None).await?.remove(0);
    trial.report([("loss", 0.5)]).await?;
    trial.complete().await?;
    Ok(begun.elapsed())
}

async fn by_stub(stub: &mut TrialServiceClient<tonic::transport::Channel>, study: &str) -> Result<Duration, BoxError> {
    let begun = Instant::now();
    let asked = proto::SuggestTrialsRequest {
        parent: study.to_owned(),
        worker: "bench".to_owned(),
        count: 1,
        request_id: id(),
        ..Default::default()
    };
    let trial = stub.suggest_trials(asked).await?.into_inner().trials.remove(0);
    let lease_token = trial.lease.unwrap_or_default().token;
    let metrics = [("loss".to_owned(), proto::MetricValue::new(0.5))].into();
    let reported = proto::ReportMeasurementsRequest {
        name: trial.name.clone(),
        lease_token: lease_token.clone(),
        measurements: vec![proto::Measurement { metrics, ..Default::default() }],
        request_id: id(),
        ..Default::default()
    };
    stub.report_measurements(reported).await?;
    let completed =
        proto::CompleteTrialRequest { name: trial.name, lease_token, request_id: id(), ..Default::default() };
    stub.complete_trial(completed).await?;
    Ok(begun.elapsed())
}

fn id() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

fn milliseconds(times: &[Duration]) -> Vec<f64> {
    times.iter().map(|time| time.as_secs_f64() * 1e3).collect()
}
