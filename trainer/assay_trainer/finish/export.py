"""The finished model as files, checked by loading them: for torch (`torch.export`), and ONNX where it is installed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from logging import ERROR, getLogger
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from assay_trainer.data.labelled import Classes, SearchData

TOLERANCE = 1e-4
"""Largest difference of an answer (a probability, or a number in deviations) between a file and the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A file that gives the same answers."""

    path: Path
    num_bytes: int
    difference: float
    """Largest one found, over the validation part."""


class ExportDiffers(Exception):
    """A written file answers otherwise than the model."""

    def __init__(self, path: Path, difference: float) -> None:
        super().__init__(f"{path} answers otherwise than the model, by up to {difference:g}")
        self.path, self.difference = path, difference


def export_model(model: nn.Module, data: SearchData, folder: Path) -> Exported:
    """Write `model.pt2` and `model.json`, which says what goes in and what comes out.

    Raises:
        ExportDiffers: what was written, loaded again, gives other answers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, samples = folder / "model.pt2", data.validation.inputs
    batch = torch.export.Dim("batch", min=1)
    program = torch.export.export(model.eval(), (samples[:2],), dynamic_shapes=({0: batch},))
    torch.export.save(program, path)
    (folder / "model.json").write_text(json.dumps(_described(data), indent=2), encoding="utf-8")
    loaded = torch.export.load(path).module()
    return _checked(path, model, data, lambda inputs: loaded(inputs))


def can_write_onnx() -> bool:
    """Whether the packages for it are there."""
    return all(find_spec(package) is not None for package in ("onnx", "onnxscript", "onnxruntime"))


def export_onnx(model: nn.Module, data: SearchData, folder: Path) -> Exported:
    """Write `model.onnx`; needs the extra `onnx`.

    Raises:
        ExportDiffers: ONNX Runtime gives other answers.
        torch.onnx.OnnxExporterError: the model does something that ONNX has no operator for.
    """
    import onnxruntime

    path, samples = folder / "model.onnx", data.validation.inputs
    # It says for each operator of torchvision that torchvision is missing, which is nobody's concern.
    getLogger("torch.onnx").setLevel(ERROR)
    torch.onnx.export(
        model.eval(),
        (samples[:2],),
        path,
        input_names=["samples"],
        output_names=["answers"],
        dynamic_shapes=({0: torch.export.Dim("batch", min=1)},),
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def answer(inputs: Tensor) -> Tensor:
        (answers,) = session.run(None, {"samples": inputs.numpy()})
        return torch.from_numpy(np.asarray(answers))

    return _checked(path, model, data, answer)


@torch.no_grad()
def _checked(path: Path, model: nn.Module, data: SearchData, answer: Callable[[Tensor], Tensor]) -> Exported:
    samples = data.validation.inputs
    unit = 1.0 if isinstance(data.target, Classes) else data.target.deviation
    difference = max(
        (answer(part) - model(part)).abs().max().item() / unit
        for part in (samples, samples[:1])  # also one alone
    )
    if not difference <= TOLERANCE:
        raise ExportDiffers(path, difference)
    return Exported(path=path, num_bytes=path.stat().st_size, difference=difference)


def _described(data: SearchData) -> dict[str, object]:
    """How to make the input and how to read the output."""
    target: dict[str, object] = {"kind": "number"}
    if isinstance(data.target, Classes):
        target = {"kind": "classes", "names": data.target.names}
    columns = [{"name": column.name, "categories": column.categories} for column in data.columns]
    return {
        "input": {"kind": data.kind, "shape": ["batch", *data.train.inputs.shape[1:]], "dtype": "float32"},
        "columns": columns,
        "missing": "NaN, for numbers and for codes of categories (the place in the list)",
        "output": target,
        "dataset_fingerprint": data.fingerprint,
    }
