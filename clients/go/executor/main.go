// The executor of the Go client for the conformance suite (tests/conformance/README.md): commands from standard
// input, one answer a line.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"assay.dev/go/assay"
	assayv1 "assay.dev/go/assay/v1"
	"google.golang.org/protobuf/proto"
)

type object = map[string]any

// command has every argument of every command.
type command struct {
	ID, Protocol     int
	Do, On, Study    string
	As               json.RawMessage
	Address, Project string
	Token, CA        string
	TLS              bool
	ServerName       string `json:"server_name"`
	TimeoutMS        *int   `json:"timeout_ms"`
	ConnectTimeoutMS *int   `json:"connect_timeout_ms"`
	PatienceMS       *int   `json:"patience_ms"`
	CancelMS         *int   `json:"cancel_ms"`
	StepMS           int    `json:"step_ms"`
	MaxTrials        int    `json:"max_trials"`
	Spec, Worker     string
	Count            int
	Number           string
	Filter           string
	OrderBy          string `json:"order_by"`
	How, Message     string
	Metrics          json.RawMessage
	Sem              map[string]string
	Step, Cost       *string
	Checkpoint       string
	Checkpoints      bool
	Permanent        bool
	Infeasible       bool
}

type executor struct {
	clients map[string]*assay.Client
	studies map[string]*assay.Study
	trials  map[string]*assay.Trial
}

var errUnsupported = errors.New("unsupported")

func (e *executor) answer(ctx context.Context, c *command) (object, error) {
	switch c.Do {
	case "hello":
		return object{"language": "go", "version": assay.Version, "protocol": 1}, nil
	case "connect":
		return e.connect(c)
	case "close":
		return object{}, e.clients[c.On].Close()
	case "create_study", "get_study":
		return e.study(ctx, c)
	case "ask":
		return e.ask(ctx, c)
	case "work":
		return e.work(ctx, c)
	case "front", "get_trial", "list_trials":
		return e.read(ctx, c)
	case "hold":
		e.trials[c.On].Hold()
		return object{}, nil
	case "leave":
		return e.leave(ctx, c)
	case "report":
		return e.report(ctx, c)
	case "complete", "fail", "release":
		return e.end(ctx, c)
	case "peek":
		return shownTrial(e.trials[c.On]), nil
	default:
		return nil, errUnsupported
	}
}

func (e *executor) connect(c *command) (object, error) {
	var settings []assay.Option
	if c.Project != "" {
		settings = append(settings, assay.Project(c.Project))
	}
	if c.Token != "" {
		settings = append(settings, assay.Token(c.Token))
	}
	if c.TLS {
		settings = append(settings, assay.WithTLS(assay.TLS{CA: c.CA, ServerName: c.ServerName}))
	}
	for ms, option := range map[*int]func(time.Duration) assay.Option{
		c.TimeoutMS: assay.Timeout, c.ConnectTimeoutMS: assay.ConnectTimeout, c.PatienceMS: assay.Patience,
	} {
		if ms != nil {
			settings = append(settings, option(milliseconds(*ms)))
		}
	}
	client, err := assay.New(c.Address, settings...)
	e.clients[c.name()] = client
	return object{}, err
}

func (e *executor) study(ctx context.Context, c *command) (object, error) {
	client := e.clients[c.On]
	var study *assay.Study
	var err error
	if c.Do == "create_study" {
		spec := &assayv1.StudySpec{}
		packed, err := base64.StdEncoding.DecodeString(c.Spec)
		if err := errors.Join(err, proto.Unmarshal(packed, spec)); err != nil {
			return nil, err
		}
		study, err = client.CreateStudy(ctx, c.Study, assay.SpecFrom(spec))
		if err != nil {
			return nil, err
		}
	} else if study, err = client.GetStudy(ctx, c.Study); err != nil {
		return nil, err
	}
	e.studies[c.name()] = study
	spec, err := proto.Marshal(study.Spec().Message())
	return object{
		"name": study.Name(), "state": study.State(), "end_reason": study.EndReason(), "is_over": study.IsOver(),
		"seed": whole(study.Seed()), "spec": base64.StdEncoding.EncodeToString(spec),
	}, err
}

func (e *executor) ask(ctx context.Context, c *command) (object, error) {
	study := e.studies[c.On]
	if c.CancelMS != nil {
		cancellable, cancel := context.WithCancel(ctx)
		time.AfterFunc(milliseconds(*c.CancelMS), cancel)
		ctx = cancellable
	}
	var trials []*assay.Trial
	var err error
	if c.TimeoutMS != nil {
		trials, err = study.AskWithin(ctx, c.Worker, c.Count, milliseconds(*c.TimeoutMS))
	} else {
		trials, err = study.Ask(ctx, c.Worker, c.Count)
	}
	if errors.Is(err, context.Canceled) {
		return object{"cancelled": true}, nil
	}
	var names []string
	if err := errors.Join(err, json.Unmarshal(c.As, &names)); err != nil {
		return nil, err
	}
	shown := []object{}
	for i, trial := range trials {
		if i < len(names) {
			e.trials[names[i]] = trial
		}
		shown = append(shown, shownTrial(trial))
	}
	return object{"trials": shown, "is_over": study.IsOver(), "end_reason": study.EndReason()}, nil
}

