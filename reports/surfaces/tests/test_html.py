"""The page carries its charts and its files."""

import base64
import hashlib
import re

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
