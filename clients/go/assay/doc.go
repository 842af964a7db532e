// Package assay asks an Assay server which training run to try next, reports while it trains, and obeys.
//
//	client, err := assay.New("localhost:7077")
//	study, err := client.CreateStudy(ctx, "digits", assay.NewSpec(
//		assay.Double("lr", 1e-4, 1e-1, assay.Log()),
//		assay.Minimize("error"),
//		assay.MaxTrials(20),
//	))
//	for trial, err := range study.Trials(ctx, "gpu-0") {
//		if err != nil {
//			return err
//		}
//		err = trial.Do(ctx, func(ctx context.Context) error {
//			for step := range trial.Steps() {
//				if _, err := trial.Report(ctx, train(trial, step)); err != nil {
//					return err
//				}
//			}
//			return nil
//		})
//	}
//
// Calls are repeated while the server is away, under one request id each, and so have one effect each. Errors are
// of type *Error; compare them by errors.Is(err, assay.ErrLeaseLost). A context that ends, ends a call that waits.
package assay

// Version of this client.
const Version = "0.1.0"
