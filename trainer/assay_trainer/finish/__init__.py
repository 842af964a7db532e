"""What comes after a search: retraining, ensembles, the sealed test, export, the model card."""
