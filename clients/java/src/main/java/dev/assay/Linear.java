package dev.assay;

import dev.assay.AssayException.InvalidArgument;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Linear expressions written as text: {@code 2 * width + 1}, {@code lr + 2*depth <= 3}. Parsed, never evaluated.
 *
 * <pre>
 * comparison = sum ("&lt;=" | "&gt;=") sum
 * sum        = product (("+" | "-") product)*
 * product    = factor (("*" | "/") factor)*
 * factor     = ("+" | "-") factor | number | name | "(" sum ")"
 * </pre>
 *
 * <p>A name is letters, digits, _ and .; any other name stands in backquotes.
 *
 * @param weights never zero, in the order in which the names first appear
 * @param constant the rest of the sum
 */
record Linear(Map<String, Double> weights, double constant) {
  private static final Pattern TOKEN =
      Pattern.compile(
          "\\s*(?:(?<number>(?:\\d[\\d_]*(?:\\.[\\d_]*)?|\\.\\d[\\d_]*)(?:[eE][+-]?\\d+)?)"
              + "|(?<name>[\\p{L}_][\\p{L}\\p{N}_.]*)|`(?<quoted>[^`]+)`|(?<sign><=|>=|==|!=|[-+*/()<>=≤≥]))",
          Pattern.UNICODE_CHARACTER_CLASS);

  /** Parentheses and signs; far below any stack's end, far above any use. */
  private static final int DEEPEST = 50;

  /** All names on the left, all numbers on the right. */
  record Comparison(Map<String, Double> weights, boolean atMost, double bound) {}

  private record Token(Kind kind, String text, int column) {}

  private enum Kind {
    NUMBER,
    NAME,
    SIGN
  }

  /** Read a weighted sum. */
  static Linear parse(String text) {
    Parser parser = new Parser(text, "derived");
    Linear result = parser.sum();
    parser.expectEnd();
    return parser.finite(result);
  }

  /** Read a sum, {@code <=} or {@code >=}, and another sum. */
  static Comparison parseComparison(String text) {
    Parser parser = new Parser(text, "constraint");
    Linear left = parser.sum();
    boolean atMost = parser.comparisonSign();
    Linear right = parser.sum();
    parser.expectEnd();
    Linear difference = parser.finite(left.plus(right.times(-1)));
    if (difference.weights.isEmpty()) {
      throw parser.error("compares numbers only; it needs a parameter or a metric");
    }
    return new Comparison(difference.weights, atMost, 0.0 - difference.constant);
  }

  private Linear plus(Linear other) {
    Map<String, Double> sum = new LinkedHashMap<>(weights);
    other.weights.forEach((name, weight) -> sum.merge(name, weight, Double::sum));
    sum.values().removeIf(weight -> weight == 0);
    return new Linear(sum, constant + other.constant);
  }

  private Linear times(double factor) {
    Map<String, Double> scaled = new LinkedHashMap<>(weights);
    scaled.replaceAll((name, weight) -> weight * factor);
    scaled.values().removeIf(weight -> weight == 0);
    return new Linear(scaled, constant * factor);
  }

  private static final class Parser {
    private final String text;
    private final String what;
    private final List<Token> tokens = new ArrayList<>();
    private int next;
    private int depth;

    Parser(String text, String what) {
      this.text = text;
      this.what = what;
      split();
    }

    Linear sum() {
      Linear total = product();
      for (String sign = taken("+", "-"); sign != null; sign = taken("+", "-")) {
        total = total.plus(product().times(sign.equals("+") ? 1 : -1));
      }
      return total;
    }

    /** Whether it is {@code <=}. */
    boolean comparisonSign() {
      String sign = taken("<=", ">=");
      if (sign != null) {
        return sign.equals("<=");
      }
      if (List.of("<", ">", "=", "==", "!=").contains(sign())) {
        throw errorHere("'" + sign() + "' is not supported; use <= or >=");
      }
      throw errorHere("expected <= or >=");
    }

