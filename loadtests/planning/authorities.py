"""The certificates of `target.ca`, read while planning, so that workers elsewhere get them too."""

import re
import ssl
from pathlib import Path

from contract.config.documents import read_text
from contract.config.schema import Config
from contract.errors import ConfigError

_CERTIFICATE = re.compile(
    r"-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----[^-]{1,65536}-----END \1?CERTIFICATE-----"
)


def authorities_of(path: Path, config: Config) -> str:
    """Certificates in PEM that the target's connections trust; empty where none are stated.

    A private key that stands in the same file is left out.

    Raises:
        ConfigError: the file cannot be read or holds no certificate, or nothing would use it.
    """
    stated = config.target.ca
    if stated is None:
        return ""
    where = f"{path}: target.ca"
    urls = [config.target.url, *(variant.url for variant in config.variants.values())]
    if not any(url and url.lower().startswith("https:") for url in urls):
        raise ConfigError(f"{where}: is for an https address, and there is none. Leave it out.")
    if config.pages:
        raise ConfigError(
            f"{where}: a browser trusts only the machine's authorities. Add the certificate there "
            "and leave target.ca out, or leave [[pages]] out."
        )
    file = path.parent / stated
    try:
        text = read_text(file)
    except FileNotFoundError:
        raise ConfigError(f"{where}: {file}: no such file. It is relative to {path}.") from None
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    found = "\n".join(match[0] for match in _CERTIFICATE.finditer(text))
    if not found:
        raise ConfigError(
            f"{where}: {file}: holds no certificate in PEM, which begins with -----BEGIN "
            "CERTIFICATE-----. Convert it: openssl x509 -inform der -in FILE."
        )
    try:
        ssl.create_default_context(cadata=found)
    except ssl.SSLError as error:
        reason = (error.reason or "no certificate").lower().replace("_", " ")
        raise ConfigError(f"{where}: {file}: is damaged ({reason}). Export it again.") from None
    return found
