//! A metric at a step, as the contract has it.

/// Finite, with its standard error where it is known. Written by hand because prost leaves out `-0.0` in a plain field,
/// as if it were 0: here the value is always sent.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct MetricValue {
    #[prost(double, optional, tag = "1")]
    value: Option<f64>,
    /// Standard error of the value, >= 0; unknown when unset.
    #[prost(double, optional, tag = "2")]
    pub sem: Option<f64>,
}

impl MetricValue {
    /// Without a standard error.
    pub fn new(value: f64) -> Self {
        Self { value: Some(value), sem: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message as _;

    /// The sign of zero is kept, and the bytes are those of the contract's field 1.
    #[test]
    fn negative_zero_is_sent() {
        let packed = MetricValue::new(-0.0).encode_to_vec();

        assert_eq!(packed, [0x09, 0, 0, 0, 0, 0, 0, 0, 0x80]);
        assert!(MetricValue::decode(packed.as_slice()).unwrap().value().is_sign_negative());
    }
}
