package assay

import (
	"context"
	"errors"
	"testing"

	assayv1 "assay.dev/go/assay/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// The builders say what the contract's JSON says.
func TestSpecifications(t *testing.T) {
	built := NewSpec(
		Double("lr", 1e-4, 0.1, Log(), Default(0.01)),
		Integer("depth", 1, 6, Step(1), When("opt", "sgd", "adam")),
		Choice("opt", []string{"sgd", "adam"}, Ordered()),
		Choice("batch", []int{32, 64}, Default(64)),
		Boolean("bias", Default(true)),
		Fixed("classes", 10),
		DerivedInteger("width", map[string]float64{"depth": 16}, 2),
		SumAtMost(map[string]float64{"lr": 1, "depth": 2}, 3),
		Minimize("loss", Threshold(0)), Maximize("speed"),
		AtMost("params", 5), AtLeast("loss", 0, Soft(0.5)),
		Fidelity("epoch", 1, 27, 3),
		MaxTrials(20), Parallelism(2), Target("loss", 0.1),
		Seed(0), NoBaseline(),
	)
	want := &assayv1.StudySpec{}
	err := protojson.Unmarshal([]byte(`{
		"space": {"parameters": [
			{"name": "lr", "double": {"min": 0.0001, "max": 0.1, "scale": "SCALE_LOG", "defaultValue": 0.01}},
			{"name": "depth", "integer": {"min": 1, "max": 6, "step": 1},
			 "conditions": [{"parameter": "opt", "values": [{"stringValue": "sgd"}, {"stringValue": "adam"}]}]},
			{"name": "opt", "categorical": {"values": [{"stringValue": "sgd"}, {"stringValue": "adam"}], "ordered": true}},
			{"name": "batch", "categorical": {"values": [{"integerValue": 32}, {"integerValue": 64}],
			 "defaultValue": {"integerValue": 64}}},
			{"name": "bias", "boolean": {"defaultValue": true}},
			{"name": "classes", "fixed": {"value": {"integerValue": 10}}},
			{"name": "width", "derived": {"terms": [{"name": "depth", "weight": 16}], "constant": 2, "integer": true}}],
		 "constraints": [{"terms": [{"name": "depth", "weight": 2}, {"name": "lr", "weight": 1}],
			"comparison": "COMPARISON_LESS_EQUAL", "bound": 3}]},
		"objectives": [{"metric": "loss", "goal": "GOAL_MINIMIZE", "threshold": 0}, {"metric": "speed", "goal": "GOAL_MAXIMIZE"}],
		"constraints": [{"metric": "params", "comparison": "COMPARISON_LESS_EQUAL", "bound": 5},
			{"metric": "loss", "comparison": "COMPARISON_GREATER_EQUAL", "bound": 0, "softWeight": 0.5}],
		"trackedMetrics": ["params"],
		"fidelity": {"name": "epoch", "min": 1, "max": 27, "eta": 3},
		"budget": {"maxTrials": 20, "parallelism": 2, "targets": [{"metric": "loss", "value": 0.1}]},
		"seed": 0, "noDefaultBaseline": true}`), want)
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(built.Message(), want) {
		t.Errorf("built %v\nwant  %v", built.Message(), want)
	}
}

// What makes no sense for a parameter is told before anything is sent, all of it at once.
func TestNonsenseIsRefusedAtOnce(t *testing.T) {
	client, err := New("localhost:1")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	spec := NewSpec(Boolean("b", Log()), Integer("n", 1, 5, Step(0.5), Default("x")), Fixed("f", 1, Ordered()))

	_, err = client.CreateStudy(context.Background(), "s", spec)

	var refused *Error
	if !errors.As(err, &refused) || refused.Kind != ErrInvalidArgument || len(refused.Violations) != 4 {
		t.Errorf("%v", err)
	}
}

// An address with a scheme is none.
func TestAnAddressIsHostAndPort(t *testing.T) {
	for _, address := range []string{"", "http://here:7077"} {
		if _, err := New(address); !errors.Is(err, ErrInvalidArgument) {
			t.Errorf("%q: %v", address, err)
		}
	}
}
