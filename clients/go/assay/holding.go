package assay

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	assayv1 "assay.dev/go/assay/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	// Bytes of a failure's text that are sent; of a trace the end matters.
	longestMessage = 16_384
	// For the last words of a worker that has to go, or whose server has gone.
	partingPatience = 5 * time.Second
	// A heartbeat that did not get through is tried again within this, however long the interval.
	soon = 2 * time.Second
)

// Directive is the answer to a report.
type Directive struct {
	// Action is CONTINUE, PAUSE or STOP.
	Action string
	// Reason is PROMOTED, RUNG_REACHED, COMPLETED, PRUNED, STUDY_OVER, STOPPED_BY_USER, why the trial was lost, or empty.
	Reason string
	// UntilStep is how far to train; nil without a fidelity.
	UntilStep *int64
}

// Leaves is whether the worker shall leave the trial; its lease is over.
func (d Directive) Leaves() bool { return d.Action != "CONTINUE" }

// directiveFrom reads a directive; a later server's unknown wish is to leave, since that loses nothing.
func directiveFrom(message *assayv1.Directive) Directive {
	action := shortName(message.GetAction(), "DIRECTIVE_ACTION_")
	if action != "CONTINUE" && action != "PAUSE" {
		action = "STOP"
	}
	reason := shortName(message.GetReason(), "DIRECTIVE_REASON_")
	if reason == "UNKNOWN" {
		reason = ""
	}
	var until *int64
	if message != nil {
		until = message.UntilStep
	}
	return Directive{Action: action, Reason: reason, UntilStep: until}
}

// holding is what a worker knows about the trial that it holds. It neither waits nor sends; heartbeats come from another
// goroutine, so everything is under its lock.
type holding struct {
	mu           sync.Mutex
	message      *assayv1.Trial
	startStep    int64
	interval     time.Duration
	directive    Directive
	step         *int64 // the one that Steps is at
	lastReported *int64 // by this attempt
	isOver       bool   // it ended, was handed back, or is lost
	measuredAt   time.Time
	now          func() time.Time
}

func newHolding(message *assayv1.Trial, now func() time.Time) *holding {
	return &holding{
		message:    message,
		startStep:  startStep(message),
		interval:   intervalOf(message.GetLease()),
		directive:  Directive{Action: "CONTINUE", UntilStep: message.UntilStep},
		measuredAt: now(),
		now:        now,
	}
}

// startStep is the steps that the checkpoint has behind it; without one the training starts anew.
func startStep(message *assayv1.Trial) int64 {
	if message.GetCheckpoint() == nil {
		return 0
	}
	if message.Checkpoint.Step != nil {
		return *message.Checkpoint.Step
	}
	return message.GetLastStep()
}

func intervalOf(lease *assayv1.Lease) time.Duration {
	if told := lease.GetHeartbeatInterval().AsDuration(); told > 0 {
		return told
	}
	return max(time.Second, lease.GetTtl().AsDuration()/3)
}

func (h *holding) shouldStop() bool { return h.isOver || h.directive.Leaves() }

// advance is the next step to train to; false: leave.
func (h *holding) advance() (int64, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.shouldStop() {
		return 0, false
	}
	step := h.startStep + 1
	if h.step != nil {
		step = *h.step + 1
	}
	if until := h.directive.UntilStep; until != nil && step > *until {
		if h.step != nil || h.lastReported != nil {
			return 0, false
		}
		step = *until // resumed at the very end of its budget: evaluated once more, since nobody heard of it
	}
	h.step = &step
	return step, true
}

