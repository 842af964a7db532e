//! A study's specification, put together from what the user wrote.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::linear::{Comparison, parse_comparison};
use crate::proto;
use crate::space::{Parameter, Params, terms};

/// A metric to optimise; see [`minimize`] and [`maximize`].
#[derive(Debug, Clone, PartialEq)]
pub struct Objective(proto::Objective);

/// A metric of which less is better.
pub fn minimize(metric: &str) -> Objective {
    Objective(proto::Objective {
        metric: metric.to_owned(),
        goal: proto::Goal::Minimize.into(),
        threshold: None,
        ..Default::default()
    })
}

/// A metric of which more is better.
pub fn maximize(metric: &str) -> Objective {
    Objective(proto::Objective {
        metric: metric.to_owned(),
        goal: proto::Goal::Maximize.into(),
        threshold: None,
        ..Default::default()
    })
}

impl Objective {
    /// Results worse than this have no value; inferred from the data when not given.
    #[must_use]
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.0.threshold = Some(threshold);
        self
    }
}

/// What a cheap evaluation spends less of, counted in whole steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Fidelity(proto::Fidelity);

impl Fidelity {
    /// Steps of that *name* ("epoch"), from the cheapest evaluation to a full one.
    pub fn new(name: &str, min: i64, max: i64) -> Self {
        Self(proto::Fidelity { name: name.to_owned(), min, max, ..Default::default() })
    }

    /// Ratio between rungs; 3 when not given.
    #[must_use]
    pub fn eta(mut self, eta: f64) -> Self {
        self.0.eta = Some(eta);
        self
    }

    /// The rungs themselves, from min to max.
    #[must_use]
    pub fn rungs(mut self, rungs: impl IntoIterator<Item = i64>) -> Self {
        self.0.rungs = rungs.into_iter().collect();
        self
    }

    /// What a step costs before any trial has told, in the unit of the budget's cost.
    #[must_use]
    pub fn cost_model(mut self, startup_cost: f64, cost_per_step: f64) -> Self {
        self.0.cost_model = Some(proto::CostModel { startup_cost, cost_per_step, ..Default::default() });
        self
    }
}

/// How much a study may spend; what is not given is without limit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Budget(proto::Budget);

impl Budget {
    /// Without any limit yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of trials.
    #[must_use]
    pub fn trials(mut self, trials: i64) -> Self {
        self.0.max_trials = Some(trials);
        self
    }

    /// Sum of reported cost, in the user's unit.
    #[must_use]
    pub fn cost(mut self, cost: f64) -> Self {
        self.0.max_cost = Some(cost);
        self
    }

    /// Wall-clock time since creation.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.0.max_duration = Some(wire_duration(duration));
        self
    }

    /// Trials that may run at the same time.
    #[must_use]
    pub fn parallelism(mut self, parallelism: i32) -> Self {
        self.0.parallelism = Some(parallelism);
        self
    }

    /// The study ends when one trial reaches all targets together.
    #[must_use]
    pub fn target(mut self, metric: &str, value: f64) -> Self {
        self.0.targets.push(proto::Target { metric: metric.to_owned(), value, ..Default::default() });
        self
    }
}

/// What a user says about a study. Nothing is judged before [`Client::create_study`](crate::Client::create_study).
#[derive(Debug, Clone, Default)]
pub struct StudySpec {
    message: proto::StudySpec,
    constraints: Vec<(String, Option<f64>)>,
    tracked: Option<Vec<String>>,
    error: Option<Error>,
}

impl StudySpec {
    /// Without anything yet; parameters and objectives are required.
    pub fn new() -> Self {
        Self::default()
    }

    /// Add a parameter, in the order in which they shall be shown.
    #[must_use]
    pub fn parameter(mut self, name: &str, parameter: Parameter) -> Self {
        let Parameter { mut message, error } = parameter;
        if let Some(error) = error {
            self.error.get_or_insert_with(|| Error::invalid(format!("space['{name}']"), error.to_string()));
        }
        name.clone_into(&mut message.name);
        self.message.space.get_or_insert_default().parameters.push(message);
        self
    }

    /// Add an objective.
    #[must_use]
    pub fn objective(mut self, objective: Objective) -> Self {
        self.message.objectives.push(objective.0);
        self
    }

    /// Add a bound such as `params <= 200_000` or `lr + 2*depth <= 3`. One whose names are all parameters bounds
    /// configurations; one with a single other name bounds that metric.
    #[must_use]
    pub fn constraint(mut self, text: &str) -> Self {
        self.constraints.push((text.to_owned(), None));
        self
    }