    void expectEnd() {
      if (List.of("<=", ">=", "<", ">", "=", "==", "!=").contains(sign())) {
        throw errorHere("one comparison only; write two constraints");
      }
      if (next < tokens.size()) {
        throw errorHere("expected an operator");
      }
    }

    Linear finite(Linear linear) {
      boolean isFinite = Double.isFinite(linear.constant) && linear.weights.values().stream().allMatch(Double::isFinite);
      if (!isFinite) {
        throw error("has a number that is too large");
      }
      return linear;
    }

    InvalidArgument error(String problem) {
      return InvalidArgument.of(what, "'" + text + "': " + problem);
    }

    private InvalidArgument errorHere(String problem) {
      int column = next < tokens.size() ? tokens.get(next).column : text.length() + 1;
      return error(problem + " at column " + column);
    }

    private Linear product() {
      Linear result = factor();
      for (String sign = taken("*", "/"); sign != null; sign = taken("*", "/")) {
        Linear factor = factor();
        if (sign.equals("*") && result.weights.isEmpty()) {
          Linear swapped = result;
          result = factor;
          factor = swapped;
        }
        if (!factor.weights.isEmpty()) {
          throw error("is not linear: names may be multiplied and divided by numbers only");
        }
        if (sign.equals("/") && factor.constant == 0) {
          throw error("divides by zero");
        }
        result = result.times(sign.equals("*") ? factor.constant : 1 / factor.constant);
      }
      return result;
    }

    private Linear factor() {
      depth++;
      if (depth > DEEPEST) {
        throw error("is nested deeper than " + DEEPEST + " levels");
      }
      Linear result = atom();
      depth--;
      return result;
    }

    private Linear atom() {
      String sign = taken("+", "-");
      if (sign != null) {
        return factor().times(sign.equals("+") ? 1 : -1);
      }
      if (taken("(") != null) {
        Linear inner = sum();
        if (taken(")") == null) {
          throw errorHere("expected )");
        }
        return inner;
      }
      if (next < tokens.size() && tokens.get(next).kind != Kind.SIGN) {
        Token token = tokens.get(next++);
        return token.kind == Kind.NAME
            ? new Linear(Map.of(token.text, 1.0), 0)
            : new Linear(Map.of(), Double.parseDouble(token.text));
      }
      throw errorHere("expected a number or a name");
    }

    /** The sign that is next; empty when there is none. */
    private String sign() {
      boolean isSign = next < tokens.size() && tokens.get(next).kind == Kind.SIGN;
      return isSign ? tokens.get(next).text : "";
    }

    private String taken(String... signs) {
      String sign = sign();
      if (sign.isEmpty() || !List.of(signs).contains(sign)) {
        return null;
      }
      next++;
      return sign;
    }

    private void split() {
      int end = text.stripTrailing().length();
      Matcher matcher = TOKEN.matcher(text).region(0, end);
      for (int at = 0; at < end; at = matcher.end()) {
        matcher.region(at, end);
        if (!matcher.lookingAt()) {
          int column = at + text.substring(at).length() - text.substring(at).stripLeading().length();
          throw error("cannot read '" + text.charAt(column) + "' at column " + (column + 1));
        }
        tokens.add(token(matcher));
      }
    }

    private static Token token(Matcher matcher) {
      if (matcher.group("number") != null) {
        return new Token(Kind.NUMBER, matcher.group("number").replace("_", ""), matcher.start("number") + 1);
      }
      if (matcher.group("name") != null) {
        return new Token(Kind.NAME, matcher.group("name"), matcher.start("name") + 1);
      }
      if (matcher.group("quoted") != null) {
        return new Token(Kind.NAME, matcher.group("quoted"), matcher.start("quoted") + 1);
      }
      String sign = matcher.group("sign").replace("≤", "<=").replace("≥", ">=");
      return new Token(Kind.SIGN, sign, matcher.start("sign") + 1);
    }
  }
}
