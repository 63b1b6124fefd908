"""Settings are refused at boot, by the name of the variable."""

from __future__ import annotations

import pytest

from contact_hub.errors import HubError
from contact_hub.settings import read_settings


def test_defaults_start_on_a_laptop() -> None:
    settings = read_settings()
    assert settings.url.startswith("sqlite:///")
    assert settings.public_origin == "http://localhost:8300"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CONTACT_HUB_PORT", "eighty"),
        ("CONTACT_HUB_PORT", "70000"),
        ("CONTACT_HUB_ORIGIN", "hub.example.com"),
        ("CONTACT_HUB_HEARTBEAT_SECONDS", "-1"),
        ("CONTACT_HUB_LOG_LEVEL", "loud"),
        ("CONTACT_HUB_WORKSPACE", "Not An Id"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(HubError) as refused:
        read_settings()
    assert refused.value.code == "setting_invalid"
    assert variable in refused.value.sentence


def test_the_command_line_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACT_HUB_PORT", "9000")
    assert read_settings(port=9001).port == 9001
    assert read_settings(port=None).port == 9000
