"""AnalysisService: decode, ask, encode."""

from __future__ import annotations

from assay.v1 import analysis_service_pb2
from assay_server.app.best_trial import best_trial
from assay_server.app.front import front
from assay_server.app.hypervolume_history import hypervolume_history
from assay_server.app.progress import progress
from assay_server.ports import Store, UnitOfWork
from assay_server.rpc.calls import Call
from assay_server.rpc.wire.analyses import front_to_wire, history_to_wire, progress_to_wire
from assay_server.rpc.wire.study_asks import named_study
from assay_server.rpc.wire.trials import trial_to_wire


class AnalysisService:
    """What a study found. Calls that are not served yet stand in `served.py`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get_front(
        self, request: analysis_service_pb2.GetFrontRequest, _call: Call
    ) -> analysis_service_pb2.GetFrontResponse:
        """Returns the feasible non-dominated trials at full fidelity."""
        name = named_study(request.name)
        return front_to_wire(await self._store.read(lambda uow: front(uow, name)))

    async def get_best_trial(
        self, request: analysis_service_pb2.GetBestTrialRequest, _call: Call
    ) -> analysis_service_pb2.GetBestTrialResponse:
        """Returns the best feasible trial by one objective."""
        name = named_study(request.name)

        def query(uow: UnitOfWork) -> analysis_service_pb2.GetBestTrialResponse:
            study, trial = best_trial(uow, name, request.metric)
            found = None if trial is None else trial_to_wire(study.name, trial)
            return analysis_service_pb2.GetBestTrialResponse(trial=found)

        return await self._store.read(query)

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
