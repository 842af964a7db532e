package assay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	assayv1 "assay.dev/go/assay/v1"
	"google.golang.org/protobuf/proto"
)

func stopped() time.Time { return time.Unix(0, 0) }

func aHolding(change func(*assayv1.Trial)) *holding {
	message := &assayv1.Trial{Name: "t", Lease: &assayv1.Lease{Token: "token"}, UntilStep: proto.Int64(3)}
	if change != nil {
		change(message)
	}
	return newHolding(message, stopped)
}

func answered(action assayv1.DirectiveAction) *assayv1.ReportMeasurementsResponse {
	return &assayv1.ReportMeasurementsResponse{
		State: assayv1.TrialState_TRIAL_STATE_RUNNING, Directive: &assayv1.Directive{Action: action},
	}
}

func stepsOf(h *holding) []int64 {
	found := []int64{}
	for {
		step, ok := h.advance()
		if !ok {
			return found
		}
		found = append(found, step)
	}
}

// Steps go from after the checkpoint to the budget.
func TestStepsGoToTheBudget(t *testing.T) {
	resumed := func(m *assayv1.Trial) { m.Checkpoint = &assayv1.Checkpoint{Uri: "c", Step: proto.Int64(1)} }
	if got := stepsOf(aHolding(nil)); !slices.Equal(got, []int64{1, 2, 3}) {
		t.Errorf("from the start: %v", got)
	}
	if got := stepsOf(aHolding(resumed)); !slices.Equal(got, []int64{2, 3}) {
		t.Errorf("resumed: %v", got)
	}
}

// Resumed at the very end of its budget, a trial is evaluated once more.
func TestTheLastStepIsDoneOnceMore(t *testing.T) {
	h := aHolding(func(m *assayv1.Trial) { m.Checkpoint = &assayv1.Checkpoint{Uri: "c", Step: proto.Int64(3)} })
	if got := stepsOf(h); !slices.Equal(got, []int64{3}) {
		t.Errorf("%v", got)
	}
}

// Without a checkpoint, what was reported before does not count.
func TestWithoutACheckpointItStartsAnew(t *testing.T) {
	h := aHolding(func(m *assayv1.Trial) { m.LastStep = proto.Int64(2) })
	if h.startStep != 0 {
		t.Errorf("%d", h.startStep)
	}
}

// PAUSE and STOP end the steps, and so does an action of a later version.
func TestDirectivesEndTheSteps(t *testing.T) {
	for _, action := range []assayv1.DirectiveAction{2, 3, 99} {
		h := aHolding(nil)
		h.reported(&assayv1.Measurement{Step: 1}, answered(action))
		if got := stepsOf(h); len(got) != 0 {
			t.Errorf("action %d: %v", action, got)
		}
	}
}

// A promotion raises the budget.
func TestAPromotionGoesOn(t *testing.T) {
	h := aHolding(nil)
	answer := answered(assayv1.DirectiveAction_DIRECTIVE_ACTION_CONTINUE)
	answer.Directive.UntilStep = proto.Int64(5)
	stepsOf(h)
	h.reported(&assayv1.Measurement{Step: 3}, answer)
	if got := stepsOf(h); !slices.Equal(got, []int64{4, 5}) {
		t.Errorf("%v", got)
	}
}

// How the body ended decides what is said.
func TestFarewells(t *testing.T) {
	reported := aHolding(nil)
	reported.reported(&assayv1.Measurement{Step: 1}, answered(assayv1.DirectiveAction_DIRECTIVE_ACTION_CONTINUE))
	over := aHolding(nil)
	over.end()
	cases := map[string]struct {
		holding *holding
		err     error
		want    farewell
	}{
		"over":      {over, errors.New("x"), sayNothing},
		"silent":    {aHolding(nil), nil, sayFail},
		"reported":  {reported, nil, sayComplete},
		"broken":    {reported, errors.New("x"), sayFail},
		"preempted": {reported, fmt.Errorf("SIGTERM: %w", ErrPreempted), sayRelease},
		"cancelled": {reported, fmt.Errorf("a call: %w", context.Canceled), sayRelease},
	}
	for name, c := range cases {
		if got, _ := c.holding.parting(c.err); got != c.want {
			t.Errorf("%s: %d, not %d", name, got, c.want)
		}
	}
}

// A heartbeat's STOP is obeyed, and a lease that is still good is handed back.
func TestAHeartbeatMayStop(t *testing.T) {
	h := aHolding(nil)
	h.heard(&assayv1.HeartbeatResponse{
		Directive: &assayv1.Directive{Action: assayv1.DirectiveAction_DIRECTIVE_ACTION_STOP}, Lease: &assayv1.Lease{},
	})
	if got, _ := h.parting(nil); !h.shouldStop() || got != sayRelease {
		t.Errorf("%v", got)
	}
}

// A report without a step goes under the one that is due.
func TestTheStepThatIsDue(t *testing.T) {
	h := aHolding(nil)
	measured, err := h.measurement(Metrics{"loss": 0}, &reporting{})
	if err != nil || measured.Step != 1 {
		t.Errorf("%v, %v", measured, err)
	}
	if _, err := h.measurement(nil, &reporting{}); !errors.Is(err, ErrInvalidArgument) {
		t.Errorf("without metrics: %v", err)
	}
}

// The end of a long text is kept, and it is always UTF-8.
func TestTheEndOfATextIsKept(t *testing.T) {
	long := make([]byte, longestMessage+1)
	for i := range long {
		long[i] = 'x'
	}
	if got := tail(string(long) + "\xff!"); len(got) > longestMessage+2 || got[len(got)-1] != '!' || got[0] != 'x' {
		t.Errorf("%d bytes", len(got))
	}
}
