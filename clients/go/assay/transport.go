package assay

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/hex"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
)

//go:embed service_config.json
var serviceConfig string

// A rendered report has up to 4 MB.
const largestAnswer = 8 * 1024 * 1024

// TLS says which certificates to trust, and which one to show.
type TLS struct {
	CA          string // PEM file of the authorities; the system's when empty
	Certificate string // PEM file of the client's own chain, for mutual TLS
	Key         string // PEM file of its key
	ServerName  string // name in the server's certificate, when it is not the address
}

func (t *TLS) credentials() (credentials.TransportCredentials, error) {
	config := &tls.Config{ServerName: t.ServerName, MinVersion: tls.VersionTLS12}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("tls: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, invalid(Violation{"tls", t.CA + " holds no certificate"})
		}
	}
	if (t.Certificate == "") != (t.Key == "") {
		return nil, invalid(Violation{"tls", "a certificate and its key go together"})
	}
	if t.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(t.Certificate, t.Key)
		if err != nil {
			return nil, fmt.Errorf("tls: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return credentials.NewTLS(config), nil
}

// surroundings are time, chance and ids, from outside.
type surroundings struct {
	now    func() time.Time
	sleep  func(ctx context.Context, d time.Duration) error
	chance func() float64
	newID  func() string
}

func realSurroundings() surroundings {
	return surroundings{now: time.Now, sleep: sleep, chance: mathrand.Float64, newID: newID}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails, says its documentation
	return hex.EncodeToString(id[:])
}

// transport is a channel, and what was learnt about who is at its other end.
type transport struct {
	surroundings
	conn    *grpc.ClientConn
	address string
	token   string
	limits  limits
	hasMet  atomic.Bool
}

func dial(address string, o *options) (*transport, error) {
	creds := insecure.NewCredentials()
	if o.tls != nil {
		var err error
		if creds, err = o.tls.credentials(); err != nil {
			return nil, err
		}
	}
	conn, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(creds),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithUserAgent("assay-go/"+Version),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(largestAnswer), grpc.WaitForReady(false)),
		// A server that restarts is found again soon: gRPC's own 2 minutes would outlast a lease.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: firstDelay, Multiplier: 2, Jitter: 0.2, MaxDelay: longestDelay},
			MinConnectTimeout: 5 * time.Second,
		}),
		// A dead line is noticed within a long poll or a quiet watch.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: time.Minute, Timeout: 20 * time.Second}),
	)
	if err != nil {
		return nil, invalid(Violation{"address", fmt.Sprintf("%q is not host:port: %v", address, err)})
	}
	return &transport{
		surroundings: o.surroundings, conn: conn, address: address, token: o.token, limits: o.limits,
	}, nil
}

// call is one call that may be repeated: a read, or an act under a request id.
type call struct {
	method  string // "TrialService/GetTrial"
	request proto.Message
	answer  proto.Message
	// patient is whether a worker depends on it: tried again for as long as the client's patience lasts.
	patient bool
	timeout time.Duration // of one try; the client's when 0
	allowed time.Duration // for all tries; chosen by patient and timeout when 0
}

// run runs a call until it is answered, refused, or not worth trying any more.
func (t *transport) run(ctx context.Context, c call) error {
	timeout := c.timeout
	if timeout == 0 {
		timeout = t.limits.timeout
	}
	e := newEffort(t.limits, t.address, t.hasMet.Load(), t.allowed(c), timeout, t.now(), t.chance)
	for {
		failed := t.once(ctx, c, e.tryTimeout(t.now()))
		if failed == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", c.method, ctx.Err())
		}
		wait, err := e.delay(failed, t.now())
		if err != nil {
			return err
		}
		if err := t.sleep(ctx, wait); err != nil {
			return fmt.Errorf("%s: %w", c.method, err)
		}
	}
}

// once is one try.
func (t *transport) once(ctx context.Context, c call, timeout time.Duration) *Error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if t.token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+t.token)
	}
	err := t.conn.Invoke(ctx, "/assay.v1."+c.method, c.request, c.answer)
	if err == nil {
		t.hasMet.Store(true)
		return nil
	}
	failed := errorFrom(err, t.address)
	if failed.Reason != "" {
		t.hasMet.Store(true)
	}
	return failed
}

func (t *transport) allowed(c call) time.Duration {
	switch {
	case c.allowed > 0:
		return c.allowed
	case c.patient:
		return t.limits.patience
	default:
		return max(t.limits.timeout, c.timeout)
	}
}
