"""The calls that the load is made of, by their paths on the wire."""

from __future__ import annotations

SUGGEST = "/assay.v1.TrialService/SuggestTrials"
REPORT = "/assay.v1.TrialService/ReportMeasurements"
COMPLETE = "/assay.v1.TrialService/CompleteTrial"
CREATE_STUDY = "/assay.v1.StudyService/CreateStudy"
LOAD = (SUGGEST, REPORT, COMPLETE)
