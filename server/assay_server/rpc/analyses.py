"""AnalysisService: decode, ask, encode."""

from __future__ import annotations

from assay.v1 import analysis_service_pb2
from assay_server.app.best_trial import best_trial
from assay_server.app.front import Front, front
from assay_server.app.hypervolume_history import hypervolume_history
from assay_server.app.progress import progress
from assay_server.app.questions import best_question, front_question, importance_question, prediction_question
from assay_server.domain.analysis import FrontQuestion, Importances, LikelyFront, Predictions
from assay_server.domain.study import Study
from assay_server.domain.trial import Trial
from assay_server.ports import Analyses, Store, UnitOfWork
from assay_server.rpc.calls import Call
from assay_server.rpc.wire.analyses import best_trial_to_wire, front_to_wire, history_to_wire, progress_to_wire
from assay_server.rpc.wire.models import importances_to_wire, predict_from_wire, predictions_to_wire
from assay_server.rpc.wire.study_asks import named_study


class AnalysisService:
    """What a study found. Calls that are not served yet stand in `served.py`."""

    def __init__(self, store: Store, analyses: Analyses) -> None:
        self._store = store
        self._analyses = analyses

    async def get_front(
        self, request: analysis_service_pb2.GetFrontRequest, _call: Call
    ) -> analysis_service_pb2.GetFrontResponse:
        """Returns the feasible non-dominated trials at full fidelity; if asked for, with what a model says of them."""
        name = named_study(request.name)

        def query(uow: UnitOfWork) -> tuple[Front, FrontQuestion | None]:
            return front(uow, name), front_question(uow, name)[1] if request.corrected else None

        found, question = await self._store.read(query)
        return front_to_wire(found, await self._likely(found.study, question))

    async def get_best_trial(
        self, request: analysis_service_pb2.GetBestTrialRequest, _call: Call
    ) -> analysis_service_pb2.GetBestTrialResponse:
        """Returns the best feasible trial by one objective; if asked for, with what a model says of it."""
        name = named_study(request.name)

        def query(uow: UnitOfWork) -> tuple[Study, Trial | None, FrontQuestion | None]:
            study, trial = best_trial(uow, name, request.metric)
            return study, trial, best_question(uow, name, request.metric)[1] if request.corrected else None

        study, trial, question = await self._store.read(query)
        return best_trial_to_wire(study, trial, await self._likely(study, question))

    async def get_importances(
        self, request: analysis_service_pb2.GetImportancesRequest, _call: Call
    ) -> analysis_service_pb2.GetImportancesResponse:
        """Returns how much each parameter matters for each metric."""
        name = named_study(request.name)
        study, question = await self._store.read(lambda uow: importance_question(uow, name))
        answer = await self._analyses.ask(study, question)
        assert isinstance(answer, Importances)
        return importances_to_wire(answer)

    async def predict_metrics(
        self, request: analysis_service_pb2.PredictMetricsRequest, _call: Call
    ) -> analysis_service_pb2.PredictMetricsResponse:
        """Predicts metrics of configurations that were not run."""
        ask = predict_from_wire(request)
        study, question = await self._store.read(lambda uow: prediction_question(uow, ask))
        answer = await self._analyses.ask(study, question)
        assert isinstance(answer, Predictions)
        return predictions_to_wire(answer)

    async def get_progress(
        self, request: analysis_service_pb2.GetProgressRequest, _call: Call
    ) -> analysis_service_pb2.GetProgressResponse:
        """Returns how far the study is."""
        name = named_study(request.name)
        return progress_to_wire(await self._store.read(lambda uow: progress(uow, name)))

    async def get_hypervolume_history(
        self, request: analysis_service_pb2.GetHypervolumeHistoryRequest, _call: Call
    ) -> analysis_service_pb2.GetHypervolumeHistoryResponse:
        """Returns how the hypervolume grew."""
        name = named_study(request.name)
        return history_to_wire(await self._store.read(lambda uow: hypervolume_history(uow, name)))

    async def _likely(self, study: Study, question: FrontQuestion | None) -> LikelyFront | None:
        if question is None:
            return None
        answer = await self._analyses.ask(study, question)
        assert isinstance(answer, LikelyFront)
        return answer
