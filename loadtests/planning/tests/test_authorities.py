"""`target.ca`: certificates are read, and nothing else that a file may hold."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from contract.errors import ConfigError
from loadtests.planning.authorities import TlsFiles
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


def files(folder: Path, **stated: str) -> TlsFiles:
    """What a configuration with a client's certificate gives."""
    lines = "".join(f'{key} = "{value}"\n' for key, value in stated.items())
    path = folder / "versus.toml"
    path.write_text(CONFIG.replace('ca = "{ca}"\n', lines).format())
    return load_plan(path, seed=1).tls


def refused_files(folder: Path, **stated: str) -> str:
    with pytest.raises(ConfigError) as refused:
        files(folder, **stated)
    assert 1 == len(str(refused.value).splitlines())
    return str(refused.value).removeprefix(f"{folder / 'versus.toml'}: target.")


def test_a_client_certificate_is_read_with_its_key(tmp_path: Path) -> None:
    """From one file or two; no text of the plan shows the key."""
    both = make_certificate(tmp_path, "me").read_text()
    (tmp_path / "me.key").write_text(both.partition("-----BEGIN CERT")[0])

    one, two = files(tmp_path, cert="me.pem"), files(tmp_path, cert="me.crt", key="me.key")

    assert one == two
    assert "PRIVATE KEY" in one.key
    assert "PRIVATE KEY" not in one.certificate
    assert "PRIVATE" not in repr(one)


def test_a_client_certificate_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    """Without a key, with another one's, with one that is encrypted, damaged or missing."""
    make_certificate(tmp_path, "me")
    other = make_certificate(tmp_path, "other").read_text()
    key = serialization.load_pem_private_key(other.encode(), None)
    for name, form in (
        ("new", serialization.PrivateFormat.PKCS8),
        ("old", serialization.PrivateFormat.TraditionalOpenSSL),
    ):
        encrypted = serialization.BestAvailableEncryption(b"secret")
        (tmp_path / f"{name}.key").write_bytes(
            key.private_bytes(serialization.Encoding.PEM, form, encrypted)
        )
    (tmp_path / "cut.key").write_text(other.partition("-----BEGIN CERT")[0].replace("M", "N", 2))

    assert "cert: " in (bare := refused_files(tmp_path, cert="me.crt"))
    assert "holds no private key in PEM, which begins with -----BEGIN PRIVATE KEY-----" in bare
    assert "Name its file in target.key" in bare
    mismatch = refused_files(tmp_path, cert="me.crt", key="other.pem")
    assert "key: " in mismatch
    assert "is not the key of the first certificate in target.cert" in mismatch
    for name in ("new", "old"):
        encrypted_key = refused_files(tmp_path, cert="me.crt", key=f"{name}.key")
        assert "the key is encrypted, and Versus takes no passphrase" in encrypted_key
    assert "the key is damaged (" in refused_files(tmp_path, cert="me.crt", key="cut.key")
    assert "none.key: no such file" in refused_files(tmp_path, cert="me.crt", key="none.key")
    assert "is the key of a target.cert" in refused_files(tmp_path, key="other.pem")
