"""The target and its variants."""

from typing import Any

import pytest
from pydantic import ValidationError

from contract.config.complaints import complaint
from contract.config.target import TargetConfig, VariantConfig


def fault_in(content: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as refused:
        TargetConfig.model_validate(content)
    return complaint(refused.value, TargetConfig, content)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"command": "sh run"}, 'command: a list of words is expected, such as ["python3", "'),
        ({"command": []}, "command: a list of words is expected"),
        ({"command": ["a\0"]}, "command number 1: a text without NUL is expected"),
        ({"ready": "healthz"}, "ready: the path must begin with /: /healthz; found"),
        ({"timeout_s": 0}, "timeout_s: input should be greater than 0; found 0."),
        ({"environment": {"1": "x"}}, "environment.1: a name of at most 64 letters, digits and _"),
        ({"counters": ["rows", "rows"]}, "counters: 'rows' stands there twice; names must differ"),
        ({"counters": ["wire_bytes"]}, "counters: 'wire_bytes' is the name of a metric already"),
        ({"stages": ["latency_s_p97"]}, "stages: 'latency_s_p97' is the name of a metric already"),
    ],
)
def test_a_target_that_cannot_be_meant_is_refused(content: dict[str, Any], expected: str) -> None:
    """The key stands first, then what is expected."""
    assert fault_in(content).startswith(expected)


def test_a_variant_may_differ_in_nothing() -> None:
    """The baseline most often does."""
    variant = VariantConfig()

    assert ({}, {}, {}, None, False) == (
        variant.flags,
        variant.headers,
        variant.query,
        variant.url,
        variant.extra,
    )
