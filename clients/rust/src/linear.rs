//! Linear expressions written as text: `2 * width + 1`, `lr + 2*depth <= 3`. Parsed, never evaluated.
//!
//! ```text
//! comparison = sum ("<=" | ">=") sum
//! sum        = product (("+" | "-") product)*
//! product    = factor (("*" | "/") factor)*
//! factor     = ("+" | "-") factor | number | name | "(" sum ")"
//! ```
//!
//! A name is letters, digits, `_` and `.`; any other name stands in backquotes: `` `train/loss` <= 0.3 ``.

use crate::error::{Error, Result};

/// constant + sum of weight * name; weights are never zero, in the order in which the names first appear.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Linear {
    pub weights: Vec<(String, f64)>,
    pub constant: f64,
}

/// weights <= bound, or weights >= bound; all names on the left, all numbers on the right.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Comparison {
    pub weights: Vec<(String, f64)>,
    pub at_most: bool,
    pub bound: f64,
}

/// Read a weighted sum.
pub(crate) fn parse_linear(text: &str) -> Result<Linear> {
    let mut parser = Parser::new(text, "derived")?;
    let result = parser.sum()?;
    parser.expect_end()?;
    parser.finite(result)
}

/// Read a sum, `<=` or `>=`, and another sum.
pub(crate) fn parse_comparison(text: &str) -> Result<Comparison> {
    let mut parser = Parser::new(text, "constraint")?;
    let left = parser.sum()?;
    let at_most = parser.comparison_sign()?;
    let right = parser.sum()?;
    parser.expect_end()?;
    let difference = parser.finite(left.plus(right.times(-1.0)))?;
    if difference.weights.is_empty() {
        return Err(parser.error("compares numbers only; it needs a parameter or a metric"));
    }
    Ok(Comparison { weights: difference.weights, at_most, bound: 0.0 - difference.constant })
}

impl Linear {
    fn plus(mut self, other: Self) -> Self {
        for (name, weight) in other.weights {
            match self.weights.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum += weight,
                None => self.weights.push((name, weight)),
            }
        }
        self.constant += other.constant;
        self.without_zeros()
    }

    fn times(mut self, factor: f64) -> Self {
        self.weights.iter_mut().for_each(|(_, weight)| *weight *= factor);
        self.constant *= factor;
        self.without_zeros()
    }

    fn without_zeros(mut self) -> Self {
        self.weights.retain(|(_, weight)| *weight != 0.0);
        self
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Name(String),
    Sign(&'static str),
}

/// Longest first, so that `<=` is not read as `<`.
const SIGNS: [(&str, &str); 14] = [
    ("<=", "<="),
    (">=", ">="),
    ("==", "=="),
    ("!=", "!="),
    ("≤", "<="),
    ("≥", ">="),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
    ("(", "("),
    (")", ")"),
    ("<", "<"),
    (">", ">"),
];

/// Parentheses and signs; far below any stack's end, far above any use.
const DEEPEST: usize = 50;

struct Parser<'a> {
    text: &'a str,
    what: &'static str,
    /// Each with its column, from 1.
    tokens: Vec<(Token, usize)>,
    next: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, what: &'static str) -> Result<Self> {
        let mut parser = Self { text, what, tokens: Vec::new(), next: 0, depth: 0 };
        let mut rest = text;
        loop {
            rest = rest.trim_start();
            if rest.is_empty() {
                return Ok(parser);
            }
            let column = text[..text.len() - rest.len()].chars().count() + 1;
            let (token, length) = parser.token(rest, column)?;
            parser.tokens.push((token, column));
            rest = &rest[length..];
        }
    }

    fn token(&self, rest: &str, column: usize) -> Result<(Token, usize)> {
        let first = rest.chars().next().expect("there is more");
        if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            let length = number_length(rest);
            let number = rest[..length].replace('_', "").parse();
            return match number {
                Ok(number) => Ok((Token::Number(number), length)),
                Err(_) => Err(self.error(&format!("{:?} is not a number", &rest[..length]))),
            };
        }
        if first.is_alphabetic() || first == '_' {
            let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
            let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            return Ok((Token::Name(rest[..length].to_owned()), length));
        }
        if let Some(length) = rest.strip_prefix('`').and_then(|quoted| quoted.find('`')).filter(|length| *length > 0) {
            return Ok((Token::Name(rest[1..=length].to_owned()), length + 2));
        }
        let sign = SIGNS.iter().find(|(written, _)| rest.starts_with(written));
        match sign {
            Some((written, meant)) => Ok((Token::Sign(meant), written.len())),
            None => Err(self.error(&format!("cannot read {first:?} at column {column}"))),
        }
    }

    fn sum(&mut self) -> Result<Linear> {
        let mut total = self.product()?;
        while let Some(sign) = self.taken(&["+", "-"]) {
            total = total.plus(self.product()?.times(if sign == "+" { 1.0 } else { -1.0 }));
        }
        Ok(total)
    }

    fn product(&mut self) -> Result<Linear> {
        let mut result = self.factor()?;
        while let Some(sign) = self.taken(&["*", "/"]) {
            let mut factor = self.factor()?;
            if sign == "*" && result.weights.is_empty() {
                std::mem::swap(&mut result, &mut factor);
            }
            if !factor.weights.is_empty() {
                return Err(self.error("is not linear: names may be multiplied and divided by numbers only"));
            }
            if sign == "/" && factor.constant == 0.0 {
                return Err(self.error("divides by zero"));
            }
            result = result.times(if sign == "*" { factor.constant } else { 1.0 / factor.constant });
        }
        Ok(result)
    }

    fn factor(&mut self) -> Result<Linear> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error(&format!("is nested deeper than {DEEPEST} levels")));
        }
        let result = self.atom();
        self.depth -= 1;
        result
    }

    fn atom(&mut self) -> Result<Linear> {
        if let Some(sign) = self.taken(&["+", "-"]) {
            return Ok(self.factor()?.times(if sign == "+" { 1.0 } else { -1.0 }));
        }
        if self.taken(&["("]).is_some() {
            let inner = self.sum()?;
            return self.taken(&[")"]).map(|_| inner).ok_or_else(|| self.error_here("expected )"));
        }
        let found = match self.tokens.get(self.next) {
            Some((Token::Name(name), _)) => Linear { weights: vec![(name.clone(), 1.0)], constant: 0.0 },
            Some((Token::Number(number), _)) => Linear { weights: Vec::new(), constant: *number },
            _ => return Err(self.error_here("expected a number or a name")),
        };
        self.next += 1;
        Ok(found)
    }

    /// Whether it is `<=`.
    fn comparison_sign(&mut self) -> Result<bool> {
        if let Some(sign) = self.taken(&["<=", ">="]) {
            return Ok(sign == "<=");
        }
        match self.sign() {
            Some(sign @ ("<" | ">" | "==" | "!=")) => {
                Err(self.error_here(&format!("'{sign}' is not supported; use <= or >=")))
            }
            _ => Err(self.error_here("expected <= or >=")),
        }
    }

    fn expect_end(&self) -> Result<()> {
        match self.sign() {
            Some("<=" | ">=" | "<" | ">" | "==" | "!=") => {
                Err(self.error_here("one comparison only; write two constraints"))
            }
            _ if self.next < self.tokens.len() => Err(self.error_here("expected an operator")),
            _ => Ok(()),
        }
    }

    fn finite(&self, linear: Linear) -> Result<Linear> {
        let is_finite = linear.constant.is_finite() && linear.weights.iter().all(|(_, weight)| weight.is_finite());
        if is_finite { Ok(linear) } else { Err(self.error("has a number that is too large")) }
    }

    fn sign(&self) -> Option<&'static str> {
        match self.tokens.get(self.next) {
            Some((Token::Sign(sign), _)) => Some(sign),
            _ => None,
        }
    }

    fn taken(&mut self, signs: &[&str]) -> Option<&'static str> {
        let sign = self.sign().filter(|sign| signs.contains(sign))?;
        self.next += 1;
        Some(sign)
    }

    fn error(&self, problem: &str) -> Error {
        Error::invalid(self.what, format!("'{}': {problem}", self.text))
    }

    fn error_here(&self, problem: &str) -> Error {
        let end = self.text.chars().count() + 1;
        let column = self.tokens.get(self.next).map_or(end, |(_, column)| *column);
        self.error(&format!("{problem} at column {column}"))
    }
}

