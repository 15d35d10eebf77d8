"""TLS: whom Versus trusts, and one line for each reason why it does not."""

import socket
import ssl
import warnings
from contextlib import suppress
from pathlib import Path

import pytest

from loadtests.planning.authorities import TlsFiles
from loadtests.probes.http.tests.certificates import make_certificate, serving_tls
from loadtests.probes.http.tls import client_context, explain_tls


def handshake(
    port: int, authorities: str = "", host: str = "localhost", *, by: str | None = None
) -> str:
    """Why a connection was refused; empty where it was not.

    `by`: the client's key and certificate; since TLS 1.3 they are refused after the handshake.
    """
    context = client_context(TlsFiles(authorities, by or "", by or ""))
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            with context.wrap_socket(connection, server_hostname=host) as tls:
                if by is not None:
                    tls.settimeout(1)
                    with suppress(TimeoutError):
                        tls.recv(1)
                return ""
        except ssl.SSLError as error:
            return explain_tls(error)


TRUST = "Name the authority's certificate in target.ca, or in the variable SSL_CERT_FILE"


def test_a_stated_authority_is_trusted(tmp_path: Path) -> None:
    """A self-signed certificate, one of an authority, and an authority's server's own."""
    own = make_certificate(tmp_path, "own")
    make_certificate(tmp_path, "authority", host="")
    signed = make_certificate(tmp_path, "signed", signed_by="authority")

    with serving_tls(own) as port:
        assert f"its certificate is self-signed. {TRUST}" == handshake(port)
        assert "" == handshake(port, (tmp_path / "own.crt").read_text())
    with serving_tls(signed) as port:
        unknown = "its certificate comes from an authority that this machine does not know"
        assert f"{unknown}. {TRUST}" == handshake(port)
        assert "" == handshake(port, (tmp_path / "authority.crt").read_text())
        assert "" == handshake(port, (tmp_path / "signed.crt").read_text())
        assert f"{unknown}. {TRUST}" == handshake(port, (tmp_path / "own.crt").read_text())


def test_what_trust_does_not_mend_is_named(tmp_path: Path) -> None:
    """Another host, the past, no TLS at all, and an old one."""
    other = make_certificate(tmp_path, "other", host="example.test")
    past = make_certificate(tmp_path, "past", ends_in=-1)
    own = make_certificate(tmp_path, "own")
    trusted = {name: (tmp_path / f"{name}.crt").read_text() for name in ("other", "past", "own")}

    with serving_tls(other) as port:
        assert handshake(port, trusted["other"]).startswith(
            "its certificate is for another host (Hostname mismatch, certificate is not valid for "
            "'localhost'). Write a name"
        )
    with serving_tls(past) as port:
        assert "its certificate has expired. Renew it" == handshake(port, trusted["past"])
    with serving_tls(None) as port:
        assert "does not speak TLS there. Write http://" in handshake(port)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with serving_tls(own, newest=ssl.TLSVersion.TLSv1_1) as port:
            assert "only versions of TLS below 1.2" in handshake(port, trusted["own"])


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_shows_its_certificate(tmp_path: Path, version: ssl.TLSVersion) -> None:
    """Signed by the authority that the server trusts; with none or another it says what to do."""
    own = make_certificate(tmp_path, "own")
    make_certificate(tmp_path, "authority", host="")
    signed, other = (
        make_certificate(tmp_path, name, host="client", signed_by=by).read_text()
        for name, by in (("signed", "authority"), ("other", ""))
    )
    trusted = (tmp_path / "own.crt").read_text()

    with serving_tls(own, newest=version, clients=tmp_path / "authority.crt") as port:
        assert "" == handshake(port, trusted, by=signed)
        assert "a client's certificate. Name it and its key in target.cert and target.key" in (
            handshake(port, trusted, by="")
        )
        assert handshake(port, trusted, by=other).startswith(
            "it refuses the certificate of target.cert. Give a valid one"
        )
