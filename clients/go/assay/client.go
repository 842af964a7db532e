package assay

import (
	"context"
	"fmt"
	"strings"
	"time"

	assayv1 "assay.dev/go/assay/v1"
)

// Client is a connection to a server. Goroutines may share it; Close it.
//
// Nothing is sent before the first call. A call is tried again while the server cannot be reached: for the connect
// timeout at first contact, for the patience if a worker depends on it (asking, reporting, ending a trial), for the
// timeout otherwise. Repeating is safe: every act has an id, and has one effect.
type Client struct {
	transport *transport
	project   string
}

type options struct {
	project      string
	token        string
	tls          *TLS
	limits       limits
	surroundings surroundings
}

// Option is a setting of a client.
type Option func(*options)

// Project is the tenant whose studies are meant; "default" when it is not given.
func Project(id string) Option { return func(o *options) { o.project = id } }

// Token is shown to the server as a bearer token.
func Token(token string) Option { return func(o *options) { o.token = token } }

// WithTLS speaks TLS; TLS{} trusts the system's authorities.
func WithTLS(settings TLS) Option { return func(o *options) { o.tls = &settings } }

// Timeout is for one try of a call, and for all tries of one that no worker depends on; 30 s by default.
func Timeout(d time.Duration) Option { return func(o *options) { o.limits.timeout = d } }

// ConnectTimeout is for the first call to be answered at all; 10 s by default. A worker that may start before its
// server wants more.
func ConnectTimeout(d time.Duration) Option { return func(o *options) { o.limits.connectTimeout = d } }

// Patience is how long a server may be away in the middle of a trial; 10 minutes by default.
func Patience(d time.Duration) Option { return func(o *options) { o.limits.patience = d } }

// New makes a client of the server at address, host:port.
func New(address string, settings ...Option) (*Client, error) {
	o := &options{
		project:      "default",
		limits:       limits{timeout: 30 * time.Second, connectTimeout: 10 * time.Second, patience: 10 * time.Minute},
		surroundings: realSurroundings(),
	}
	for _, set := range settings {
		set(o)
	}
	if address == "" || strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://") {
		return nil, invalid(Violation{"address", fmt.Sprintf("%q is not host:port", address)})
	}
	t, err := dial(address, o)
	if err != nil {
		return nil, err
	}
	return &Client{transport: t, project: o.project}, nil
}

// CreateStudy creates a study, or gets the existing one of that id and an equal specification. The id is 1 to 63 of
// a-z, 0-9 and -; drawn by the server when empty.
//
// ErrInvalidArgument comes with every violation at once; ErrStudySpecMismatch says that the id is taken by a study with
// another specification.
func (c *Client) CreateStudy(ctx context.Context, id string, spec *Spec) (*Study, error) {
	if len(spec.violations) > 0 {
		return nil, invalid(spec.violations...)
	}
	request := &assayv1.CreateStudyRequest{
		Parent:    "projects/" + c.project,
		StudyId:   id,
		Study:     &assayv1.Study{Spec: spec.message},
		RequestId: c.transport.newID(),
	}
	return c.study(ctx, call{method: "StudyService/CreateStudy", request: request})
}

// GetStudy reads a study by its id, or by its full name in another project.
func (c *Client) GetStudy(ctx context.Context, id string) (*Study, error) {
	name := id
	if !strings.Contains(id, "/") {
		name = fmt.Sprintf("projects/%s/studies/%s", c.project, id)
	}
	return c.study(ctx, call{method: "StudyService/GetStudy", request: &assayv1.GetStudyRequest{Name: name}})
}

// Close ends the connection. Trials in hand stay with this worker until their leases end.
func (c *Client) Close() error { return c.transport.conn.Close() }

func (c *Client) study(ctx context.Context, found call) (*Study, error) {
	answer := &assayv1.Study{}
	found.answer = answer
	if err := c.transport.run(ctx, found); err != nil {
		return nil, err
	}
	return &Study{transport: c.transport, message: answer}, nil
}