/// Of the number at the start of *rest*, with its exponent if it has one.
fn number_length(rest: &str) -> usize {
    let is_digit = |c: char| c.is_ascii_digit() || c == '_' || c == '.';
    let mantissa = rest.find(|c| !is_digit(c)).unwrap_or(rest.len());
    let exponent = &rest[mantissa..];
    let Some(signed) = exponent.strip_prefix(['e', 'E']) else { return mantissa };
    let digits = signed.strip_prefix(['+', '-']).unwrap_or(signed);
    let length = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    if length == 0 { mantissa } else { mantissa + exponent.len() - digits.len() + length }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(of: &[(&str, f64)]) -> Vec<(String, f64)> {
        of.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect()
    }

    /// All names go to the left, all numbers to the right.
    #[test]
    fn a_comparison_is_brought_to_one_form() {
        let found = parse_comparison("lr + 2*depth - 1 <= 3 - (depth)/2").unwrap();

        assert_eq!(found.weights, weights(&[("lr", 1.0), ("depth", 2.5)]));
        assert_eq!((found.at_most, found.bound), (true, 4.0));
    }

    /// Underscores, exponents, quoted names and typographic signs are read as meant.
    #[test]
    fn numbers_and_names_are_read_as_meant() {
        assert_eq!(parse_comparison("params <= 200_000").unwrap().bound, 200_000.0);
        assert_eq!(parse_comparison("params ≥ 2e5").unwrap().bound, 2e5);
        assert_eq!(parse_comparison("`train/loss` <= 0.3").unwrap().weights, weights(&[("train/loss", 1.0)]));
        assert_eq!(parse_linear("2 * width + 1").unwrap().constant, 1.0);
    }

    /// Each refusal names the text, and the place where there is one.
    #[test]
    fn what_cannot_be_read_is_named() {
        for (text, problem) in [
            ("a < 3", "'<' is not supported; use <= or >= at column 3"),
            ("a * b <= 3", "is not linear"),
            ("a / 0 <= 3", "divides by zero"),
            ("1 <= 3", "compares numbers only"),
            ("a <= 3 <= b", "one comparison only"),
            ("a <= ", "expected a number or a name at column 6"),
            ("(a <= 3", "expected ) at column 4"),
            ("a ? 3", "cannot read '?' at column 3"),
            ("a b <= 3", "expected <= or >= at column 3"),
            ("a <= 1e999", "too large"),
        ] {
            let message = parse_comparison(text).unwrap_err().to_string();
            assert!(message.contains(problem) && message.contains(text), "{text}: {message}");
        }
        assert!(parse_linear(&format!("{}a", "-".repeat(60))).unwrap_err().to_string().contains("deeper than 50"));
    }
}
