package assay

import (
	"fmt"
	"strings"

	assayv1 "assay.dev/go/assay/v1"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Params is a value for each active parameter: float64, int64, string or bool.
type Params map[string]any

// Metrics is what was measured, by name.
type Metrics map[string]float64

// Record is a trial as it was when it was read.
type Record struct {
	Number int64
	// State is QUEUED, RUNNING, PAUSED, SUCCEEDED, STOPPED, FAILED or INFEASIBLE; UNKNOWN for one of a later server.
	State  string
	Params Params
	// Metrics of the result once SUCCEEDED, of the latest measurement before.
	Metrics Metrics
	// Steps is the last reported step; 0 when there is none.
	Steps int64
	// Checkpoint is where to resume from; empty when there is none.
	Checkpoint string
	// Feasible is whether all hard constraints are kept; nil when that is not known.
	Feasible *bool
	// Message is everything that was read.
	Message *assayv1.Trial
}

// Float is the value of a double or integer parameter; 0 when it is not active.
func (p Params) Float(name string) float64 {
	switch value := p[name].(type) {
	case float64:
		return value
	case int64:
		return float64(value)
	default:
		return 0
	}
}

// Int is the value of an integer parameter; 0 when it is not active.
func (p Params) Int(name string) int64 { value, _ := p[name].(int64); return value }

// String is the value of a string parameter; empty when it is not active.
func (p Params) String(name string) string { value, _ := p[name].(string); return value }

// Bool is the value of a boolean parameter; false when it is not active.
func (p Params) Bool(name string) bool { value, _ := p[name].(bool); return value }

func recordFrom(message *assayv1.Trial) Record {
	shown := message.GetFinalMeasurement()
	if shown == nil {
		shown = message.GetLatestMeasurement()
	}
	metrics := Metrics{}
	for name, metric := range shown.GetMetrics() {
		metrics[name] = metric.GetValue()
	}
	return Record{
		Number:     message.GetNumber(),
		State:      shortName(message.GetState(), "TRIAL_STATE_"),
		Params:     paramsFrom(message.GetConfiguration()),
		Metrics:    metrics,
		Steps:      message.GetLastStep(),
		Checkpoint: message.GetCheckpoint().GetUri(),
		Feasible:   message.Feasible,
		Message:    message,
	}
}

func paramsFrom(message *assayv1.Configuration) Params {
	params := Params{}
	for name, value := range message.GetValues() {
		switch kind := value.GetKind().(type) {
		case *assayv1.Value_DoubleValue:
			params[name] = kind.DoubleValue
		case *assayv1.Value_IntegerValue:
			params[name] = kind.IntegerValue
		case *assayv1.Value_StringValue:
			params[name] = kind.StringValue
		case *assayv1.Value_BooleanValue:
			params[name] = kind.BooleanValue
		default:
			params[name] = nil // a kind of a later server
		}
	}
	return params
}

// enum is any enum of the contract.
type enum interface {
	protoreflect.Enum
	fmt.Stringer
}

// shortName is an enum's name without its prefix; UNKNOWN for a value of a later server, "" for none.
func shortName(value enum, prefix string) string {
	if value.Descriptor().Values().ByNumber(value.Number()) == nil {
		return "UNKNOWN"
	}
	name := strings.TrimPrefix(value.String(), prefix)
	if name == "UNSPECIFIED" {
		return ""
	}
	return name
}
