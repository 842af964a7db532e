package assay

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const errorDomain = "assay.dev"

// Kind is what went wrong, for errors.Is: one for each reason of the contract.
type Kind struct {
	name string
}

// Error is the kind's name, so that a Kind is an error that others can wrap.
func (k *Kind) Error() string { return "assay: " + k.name }

// Name is the kind's name as all clients have it: "LeaseLost".
func (k *Kind) Name() string { return k.name }

// The kinds of errors. docs/errors.md says what to do about each.
var (
	ErrInvalidArgument    = &Kind{"InvalidArgument"}    // a field is wrong; see Error.Violations
	ErrRequestIDReused    = &Kind{"RequestIdReused"}    // the same request id with another payload
	ErrInvalidPageToken   = &Kind{"InvalidPageToken"}   // malformed, or made for another query
	ErrStudyNotFound      = &Kind{"StudyNotFound"}      // no such study
	ErrTrialNotFound      = &Kind{"TrialNotFound"}      // no such trial
	ErrStudySpecMismatch  = &Kind{"StudySpecMismatch"}  // the study exists with another specification
	ErrStudyOver          = &Kind{"StudyOver"}          // stopped or completed
	ErrStudyNotOver       = &Kind{"StudyNotOver"}       // the call needs a study that is over
	ErrWrongTrialState    = &Kind{"WrongTrialState"}    // the trial's state does not allow this
	ErrTestMetricsSealed  = &Kind{"TestMetricsSealed"}  // test metrics are written once
	ErrNotEnoughData      = &Kind{"NotEnoughData"}      // the question needs results that are not there yet
	ErrModelFailed        = &Kind{"ModelFailed"}        // no model could be fitted to the results
	ErrLeaseLost          = &Kind{"LeaseLost"}          // another worker has the trial, or the lease was given up
	ErrEtagMismatch       = &Kind{"EtagMismatch"}       // the study changed since it was read
	ErrResumeTokenExpired = &Kind{"ResumeTokenExpired"} // the watch cannot be resumed from there
	ErrOverloaded         = &Kind{"Overloaded"}         // too many calls in flight, or a quota is used up
	ErrUnavailable        = &Kind{"Unavailable"}        // no server answers, or it is starting or stopping
	ErrDeadlineExceeded   = &Kind{"DeadlineExceeded"}   // no answer in time; whether there was an effect is not known
	ErrNotServedYet       = &Kind{"NotServedYet"}       // of the contract, not of this server's version
	ErrUnauthenticated    = &Kind{"Unauthenticated"}    // no valid credentials
	ErrPermissionDenied   = &Kind{"PermissionDenied"}   // the credentials do not allow this
	ErrServerFault        = &Kind{"ServerFault"}        // a defect of the server
	// ErrOther is the kind of a reason that this version does not know; Error.Code and Error.Reason say more.
	ErrOther = &Kind{"AssayError"}
)

// ErrPreempted is returned by the body of a trial whose worker has to leave: the trial is handed back, to be resumed
// by whoever asks next, and it does not count as a death.
var ErrPreempted = errors.New("preempted")

var reasons = map[string]*Kind{
	"INVALID_ARGUMENT":     ErrInvalidArgument,
	"REQUEST_ID_REUSED":    ErrRequestIDReused,
	"INVALID_PAGE_TOKEN":   ErrInvalidPageToken,
	"STUDY_NOT_FOUND":      ErrStudyNotFound,
	"TRIAL_NOT_FOUND":      ErrTrialNotFound,
	"STUDY_SPEC_MISMATCH":  ErrStudySpecMismatch,
	"STUDY_OVER":           ErrStudyOver,
	"STUDY_NOT_OVER":       ErrStudyNotOver,
	"WRONG_TRIAL_STATE":    ErrWrongTrialState,
	"TEST_METRICS_SEALED":  ErrTestMetricsSealed,
	"NOT_ENOUGH_DATA":      ErrNotEnoughData,
	"MODEL_FAILED":         ErrModelFailed,
	"LEASE_LOST":           ErrLeaseLost,
	"ETAG_MISMATCH":        ErrEtagMismatch,
	"RESUME_TOKEN_EXPIRED": ErrResumeTokenExpired,
	"OVERLOADED":           ErrOverloaded,
	"UNAVAILABLE":          ErrUnavailable,
	"DEADLINE_EXCEEDED":    ErrDeadlineExceeded,
	"NOT_SERVED_YET":       ErrNotServedYet,
	"UNAUTHENTICATED":      ErrUnauthenticated,
	"PERMISSION_DENIED":    ErrPermissionDenied,
	"INTERNAL":             ErrServerFault,
}