    /// Add a bound on a metric that may be broken, at the price of *weight*.
    #[must_use]
    pub fn soft_constraint(mut self, text: &str, weight: f64) -> Self {
        self.constraints.push((text.to_owned(), Some(weight)));
        self
    }

    /// Metrics that are kept and shown, but not optimised; when not given, those that constraints need.
    #[must_use]
    pub fn tracked(mut self, metrics: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tracked = Some(metrics.into_iter().map(Into::into).collect());
        self
    }

    /// What a cheap evaluation spends less of.
    #[must_use]
    pub fn fidelity(mut self, fidelity: Fidelity) -> Self {
        self.message.fidelity = Some(fidelity.0);
        self
    }

    /// How much may be spent.
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.message.budget = Some(budget.0);
        self
    }

    /// How to choose, as the contract's message; the server decides when not given.
    #[must_use]
    pub fn strategy(mut self, strategy: proto::Strategy) -> Self {
        self.message.strategy = Some(strategy);
        self
    }

    /// Each suggestion sees all results, and the asker waits: with a seed and one worker the study is reproducible.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.message.strategy.get_or_insert_default().set_freshness(proto::Freshness::Strict);
        self
    }

    /// Source of all randomness; drawn by the server when not given.
    #[must_use]
    pub fn seed(mut self, seed: i64) -> Self {
        self.message.seed = Some(seed);
        self
    }

    /// Add a configuration that runs first.
    #[must_use]
    pub fn baseline(mut self, params: impl Into<Params>) -> Self {
        self.message.baselines.push(params.into().into());
        self
    }

    /// Do not run the configuration of all defaults first.
    #[must_use]
    pub fn no_default_baseline(mut self) -> Self {
        self.message.no_default_baseline = true;
        self
    }

    /// A trial that dies this many times is FAILED.
    #[must_use]
    pub fn max_attempts(mut self, attempts: i32) -> Self {
        self.message.max_attempts = Some(attempts);
        self
    }

    /// How long a worker may be silent.
    #[must_use]
    pub fn lease_ttl(mut self, ttl: Duration) -> Self {
        self.message.lease_ttl = Some(wire_duration(ttl));
        self
    }

    /// What all trials must share to be ranked together.
    #[must_use]
    pub fn comparability(mut self, key: proto::ComparabilityKey) -> Self {
        self.message.comparability = Some(key);
        self
    }

    /// For people.
    #[must_use]
    pub fn description(mut self, text: &str) -> Self {
        text.clone_into(&mut self.message.description);
        self
    }

    /// For filters.
    #[must_use]
    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.message.labels.insert(key.to_owned(), value.to_owned());
        self
    }

    /// As the contract's message, with the constraints told apart.
    ///
    /// # Errors
    /// `InvalidArgument`: a constraint cannot be read or fits neither kind, or a parameter was built wrongly.
    pub fn into_message(mut self) -> Result<proto::StudySpec> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let names: Vec<String> =
            self.message.space.iter().flat_map(|s| &s.parameters).map(|p| p.name.clone()).collect();
        for (text, soft_weight) in std::mem::take(&mut self.constraints) {
            let bound = parse_comparison(&text)?;
            if bound.weights.iter().all(|(name, _)| names.contains(name)) {
                let constraint = on_parameters(&text, bound, soft_weight)?;
                self.message.space.get_or_insert_default().constraints.push(constraint);
            } else {
                self.message.constraints.push(on_a_metric(&text, bound, soft_weight, &names)?);
            }
        }
        self.message.tracked_metrics = self.tracked.unwrap_or_else(|| bounded_metrics(&self.message));
        Ok(self.message)
    }
}

impl From<proto::StudySpec> for StudySpec {
    fn from(message: proto::StudySpec) -> Self {
        Self { tracked: Some(message.tracked_metrics.clone()), message, ..Self::default() }
    }
}

fn on_parameters(text: &str, bound: Comparison, soft_weight: Option<f64>) -> Result<proto::ParameterConstraint> {
    if soft_weight.is_some() {
        return Err(Error::invalid(
            "constraint",
            format!("'{text}': bounds parameters only; soft ones bound a metric"),
        ));
    }
    let comparison = side(bound.at_most).into();
    Ok(proto::ParameterConstraint { terms: terms(bound.weights), comparison, bound: bound.bound, ..Default::default() })
}

