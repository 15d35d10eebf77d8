"""What is named is measured; what is not there is named with what is."""

from pathlib import Path

import pytest

from contract.config.schema import Config
from contract.config.target import VariantConfig
from contract.errors import ConfigError
from loadtests.planning.choices import check_names, names_of, variants_of

HERE = Path("versus.toml")
SCENARIOS = [{"request": "GET /"}]


def config_with(*variants: str, extra: str = "") -> Config:
    stated = {name: {"extra": name == extra} for name in variants}
    content = {"target": {"command": ["x"]}, "variants": stated, "scenarios": SCENARIOS}
    return Config.model_validate(content)


def test_the_baseline_is_measured_whatever_is_named() -> None:
    """In the order of the file; an extra variant only where it is named."""
    config = config_with("a", "b", "c", extra="c")

    assert ["a", "b"] == list(variants_of(HERE, config, (), compared=True))
    assert ["a", "c"] == list(variants_of(HERE, config, ("c",), compared=True))


@pytest.mark.parametrize(("variants", "count"), [((), "no variants"), (("only",), "1 variant")])
def test_fewer_than_two_are_nothing_to_compare(variants: tuple[str, ...], count: str) -> None:
    """The line shows how to state two, and which command needs none."""
    with pytest.raises(ConfigError) as refused:
        variants_of(HERE, config_with(*variants), (), compared=True)
    message = str(refused.value)

    assert 1 == len(message.splitlines())
    assert message.startswith(f"versus.toml: {count}, and this command compares at least two: ")
    assert "state [variants.before] and [variants.after]" in message
    assert message.endswith("`versus gate --base main`.")


def test_two_revisions_need_one_variant_or_none() -> None:
    """Without any, the requests are sent as the scenarios state them."""
    bare = variants_of(HERE, config_with(), (), compared=False)

    assert [VariantConfig()] == list(bare.values())
    assert ["only"] == list(variants_of(HERE, config_with("only"), (), compared=False))


def test_names_keep_the_order_of_the_file() -> None:
    """No name means all of them; where there is none at all, that is said."""
    assert ["a", "b"] == names_of(HERE, "scenario", ["b", "a"], ["a", "b", "c"])
    assert ["a", "b"] == names_of(HERE, "scenario", [], ["a", "b"])
    with pytest.raises(ConfigError, match=r"scenarios: none\. Add at least one"):
        names_of(HERE, "scenario", [], [])
    with pytest.raises(ConfigError, match="unknown profile 'smok'; did you mean 'smoke'"):
        check_names(HERE, "profile", ["smok"], ["quick", "smoke"])
