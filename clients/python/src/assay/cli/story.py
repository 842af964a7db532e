"""Everything that a report tells of, fetched from the server."""

from __future__ import annotations

import assay
from assay.cli.figures import Story


def story_of(study: assay.Study) -> Story:
    """The study as it is now."""
    return Story(
        study=study.refresh().record,
        trials=tuple(study.list_trials(full=True)),
        front=study.front(),
        history=study.hypervolume_history(),
    )
