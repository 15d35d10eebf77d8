"""Certificates of every kind that a service may have, and servers that show them."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


def make_certificate(
    folder: Path, name: str, *, host: str = "localhost", signed_by: str = "", ends_in: int = 1
) -> Path:
    """A file with a key and a certificate, `NAME.pem`; the certificate alone is `NAME.crt`.

    Args:
        folder: takes both.
        name: of the files.
        host: that it is for; empty: it is an authority.
        signed_by: the name of an authority made before; empty: by itself.
        ends_in: days from now.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, signing = subject, key
    if signed_by:
        both = (folder / f"{signed_by}.pem").read_bytes()
        issuer = x509.load_pem_x509_certificate(both).subject
        loaded = serialization.load_pem_private_key(both, None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        signing = loaded
    now = datetime.now(UTC)
    building = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 3 * DAY)
        .not_valid_after(now + ends_in * DAY)
        .add_extension(x509.BasicConstraints(ca=not host, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if host:
        general: x509.GeneralName = x509.DNSName(host)
        with suppress(ValueError):
            general = x509.IPAddress(ip_address(host))
        building = building.add_extension(x509.SubjectAlternativeName([general]), critical=False)
    made = building.sign(signing, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / f"{name}.crt").write_bytes(made)
    path = folder / f"{name}.pem"
    path.write_bytes(private + made)
    return path


@contextmanager
def serving_tls(
    certificate: Path | None,
    *,
    newest: ssl.TLSVersion | None = None,
    clients: Path | None = None,
    host: str = "127.0.0.1",
    names: list[str] | None = None,
) -> Iterator[int]:
    """The port of a server that answers everything with 200; without a certificate in the clear.

    Args:
        certificate: its own, with its key.
        newest: the only version of TLS.
        clients: the authority of the certificates that clients must show.
        host: where it listens.
        names: takes the names that clients ask for.
    """
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        if newest:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = newest
        if clients:
            context.load_verify_locations(clients)
            context.verify_mode = ssl.CERT_REQUIRED
        if names is not None:
            context.sni_callback = lambda _socket, name, _context: names.append(name)

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            wrapped = context.wrap_socket(connection, server_side=True) if context else connection
            with wrapped:
                while wrapped.recv(65536):
                    wrapped.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def accept(listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listening:
        thread = threading.Thread(target=accept, args=(listening,), daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
