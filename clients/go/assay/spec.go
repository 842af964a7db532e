package assay

import (
	"fmt"
	"slices"
	"time"

	assayv1 "assay.dev/go/assay/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Spec is what a user says about a study. NewSpec puts one together.
type Spec struct {
	message    *assayv1.StudySpec
	violations []Violation
}

// Part is a piece of a specification: a parameter, an objective, a constraint, the fidelity, a part of the budget, ….
type Part func(*Spec)

// NewSpec puts a specification together. What is wrong with its parts is told when a study is created from it.
func NewSpec(parts ...Part) *Spec {
	spec := &Spec{message: &assayv1.StudySpec{Space: &assayv1.SearchSpace{}}}
	for _, add := range parts {
		add(spec)
	}
	spec.track()
	return spec
}

// SpecFrom is a specification from a message of the contract, which may say everything that there is to say.
func SpecFrom(message *assayv1.StudySpec) *Spec { return &Spec{message: message} }

// Message is the specification as the contract has it.
func (s *Spec) Message() *assayv1.StudySpec { return s.message }

// track adds the metrics that only a constraint names to those that are tracked, as the server asks.
func (s *Spec) track() {
	known := slices.Clone(s.message.TrackedMetrics)
	for _, objective := range s.message.Objectives {
		known = append(known, objective.Metric)
	}
	for _, constraint := range s.message.Constraints {
		if !slices.Contains(known, constraint.Metric) {
			known = append(known, constraint.Metric)
			s.message.TrackedMetrics = append(s.message.TrackedMetrics, constraint.Metric)
		}
	}
}

func (s *Spec) refuse(field, format string, values ...any) {
	s.violations = append(s.violations, Violation{field, fmt.Sprintf(format, values...)})
}

func (s *Spec) budget() *assayv1.Budget {
	if s.message.Budget == nil {
		s.message.Budget = &assayv1.Budget{}
	}
	return s.message.Budget
}

// Minimize is an objective: smaller is better.
func Minimize(metric string, more ...ObjectiveOption) Part {
	return objective(metric, assayv1.Goal_GOAL_MINIMIZE, more)
}

// Maximize is an objective: larger is better.
func Maximize(metric string, more ...ObjectiveOption) Part {
	return objective(metric, assayv1.Goal_GOAL_MAXIMIZE, more)
}

// ObjectiveOption says more about an objective.
type ObjectiveOption func(*assayv1.Objective)

// Threshold is the value beyond which results of the objective have no worth.
func Threshold(value float64) ObjectiveOption {
	return func(o *assayv1.Objective) { o.Threshold = &value }
}

func objective(metric string, goal assayv1.Goal, more []ObjectiveOption) Part {
	return func(s *Spec) {
		found := &assayv1.Objective{Metric: metric, Goal: goal}
		for _, say := range more {
			say(found)
		}
		s.message.Objectives = append(s.message.Objectives, found)
	}
}

// ConstraintOption says more about a bound on a metric.
type ConstraintOption func(*assayv1.OutcomeConstraint)

// Soft makes a constraint one that may be broken at a price.
func Soft(weight float64) ConstraintOption {
	return func(c *assayv1.OutcomeConstraint) { c.SoftWeight = &weight }
}

// AtMost bounds a metric from above.
func AtMost(metric string, bound float64, more ...ConstraintOption) Part {
	return outcome(metric, assayv1.Comparison_COMPARISON_LESS_EQUAL, bound, more)
}

// AtLeast bounds a metric from below.
func AtLeast(metric string, bound float64, more ...ConstraintOption) Part {
	return outcome(metric, assayv1.Comparison_COMPARISON_GREATER_EQUAL, bound, more)
}

func outcome(metric string, side assayv1.Comparison, bound float64, more []ConstraintOption) Part {
	return func(s *Spec) {
		found := &assayv1.OutcomeConstraint{Metric: metric, Comparison: side, Bound: bound}
		for _, say := range more {
			say(found)
		}
		s.message.Constraints = append(s.message.Constraints, found)
	}
}

// SumAtMost bounds a weighted sum of parameters from above, for every configuration.
func SumAtMost(weights map[string]float64, bound float64) Part {
	return sum(weights, assayv1.Comparison_COMPARISON_LESS_EQUAL, bound)
}

// SumAtLeast bounds a weighted sum of parameters from below, for every configuration.
func SumAtLeast(weights map[string]float64, bound float64) Part {
	return sum(weights, assayv1.Comparison_COMPARISON_GREATER_EQUAL, bound)
}

func sum(weights map[string]float64, side assayv1.Comparison, bound float64) Part {
	return func(s *Spec) {
		s.message.Space.Constraints = append(s.message.Space.Constraints, &assayv1.ParameterConstraint{
			Terms: terms(weights), Comparison: side, Bound: bound,
		})
	}
}

// Track names metrics that are reported, kept and shown, but not optimised.
func Track(metrics ...string) Part {
	return func(s *Spec) { s.message.TrackedMetrics = append(s.message.TrackedMetrics, metrics...) }
}

// Fidelity says what a cheap evaluation spends less of, in whole steps from low to high; eta is the ratio between
// rungs, 3 when 0.
func Fidelity(name string, low, high int64, eta float64) Part {
	return func(s *Spec) {
		s.message.Fidelity = &assayv1.Fidelity{Name: name, Min: low, Max: high}
		if eta != 0 {
			s.message.Fidelity.Eta = &eta
		}
	}
}

// MaxTrials is how many trials may be created.
func MaxTrials(n int64) Part { return func(s *Spec) { s.budget().MaxTrials = &n } }

// MaxCost is how much cost may be reported.
func MaxCost(cost float64) Part { return func(s *Spec) { s.budget().MaxCost = &cost } }

// MaxDuration is the wall-clock time since creation.
func MaxDuration(d time.Duration) Part {
	return func(s *Spec) { s.budget().MaxDuration = durationpb.New(d) }
}

// Parallelism is how many trials may run at the same time.
func Parallelism(n int32) Part { return func(s *Spec) { s.budget().Parallelism = &n } }

// Target ends the study when a feasible trial at full fidelity reaches a value; with several, all together.
func Target(metric string, value float64) Part {
	return func(s *Spec) {
		s.budget().Targets = append(s.budget().Targets, &assayv1.Target{Metric: metric, Value: value})
	}
}

// Seed is the source of all randomness.
func Seed(seed int64) Part { return func(s *Spec) { s.message.Seed = &seed } }

// LeaseTTL is how long a worker may be silent.
func LeaseTTL(d time.Duration) Part { return func(s *Spec) { s.message.LeaseTtl = durationpb.New(d) } }

// MaxAttempts is how often a trial may die before it has FAILED.
func MaxAttempts(n int32) Part { return func(s *Spec) { s.message.MaxAttempts = &n } }

// NoBaseline does not run the configuration of all defaults first.
func NoBaseline() Part { return func(s *Spec) { s.message.NoDefaultBaseline = true } }

// Description is for people.
func Description(text string) Part { return func(s *Spec) { s.message.Description = text } }

// With changes anything else of the message: a strategy, labels, baselines.
func With(change func(*assayv1.StudySpec)) Part { return func(s *Spec) { change(s.message) } }