func (e *executor) read(ctx context.Context, c *command) (object, error) {
	study := e.studies[c.On]
	shown := []object{}
	switch c.Do {
	case "get_trial":
		number, err := strconv.ParseInt(c.Number, 10, 64)
		if err != nil {
			return nil, err
		}
		record, err := study.Trial(ctx, number)
		return shownRecord(record), err
	case "front":
		records, err := study.Front(ctx)
		for _, record := range records {
			shown = append(shown, shownRecord(record))
		}
		return object{"trials": shown}, err
	default:
		for record, err := range study.ListTrials(ctx, c.Filter, c.OrderBy) {
			if err != nil {
				return nil, err
			}
			shown = append(shown, shownRecord(record))
		}
		return object{"trials": shown}, nil
	}
}

func (e *executor) leave(ctx context.Context, c *command) (object, error) {
	var how error
	switch c.How {
	case "error":
		how = errors.New(c.Message)
	case "preempted":
		how = fmt.Errorf("%s: %w", c.Message, assay.ErrPreempted)
	}
	err := e.trials[c.On].Leave(ctx, how)
	var ours *assay.Error
	if errors.As(err, &ours) {
		return nil, ours
	}
	return object{}, nil // the error of `how` itself does not count
}

func (e *executor) report(ctx context.Context, c *command) (object, error) {
	metrics, err := c.doubles()
	if err != nil {
		return nil, err
	}
	var more []assay.ReportOption
	if c.Step != nil {
		step, err := strconv.ParseInt(*c.Step, 10, 64)
		if err != nil {
			return nil, err
		}
		more = append(more, assay.AtStep(step))
	}
	if c.Cost != nil {
		more = append(more, assay.Cost(double(*c.Cost)))
	}
	if c.Sem != nil {
		sem := assay.Metrics{}
		for name, text := range c.Sem {
			sem[name] = double(text)
		}
		more = append(more, assay.StandardErrors(sem))
	}
	more = append(more, assay.Checkpoint(c.Checkpoint))
	trial := e.trials[c.On]
	directive, err := trial.Report(ctx, metrics, more...)
	if err != nil {
		return nil, err
	}
	shown := shownDirective(directive)
	shown["should_stop"] = trial.ShouldStop()
	return shown, nil
}

func (e *executor) end(ctx context.Context, c *command) (object, error) {
	trial := e.trials[c.On]
	metrics, err := c.doubles()
	if err != nil {
		return nil, err
	}
	var state string
	switch {
	case c.Do == "complete":
		state, err = trial.Complete(ctx, metrics, assay.Checkpoint(c.Checkpoint))
	case c.Do == "release":
		state, err = trial.Release(ctx, c.Checkpoint, c.Message)
	case c.Infeasible:
		state, err = trial.Infeasible(ctx, c.Message)
	case c.Permanent:
		state, err = trial.FailForGood(ctx, c.Message)
	default:
		state, err = trial.Fail(ctx, c.Message)
	}
	return object{"state": state}, err
}

func (c *command) name() string {
	var name string
	if err := json.Unmarshal(c.As, &name); err != nil {
		panic(err)
	}
	return name
}

func (c *command) doubles() (assay.Metrics, error) {
	var texts map[string]string
	if c.Metrics != nil {
		if err := json.Unmarshal(c.Metrics, &texts); err != nil {
			return nil, err
		}
	}
	metrics := assay.Metrics{}
	for name, text := range texts {
		metrics[name] = double(text)
	}
	return metrics, nil
}

func main() {
	e := &executor{map[string]*assay.Client{}, map[string]*assay.Study{}, map[string]*assay.Trial{}}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64*1024*1024)
	out := json.NewEncoder(os.Stdout) // a line a value, and not buffered
	for lines.Scan() {
		c := &command{}
		if err := json.Unmarshal(lines.Bytes(), c); err != nil {
			panic(err)
		}
		found, err := e.answer(context.Background(), c)
		answer := object{"id": c.ID}
		switch {
		case errors.Is(err, errUnsupported):
			answer["unsupported"] = c.Do
		case err != nil:
			answer["error"] = shownError(err)
		default:
			answer["ok"] = found
		}
		if err := out.Encode(answer); err != nil {
			panic(err)
		}
	}
}
