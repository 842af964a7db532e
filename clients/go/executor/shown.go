package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"assay.dev/go/assay"
	"google.golang.org/genproto/googleapis/rpc/code"
)

// formula is a metric of the toy that `work` trains: base + Σ by_param · params + over_step / step.
type formula struct {
	Base     string
	ByParam  map[string]string `json:"by_param"`
	OverStep string            `json:"over_step"`
}

func (f formula) value(params assay.Params, step int64) float64 {
	value := double(f.Base) + double(f.OverStep)/float64(step)
	for name, weight := range f.ByParam {
		value += double(weight) * params.Float(name)
	}
	return value
}

// work is the loop of the README.
func (e *executor) work(ctx context.Context, c *command) (object, error) {
	var formulas map[string]formula
	if err := json.Unmarshal(c.Metrics, &formulas); err != nil {
		return nil, err
	}
	study := e.studies[c.On]
	visits := []object{}
	for trial, err := range study.Trials(ctx, c.Worker) {
		if err != nil {
			return nil, err
		}
		steps := []string{}
		err := trial.Do(ctx, func(ctx context.Context) error {
			for step := range trial.Steps() {
				time.Sleep(milliseconds(c.StepMS))
				metrics := assay.Metrics{}
				for name, f := range formulas {
					metrics[name] = f.value(trial.Params(), step)
				}
				checkpoint := ""
				if c.Checkpoints {
					checkpoint = fmt.Sprintf("file:///%d/%d", trial.Number(), step)
				}
				if _, err := trial.Report(ctx, metrics, assay.Checkpoint(checkpoint)); err != nil {
					return err
				}
				steps = append(steps, whole(step))
				if _, ok := trial.UntilStep(); !ok {
					break
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		visit := shownTrial(trial)
		visit["steps"] = steps
		visits = append(visits, visit)
		if len(visits) == c.MaxTrials {
			break
		}
	}
	return object{"trials": visits, "end_reason": study.EndReason()}, nil
}

func shownTrial(trial *assay.Trial) object {
	shown := shownDirective(trial.Directive())
	for name, value := range (object{
		"name": trial.Name(), "number": whole(trial.Number()), "attempt": whole(trial.Attempt()),
		"seed": whole(trial.Seed()), "params": shownParams(trial.Params()), "checkpoint": orNil(trial.Checkpoint()),
		"start_step": whole(trial.StartStep()), "should_stop": trial.ShouldStop(),
	}) {
		shown[name] = value
	}
	return shown
}

func shownDirective(directive assay.Directive) object {
	shown := object{"action": directive.Action, "reason": directive.Reason}
	if directive.UntilStep != nil {
		shown["until_step"] = whole(*directive.UntilStep)
	}
	return shown
}

func shownRecord(record assay.Record) object {
	metrics := object{}
	for name, value := range record.Metrics {
		metrics[name] = text(value)
	}
	return object{
		"number": whole(record.Number), "state": record.State, "params": shownParams(record.Params),
		"metrics": metrics, "steps": whole(record.Steps), "checkpoint": orNil(record.Checkpoint),
	}
}

func shownParams(params assay.Params) object {
	shown := object{}
	for name, value := range params {
		switch value := value.(type) {
		case float64:
			shown[name] = object{"double": text(value)}
		case int64:
			shown[name] = object{"integer": whole(value)}
		case string:
			shown[name] = object{"string": value}
		case bool:
			shown[name] = object{"boolean": value}
		}
	}
	return shown
}

func shownError(err error) object {
	var ours *assay.Error
	if !errors.As(err, &ours) {
		return object{"kind": "Foreign", "message": err.Error()}
	}
	violations := []object{}
	for _, violation := range ours.Violations {
		violations = append(violations, object{"field": violation.Field, "description": violation.Description})
	}
	return object{
		"kind": ours.Kind.Name(), "code": code.Code_name[int32(ours.Code)], "reason": ours.Reason,
		"message": ours.Message, "metadata": ours.Metadata, "violations": violations,
	}
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func whole(n int64) string { return strconv.FormatInt(n, 10) }

func text(value float64) string { return strconv.FormatFloat(value, 'g', -1, 64) }

func double(text string) float64 {
	if text == "" {
		return 0
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(err)
	}
	return value
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}
