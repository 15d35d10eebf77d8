"""`target.ca`: certificates are read, and nothing else that a file may hold."""

import os
from pathlib import Path

import pytest

from contract.errors import ConfigError
from loadtests.planning.plan import load_plan
from loadtests.probes.http.tests.certificates import make_certificate

CONFIG = """
[target]
url = "https://localhost:1"
ca = "{ca}"
[variants.before]
[variants.after]
headers = {{ A = "b" }}
[[scenarios]]
name = "things"
request = "GET /"
"""


def authorities(folder: Path, ca: str, change: tuple[str, str] = ("", "")) -> str:
    path = folder / "versus.toml"
    path.write_text(CONFIG.format(ca=ca).replace(*change) if change[0] else CONFIG.format(ca=ca))
    return load_plan(path, seed=1).tls.authorities


def refusal(folder: Path, ca: str, change: tuple[str, str] = ("", "")) -> str:
    with pytest.raises(ConfigError) as refused:
        authorities(folder, ca, change)
    assert 1 == len(str(refused.value).splitlines())
    return str(refused.value).removeprefix(f"{folder / 'versus.toml'}: target.ca: ")


def test_all_certificates_of_a_file_are_read_and_no_key(tmp_path: Path) -> None:
    """Relative to the configuration; what is sent to workers holds no secret."""
    both = make_certificate(tmp_path, "a").read_text() + make_certificate(tmp_path, "b").read_text()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "ca.pem").write_text(f"# ours\n{both}")
    found = authorities(tmp_path, "sub/ca.pem")

    assert 2 == found.count("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE" not in found


def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    """Missing, no file, no certificate, a damaged one."""
    key, _, certificate = make_certificate(tmp_path, "own").read_text().partition("-----BEGIN CERT")
    (tmp_path / "key.pem").write_text(key)
    (tmp_path / "der.crt").write_bytes(b"\x30\x82\x01\x00\xff\x00")
    (tmp_path / "cut.pem").write_text("-----BEGIN CERT" + certificate.replace("M", "N", 3))
    os.mkfifo(tmp_path / "pipe")

    assert refusal(tmp_path, "none.pem").startswith(f"{tmp_path / 'none.pem'}: no such file. It is")
    assert "is a folder, not a file" in refusal(tmp_path, ".")
    assert "is a pipe, not a file" in refusal(tmp_path, "pipe")
    assert "is binary, not text" in refusal(tmp_path, "der.crt")
    assert "holds no certificate in PEM" in refusal(tmp_path, "key.pem")
    assert "is damaged (" in refusal(tmp_path, "cut.pem")


def test_a_file_that_nothing_would_use_is_refused(tmp_path: Path) -> None:
    """Without https, and for a browser, which has authorities of its own."""
    make_certificate(tmp_path, "own")

    assert "is for an https address" in refusal(tmp_path, "own.crt", ("https://", "http://"))
    page = ("[[scenarios]]", '[[pages]]\nname = "start"\npath = "/"\n[[scenarios]]')
    assert "a browser trusts only" in refusal(tmp_path, "own.crt", page)
