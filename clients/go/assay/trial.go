package assay

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"strings"
	"time"

	assayv1 "assay.dev/go/assay/v1"
	"google.golang.org/protobuf/proto"
)

// Trial is a trial that this worker holds.
type Trial struct {
	transport *transport
	holding   *holding
	beats     *heartbeats
	params    Params
}

func newTrial(message *assayv1.Trial, t *transport) *Trial {
	h := newHolding(message, t.now)
	return &Trial{transport: t, holding: h, beats: newHeartbeats(h, t), params: paramsFrom(message.GetConfiguration())}
}

// Name is projects/{project}/studies/{study}/trials/{number}.
func (t *Trial) Name() string { return t.holding.message.GetName() }

// Number is dense within the study, from 1.
func (t *Trial) Number() int64 { return t.holding.message.GetNumber() }

// Attempt grows each time the trial is handed out, from 1.
func (t *Trial) Attempt() int64 { return t.holding.message.GetLease().GetAttempt() }

// Seed is for the training; 64 bits, may be negative.
func (t *Trial) Seed() int64 { return t.holding.message.GetSeed() }

// Params is a value for each active parameter, derived and fixed ones included.
func (t *Trial) Params() Params { return t.params }

// Checkpoint is where to resume from; empty: train from the start.
func (t *Trial) Checkpoint() string { return t.holding.message.GetCheckpoint().GetUri() }

// StartStep is the steps that the checkpoint has behind it; 0 without one.
func (t *Trial) StartStep() int64 { return t.holding.startStep }

// UntilStep is the step to train to, which grows with a promotion; false without a fidelity.
func (t *Trial) UntilStep() (int64, bool) {
	if until := t.Directive().UntilStep; until != nil {
		return *until, true
	}
	return 0, false
}

// Directive is what the server said last.
func (t *Trial) Directive() Directive {
	t.holding.mu.Lock()
	defer t.holding.mu.Unlock()
	return t.holding.directive
}

// ShouldStop is whether to leave the trial now; a heartbeat may have said so between two reports.
func (t *Trial) ShouldStop() bool {
	t.holding.mu.Lock()
	defer t.holding.mu.Unlock()
	return t.holding.shouldStop()
}

// Steps are the steps to train to, one after the other, from StartStep + 1. They end at the budget and when told to
// pause or stop. Without a fidelity there is no budget: break, when done.
func (t *Trial) Steps() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for {
			step, ok := t.holding.advance()
			if !ok || !yield(step) {
				return
			}
		}
	}
}

type reporting struct {
	step       *int64
	cost       *float64
	checkpoint string
	sem        Metrics
	provenance *assayv1.Provenance
}

// ReportOption is something that a report says beside metrics.
type ReportOption func(*reporting)

// AtStep reports under a step of the caller's.
func AtStep(step int64) ReportOption { return func(r *reporting) { r.step = &step } }

// Cost is what was spent since the last report, in the unit of the budget.
func Cost(cost float64) ReportOption { return func(r *reporting) { r.cost = &cost } }

// Checkpoint is where the training can be resumed from after this step.
func Checkpoint(uri string) ReportOption { return func(r *reporting) { r.checkpoint = uri } }

// StandardErrors are of the metrics that have one.
func StandardErrors(sem Metrics) ReportOption { return func(r *reporting) { r.sem = sem } }

// Provenance is the circumstances of this attempt; once is enough.
func Provenance(told *assayv1.Provenance) ReportOption {
	return func(r *reporting) { r.provenance = told }
}

// Report says what was measured; it survives a restart of the server. Steps obeys the answer by itself.
//
// ErrLeaseLost says that another worker has the trial now; ErrInvalidArgument that a metric is not finite, and such.
func (t *Trial) Report(ctx context.Context, metrics Metrics, more ...ReportOption) (Directive, error) {
	r := reportingOf(more)
	measured, err := t.holding.measurement(metrics, r)
	if err != nil {
		return Directive{}, err
	}
	answer := &assayv1.ReportMeasurementsResponse{}
	request := &assayv1.ReportMeasurementsRequest{
		Name:         t.Name(),
		LeaseToken:   t.token(),
		Measurements: []*assayv1.Measurement{measured},
		Checkpoint:   checkpointOf(r.checkpoint),
		Provenance:   r.provenance,
		RequestId:    t.transport.newID(),
	}
	told := call{method: "TrialService/ReportMeasurements", request: request, answer: answer, patient: true}
	if err := t.transport.run(ctx, told); err != nil {
		t.holding.refused(err)
		return Directive{}, err
	}
	t.beats.postpone()
	return t.holding.reported(measured, answer), nil
}

// Complete ends the trial with a result, or with its latest measurement when metrics are nil. It returns the
// trial's state.
func (t *Trial) Complete(ctx context.Context, metrics Metrics, more ...ReportOption) (string, error) {
	r := reportingOf(more)
	request := &assayv1.CompleteTrialRequest{
		Name: t.Name(), LeaseToken: t.token(), Checkpoint: checkpointOf(r.checkpoint), Provenance: r.provenance,
		RequestId: t.transport.newID(),
	}
	if len(metrics) > 0 {
		measured, err := t.holding.measurement(metrics, r)
		if err != nil {
			return "", err
		}
		request.FinalMeasurement = measured
	}
	answer := &assayv1.CompleteTrialResponse{}
	return t.end(ctx, 0, "CompleteTrial", request, answer, func() *assayv1.Trial { return answer.Trial })
}

// Fail says that the attempt died. The trial is tried again, unless that happened too often.
func (t *Trial) Fail(ctx context.Context, reason string) (string, error) {
	return t.fail(ctx, 0, reason, assayv1.FailureKind_FAILURE_KIND_CRASHED, false)
}

