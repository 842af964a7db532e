//! The executor of the Rust client for the conformance suite: commands from standard input, one answer a line.

mod shown;

use std::collections::{HashMap, VecDeque};
use std::io::Write as _;
use std::time::Duration;

use assay_client::{BoxError, Client, Error, Preempted, Report, Study, StudySpec, Tls, Trial};
use base64::Engine as _;
use prost::Message as _;
use serde_json::{Value, json};

/// The objects that commands have named.
#[derive(Default)]
struct Executor {
    clients: HashMap<String, Client>,
    studies: HashMap<String, Study>,
    trials: HashMap<String, Trial>,
    /// Trials whose name was given again: dropping one that is held would hand it back, which no command asked for.
    replaced: Vec<Trial>,
}

impl Executor {
    /// What comes of a command.
    async fn answer(&mut self, command: &Value) -> Value {
        let done = match text(command, "do") {
            "hello" => Ok(json!({"language": "rust", "version": env!("CARGO_PKG_VERSION"), "protocol": 1})),
            "connect" => self.connect(command),
            "close" => self.close(command),
            "create_study" => self.create_study(command).await,
            "get_study" => self.get_study(command).await,
            "ask" => self.ask(command).await,
            "work" => self.work(command).await,
            "front" => self.front(command).await,
            "get_trial" => self.get_trial(command).await,
            "list_trials" => self.list_trials(command).await,
            "hold" => self.hold(command),
            "leave" => self.leave(command).await,
            "report" => self.report(command).await,
            "complete" => self.complete(command).await,
            "fail" => self.fail(command).await,
            "release" => self.release(command).await,
            "peek" => Ok(shown::trial(self.trial(command))),
            unknown => return json!({"unsupported": unknown}),
        };
        match done {
            Ok(found) => json!({"ok": found}),
            Err(error) => json!({"error": shown::error(&error)}),
        }
    }

    fn connect(&mut self, c: &Value) -> Result<Value, BoxError> {
        let mut builder = Client::builder(text(c, "address"));
        if let Some(project) = maybe(c, "project") {
            builder = builder.project(project);
        }
        if let Some(token) = maybe(c, "token") {
            builder = builder.token(token);
        }
        if c["tls"] == true {
            let trusted = maybe(c, "ca").map(std::fs::read).transpose()?;
            let tls = trusted.map_or_else(Tls::system, Tls::with_ca);
            builder = builder.tls(match maybe(c, "server_name") {
                Some(name) => tls.server_name(name),
                None => tls,
            });
        }
        if let Some(timeout) = milliseconds(c, "timeout_ms") {
            builder = builder.timeout(timeout);
        }
        if let Some(timeout) = milliseconds(c, "connect_timeout_ms") {
            builder = builder.connect_timeout(timeout);
        }
        if let Some(patience) = milliseconds(c, "patience_ms") {
            builder = builder.patience(patience);
        }
        self.clients.insert(text(c, "as").to_owned(), builder.build()?);
        Ok(json!({}))
    }

    fn close(&mut self, c: &Value) -> Result<Value, BoxError> {
        self.clients.remove(text(c, "on"));
        Ok(json!({}))
    }

    async fn create_study(&mut self, c: &Value) -> Result<Value, BoxError> {
        let packed = base64::engine::general_purpose::STANDARD.decode(text(c, "spec"))?;
        let spec = StudySpec::from(assay_client::proto::StudySpec::decode(packed.as_slice())?);
        let study = self.clients[text(c, "on")].create_study(text(c, "study"), spec).await?;
        Ok(self.keep(c, study))
    }

    async fn get_study(&mut self, c: &Value) -> Result<Value, BoxError> {
        let study = self.clients[text(c, "on")].get_study(text(c, "study")).await?;
        Ok(self.keep(c, study))
    }

    fn keep(&mut self, c: &Value, study: Study) -> Value {
        let told = shown::study(&study);
        self.studies.insert(text(c, "as").to_owned(), study);
        told
    }

    async fn ask(&mut self, c: &Value) -> Result<Value, BoxError> {
        let study = self.studies.get_mut(text(c, "on")).expect("a study of that name");
        let count = c["count"].as_i64().map_or(1, |count| i32::try_from(count).expect("a small count"));
        let asking = study.ask(text(c, "worker"), count, milliseconds(c, "timeout_ms"));
        let found = match milliseconds(c, "cancel_ms") {
            None => asking.await,
            // Dropping the future is how a call is cancelled.
            Some(limit) => match tokio::time::timeout(limit, asking).await {
                Ok(found) => found,
                Err(_) => return Ok(json!({"cancelled": true})),
            },
        };
        let mut names: VecDeque<&Value> = c["as"].as_array().into_iter().flatten().collect();
        let mut told = Vec::new();
        for trial in found? {
            told.push(shown::trial(&trial));
            if let Some(name) = names.pop_front() {
                self.replaced.extend(self.trials.insert(name.as_str().expect("a name").to_owned(), trial));
            }
        }
        let study = &self.studies[text(c, "on")];
        Ok(json!({"trials": told, "is_over": study.is_over(), "end_reason": study.end_reason()}))
    }

