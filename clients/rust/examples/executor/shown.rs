//! How things look on the lines of the conformance suite (tests/conformance/README.md).

use std::collections::BTreeMap;

use assay_client::{BoxError, Directive, Error, Params, Study, Trial, TrialRecord, Value as Scalar};
use base64::Engine as _;
use prost::Message as _;
use serde_json::{Map, Value, json};

/// What a study shows of itself.
pub fn study(shown: &Study) -> Value {
    json!({
        "name": shown.name(),
        "state": shown.state().as_str(),
        "end_reason": shown.end_reason(),
        "is_over": shown.is_over(),
        "seed": shown.seed().to_string(),
        "spec": base64::engine::general_purpose::STANDARD.encode(shown.spec().encode_to_vec()),
    })
}

/// What a trial in hand shows of itself.
pub fn trial(shown: &Trial) -> Value {
    let mut told = directive(&shown.directive());
    told["name"] = shown.name().into();
    told["number"] = shown.number().to_string().into();
    told["attempt"] = shown.attempt().to_string().into();
    told["seed"] = shown.seed().to_string().into();
    told["params"] = params(&shown.params());
    told["checkpoint"] = shown.checkpoint().into();
    told["start_step"] = shown.start_step().to_string().into();
    told["should_stop"] = shown.should_stop().into();
    told
}

/// What was read of a trial.
pub fn record(shown: &TrialRecord) -> Value {
    let metrics: Map<String, Value> =
        shown.metrics.iter().map(|(name, value)| (name.clone(), double(*value))).collect();
    json!({
        "number": shown.number.to_string(),
        "state": shown.state.as_str(),
        "params": params(&shown.params),
        "metrics": metrics,
        "steps": shown.steps.to_string(),
        "checkpoint": shown.checkpoint,
    })
}

/// One time that `work` had a trial.
pub fn visit(shown: &Trial, steps: &[i64]) -> Value {
    let directive = shown.directive();
    json!({
        "number": shown.number().to_string(),
        "attempt": shown.attempt().to_string(),
        "start_step": shown.start_step().to_string(),
        "checkpoint": shown.checkpoint(),
        "steps": steps.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "action": directive.action.as_str(),
        "reason": directive.reason,
    })
}

/// What the server wants.
pub fn directive(shown: &Directive) -> Value {
    json!({
        "action": shown.action.as_str(),
        "reason": shown.reason,
        "until_step": shown.until_step.map(|step| step.to_string()),
    })
}

/// An error, by the name of its kind.
pub fn error(raised: &BoxError) -> Value {
    let Some(error) = raised.downcast_ref::<Error>() else {
        return json!({"kind": "Foreign", "message": raised.to_string()});
    };
    let violations = error.violations().iter().map(|v| json!({"field": v.field, "description": v.description}));
    json!({
        "kind": error.kind().name(),
        "code": code(error.code()),
        "reason": error.reason(),
        "message": error.to_string(),
        "metadata": error.metadata(),
        "violations": violations.collect::<Vec<_>>(),
    })
}

/// The toy that `work` trains: base + Σ `by_param` · params + `over_step` / step, for each metric.
pub fn measured(formulas: &Value, given: &Params, step: i64) -> BTreeMap<String, f64> {
    let value = |formula: &Value| {
        let terms = numbers(&formula["by_param"]);
        let sum: f64 = terms.iter().map(|(name, weight)| weight * given.f64(name).unwrap_or(0.0)).sum();
        let part = |name: &str| if formula[name].is_null() { 0.0 } else { number(&formula[name]) };
        #[allow(clippy::cast_precision_loss)] // steps are small
        let step = step as f64;
        part("base") + sum + part("over_step") / step
    };
    formulas.as_object().into_iter().flatten().map(|(name, formula)| (name.clone(), value(formula))).collect()
}

/// Doubles by name; none when there is no object.
pub fn numbers(found: &Value) -> BTreeMap<String, f64> {
    found.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), number(value))).collect()
}

/// A double, as the lines have it.
pub fn number(found: &Value) -> f64 {
    found.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{found} is not a double in a string"))
}

/// A whole number, as the lines have it.
pub fn whole(found: &Value) -> i64 {
    found.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{found} is not an integer in a string"))
}

fn params(shown: &Params) -> Value {
    let scalar = |value: &Scalar| match value {
        Scalar::Double(value) => json!({"double": double(*value)}),
        Scalar::Integer(value) => json!({"integer": value.to_string()}),
        Scalar::Text(value) => json!({"string": value}),
        Scalar::Boolean(value) => json!({"boolean": value}),
    };
    Value::Object(shown.iter().map(|(name, value)| (name.to_owned(), scalar(value))).collect())
}

/// The shortest text that reads back as the same double.
fn double(value: f64) -> Value {
    format!("{value:?}").into()
}

/// Of the status, as gRPC writes it: `NOT_FOUND`.
fn code(code: tonic::Code) -> String {
    let name = format!("{code:?}");
    let mut written = String::new();
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_uppercase() {
            written.push('_');
        }
        written.push(letter.to_ascii_uppercase());
    }
    written
}
