package assay

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var (
	begin  = time.Unix(0, 0)
	always = func() float64 { return 1 }
	usual  = limits{timeout: 30 * time.Second, connectTimeout: 10 * time.Second, patience: 10 * time.Minute}
)

func of(kind *Kind) *Error { return &Error{Kind: kind, Message: kind.Name()} }

func anEffort(hasMet bool) *effort {
	return newEffort(usual, "here:7077", hasMet, usual.patience, 30*time.Second, begin, always)
}

// Pauses double up to two seconds.
func TestPausesGrow(t *testing.T) {
	e := anEffort(true)
	want := []time.Duration{100, 200, 400, 800, 1600, 2000, 2000}
	for i, ms := range want {
		wait, err := e.delay(of(ErrUnavailable), begin)
		if err != nil || wait != ms*time.Millisecond {
			t.Fatalf("pause %d is %v, %v; not %d ms", i, wait, err, ms)
		}
	}
}

// Only what is safe to repeat and may succeed is tried again; ABORTED never is.
func TestWhatIsTriedAgain(t *testing.T) {
	again := map[*Kind]bool{ErrUnavailable: true, ErrDeadlineExceeded: true}
	for _, kind := range reasons {
		if _, err := anEffort(true).delay(of(kind), begin); (err == nil) != again[kind] {
			t.Errorf("%s: %v", kind.Name(), err)
		}
	}
}

// An overload is waited out for as long as the server asks, and only if it asks.
func TestAnOverloadSaysWhen(t *testing.T) {
	overload := of(ErrOverloaded)
	overload.RetryAfter = 3 * time.Second
	if wait, err := anEffort(true).delay(overload, begin); err != nil || wait != 3*time.Second {
		t.Errorf("%v, %v", wait, err)
	}
}

// A server that never answered is given up after the connect timeout, by its address.
func TestAnAbsentServerIsNamed(t *testing.T) {
	e := anEffort(false)
	_, err := e.delay(of(ErrDeadlineExceeded), begin.Add(10*time.Second))
	if !errors.Is(err, ErrUnavailable) || err.Error() != "no server answers at here:7077 within 10s" {
		t.Errorf("%v", err)
	}
}

// Who refused says more than that time ran out.
func TestAnAbsenceIsRemembered(t *testing.T) {
	e := anEffort(true)
	absence := of(ErrUnavailable)
	if _, err := e.delay(absence, begin); err != nil {
		t.Fatal(err)
	}
	if _, err := e.delay(of(ErrDeadlineExceeded), begin.Add(10*time.Minute)); !errors.Is(err, ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

// A try never takes longer than what is left.
func TestATryEndsInTime(t *testing.T) {
	e := anEffort(false)
	if got := e.tryTimeout(begin.Add(9 * time.Second)); got != time.Second {
		t.Errorf("%v", got)
	}
	if got := e.tryTimeout(begin.Add(time.Hour)); got != shortestTry {
		t.Errorf("%v", got)
	}
}

// Errors without details are told apart by their code, and say where the call went.
func TestErrorsWithoutDetails(t *testing.T) {
	err := errorFrom(status.Error(codes.Unavailable, "connection refused"), "here:7077")
	if !errors.Is(err, ErrUnavailable) || err.Message != "no server answers at here:7077: connection refused" {
		t.Errorf("%v", err)
	}
	if err := errorFrom(errors.New("not gRPC"), "here:7077"); !errors.Is(err, ErrOther) {
		t.Errorf("%v", err)
	}
}