fn on_a_metric(
    text: &str,
    bound: Comparison,
    soft_weight: Option<f64>,
    names: &[String],
) -> Result<proto::OutcomeConstraint> {
    let [(metric, weight)] = bound.weights.as_slice() else {
        return Err(Error::invalid("constraint", format!("'{text}': {}", mixture(&bound, names))));
    };
    Ok(proto::OutcomeConstraint {
        metric: metric.clone(),
        comparison: side(bound.at_most == (*weight > 0.0)).into(),
        bound: bound.bound / weight,
        soft_weight,
        ..Default::default()
    })
}

fn mixture(bound: &Comparison, names: &[String]) -> String {
    let others: Vec<&str> =
        bound.weights.iter().map(|(name, _)| name.as_str()).filter(|name| !names.iter().any(|n| n == name)).collect();
    let unknown = others.join(", ");
    if others.len() < bound.weights.len() {
        return format!("mixes parameters with {unknown}, which the space does not have");
    }
    format!("bounds several metrics at once ({unknown}); a bound is on one metric, or on parameters alone")
}

fn bounded_metrics(spec: &proto::StudySpec) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for constraint in &spec.constraints {
        let is_known = spec.objectives.iter().any(|objective| objective.metric == constraint.metric);
        if !is_known && !found.contains(&constraint.metric) {
            found.push(constraint.metric.clone());
        }
    }
    found
}

fn side(at_most: bool) -> proto::Comparison {
    if at_most { proto::Comparison::LessEqual } else { proto::Comparison::GreaterEqual }
}

/// Longer than the contract's longest becomes the longest; no duration of a study is near it.
pub(crate) fn wire_duration(duration: Duration) -> prost_types::Duration {
    prost_types::Duration::try_from(duration).unwrap_or(prost_types::Duration { seconds: i64::MAX, nanos: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{boolean, choice, derived, double, integer};

    fn spec() -> StudySpec {
        StudySpec::new()
            .parameter("lr", double(1e-4, 1e-1).log())
            .parameter("depth", integer(1, 6))
            .objective(minimize("error"))
    }

    /// A bound on parameters goes to the space, one on a metric to the study, which then tracks the metric.
    #[test]
    fn constraints_are_told_apart() {
        let message = spec().constraint("lr + 2*depth <= 3").constraint("-params >= -200_000").into_message().unwrap();

        assert_eq!(message.space.unwrap().constraints[0].bound, 3.0);
        let bound = &message.constraints[0];
        assert_eq!((bound.metric.as_str(), bound.bound), ("params", 200_000.0));
        assert_eq!(bound.comparison(), proto::Comparison::LessEqual);
        assert_eq!(message.tracked_metrics, ["params"]);
    }

    /// What fits neither kind is refused, with its text.
    #[test]
    fn a_mixture_is_refused() {
        let mixed = spec().constraint("lr + params <= 3").into_message().unwrap_err().to_string();
        let several = spec().constraint("flops + params <= 3").into_message().unwrap_err().to_string();
        let soft = spec().soft_constraint("lr <= 3", 1.0).into_message().unwrap_err().to_string();

        assert!(mixed.contains("mixes parameters with params"), "{mixed}");
        assert!(several.contains("bounds several metrics at once (flops, params)"), "{several}");
        assert!(soft.contains("'lr <= 3': bounds parameters only"), "{soft}");
    }

    /// A parameter that was built wrongly is named when the specification is put together.
    #[test]
    fn a_wrong_parameter_is_named() {
        for (parameter, problem) in [
            (boolean().log(), "log: is for numbers only"),
            (integer(1, 2).default("a"), "default: a does not fit"),
            (derived("1 + 2"), "names no parameter"),
            (choice(["a"]).step(2), "step: 2 does not fit"),
        ] {
            let message = spec().parameter("odd", parameter).into_message().unwrap_err().to_string();
            assert!(message.contains("space['odd']") && message.contains(problem), "{message}");
        }
    }

    /// Zero is a value, not an absence.
    #[test]
    fn zero_is_kept() {
        let message = spec().seed(0).parameter("x", double(-1.0, 1.0).default(0.0)).into_message().unwrap();

        assert_eq!(message.seed, Some(0));
        let Some(proto::parameter::Kind::Double(of)) = &message.space.unwrap().parameters[2].kind else { panic!() };
        assert_eq!(of.default_value, Some(0.0));
    }
}
