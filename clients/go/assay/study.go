package assay

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"sync"
	"time"

	assayv1 "assay.dev/go/assay/v1"
)

const (
	// The deadline of one ask: the server waits for a trial until shortly before it.
	longestWait   = 25 * time.Second
	shortestPause = 50 * time.Millisecond
	shortestWait  = 500 * time.Millisecond // it has to get there and back
	usualPause    = time.Second            // between two asks, when the server does not say
	pageSize      = 200
)

// Study is a study on the server. What it shows of itself is as old as the last call.
type Study struct {
	transport *transport
	mu        sync.Mutex
	message   *assayv1.Study
}

// Name is projects/{project}/studies/{study}.
func (s *Study) Name() string { return s.message.GetName() }

// State is ACTIVE, STOPPED or COMPLETED; UNKNOWN for one of a later server.
func (s *Study) State() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return shortName(s.message.GetState(), "STUDY_STATE_")
}

// EndReason is why the study is over: MAX_TRIALS, STOPPED_BY_USER, …; empty while it is active.
func (s *Study) EndReason() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return shortName(s.message.GetEndReason(), "STUDY_END_REASON_")
}

// IsOver is whether nothing is handed out any more.
func (s *Study) IsOver() bool { return s.State() == "STOPPED" || s.State() == "COMPLETED" }

// Seed is the seed in force.
func (s *Study) Seed() int64 { return s.message.GetResolvedSeed() }

// Spec is what its creator asked for.
func (s *Study) Spec() *Spec { return SpecFrom(s.message.GetSpec()) }

// Trials asks for one trial after the other, until the study is over. An error ends the sequence.
//
// The worker's name is unique among the living; one is drawn when it is empty. Under the same name as before, a worker
// that was restarted gets its trial back at once. A worker that asks again gets what it already holds: leave each
// trial before the next one, best by Trial.Do.
func (s *Study) Trials(ctx context.Context, worker string) iter.Seq2[*Trial, error] {
	if worker == "" {
		worker = s.drawWorker()
	}
	return func(yield func(*Trial, error) bool) {
		for {
			found, err := s.Ask(ctx, worker, 1)
			if err != nil {
				yield(nil, err)
				return
			}
			if len(found) == 0 {
				return
			}
			for _, trial := range found {
				if !yield(trial, nil) {
					return
				}
			}
		}
	}
}

// Ask asks for up to count trials, and waits for them until the study is over (then there are none, and IsOver says
// so) or the context ends.
func (s *Study) Ask(ctx context.Context, worker string, count int) ([]*Trial, error) {
	return s.ask(ctx, worker, count, time.Time{})
}

// AskWithin is Ask that returns no trials after a timeout.
func (s *Study) AskWithin(ctx context.Context, worker string, count int, timeout time.Duration) ([]*Trial, error) {
	return s.ask(ctx, worker, count, s.transport.now().Add(timeout))
}

func (s *Study) ask(ctx context.Context, worker string, count int, giveUpAt time.Time) ([]*Trial, error) {
	if count < 0 || count > 1<<30 {
		return nil, invalid(Violation{"count", fmt.Sprintf("%d is not a number of trials", count)})
	}
	for {
		wait := longestWait
		if !giveUpAt.IsZero() {
			wait = max(shortestWait, min(longestWait, giveUpAt.Sub(s.transport.now())))
		}
		answer := &assayv1.SuggestTrialsResponse{}
		request := &assayv1.SuggestTrialsRequest{
			Parent: s.Name(), Worker: worker, Count: int32(count), RequestId: s.transport.newID(),
		}
		asked := call{
			method: "TrialService/SuggestTrials", request: request, answer: answer, patient: true, timeout: wait,
		}
		if err := s.transport.run(ctx, asked); err != nil {
			return nil, err
		}
		now := s.transport.now()
		isLate := !giveUpAt.IsZero() && !now.Before(giveUpAt)
		if len(answer.Trials) > 0 || s.ended(answer.EndReason) || isLate {
			return s.taken(answer.Trials), nil
		}
		if err := s.transport.sleep(ctx, pauseAfter(answer, giveUpAt, now)); err != nil {
			return nil, err
		}
	}
}

func pauseAfter(answer *assayv1.SuggestTrialsResponse, giveUpAt, now time.Time) time.Duration {
	pause := usualPause
	if answer.RetryDelay != nil {
		pause = max(shortestPause, answer.RetryDelay.AsDuration())
	}
	if !giveUpAt.IsZero() {
		pause = max(0, min(pause, giveUpAt.Sub(now)))
	}
	return pause
}

// ended takes in why the study is over, and says whether it is.
func (s *Study) ended(reason assayv1.StudyEndReason) bool {
	if reason == assayv1.StudyEndReason_STUDY_END_REASON_UNSPECIFIED {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.message.EndReason = reason
	s.message.State = assayv1.StudyState_STUDY_STATE_COMPLETED
	if reason == assayv1.StudyEndReason_STUDY_END_REASON_STOPPED_BY_USER {
		s.message.State = assayv1.StudyState_STUDY_STATE_STOPPED
	}
	return true
}

func (s *Study) taken(messages []*assayv1.Trial) []*Trial {
	trials := make([]*Trial, len(messages))
	for i, message := range messages {
		trials[i] = newTrial(message, s.transport)
	}
	return trials
}

// Front is the feasible trials at full fidelity that no other one beats.
func (s *Study) Front(ctx context.Context) ([]Record, error) {
	answer := &assayv1.GetFrontResponse{}
	request := &assayv1.GetFrontRequest{Name: s.Name()}
	err := s.transport.run(ctx, call{method: "AnalysisService/GetFront", request: request, answer: answer})
	if err != nil {
		return nil, err
	}
	records := make([]Record, len(answer.Trials))
	for i, message := range answer.Trials {
		records[i] = recordFrom(message)
	}
	return records, nil
}

// Trial reads one trial.
func (s *Study) Trial(ctx context.Context, number int64) (Record, error) {
	answer := &assayv1.Trial{}
	request := &assayv1.GetTrialRequest{Name: fmt.Sprintf("%s/trials/%d", s.Name(), number)}
	err := s.transport.run(ctx, call{method: "TrialService/GetTrial", request: request, answer: answer})
	return recordFrom(answer), err
}

// ListTrials reads trials page by page, by number unless ordered otherwise. An error ends the sequence.
//
// filter has comparisons joined by AND: state = "SUCCEEDED" AND metrics.loss < 0.1. orderBy is "number",
// "create_time" or "metrics.NAME", each with an optional " desc".
func (s *Study) ListTrials(ctx context.Context, filter, orderBy string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for token, more := "", true; more; {
			answer := &assayv1.ListTrialsResponse{}
			request := &assayv1.ListTrialsRequest{
				Parent: s.Name(), Filter: filter, OrderBy: orderBy, PageSize: pageSize, PageToken: token,
				View: assayv1.TrialView_TRIAL_VIEW_BASIC,
			}
			err := s.transport.run(ctx, call{method: "TrialService/ListTrials", request: request, answer: answer})
			if err != nil {
				yield(Record{}, err)
				return
			}
			for _, message := range answer.Trials {
				if !yield(recordFrom(message), nil) {
					return
				}
			}
			token = answer.NextPageToken
			more = token != ""
		}
	}
}

// drawWorker is a name that no other living worker has: host, process, and a piece of an id.
func (s *Study) drawWorker() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unnamed"
	}
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), s.transport.newID()[:6])
}

// isEnded is whether an error only says that a context ended.
func isEnded(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