// For errors without an ErrorInfo: made by gRPC itself, or by something between us and the server.
var kindsByCode = map[codes.Code]*Kind{
	codes.Unavailable:       ErrUnavailable,
	codes.DeadlineExceeded:  ErrDeadlineExceeded,
	codes.Unauthenticated:   ErrUnauthenticated,
	codes.PermissionDenied:  ErrPermissionDenied,
	codes.InvalidArgument:   ErrInvalidArgument,
	codes.ResourceExhausted: ErrOverloaded,
}

// Violation is one wrong field of a request.
type Violation struct {
	// Field is a path from the request's root, or the name of an argument.
	Field string
	// Description says what is wrong, with the value.
	Description string
}

// Error is everything that can go wrong between a worker and its server.
type Error struct {
	Kind    *Kind
	Message string
	// Code of the gRPC status.
	Code codes.Code
	// Reason in the contract's ErrorReason, "LEASE_LOST"; empty when the other side gave none.
	Reason string
	// Metadata has facts about the error, by name.
	Metadata map[string]string
	// Violations lists every wrong field.
	Violations []Violation
	// RetryAfter is when the server asks to try again; 0 when it does not.
	RetryAfter time.Duration
}

// Error is the message, which is enough by itself.
func (e *Error) Error() string { return e.Message }

// Is says whether the error is of a kind: errors.Is(err, assay.ErrLeaseLost). The kinds RequestIDReused and
// InvalidPageToken are invalid arguments too.
func (e *Error) Is(target error) bool {
	kind, ok := target.(*Kind)
	if !ok {
		return false
	}
	isArgument := e.Kind == ErrRequestIDReused || e.Kind == ErrInvalidPageToken
	return kind == e.Kind || (kind == ErrInvalidArgument && isArgument)
}

func invalid(violations ...Violation) *Error {
	texts := make([]string, len(violations))
	for i, violation := range violations {
		texts[i] = violation.Field + ": " + violation.Description
	}
	return &Error{
		Kind: ErrInvalidArgument, Code: codes.InvalidArgument, Reason: "INVALID_ARGUMENT",
		Message: strings.Join(texts, "; "), Violations: violations,
	}
}

// errorFrom makes our error of what gRPC says of a failed call to address.
func errorFrom(err error, address string) *Error {
	told := status.Convert(err)
	found := &Error{Code: told.Code(), Message: told.Message(), Metadata: map[string]string{}}
	for _, detail := range told.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.Domain == "" || detail.Domain == errorDomain {
				found.Reason = strings.TrimPrefix(detail.Reason, "ERROR_REASON_")
			}
			found.Metadata = detail.Metadata
		case *errdetails.BadRequest:
			for _, v := range detail.FieldViolations {
				found.Violations = append(found.Violations, Violation{v.Field, v.Description})
			}
		case *errdetails.RetryInfo:
			found.RetryAfter = detail.RetryDelay.AsDuration()
		}
	}
	found.Kind = kindOf(found.Reason, found.Code)
	if found.Reason == "" {
		found.Message = messageWithout(found, address)
	}
	return found
}

func kindOf(reason string, code codes.Code) *Kind {
	if kind := reasons[reason]; kind != nil {
		return kind
	}
	if kind := kindsByCode[code]; kind != nil && reason == "" {
		return kind
	}
	return ErrOther
}

func messageWithout(found *Error, address string) string {
	switch found.Code {
	case codes.Unavailable:
		return fmt.Sprintf("no server answers at %s: %s", address, found.Message)
	case codes.DeadlineExceeded:
		return fmt.Sprintf("%s did not answer in time: %s", address, found.Message)
	default:
		return fmt.Sprintf("%s answered %s: %s", address, found.Code, found.Message)
	}
}
