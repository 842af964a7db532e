"""The user's own data: read as they are, split once, and refused precisely when nothing can be learnt from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.preprocessing import QuantileTransformer

from assay_trainer.config import ImageConfig, TableConfig, TableDataConfig
from assay_trainer.data.bundled import open_breast_cancer, open_diabetes, open_wine
from assay_trainer.data.dataset import BadData, DataSet
from assay_trainer.data.files import Reading, open_files
from assay_trainer.data.labelled import Classes, Column, Number
from assay_trainer.data.prepare import WrongKind, prepare
from assay_trainer.models.shapes import TableShape
from assay_trainer.tasks.description import BadTask, Task, read_task, write_task
from assay_trainer.tasks.table import find_task, open_task

pytestmark = pytest.mark.torch


def a_frame(num: int = 60) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "size": draw.normal(size=num),
            "color": draw.choice(["red", "green", "blue"], size=num),
            "price": draw.normal(size=num) * 10 + 50,
            "kind": ["cat", "dog", "cow"] * (num // 3),
        }
    )


def a_csv(folder: Path, frame: pd.DataFrame) -> Path:
    frame.to_csv(folder / "pets.csv", index=False)
    return folder / "pets.csv"


def refused(path: Path, message: str, **how: str | int | tuple[str, ...] | None) -> None:
    with pytest.raises(BadData, match=message):
        open_files(Reading(path=path, **how))  # type: ignore[arg-type]  # each caller gives what its case needs


def test_a_csv_becomes_columns_and_classes(tmp_path: Path) -> None:
    """Text becomes categories in alphabetical order, whatever row it is first seen in."""
    data = open_files(Reading(path=a_csv(tmp_path, a_frame()), target="kind", ignore=("price",)))

    assert data.target == Classes(names=("cat", "cow", "dog"))
    assert data.columns == (Column(name="size"), Column(name="color", categories=("blue", "green", "red")))
    assert [len(rows) for rows in data.parts.values()] == [36, 12, 12]


def test_parquet_is_the_same_data(tmp_path: Path) -> None:
    """Down to the fingerprint."""
    frame = a_frame()
    frame.to_parquet(tmp_path / "pets.parquet")

    parquet = open_files(Reading(path=tmp_path / "pets.parquet", target="kind"))

    assert parquet.fingerprint == open_files(Reading(path=a_csv(tmp_path, frame), target="kind")).fingerprint


def test_a_number_is_predicted_in_deviations_of_the_training_part(tmp_path: Path) -> None:
    """What other parts hold is not known when it is scaled."""
    data = open_files(Reading(path=a_csv(tmp_path, a_frame()), target="price"))

    assert isinstance(data.target, Number)
    assert data.target.mean == pytest.approx(data.targets[data.parts["train"]].mean(), rel=1e-5)


def test_gaps_are_missing_and_not_wrong(tmp_path: Path) -> None:
    """A missing number is filled and may be told of, a missing category is one of its own."""
    frame = a_frame()
    frame.loc[::5, "size"] = np.nan
    frame.loc[::7, "color"] = None
    data = open_files(Reading(path=a_csv(tmp_path, frame), target="kind")).for_search()

    prepared = prepare(data, TableConfig(data=TableDataConfig(indicators=True)))

    assert prepared.shape == TableShape(num_numbers=3, cardinalities=(4,), num_outputs=3, one_hot=True)
    assert prepared.train.inputs.isfinite().all()
    assert torch.equal(prepared.train.inputs[:, 2], data.train.inputs[:, 0].isnan().float())
    assert torch.equal(prepared.train.inputs[:, 3] == 0, data.train.inputs[:, 1].isnan())


def test_a_category_that_training_has_not_seen_is_like_a_missing_one(tmp_path: Path) -> None:
    """There is a code for it, so nothing fails later."""
    frame = a_frame()
    part = open_files(Reading(path=a_csv(tmp_path, frame), target="kind")).parts["validation"]
    frame.loc[part[0], "color"] = "mauve"

    data = open_files(Reading(path=a_csv(tmp_path, frame), target="kind")).for_search()
    prepared = prepare(data, TableConfig())

    assert prepared.validation.inputs[0, -1] == 0
    assert (prepared.train.inputs[:, -1] > 0).all()


@pytest.mark.parametrize("scaling", ["standard", "quantile", "robust"])
def test_a_wild_value_does_not_become_infinite(tmp_path: Path, scaling: str) -> None:
    """It is cut off at ten deviations, whichever way numbers are scaled."""
    frame = a_frame()
    frame.loc[3, "size"] = 1e30
    data = open_files(Reading(path=a_csv(tmp_path, frame), target="kind")).for_search()
    config = TableConfig.model_validate({"data": {"scaling": scaling}})

    assert prepare(data, config).train.inputs.abs().max() <= 10.0


@pytest.mark.parametrize(
    ("change", "how", "message"),
    [
        (lambda f: f, {}, "which column is predicted\\? It has size, color, price, kind"),
        (lambda f: f, {"target": "kin"}, "has no column 'kin'; it has size"),
        (lambda f: f, {"target": "kind", "ignore": ("x",)}, "has no column 'x'"),
        (lambda f: f.iloc[:0], {"target": "kind"}, "has no rows"),
        (lambda f: f.iloc[:12], {"target": "kind"}, "has 12 samples; the split with a test part takes at least 50"),
        (lambda f: f.assign(kind="cat"), {"target": "kind"}, "all 60 samples are of one class, 'cat'"),
        (lambda f: f.assign(kind=["rat", *f.kind[1:]]), {"target": "kind"}, "class 'rat' has 1 samples"),
        (lambda f: f.assign(price=[None, *f.price[1:]]), {"target": "price"}, "'price' is missing in row 1, and in 1"),
        (lambda f: f, {"target": "kind", "predicts": "number"}, "'kind' is to be a number, and the first is 'cat'"),
        (lambda f: f, {"target": "price", "predicts": "classes"}, "the target is to be a class, and one is"),
        (lambda f: f.assign(price=1.5), {"target": "price"}, "the target is 1.5 in every sample"),
        (lambda f: f.assign(size=[np.inf, *f["size"][1:]]), {"target": "kind"}, "sample 1 has inf at column 'size'"),
        (lambda f: f[["kind"]], {"target": "kind"}, "has no columns to learn from"),
        (
            lambda f: pd.concat([f.assign(name=[f"{part}{i}" for i in range(60)]) for part in "ab"]),
            {"target": "kind"},
            "'name' holds 120 different texts in 120 rows .*--ignore name",
        ),
    ],
)
def test_a_table_that_cannot_be_learnt_from_is_refused(
    tmp_path: Path, change: object, how: dict[str, str], message: str
) -> None:
    """With what is wrong and where."""
    assert callable(change)

    refused(a_csv(tmp_path, change(a_frame())), message, **how)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "is empty"),
        ("torn.parquet", b"PAR1", "cannot be read"),
        ("torn.npz", b"PK", "cannot be read"),
        ("notes.txt", b"x", "is neither a folder of images nor .csv, .parquet or .npz, but .txt"),
        ("absent.csv", None, "does not exist"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    """The reason names the file."""
    if content is not None:
        (tmp_path / name).write_bytes(content)

    refused(tmp_path / name, f"{name}: {message}", target="y")


def an_archive(folder: Path, **arrays: NDArray[np.generic]) -> Path:
    np.savez(folder / "data.npz", **arrays)  # type: ignore[arg-type]  # numpy's stubs confuse these with allow_pickle
    return folder / "data.npz"


def test_an_archive_holds_images_or_rows(tmp_path: Path) -> None:
    """By the number of dimensions; bytes become values up to one."""
    y = np.arange(60) % 3
    pixels = np.full((60, 5, 4), 255, dtype=np.uint8)

    images = open_files(Reading(path=an_archive(tmp_path, x=pixels, y=y)))
    rows = open_files(Reading(path=an_archive(tmp_path, x=np.ones((60, 2)), y=y)))

    assert (images.kind, images.inputs.shape, images.inputs.max()) == ("images", (60, 1, 5, 4), 1.0)
    assert (rows.kind, [column.name for column in rows.columns]) == ("tables", ["x0", "x1"])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.ones((60, 2))}, "has no array 'y'; it holds x"),
        ({"x": np.ones((60, 2)), "y": np.arange(59)}, "x holds 60 samples and y 59"),
        ({"x": np.ones(60), "y": np.arange(60) % 2}, r"x has the shape \(60,\)"),
        ({"x": np.ones((60, 2)), "y": np.ones((60, 1))}, r"y has the shape \(60, 1\)"),
        ({"x": np.full((60, 2), "a"), "y": np.arange(60) % 2}, "x holds <U1 and not numbers"),
        ({"x": np.full((60, 3, 3), np.nan), "y": np.arange(60) % 2}, r"sample 1 has nan at place \(0, 0, 0\)"),
    ],
)
def test_an_archive_that_cannot_be_learnt_from_is_refused(
    tmp_path: Path, arrays: dict[str, NDArray[np.generic]], message: str
) -> None:
    """With the array and its shape."""
    refused(an_archive(tmp_path, **arrays), message)


def an_image_folder(folder: Path, *, mode: str = "L", edge: int = 6, num: int = 30) -> Path:
    for label, shade in [("dark", 10), ("light", 200)]:
        (folder / label).mkdir(parents=True)
        for index in range(num):
            color = shade + index if mode == "L" else (shade, index, 0)
            Image.new(mode, (edge, edge), color).save(folder / label / f"{index:03d}.png")
    return folder


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3)])
def test_folders_are_classes(tmp_path: Path, mode: str, channels: int) -> None:
    """Grey images stay grey."""
    data = open_files(Reading(path=an_image_folder(tmp_path / "shades", mode=mode)))

    assert data.inputs.shape == (60, channels, 6, 6)
    assert data.target == Classes(names=("dark", "light"))
    assert data.inputs[:, 0].max(axis=(1, 2))[0] == pytest.approx(10 / 255)


def test_images_of_mixed_size_are_refused_or_scaled(tmp_path: Path) -> None:
    """The reason names two of them, and the option that helps."""
    folder = an_image_folder(tmp_path / "shades")
    Image.new("L", (7, 5)).save(folder / "light" / "odd.png")

    refused(folder, r"dark/000.png has 6x6 pixels and light/odd.png 7x5; .*--edge")
    assert open_files(Reading(path=folder, edge=4)).inputs.shape == (61, 1, 4, 4)


def test_a_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    """Its path within the folder is enough."""
    folder = an_image_folder(tmp_path / "shades")
    (folder / "dark" / "torn.png").write_bytes(b"\x89PNG")

    refused(folder, "dark/torn.png cannot be read as an image")


def test_deep_pixels_are_refused(tmp_path: Path) -> None:
    """They would be cut off at 255 without a word."""
    folder = an_image_folder(tmp_path / "shades")
    Image.new("I;16", (6, 6), 3000).save(folder / "dark" / "deep.png")

    refused(folder, r"dark/deep.png has pixels of mode I.*8 bits")


def test_a_folder_without_classes_is_refused(tmp_path: Path) -> None:
    """Loose images have no label."""
    Image.new("L", (4, 4)).save(tmp_path / "loose.png")

    refused(tmp_path, "holds no folders with images")


@pytest.mark.parametrize(
    ("data", "sizes", "outputs"),
    [(open_breast_cancer(), [341, 114, 114], 2), (open_wine(), [106, 36, 36], 3), (open_diabetes(), [264, 89, 89], 1)],
)
def test_the_bundled_tables_have_a_fixed_split(data: DataSet, sizes: list[int], outputs: int) -> None:
    """Opened twice, they are the same."""
    assert [len(rows) for rows in data.parts.values()] == sizes
    assert data.target.num_outputs == outputs
    assert open_task(find_task(data.name)).fingerprint == data.fingerprint


def test_a_configuration_for_another_kind_of_data_is_refused() -> None:
    """Before anything is built."""
    with pytest.raises(WrongKind, match="'wine' is tables, and the configuration is for images"):
        prepare(open_wine().for_search(), ImageConfig())


def test_a_task_survives_its_file(tmp_path: Path) -> None:
    """Workers get exactly what was decided."""
    reading = Reading(path=a_csv(tmp_path, a_frame()), target="kind", ignore=("price",))
    task = Task(base=TableConfig(seed=3), reading=reading)

    write_task(tmp_path / "pets.task.json", task)

    assert find_task(str(tmp_path / "pets.task.json")) == task
    assert open_task(task).name == "pets"


@pytest.mark.parametrize(
    ("content", "message"), [("{}", "base: field required"), ('{"base": {"kind": "x"}}', "base: input tag 'x'")]
)
def test_a_file_that_describes_no_task_is_refused(tmp_path: Path, content: str, message: str) -> None:
    """With the path in it."""
    (tmp_path / "a.task.json").write_text(content)

    with pytest.raises(BadTask, match=message):
        read_task(tmp_path / "a.task.json")


def test_ranks_are_those_of_scikit_learn(tmp_path: Path) -> None:
    """The module that is handed out agrees with the library that it was fitted by, ties included."""
    draw = np.random.default_rng(1)
    frame = a_frame(300).assign(size=draw.exponential(size=300), price=draw.integers(0, 4, size=300))
    data = open_files(Reading(path=a_csv(tmp_path, frame), target="kind", ignore=("color",))).for_search()
    raw = data.train.inputs.double().numpy()
    oracle = QuantileTransformer(n_quantiles=100, output_distribution="normal", random_state=0).fit(raw)
    inner = np.abs(oracle.transform(raw)) < 2  # towards the ends the library cuts off later

    found = prepare(data, TableConfig.model_validate({"data": {"scaling": "quantile"}})).train.inputs.numpy()

    assert np.abs(found - oracle.transform(raw))[inner].max() < 0.02