// measurement makes one of metrics, under a step of the caller's or the one that is due.
func (h *holding) measurement(metrics Metrics, r *reporting) (*assayv1.Measurement, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(metrics) == 0 {
		return nil, invalid(Violation{"metrics", "a report needs at least one metric"})
	}
	values := make(map[string]*assayv1.MetricValue, len(metrics))
	for name, value := range metrics {
		values[name] = &assayv1.MetricValue{Value: value}
	}
	for name, sem := range r.sem {
		if values[name] == nil {
			return nil, invalid(Violation{"sem", fmt.Sprintf("%q is not among the reported metrics", name)})
		}
		values[name].Sem = &sem
	}
	step := h.dueStep()
	if r.step != nil {
		step = *r.step
	}
	elapsed := max(0, h.now().Sub(h.measuredAt))
	return &assayv1.Measurement{Step: step, Metrics: values, Cost: r.cost, Elapsed: durationpb.New(elapsed)}, nil
}

func (h *holding) dueStep() int64 {
	switch {
	case h.step != nil:
		return *h.step
	case h.lastReported != nil:
		return *h.lastReported + 1
	case h.message.UntilStep != nil:
		return h.startStep + 1
	default:
		return h.startStep
	}
}

// reported takes in the answer to a report.
func (h *holding) reported(measured *assayv1.Measurement, answer *assayv1.ReportMeasurementsResponse) Directive {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lastReported = &measured.Step
	h.measuredAt = h.now()
	h.obey(directiveFrom(answer.GetDirective()))
	h.isOver = h.directive.Leaves() || isNotRunning(answer.GetState())
	if answer.Lease != nil {
		h.interval = intervalOf(answer.Lease)
	}
	return h.directive
}

func isNotRunning(state assayv1.TrialState) bool {
	name := shortName(state, "TRIAL_STATE_")
	return name != "RUNNING" && name != "UNKNOWN"
}

// heard takes in the answer to a heartbeat: only a wish to leave, since a report may have learnt more meanwhile.
func (h *holding) heard(answer *assayv1.HeartbeatResponse) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if directive := directiveFrom(answer.GetDirective()); directive.Leaves() && !h.isOver {
		h.obey(directive)
		h.isOver = answer.Lease == nil
	}
	if answer.Lease != nil {
		h.interval = intervalOf(answer.Lease)
	}
}

// refused takes in what a heartbeat, a report or a last word was answered with instead.
func (h *holding) refused(err error) {
	var failed *Error
	if !errors.As(err, &failed) {
		return
	}
	switch failed.Kind {
	case ErrLeaseLost, ErrWrongTrialState, ErrStudyOver, ErrTrialNotFound, ErrStudyNotFound:
		h.mu.Lock()
		defer h.mu.Unlock()
		if !h.isOver {
			h.isOver = true
			h.obey(Directive{Action: "STOP", Reason: failed.Reason})
		}
	}
}

// end takes in that the last word was said.
func (h *holding) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.isOver = true
}

func (h *holding) obey(directive Directive) {
	if directive.Leaves() && directive.UntilStep == nil { // the budget that was granted stays a fact
		directive.UntilStep = h.directive.UntilStep
	}
	h.directive = directive
}

// A farewell is what to say when the body of a trial is left.
type farewell int

const (
	sayNothing farewell = iota
	sayRelease
	sayFail
	sayComplete
)

// parting is what to say when the body of a trial is left with an error, or none, and in which words.
func (h *holding) parting(err error) (farewell, string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.isOver:
		return sayNothing, ""
	case err == nil && h.directive.Leaves():
		// A heartbeat said so while the lease was good: handed back, nobody has to wait for it to run out.
		return sayRelease, "told to stop: " + h.directive.Reason
	case err == nil && h.lastReported == nil:
		return sayFail, "the body of the trial ended without a report"
	case err == nil:
		return sayComplete, ""
	case errors.Is(err, ErrPreempted) || errors.Is(err, context.Canceled):
		return sayRelease, err.Error() // the worker has to go, and the trial is innocent
	default:
		return sayFail, err.Error()
	}
}

// tail is the end of a text, as UTF-8, which is all that the wire takes.
func tail(text string) string {
	return strings.ToValidUTF8(text[max(0, len(text)-longestMessage):], "\uFFFD")
}