    async fn work(&mut self, c: &Value) -> Result<Value, BoxError> {
        let study = &self.studies[text(c, "on")];
        let step_time = milliseconds(c, "step_ms").unwrap_or_default();
        let mut visits = Vec::new();
        let mut trials = study.trials(text(c, "worker"));
        while let Some(trial) = trials.next().await? {
            let mut visit = Value::Null;
            trial
                .run(async |trial| {
                    let mut steps = Vec::new();
                    while let Some(step) = trial.next_step() {
                        tokio::time::sleep(step_time).await;
                        let mut report = Report::new(shown::measured(&c["metrics"], &trial.params(), step));
                        if c["checkpoints"] == true {
                            report = report.checkpoint(format!("file:///{}/{step}", trial.number()));
                        }
                        trial.report(report).await?;
                        steps.push(step);
                        if trial.until_step().is_none() {
                            break;
                        }
                    }
                    visit = shown::visit(trial, &steps);
                    Ok(())
                })
                .await?;
            visits.push(visit);
            if Some(visits.len() as u64) == c["max_trials"].as_u64() {
                break;
            }
        }
        Ok(json!({"trials": visits, "end_reason": trials.study().end_reason()}))
    }

    async fn front(&mut self, c: &Value) -> Result<Value, BoxError> {
        let front = self.studies[text(c, "on")].front().await?;
        Ok(json!({"trials": front.trials.iter().map(shown::record).collect::<Vec<_>>()}))
    }

    async fn get_trial(&mut self, c: &Value) -> Result<Value, BoxError> {
        let number = shown::whole(&c["number"]);
        Ok(shown::record(&self.studies[text(c, "on")].trial(number).await?))
    }

    async fn list_trials(&mut self, c: &Value) -> Result<Value, BoxError> {
        let (filter, order_by) = (maybe(c, "filter").unwrap_or(""), maybe(c, "order_by").unwrap_or(""));
        let found = self.studies[text(c, "on")].list_trials(filter, order_by).all().await?;
        Ok(json!({"trials": found.iter().map(shown::record).collect::<Vec<_>>()}))
    }

    fn hold(&mut self, c: &Value) -> Result<Value, BoxError> {
        self.trial(c).hold();
        Ok(json!({}))
    }

    async fn leave(&mut self, c: &Value) -> Result<Value, BoxError> {
        let outcome: Result<(), BoxError> = match text(c, "how") {
            "done" => Ok(()),
            "error" => Err(maybe(c, "message").unwrap_or("").into()),
            _ => Err(Preempted.into()),
        };
        match self.trial(c).leave(outcome).await {
            Err(error) if error.is::<Error>() => Err(error),
            _ => Ok(json!({})), // the error of `how` itself does not count
        }
    }

    async fn report(&mut self, c: &Value) -> Result<Value, BoxError> {
        let mut report = Report::new(shown::numbers(&c["metrics"]));
        if !c["cost"].is_null() {
            report = report.cost(shown::number(&c["cost"]));
        }
        for (metric, sem) in shown::numbers(&c["sem"]) {
            report = report.sem(&metric, sem);
        }
        if let Some(step) = maybe(c, "step") {
            report = report.step(step.parse()?);
        }
        if let Some(uri) = maybe(c, "checkpoint") {
            report = report.checkpoint(uri);
        }
        let trial = self.trial(c);
        let mut told = shown::directive(&trial.report(report).await?);
        told["should_stop"] = trial.should_stop().into();
        Ok(told)
    }

    async fn complete(&mut self, c: &Value) -> Result<Value, BoxError> {
        let mut result = Report::new(shown::numbers(&c["metrics"]));
        if let Some(uri) = maybe(c, "checkpoint") {
            result = result.checkpoint(uri);
        }
        Ok(json!({"state": self.trial(c).complete_with(result).await?.as_str()}))
    }

    async fn fail(&mut self, c: &Value) -> Result<Value, BoxError> {
        let (trial, message) = (self.trial(c), text(c, "message"));
        let state = match (c["infeasible"] == true, c["permanent"] == true) {
            (true, _) => trial.infeasible(message).await?,
            (_, true) => trial.fail_for_good(message).await?,
            _ => trial.fail(message).await?,
        };
        Ok(json!({"state": state.as_str()}))
    }

    async fn release(&mut self, c: &Value) -> Result<Value, BoxError> {
        let message = maybe(c, "message").unwrap_or("");
        let state = self.trial(c).release(maybe(c, "checkpoint"), message).await?;
        Ok(json!({"state": state.as_str()}))
    }

    fn trial(&mut self, c: &Value) -> &mut Trial {
        self.trials.get_mut(text(c, "on")).expect("a trial of that name")
    }
}

fn text<'a>(command: &'a Value, name: &str) -> &'a str {
    command[name].as_str().unwrap_or_else(|| panic!("{name} of {command} is not a text"))
}

fn maybe<'a>(command: &'a Value, name: &str) -> Option<&'a str> {
    command[name].as_str()
}

fn milliseconds(command: &Value, name: &str) -> Option<Duration> {
    command[name].as_u64().map(Duration::from_millis)
}

/// Two threads: heartbeats go on while the main one waits for a line.
#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), BoxError> {
    let mut executor = Executor::default();
    for line in std::io::stdin().lines() {
        let command: Value = serde_json::from_str(&line?)?;
        let mut answer = executor.answer(&command).await;
        answer["id"] = command["id"].clone();
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    std::process::exit(0) // without dropping what is held
}
