"""The page carries its charts and its files."""

import base64
import hashlib
import re
from pathlib import Path

from reports.surfaces import html
from reports.surfaces.files import FILES
from reports.surfaces.report import Report


def test_the_page_carries_the_files_beside_it(ordinary: Report) -> None:
    """With their checksums; and the charts that the page has places for."""
    page = html.write(ordinary).decode()
    downloads = re.findall(
        r'<a download="([^"]+)" href="data:[^;]+;base64,([^"]+)">.*?class="hash">(\w+)<', page
    )

    assert ["comparison.json", "comparison.csv"] == [name for name, _, _ in downloads]
    for name, encoded, digest in downloads:
        content = base64.b64decode(encoded)
        assert FILES[name](ordinary) == content
        assert hashlib.sha256(content).hexdigest() == digest
    assert 'id="forest"' in page
    assert f'id="{ordinary.page.sections[0].latency_chart_id}"' in page


def test_a_claim_may_fail_while_a_smaller_change_is_open() -> None:
    """So the page must not say of such a claim that there is no effect."""
    template = Path(html.__file__).parent / "templates" / "report.html.j2"
    text = template.read_text(encoding="utf-8")

    assert "Not reproduced: no change, or none as large as claimed" in text
    assert "no effect" not in text