// FailForGood says that the attempt died and that trying again is of no use.
func (t *Trial) FailForGood(ctx context.Context, reason string) (string, error) {
	return t.fail(ctx, 0, reason, assayv1.FailureKind_FAILURE_KIND_CRASHED, true)
}

// Infeasible says that the configuration itself is bad: it cannot be built, diverges, does not fit. The search learns
// from it.
func (t *Trial) Infeasible(ctx context.Context, reason string) (string, error) {
	return t.fail(ctx, 0, reason, assayv1.FailureKind_FAILURE_KIND_INFEASIBLE, false)
}

// Release hands the trial back, to be resumed by whoever asks next; from a checkpoint, if it is not empty.
func (t *Trial) Release(ctx context.Context, checkpoint, reason string) (string, error) {
	return t.release(ctx, 0, checkpoint, reason)
}

// Do holds the trial while body runs: heartbeats keep its lease. What body returns says how it went:
//
//   - told to pause or stop, or completed, failed, released by hand: nothing more is said;
//   - nil before that: the trial is completed with its latest measurement; without any report, the attempt has failed;
//   - ErrPreempted or context.Canceled (wrapped, too): it is handed back, to be resumed by whoever asks next;
//   - ErrLeaseLost of this trial: another worker has it, and Do returns nil, so that the loop around goes on;
//   - another error, or a panic: the attempt has failed, with the error as its reason, and the error goes on.
func (t *Trial) Do(ctx context.Context, body func(context.Context) error) error {
	t.Hold()
	defer func() {
		if panicked := recover(); panicked != nil {
			err := fmt.Errorf("panic: %v\n%s", panicked, debug.Stack())
			_ = t.Leave(ctx, err) // the panic is what goes on
			panic(panicked)
		}
	}()
	return t.Leave(ctx, body(ctx))
}

// Hold begins the heartbeats. Do does it by itself; who calls Hold calls Leave.
func (t *Trial) Hold() { t.beats.start() }

// Leave ends the heartbeats and says how it went, as Do does; err is what the body returned.
func (t *Trial) Leave(ctx context.Context, err error) error {
	defer t.beats.stop()
	unsaid := t.sayFarewell(ctx, err)
	if errors.Is(unsaid, ErrLeaseLost) {
		unsaid = nil
	}
	if isOwnLoss(err, t.Name()) {
		err = nil
	}
	if unsaid != nil {
		unsaid = fmt.Errorf("%s: the server could not be told: %w", t.Name(), unsaid)
	}
	return errors.Join(err, unsaid)
}

func (t *Trial) sayFarewell(ctx context.Context, body error) error {
	word, text := t.holding.parting(body)
	patience := time.Duration(0)
	if body != nil && (isEnded(body) || errors.Is(body, ErrPreempted) || errors.Is(body, ErrUnavailable)) {
		patience = partingPatience
	}
	// The last word is said also by a worker whose context has ended.
	if ctx.Err() != nil {
		ctx, patience = context.WithoutCancel(ctx), partingPatience
	}
	var err error
	switch word {
	case sayRelease:
		_, err = t.release(ctx, patience, "", text)
	case sayFail:
		_, err = t.fail(ctx, patience, text, assayv1.FailureKind_FAILURE_KIND_CRASHED, false)
	case sayComplete:
		_, err = t.Complete(ctx, nil)
	case sayNothing:
	}
	return err
}

func (t *Trial) fail(
	ctx context.Context, patience time.Duration, reason string, kind assayv1.FailureKind, permanent bool,
) (string, error) {
	request := &assayv1.FailTrialRequest{
		Name: t.Name(), LeaseToken: t.token(), Kind: kind, Message: tail(reason), Permanent: permanent,
		RequestId: t.transport.newID(),
	}
	answer := &assayv1.FailTrialResponse{}
	return t.end(ctx, patience, "FailTrial", request, answer, func() *assayv1.Trial { return answer.Trial })
}

func (t *Trial) release(ctx context.Context, patience time.Duration, checkpoint, reason string) (string, error) {
	request := &assayv1.ReleaseTrialRequest{
		Name: t.Name(), LeaseToken: t.token(), Checkpoint: checkpointOf(checkpoint), Message: tail(reason),
		RequestId: t.transport.newID(),
	}
	answer := &assayv1.ReleaseTrialResponse{}
	return t.end(ctx, patience, "ReleaseTrial", request, answer, func() *assayv1.Trial { return answer.Trial })
}

func (t *Trial) end(
	ctx context.Context, patience time.Duration, method string, request, answer proto.Message,
	now func() *assayv1.Trial,
) (string, error) {
	said := call{
		method: "TrialService/" + method, request: request, answer: answer, patient: true, allowed: patience,
	}
	if err := t.transport.run(ctx, said); err != nil {
		t.holding.refused(err)
		return "", err
	}
	t.holding.end()
	t.beats.stop()
	return shortName(now().GetState(), "TRIAL_STATE_"), nil
}

func (t *Trial) token() string { return t.holding.message.GetLease().GetToken() }

func reportingOf(more []ReportOption) *reporting {
	r := &reporting{}
	for _, say := range more {
		say(r)
	}
	return r
}

func checkpointOf(uri string) *assayv1.Checkpoint {
	if uri == "" {
		return nil
	}
	return &assayv1.Checkpoint{Uri: uri}
}

// isOwnLoss is whether err says that this trial was lost, which Do keeps to itself.
func isOwnLoss(err error, name string) bool {
	var failed *Error
	if !errors.As(err, &failed) || failed.Kind != ErrLeaseLost {
		return false
	}
	lost := failed.Metadata["name"]
	return lost == "" || strings.EqualFold(lost, name)
}
