package assay

import (
	"context"
	"sync"
	"time"

	assayv1 "assay.dev/go/assay/v1"
	"google.golang.org/grpc/codes"
)

// heartbeats says that the worker of one trial lives, as often as the server wants to hear it.
type heartbeats struct {
	holding   *holding
	transport *transport
	mu        sync.Mutex
	cancel    context.CancelFunc
	due       time.Time
}

func newHeartbeats(h *holding, t *transport) *heartbeats {
	return &heartbeats{holding: h, transport: t}
}

// start begins them, if they have not begun.
func (b *heartbeats) start() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cancel != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	b.cancel = cancel
	b.due = b.transport.now().Add(b.interval())
	go b.beat(ctx)
}

// postpone: a report was a heartbeat too.
func (b *heartbeats) postpone() { b.next(b.interval()) }

// stop ends them.
func (b *heartbeats) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cancel != nil {
		b.cancel()
	}
}

func (b *heartbeats) beat(ctx context.Context) {
	for {
		if wait := b.wait(); wait > 0 {
			if b.transport.sleep(ctx, wait) != nil {
				return
			}
			continue // a report may have postponed it meanwhile
		}
		if b.once(ctx); b.isOver() || ctx.Err() != nil {
			return
		}
	}
}

func (b *heartbeats) once(ctx context.Context) {
	answer := &assayv1.HeartbeatResponse{}
	message := b.holding.message
	request := &assayv1.HeartbeatRequest{Name: message.GetName(), LeaseToken: message.GetLease().GetToken()}
	interval := b.interval()
	failed := b.transport.once(
		ctx,
		call{method: "TrialService/Heartbeat", request: request, answer: answer},
		min(10*time.Second, max(time.Second, interval)),
	)
	switch {
	case failed == nil:
		b.holding.heard(answer)
		b.next(b.interval())
	case failed.Code == codes.Canceled: // the client was closed meanwhile
		b.stop()
	case failed.Kind == ErrUnavailable || failed.Kind == ErrDeadlineExceeded:
		b.next(min(soon, interval)) // tried again with the next one
	default:
		b.holding.refused(failed)
		b.next(interval)
	}
}

func (b *heartbeats) next(in time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.due = b.transport.now().Add(in)
}

func (b *heartbeats) wait() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.due.Sub(b.transport.now())
}

func (b *heartbeats) interval() time.Duration {
	b.holding.mu.Lock()
	defer b.holding.mu.Unlock()
	return b.holding.interval
}

func (b *heartbeats) isOver() bool {
	b.holding.mu.Lock()
	defer b.holding.mu.Unlock()
	return b.holding.isOver
}
