import re
from pathlib import Path

from service import limits

DOCS = Path(__file__).parents[2] / "docs" / "service.md"
KIB, MIB = 1024, 1024 * 1024


def documented() -> str:
    """The text of the section about limits."""
    _, _, section = DOCS.read_text().partition("\n## Limits\n")
    return section.partition("\n## ")[0]


def written(name: str, value: float) -> str:
    """A limit as the documentation writes it."""
    if "_BYTES_" in name:
        unit, size = ("MiB", MIB) if value >= MIB else ("KiB", KIB)
        return f"{value / size:g} {unit}"
    return f"{value:,g}{' s' if name.endswith('_S') else ''}"


def test_every_limit_is_documented() -> None:
    """Each value is in the table, in the row that names its constant."""
    values = {name: value for name, value in vars(limits).items() if name.isupper()}
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", documented(), flags=re.MULTILINE))

    assert {name: written(name, value) for name, value in values.items()} == rows
