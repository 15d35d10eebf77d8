"""Certificates and keys of `target.ca`, `cert` and `key`, read while planning.

So workers elsewhere get them too, and what is wrong with them is known before measuring.
"""

import os
import re
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from contract.config.documents import read_text
from contract.config.schema import Config
from contract.errors import ConfigError

_CERTIFICATE = re.compile(
    r"-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----[^-]{1,65536}-----END \1?CERTIFICATE-----"
)
_KEY = re.compile(
    r"-----BEGIN ((?:RSA |EC |ENCRYPTED )?PRIVATE KEY)-----(?:[^-]|-(?!----)){1,65536}-----END \1"
    r"-----"
)
# OpenSSL's older form of an encrypted key says so in a line of its own.
_ENCRYPTED = re.compile(r"BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED", re.MULTILINE)


@dataclass(frozen=True)
class TlsFiles:
    """What files give to TLS.

    Attributes:
        authorities: certificates in PEM that are trusted beside those of the machine.
        certificate: the client's own in PEM, with those that link it to its authority.
        key: the private one of that certificate; secret.
    """

    authorities: str = ""
    certificate: str = ""
    key: str = field(default="", repr=False)

    def apply(self, context: ssl.SSLContext) -> None:
        """Let a client's context trust the authorities and show the certificate.

        Raises:
            ssl.SSLError: they are damaged, or the key is another one's.
        """
        if self.authorities:
            context.load_verify_locations(cadata=self.authorities)
            # A server's own certificate may be named instead of its authority's.
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        if self.certificate:
            with _file_of(f"{self.key}\n{self.certificate}") as file:
                # An encrypted key would be asked for on the terminal.
                context.load_cert_chain(file, password="")


NO_FILES = TlsFiles()


@contextmanager
def _file_of(text: str) -> Iterator[str]:
    """A file with a text, because OpenSSL reads keys of files alone; on Linux not on a disk."""
    if sys.platform == "linux":
        with os.fdopen(os.memfd_create("versus"), "wb") as memory:
            memory.write(text.encode())
            memory.flush()
            yield f"/proc/self/fd/{memory.fileno()}"
    else:
        with tempfile.NamedTemporaryFile() as file:
            file.write(text.encode())
            file.flush()
            yield file.name


def tls_files_of(path: Path, config: Config) -> TlsFiles:
    """What the target's connections trust and show; empty where nothing is stated.

    A private key that stands in the file of `ca` is left out.

    Raises:
        ConfigError: a file cannot be used, or nothing would use it.
    """
    target = config.target
    for key in ("ca", "cert", "key"):
        if getattr(target, key) is not None:
            _check_use(f"{path}: target.{key}", config)
    if target.key is not None and target.cert is None:
        raise ConfigError(f"{path}: target.key: is the key of a target.cert. Give that, too.")
    authorities = _certificates(path, "ca", target.ca) if target.ca is not None else ""
    if target.cert is None:
        return TlsFiles(authorities)
    certificate = _certificates(path, "cert", target.cert)
    name, stated = ("cert", target.cert) if target.key is None else ("key", target.key)
    files = TlsFiles(authorities, certificate, _private_key(path, name, stated))
    try:
        files.apply(ssl.create_default_context())
    except ssl.SSLError as error:
        where = f"{path}: target.{name}: {path.parent / stated}"
        if error.reason == "KEY_VALUES_MISMATCH":
            raise ConfigError(
                f"{where}: is not the key of the first certificate in target.cert. Name the key "
                "that belongs to it; of several certificates, the client's own comes first."
            ) from None
        raise ConfigError(
            f"{where}: the key is damaged ({_reason(error)}). Export it again."
        ) from None
    return files


def _check_use(where: str, config: Config) -> None:
    urls = [config.target.url, *(variant.url for variant in config.variants.values())]
    if not any(url and url.lower().startswith("https:") for url in urls):
        raise ConfigError(f"{where}: is for an https address, and there is none. Leave it out.")
    if config.pages:
        raise ConfigError(
            f"{where}: a browser trusts only the machine's authorities and has no certificate. "
            "Leave [[pages]] out, or leave this out; an authority can be added to the machine's."
        )


def _certificates(path: Path, key: str, stated: str) -> str:
    where, text = _text(path, key, stated)
    found = "\n".join(match[0] for match in _CERTIFICATE.finditer(text))
    if not found:
        raise ConfigError(
            f"{where}: holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----. "
            "Convert it: openssl x509 -inform der -in FILE."
        )
    try:
        ssl.create_default_context(cadata=found)
    except ssl.SSLError as error:
        raise ConfigError(f"{where}: is damaged ({_reason(error)}). Export it again.") from None
    return found


def _private_key(path: Path, key: str, stated: str) -> str:
    where, text = _text(path, key, stated)
    found = _KEY.search(text)
    if found is None:
        other = "Name its file in target.key" if key == "cert" else "Name the file that holds it"
        raise ConfigError(
            f"{where}: holds no private key in PEM, which begins with -----BEGIN PRIVATE KEY-----. "
            f"{other}."
        )
    if _ENCRYPTED.search(found[0]):
        raise ConfigError(
            f"{where}: the key is encrypted, and Versus takes no passphrase. Write it without one "
            "to a file that only you can read: openssl pkey -in FILE -out PLAIN."
        )
    return found[0]


def _text(path: Path, key: str, stated: str) -> tuple[str, str]:
    """Where a file is stated and which one, and its text."""
    where, file = f"{path}: target.{key}", path.parent / stated
    try:
        return f"{where}: {file}", read_text(file)
    except FileNotFoundError:
        raise ConfigError(f"{where}: {file}: no such file. It is relative to {path}.") from None
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or "cannot be read").lower().replace("_", " ")
