// What the Go client costs: `bench ADDRESS STUDY ROUNDS` times ask, report, complete over it and over bare stubs, in
// turns, and prints {"client_ms": [...], "bare_ms": [...]}.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"strconv"
	"time"

	"assay.dev/go/assay"
	assayv1 "assay.dev/go/assay/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

var metrics = assay.Metrics{"loss": 0.5, "speed": 1, "size": 2}

func clientCycle(ctx context.Context, study *assay.Study) {
	trials, err := study.Ask(ctx, "client", 1)
	check(err)
	_, err = trials[0].Report(ctx, metrics, assay.AtStep(1))
	check(err)
	_, err = trials[0].Complete(ctx, nil)
	check(err)
}

func bareCycle(ctx context.Context, stub assayv1.TrialServiceClient, study string) {
	id := func() string { return strconv.FormatInt(time.Now().UnixNano(), 16) }
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	found, err := stub.SuggestTrials(ctx, &assayv1.SuggestTrialsRequest{
		Parent: study, Worker: "bare", Count: 1, RequestId: id(),
	})
	check(err)
	trial := found.Trials[0]
	values := map[string]*assayv1.MetricValue{}
	for name, value := range metrics {
		values[name] = &assayv1.MetricValue{Value: value}
	}
	_, err = stub.ReportMeasurements(ctx, &assayv1.ReportMeasurementsRequest{
		Name: trial.Name, LeaseToken: trial.Lease.Token, RequestId: id(),
		Measurements: []*assayv1.Measurement{{Step: 1, Metrics: values}},
	})
	check(err)
	_, err = stub.CompleteTrial(ctx, &assayv1.CompleteTrialRequest{
		Name: trial.Name, LeaseToken: trial.Lease.Token, RequestId: id(),
	})
	check(err)
}

func main() {
	ctx := context.Background()
	rounds, err := strconv.Atoi(os.Args[3])
	check(err)
	client, err := assay.New(os.Args[1])
	check(err)
	study, err := client.GetStudy(ctx, os.Args[2])
	check(err)
	conn, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	check(err)
	stub := assayv1.NewTrialServiceClient(conn)
	found := map[string][]float64{}
	timed := func(kind string, cycle func()) {
		began := time.Now()
		cycle()
		found[kind] = append(found[kind], float64(time.Since(began))/float64(time.Millisecond))
	}
	for range rounds {
		timed("client_ms", func() { clientCycle(ctx, study) })
		timed("bare_ms", func() { bareCycle(ctx, stub, study.Name()) })
	}
	check(json.NewEncoder(os.Stdout).Encode(found))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
