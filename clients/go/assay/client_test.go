package assay

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	assayv1 "assay.dev/go/assay/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// peer is a server of one study that answers as it is told, and remembers what it heard.
type peer struct {
	assayv1.UnimplementedStudyServiceServer
	assayv1.UnimplementedTrialServiceServer
	mu     sync.Mutex
	asks   int
	ids    []string
	tokens []string
	faults []codes.Code // of the next reports
	ends   []string
}

func (p *peer) GetStudy(ctx context.Context, r *assayv1.GetStudyRequest) (*assayv1.Study, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	p.tokens = append(p.tokens, md.Get("authorization")...)
	return &assayv1.Study{Name: r.Name, State: assayv1.StudyState_STUDY_STATE_ACTIVE}, nil
}

func (p *peer) SuggestTrials(context.Context, *assayv1.SuggestTrialsRequest) (*assayv1.SuggestTrialsResponse, error) {
	if p.asks++; p.asks > 1 {
		return &assayv1.SuggestTrialsResponse{EndReason: assayv1.StudyEndReason_STUDY_END_REASON_MAX_TRIALS}, nil
	}
	return &assayv1.SuggestTrialsResponse{Trials: []*assayv1.Trial{{Name: "t", Number: 1, Lease: &assayv1.Lease{Token: "x"}}}}, nil
}

func (p *peer) ReportMeasurements(
	_ context.Context, r *assayv1.ReportMeasurementsRequest,
) (*assayv1.ReportMeasurementsResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids = append(p.ids, r.RequestId)
	if len(p.faults) > 0 {
		fault := p.faults[0]
		p.faults = p.faults[1:]
		return nil, status.Error(fault, "as told")
	}
	return answered(assayv1.DirectiveAction_DIRECTIVE_ACTION_CONTINUE), nil
}

func (p *peer) CompleteTrial(context.Context, *assayv1.CompleteTrialRequest) (*assayv1.CompleteTrialResponse, error) {
	p.ends = append(p.ends, "complete")
	return &assayv1.CompleteTrialResponse{}, nil
}

func (p *peer) FailTrial(_ context.Context, r *assayv1.FailTrialRequest) (*assayv1.FailTrialResponse, error) {
	p.ends = append(p.ends, r.Message)
	return &assayv1.FailTrialResponse{}, nil
}

func (p *peer) ReleaseTrial(_ context.Context, r *assayv1.ReleaseTrialRequest) (*assayv1.ReleaseTrialResponse, error) {
	p.ends = append(p.ends, "release")
	return &assayv1.ReleaseTrialResponse{}, nil
}

func serve(t *testing.T, p *peer) *Study {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	assayv1.RegisterStudyServiceServer(server, p)
	assayv1.RegisterTrialServiceServer(server, p)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	client, err := New(listener.Addr().String(), Token("secret"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	study, err := client.GetStudy(context.Background(), "digits")
	if err != nil {
		t.Fatal(err)
	}
	return study
}

func do(t *testing.T, study *Study, body func(context.Context, *Trial) error) error {
	t.Helper()
	ctx := context.Background()
	var left error
	for trial, err := range study.Trials(ctx, "gpu-0") {
		if err != nil {
			t.Fatal(err)
		}
		left = trial.Do(ctx, func(ctx context.Context) error { return body(ctx, trial) })
	}
	return left
}

// A trial is run to its end, under the token, with one id for all tries of an act.
func TestOneIDForAllTries(t *testing.T) {
	p := &peer{faults: []codes.Code{codes.Unavailable, codes.Unavailable}}
	study := serve(t, p)
	err := do(t, study, func(ctx context.Context, trial *Trial) error {
		_, err := trial.Report(ctx, Metrics{"loss": 0.5})
		return err
	})
	if err != nil || len(p.ids) != 3 || p.ids[0] != p.ids[1] || p.ids[1] != p.ids[2] || len(p.ids[0]) != 32 {
		t.Errorf("%v, ids %v", err, p.ids)
	}
	if len(p.ends) != 1 || p.ends[0] != "complete" || study.EndReason() != "MAX_TRIALS" || p.tokens[0] != "Bearer secret" {
		t.Errorf("ends %v, %s, tokens %v", p.ends, study.EndReason(), p.tokens)
	}
}

// An error of the body fails the trial with its text, and goes on.
func TestAnErrorGoesOn(t *testing.T) {
	p := &peer{}
	boom := errors.New("CUDA out of memory")
	err := do(t, serve(t, p), func(context.Context, *Trial) error { return boom })
	if !errors.Is(err, boom) || p.ends[0] != boom.Error() {
		t.Errorf("%v, ends %v", err, p.ends)
	}
}

// A panic of the body fails the trial with its trace, and goes on.
func TestAPanicGoesOn(t *testing.T) {
	p := &peer{}
	study := serve(t, p)
	defer func() {
		if got := recover(); got != "boom" || !strings.HasPrefix(p.ends[0], "panic: boom") {
			t.Errorf("%v, ends %v", got, p.ends)
		}
	}()
	_ = do(t, study, func(context.Context, *Trial) error { panic("boom") })
}

// A worker whose context has ended still hands its trial back.
func TestACancelledWorkerHandsBack(t *testing.T) {
	p := &peer{}
	study := serve(t, p)
	trials, err := study.Ask(context.Background(), "gpu-0", 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	err = trials[0].Do(ctx, func(ctx context.Context) error {
		cancel()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) || len(p.ends) != 1 || p.ends[0] != "release" {
		t.Errorf("%v, ends %v", err, p.ends)
	}
}

// ABORTED is told at once, and a lost lease that another trial reports is not kept quiet.
func TestAbortedIsToldAtOnce(t *testing.T) {
	p := &peer{faults: []codes.Code{codes.Aborted}}
	err := do(t, serve(t, p), func(ctx context.Context, trial *Trial) error {
		_, err := trial.Report(ctx, Metrics{"loss": 0.5})
		return err
	})
	var failed *Error
	if !errors.As(err, &failed) || failed.Code != codes.Aborted || len(p.ids) != 1 {
		t.Errorf("%v, ids %v", err, p.ids)
	}
}

// A context ends a call that waits for a server.
func TestAContextEndsTheWait(t *testing.T) {
	client, err := New("127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := client.GetStudy(ctx, "digits"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
