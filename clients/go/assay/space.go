package assay

import (
	"maps"
	"reflect"
	"slices"

	assayv1 "assay.dev/go/assay/v1"
)

// Scalar is what a parameter may have for a value.
type Scalar interface {
	~int | ~int64 | ~float64 | ~string | ~bool
}

// ParameterOption says more about a parameter.
type ParameterOption func(*Spec, *assayv1.Parameter)

// Double is a real number in [low, high].
func Double(name string, low, high float64, more ...ParameterOption) Part {
	kind := &assayv1.DoubleParameter{Min: low, Max: high}
	return parameter(&assayv1.Parameter{Name: name, Kind: &assayv1.Parameter_Double{Double: kind}}, more)
}

// Integer is a whole number in [low, high].
func Integer(name string, low, high int64, more ...ParameterOption) Part {
	kind := &assayv1.IntegerParameter{Min: low, Max: high}
	return parameter(&assayv1.Parameter{Name: name, Kind: &assayv1.Parameter_Integer{Integer: kind}}, more)
}

// Choice is one of a list: all numbers, or all strings.
func Choice[T Scalar](name string, values []T, more ...ParameterOption) Part {
	kind := &assayv1.CategoricalParameter{Values: valuesOf(values)}
	return parameter(&assayv1.Parameter{Name: name, Kind: &assayv1.Parameter_Categorical{Categorical: kind}}, more)
}

// Boolean is true or false.
func Boolean(name string, more ...ParameterOption) Part {
	kind := &assayv1.BooleanParameter{}
	return parameter(&assayv1.Parameter{Name: name, Kind: &assayv1.Parameter_Boolean{Boolean: kind}}, more)
}

// Fixed is the same for every trial.
func Fixed[T Scalar](name string, value T, more ...ParameterOption) Part {
	kind := &assayv1.FixedParameter{Value: valueOf(value)}
	return parameter(&assayv1.Parameter{Name: name, Kind: &assayv1.Parameter_Fixed{Fixed: kind}}, more)
}

// Derived is constant + the weighted sum of numeric parameters; a real number.
func Derived(name string, weights map[string]float64, constant float64, more ...ParameterOption) Part {
	return derived(name, weights, constant, false, more)
}

// DerivedInteger is Derived, rounded to the nearest whole number.
func DerivedInteger(name string, weights map[string]float64, constant float64, more ...ParameterOption) Part {
	return derived(name, weights, constant, true, more)
}

func derived(name string, weights map[string]float64, constant float64, integer bool, more []ParameterOption) Part {
	kind := &assayv1.DerivedParameter{Terms: terms(weights), Constant: constant, Integer: integer}
	return parameter(&assayv1.Parameter{Name: name, Kind: &assayv1.Parameter_Derived{Derived: kind}}, more)
}

// Log spreads a number so that equal ratios are equally likely.
func Log() ParameterOption {
	return func(s *Spec, p *assayv1.Parameter) {
		switch kind := p.Kind.(type) {
		case *assayv1.Parameter_Double:
			kind.Double.Scale = assayv1.Scale_SCALE_LOG
		case *assayv1.Parameter_Integer:
			kind.Integer.Scale = assayv1.Scale_SCALE_LOG
		default:
			s.refuse(p.Name, "only a double or an integer has a scale")
		}
	}
}

// Step makes a number one of low, low + step, ….
func Step(step float64) ParameterOption {
	return func(s *Spec, p *assayv1.Parameter) {
		switch kind := p.Kind.(type) {
		case *assayv1.Parameter_Double:
			kind.Double.Step = &step
		case *assayv1.Parameter_Integer:
			whole := int64(step)
			if float64(whole) != step {
				s.refuse(p.Name, "%v is not a step of an integer", step)
			}
			kind.Integer.Step = &whole
		default:
			s.refuse(p.Name, "only a double or an integer has a step")
		}
	}
}

// Ordered says that neighbours in the list of a choice are more alike than others.
func Ordered() ParameterOption {
	return func(s *Spec, p *assayv1.Parameter) {
		if kind, ok := p.Kind.(*assayv1.Parameter_Categorical); ok {
			kind.Categorical.Ordered = true
			return
		}
		s.refuse(p.Name, "only a choice is ordered")
	}
}

// Default is the value of the baseline configuration.
func Default[T Scalar](value T) ParameterOption {
	return func(s *Spec, p *assayv1.Parameter) {
		given := valueOf(value)
		switch kind := p.Kind.(type) {
		case *assayv1.Parameter_Categorical:
			kind.Categorical.DefaultValue = given
			return
		case *assayv1.Parameter_Double:
			if number, ok := asDouble(given); ok {
				kind.Double.DefaultValue = &number
				return
			}
		case *assayv1.Parameter_Integer:
			if number, ok := given.Kind.(*assayv1.Value_IntegerValue); ok {
				kind.Integer.DefaultValue = &number.IntegerValue
				return
			}
		case *assayv1.Parameter_Boolean:
			if truth, ok := given.Kind.(*assayv1.Value_BooleanValue); ok {
				kind.Boolean.DefaultValue = &truth.BooleanValue
				return
			}
		}
		s.refuse(p.Name, "%v is no default of this kind of parameter", value)
	}
}

// When makes a parameter exist only while another one has one of these values.
func When[T Scalar](name string, values ...T) ParameterOption {
	return func(_ *Spec, p *assayv1.Parameter) {
		p.Conditions = append(p.Conditions, &assayv1.Condition{Parameter: name, Values: valuesOf(values)})
	}
}

func parameter(found *assayv1.Parameter, more []ParameterOption) Part {
	return func(s *Spec) {
		for _, say := range more {
			say(s, found)
		}
		s.message.Space.Parameters = append(s.message.Space.Parameters, found)
	}
}

func valuesOf[T Scalar](values []T) []*assayv1.Value {
	found := make([]*assayv1.Value, len(values))
	for i, value := range values {
		found[i] = valueOf(value)
	}
	return found
}

func valueOf[T Scalar](value T) *assayv1.Value {
	switch given := reflect.ValueOf(value); given.Kind() {
	case reflect.Float64:
		return &assayv1.Value{Kind: &assayv1.Value_DoubleValue{DoubleValue: given.Float()}}
	case reflect.String:
		return &assayv1.Value{Kind: &assayv1.Value_StringValue{StringValue: given.String()}}
	case reflect.Bool:
		return &assayv1.Value{Kind: &assayv1.Value_BooleanValue{BooleanValue: given.Bool()}}
	default: // Scalar has nothing else but whole numbers
		return &assayv1.Value{Kind: &assayv1.Value_IntegerValue{IntegerValue: given.Int()}}
	}
}

func asDouble(value *assayv1.Value) (float64, bool) {
	switch kind := value.Kind.(type) {
	case *assayv1.Value_DoubleValue:
		return kind.DoubleValue, true
	case *assayv1.Value_IntegerValue:
		return float64(kind.IntegerValue), true
	default:
		return 0, false
	}
}

func terms(weights map[string]float64) []*assayv1.LinearTerm {
	found := make([]*assayv1.LinearTerm, 0, len(weights))
	for _, name := range slices.Sorted(maps.Keys(weights)) { // one order, so that equal sums are equal specifications
		found = append(found, &assayv1.LinearTerm{Name: name, Weight: weights[name]})
	}
	return found
}
