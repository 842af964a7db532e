"""Settings: the environment and the command line, and a precise word about what is wrong."""

from pathlib import Path

import pytest

from assay_server.settings import Settings, SettingsError, load


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ASSAY_{name.upper()}", raising=False)


def test_defaults_listen_on_this_machine_alone() -> None:
    """Nobody is exposed to a network without asking for it."""
    settings = load([], {})

    assert settings.listen == "127.0.0.1:7077"
    assert settings.metrics == "127.0.0.1:7078"
    assert settings.database_path == Path("assay.db")


def test_the_command_line_overrules_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag is nearer than a variable, a variable nearer than the default."""
    monkeypatch.setenv("ASSAY_DRAIN_S", "3")
    monkeypatch.setenv("ASSAY_LISTEN", "127.0.0.1:1")

    settings = load(["--listen", "127.0.0.1:2", "--no-reflection"])

    assert (settings.listen, settings.drain_s, settings.reflection) == ("127.0.0.1:2", 3.0, False)


@pytest.mark.parametrize(
    ("database", "path"),
    [("x.db", "x.db"), ("sqlite:///x.db", "x.db"), ("sqlite:////a/x.db", "/a/x.db"), ("/a/x.db", "/a/x.db")],
)
def test_a_database_is_a_file_or_a_url(database: str, path: str) -> None:
    """Both forms name the same file."""
    assert load(["--database", database], {}).database_path == Path(path)


def test_an_unknown_variable_is_an_error() -> None:
    """A misspelt name is not silently ignored; the right one is proposed."""
    with pytest.raises(SettingsError) as wrong:
        load([], {"ASSAY_DRAIN": "3"})

    assert "ASSAY_DRAIN; did you mean ASSAY_DRAIN_S?" in str(wrong.value)


def test_variables_of_other_parts_are_not_judged() -> None:
    """A worker on the same machine has settings of its own."""
    assert load([], {"ASSAY_WORKER_NAME": "gpu-0", "PATH": "x"}) == load([], {})


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--listen", "7077"], "listen: '7077' is not host:port"),
        (["--metrics", "localhost:http"], "metrics: 'localhost:http' is not host:port"),
        (["--database", "postgresql://x/y"], "is neither a file nor sqlite:///path"),
        (["--policy-processes", "0"], "policy_processes"),
        (["--tls-key", "k.pem"], "tls_certificate and tls_key belong together"),
        (["--log-level", "loud"], "log_level"),
    ],
)
def test_a_wrong_value_is_named(argv: list[str], told: str) -> None:
    """The message names the setting."""
    with pytest.raises(SettingsError) as wrong:
        load(argv, {})

    assert told in str(wrong.value)


def test_every_setting_says_what_it_is() -> None:
    """The help has a sentence for each."""
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
