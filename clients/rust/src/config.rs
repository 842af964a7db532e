//! The shipped service config: deadlines and the retry policy that every client has, read once.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;

static CONFIG: LazyLock<Vec<Entry>> = LazyLock::new(|| parse(include_str!("../service_config.json")));

/// How calls of a method are tried again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct MethodConfig {
    /// Deadline of one try; `None`: a stream without one.
    pub timeout: Option<Duration>,
    pub initial_backoff: Duration,
    pub max_backoff: Duration,
    pub multiplier: f64,
}

struct Entry {
    /// Service, and method unless it is meant for all of them.
    names: Vec<(String, Option<String>)>,
    config: MethodConfig,
}

/// What the config says of `/assay.v1.Service/Method`: an entry for the method wins over one for its service.
pub(crate) fn of(path: &str) -> MethodConfig {
    let (service, method) = path.trim_start_matches('/').split_once('/').expect("a path has a method");
    let entry = |wanted: Option<&str>| {
        CONFIG.iter().find(|e| e.names.iter().any(|(s, m)| s == service && m.as_deref() == wanted))
    };
    entry(Some(method)).or_else(|| entry(None)).expect("the service config names every service").config
}

fn parse(text: &str) -> Vec<Entry> {
    let root: Value = serde_json::from_str(text).expect("the shipped service config is JSON");
    root["methodConfig"].as_array().expect("a list").iter().map(entry).collect()
}

fn entry(given: &Value) -> Entry {
    let text = |of: &Value| of.as_str().map(str::to_owned);
    let names = given["name"].as_array().expect("a list");
    let policy = &given["retryPolicy"];
    Entry {
        names: names.iter().map(|n| (text(&n["service"]).expect("a service"), text(&n["method"]))).collect(),
        config: MethodConfig {
            timeout: given["timeout"].as_str().map(seconds),
            initial_backoff: seconds(policy["initialBackoff"].as_str().expect("a duration")),
            max_backoff: seconds(policy["maxBackoff"].as_str().expect("a duration")),
            multiplier: policy["backoffMultiplier"].as_f64().expect("a number"),
        },
    }
}

fn seconds(text: &str) -> Duration {
    let number = text.strip_suffix('s').expect("a duration ends in s");
    Duration::from_secs_f64(number.parse().expect("a number of seconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A method's own entry wins over its service's.
    #[test]
    fn deadlines_are_the_shipped_ones() {
        assert_eq!(of("/assay.v1.TrialService/SuggestTrials").timeout, Some(Duration::from_secs(40)));
        assert_eq!(of("/assay.v1.TrialService/ReportMeasurements").timeout, Some(Duration::from_secs(30)));
        assert_eq!(of("/assay.v1.TrialService/WatchTrials").timeout, None);
        assert_eq!(of("/assay.v1.StudyService/GetStudy").initial_backoff, Duration::from_millis(100));
    }
}
