package assay

import (
	"errors"
	"fmt"
	"math"
	"time"

	"google.golang.org/grpc/codes"
)

const (
	firstDelay = 100 * time.Millisecond
	// A server that came back is found again within this.
	longestDelay = 2 * time.Second
	shortestTry  = 50 * time.Millisecond
)

// limits are how long a client waits.
type limits struct {
	timeout        time.Duration // for one try, and for all tries of a call that no worker depends on
	connectTimeout time.Duration // for the first answer of all
	patience       time.Duration // for all tries of a call that a worker depends on
}

// effort is the tries of one call: rules without a clock or a socket of their own.
type effort struct {
	limits   limits
	address  string
	hasMet   bool
	giveUpAt time.Time
	timeout  time.Duration
	chance   func() float64
	failures int
	absence  *Error
}

func newEffort(l limits, address string, hasMet bool, allowed, timeout time.Duration, now time.Time, chance func() float64) *effort {
	if !hasMet {
		allowed = min(allowed, l.connectTimeout)
	}
	return &effort{
		limits: l, address: address, hasMet: hasMet, giveUpAt: now.Add(allowed), timeout: timeout, chance: chance,
	}
}

// tryTimeout is the deadline of the next try.
func (e *effort) tryTimeout(now time.Time) time.Duration {
	return max(shortestTry, min(e.timeout, e.giveUpAt.Sub(now)))
}

// delay is how long to wait before the next try; an error is what the caller is told, when it was the last one.
func (e *effort) delay(failed *Error, now time.Time) (time.Duration, error) {
	e.failures++
	if failed.Kind == ErrUnavailable {
		e.absence = failed
	}
	if !isRepeatable(failed) {
		return 0, failed
	}
	backoff := time.Duration(float64(firstDelay) * math.Ldexp(1, min(e.failures-1, 10)))
	// Full jitter above half: workers that lost the same server do not come back at the same moment.
	jittered := time.Duration(float64(min(longestDelay, backoff)) * (0.5 + 0.5*e.chance()))
	wait := max(failed.RetryAfter, jittered)
	if !now.Add(wait).Before(e.giveUpAt) {
		return 0, e.verdict(failed)
	}
	return wait, nil
}

// isRepeatable is for what is safe to repeat: reads, and acts under one request id. ABORTED is never repeated.
func isRepeatable(failed *Error) bool {
	if failed.Kind == ErrOverloaded {
		return failed.RetryAfter > 0 // a quota that no waiting brings back is not
	}
	return errors.Is(failed, ErrUnavailable) || errors.Is(failed, ErrDeadlineExceeded)
}

func (e *effort) verdict(failed *Error) *Error {
	if failed.Kind != ErrDeadlineExceeded || failed.Reason != "" {
		return failed
	}
	if e.absence != nil { // says more than that time ran out: who refused, and why
		return e.absence
	}
	if e.hasMet {
		return failed
	}
	return &Error{
		Kind: ErrUnavailable, Code: codes.Unavailable, Metadata: map[string]string{},
		Message: fmt.Sprintf("no server answers at %s within %s", e.address, e.limits.connectTimeout),
	}
}
