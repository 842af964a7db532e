//! The search space: [`double`], [`integer`], [`choice`] and the rest, and the values that trials get from it.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::{Error, Result};
use crate::linear::parse_linear;
use crate::proto;
use crate::proto::parameter::Kind;
use crate::proto::value::Kind as ValueKind;

/// A value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A finite real number.
    Double(f64),
    /// A whole number of 64 bits.
    Integer(i64),
    /// A text of at most 256 bytes.
    Text(String),
    /// A truth value.
    Boolean(bool),
}

macro_rules! value_from {
    ($($from:ty => $kind:ident),*) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$kind(value.into())
            }
        })*
    };
}

value_from!(f64 => Double, f32 => Double, i64 => Integer, i32 => Integer, u32 => Integer, &str => Text, String => Text, bool => Boolean);

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Double(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
            Self::Boolean(value) => write!(f, "{value}"),
        }
    }
}

/// A value for each active parameter of a trial, derived and fixed ones included.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Params(BTreeMap<String, Value>);

impl Params {
    /// The value of that name, if the parameter is active.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A number; a whole one counts as the real one that it is.
    ///
    /// # Errors
    /// `InvalidArgument`, when there is no such parameter in this trial or it is not a number.
    pub fn f64(&self, name: &str) -> Result<f64> {
        match self.wanted(name)? {
            Value::Double(value) => Ok(*value),
            #[allow(clippy::cast_precision_loss)] // the contract bounds whole parameters by 2^53
            Value::Integer(value) => Ok(*value as f64),
            other => Err(wrong_kind(name, other, "a number")),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// As [`f64`](Self::f64).
    pub fn i64(&self, name: &str) -> Result<i64> {
        match self.wanted(name)? {
            Value::Integer(value) => Ok(*value),
            other => Err(wrong_kind(name, other, "a whole number")),
        }
    }

    /// A text.
    ///
    /// # Errors
    /// As [`f64`](Self::f64).
    pub fn str(&self, name: &str) -> Result<&str> {
        match self.wanted(name)? {
            Value::Text(value) => Ok(value),
            other => Err(wrong_kind(name, other, "a text")),
        }
    }

    /// A truth value.
    ///
    /// # Errors
    /// As [`f64`](Self::f64).
    pub fn bool(&self, name: &str) -> Result<bool> {
        match self.wanted(name)? {
            Value::Boolean(value) => Ok(*value),
            other => Err(wrong_kind(name, other, "a truth value")),
        }
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    fn wanted(&self, name: &str) -> Result<&Value> {
        let known = || self.0.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        self.get(name).ok_or_else(|| Error::invalid(name, format!("is not among the active parameters {}", known())))
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Params {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(items: I) -> Self {
        Self(items.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl<N: Into<String>, V: Into<Value>, const COUNT: usize> From<[(N, V); COUNT]> for Params {
    fn from(items: [(N, V); COUNT]) -> Self {
        items.into_iter().collect()
    }
}

impl From<proto::Configuration> for Params {
    /// Values of a kind that a newer server invented are left out.
    fn from(message: proto::Configuration) -> Self {
        let known = message.values.into_iter().filter_map(|(name, value)| {
            let value = match value.kind? {
                ValueKind::DoubleValue(value) => Value::Double(value),
                ValueKind::IntegerValue(value) => Value::Integer(value),
                ValueKind::StringValue(value) => Value::Text(value),
                ValueKind::BooleanValue(value) => Value::Boolean(value),
            };
            Some((name, value))
        });
        known.collect()
    }
}

impl From<Params> for proto::Configuration {
    fn from(params: Params) -> Self {
        Self { values: params.0.into_iter().map(|(name, value)| (name, value.into())).collect() }
    }
}

impl From<Value> for proto::Value {
    fn from(value: Value) -> Self {
        let kind = match value {
            Value::Double(value) => ValueKind::DoubleValue(value),
            Value::Integer(value) => ValueKind::IntegerValue(value),
            Value::Text(value) => ValueKind::StringValue(value),
            Value::Boolean(value) => ValueKind::BooleanValue(value),
        };
        Self { kind: Some(kind) }
    }
}

/// One dimension of the space. What does not apply to its kind is refused when the specification is put together.
#[derive(Debug, Clone)]
pub struct Parameter {
    pub(crate) message: proto::Parameter,
    /// What was asked of it in vain; told when the specification is put together.
    pub(crate) error: Option<Error>,
}

/// A real number in [low, high].
pub fn double(low: f64, high: f64) -> Parameter {
    Parameter::of(Kind::Double(proto::DoubleParameter { min: low, max: high, ..Default::default() }))
}

/// A whole number in [low, high].
pub fn integer(low: i64, high: i64) -> Parameter {
    Parameter::of(Kind::Integer(proto::IntegerParameter { min: low, max: high, ..Default::default() }))
}

/// One of *values*, which are all of one kind.
pub fn choice<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> Parameter {
    let values = values.into_iter().map(|value| value.into().into()).collect();
    Parameter::of(Kind::Categorical(proto::CategoricalParameter { values, ..Default::default() }))
}

/// True or false.
pub fn boolean() -> Parameter {
    Parameter::of(Kind::Boolean(proto::BooleanParameter::default()))
}

/// One value, handed to every trial.
pub fn fixed(value: impl Into<Value>) -> Parameter {
    Parameter::of(Kind::Fixed(proto::FixedParameter { value: Some(value.into().into()), ..Default::default() }))
}

/// A parameter computed from others: `2 * width + 1`. It is handed to trials, not searched.
pub fn derived(expression: &str) -> Parameter {
    let found = parse_linear(expression).and_then(|linear| {
        let is_constant = linear.weights.is_empty();
        let problem = || Error::invalid("derived", format!("'{expression}': names no parameter; use fixed()"));
        if is_constant { Err(problem()) } else { Ok(linear) }
    });
    match found {
        Ok(linear) => Parameter::of(Kind::Derived(proto::DerivedParameter {
            terms: terms(linear.weights),
            constant: linear.constant,
            integer: false,
            ..Default::default()
        })),
        Err(error) => Parameter { message: proto::Parameter::default(), error: Some(error) },
    }
}

pub(crate) fn terms(weights: Vec<(String, f64)>) -> Vec<proto::LinearTerm> {
    weights.into_iter().map(|(name, weight)| proto::LinearTerm { name, weight, ..Default::default() }).collect()
}

impl Parameter {
    fn of(kind: Kind) -> Self {
        Self { message: proto::Parameter { kind: Some(kind), ..Default::default() }, error: None }
    }

    /// Equal ratios are equally likely; for numbers above zero.
    #[must_use]
    pub fn log(mut self) -> Self {
        match &mut self.message.kind {
            Some(Kind::Double(of)) => of.set_scale(proto::Scale::Log),
            Some(Kind::Integer(of)) => of.set_scale(proto::Scale::Log),
            _ => self.refuse("log", "is for numbers only"),
        }
        self
    }

    /// Values are low, low + step, …
    #[must_use]
    pub fn step(mut self, step: impl Into<Value>) -> Self {
        match (&mut self.message.kind, step.into()) {
            (Some(Kind::Double(of)), Value::Double(step)) => of.step = Some(step),
            (Some(Kind::Integer(of)), Value::Integer(step)) => of.step = Some(step),
            (_, step) => self.refuse("step", format!("{step} does not fit the parameter's kind")),
        }
        self
    }

    /// The value of the baseline configuration.
    #[must_use]
    pub fn default(mut self, value: impl Into<Value>) -> Self {
        match (&mut self.message.kind, value.into()) {
            (Some(Kind::Double(of)), Value::Double(value)) => of.default_value = Some(value),
            (Some(Kind::Integer(of)), Value::Integer(value)) => of.default_value = Some(value),
            (Some(Kind::Boolean(of)), Value::Boolean(value)) => of.default_value = Some(value),
            (Some(Kind::Categorical(of)), value) => of.default_value = Some(value.into()),
            (_, value) => self.refuse("default", format!("{value} does not fit the parameter's kind")),
        }
        self
    }

    /// Good values are expected around *mean*; the deviation is in decades on a log scale.
    #[must_use]
    pub fn prior(mut self, mean: f64, standard_deviation: f64) -> Self {
        let prior = Some(proto::NormalPrior { mean, standard_deviation, ..Default::default() });
        match &mut self.message.kind {
            Some(Kind::Double(of)) => of.prior = prior,
            Some(Kind::Integer(of)) => of.prior = prior,
            _ => self.refuse("prior", "is for numbers only"),
        }
        self
    }

    /// Neighbours in the list of a [`choice`] are more alike than others.
    #[must_use]
    pub fn ordered(mut self) -> Self {
        match &mut self.message.kind {
            Some(Kind::Categorical(of)) => of.ordered = true,
            _ => self.refuse("ordered", "is for choices only"),
        }
        self
    }

    /// How likely each value of a [`choice`] is good, one for each.
    #[must_use]
    pub fn weights(mut self, weights: impl IntoIterator<Item = f64>) -> Self {
        match &mut self.message.kind {
            Some(Kind::Categorical(of)) => of.prior_weights = weights.into_iter().collect(),
            _ => self.refuse("weights", "is for choices only"),
        }
        self
    }

    /// A [`derived`] value is rounded and handed over as a whole number.
    #[must_use]
    pub fn rounded(mut self) -> Self {
        match &mut self.message.kind {
            Some(Kind::Derived(of)) => of.integer = true,
            _ => self.refuse("rounded", "is for derived parameters only"),
        }
        self
    }

    /// The parameter exists only while *parameter* has one of *values*; several conditions must all hold.
    #[must_use]
    pub fn when<V: Into<Value>>(mut self, parameter: &str, values: impl IntoIterator<Item = V>) -> Self {
        let values = values.into_iter().map(|value| value.into().into()).collect();
        self.message.conditions.push(proto::Condition {
            parameter: parameter.to_owned(),
            values,
            ..Default::default()
        });
        self
    }

    fn refuse(&mut self, what: &str, why: impl Into<String>) {
        self.error.get_or_insert_with(|| Error::invalid(what, why));
    }
}

fn wrong_kind(name: &str, value: &Value, wanted: &str) -> Error {
    Error::invalid(name, format!("{value} is not {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value keeps its kind to the last bit, there and back.
    #[test]
    fn values_survive_the_wire() {
        let params = Params::from([
            ("tiny", Value::Double(f64::MIN_POSITIVE)),
            ("largest", Value::Integer(i64::MAX)),
            ("smallest", Value::Integer(i64::MIN)),
            ("text", Value::Text("größer 🚀".to_owned())),
            ("off", Value::Boolean(false)),
        ]);

        assert_eq!(Params::from(proto::Configuration::from(params.clone())), params);
    }

    /// A value of a newer server's kind is left out, not guessed.
    #[test]
    fn an_unknown_kind_is_left_out() {
        let message = proto::Configuration {
            values: [("new".to_owned(), proto::Value { kind: None, ..Default::default() })].into(),
            ..Default::default()
        };

        assert_eq!(Params::from(message), Params::default());
    }

    /// A wrong name and a wrong kind name what there is.
    #[test]
    fn reading_a_parameter_wrongly_is_explained() {
        let params = Params::from([("act", "relu")]);

        assert_eq!(params.f64("lr").unwrap_err().to_string(), "lr: is not among the active parameters act");
        assert_eq!(params.i64("act").unwrap_err().to_string(), "act: relu is not a whole number");
    }
}
