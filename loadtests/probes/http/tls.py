"""TLS as a client: whom to trust, and why a connection was refused, in words."""

import ssl

from loadtests.planning.authorities import TlsFiles

_VERIFY_WORDS = {
    9: "its certificate is not valid yet. Correct the clock of this machine or of the service",
    10: "its certificate has expired. Renew it",
    18: "its certificate is self-signed",
    19: "its certificate comes from an authority that this machine does not know",
    20: "its certificate comes from an authority that this machine does not know",
    21: "its certificate comes from an authority that this machine does not know",
}
"""By OpenSSL's X509_V_ERR_..."""

_UNKNOWN_AUTHORITY = {18, 19, 20, 21}
_WRONG_NAME = {62, 64}
_TRUST = "Name the authority's certificate in target.ca, or in the variable SSL_CERT_FILE"
_SHOW = "Name it and its key in target.cert and target.key"
_REASONS = (
    (("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"),
     "it does not speak TLS there. Write http:// in the url, or correct its port"),
    (("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "VERSION_TOO_LOW", "LEGACY_SIGALG"),
     "it offers only versions of TLS below 1.2. Let it offer a newer one"),
    (("CERTIFICATE_REQUIRED",),
     f"it wants a client's certificate. {_SHOW}"),
    (("ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE", "ALERT_UNSUPPORTED_CERT"),
     "it refuses the certificate of target.cert. Give a valid one of an authority that it trusts"),
    (("ALERT_HANDSHAKE_FAILURE", "NO_SHARED_CIPHER"),
     f"it refused the handshake; it may want a client's certificate. {_SHOW}"),
)  # fmt: skip


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """How to connect: a bearer token goes only to a host that proves its name.

    Raises:
        ssl.SSLError: the files hold no certificates, or a wrong key.
    """
    context = ssl.create_default_context()
    # Python 3.11.2 takes a connection that was cut for one that was closed.
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    files.apply(context)
    return context


def explain_tls(error: ssl.SSLError) -> str:
    """Why TLS failed and what to do, in one line without a full stop."""
    if isinstance(error, ssl.SSLCertVerificationError):
        code, message = error.verify_code, error.verify_message
        if code in _WRONG_NAME:
            # OpenSSL says for which name, which Versus asked for itself.
            return (
                f"its certificate is for another host ({message.rstrip('.')}). Write a name of "
                "the certificate in the url, or in target.host"
            )
        words = _VERIFY_WORDS.get(code, f"its certificate is refused ({message})")
        return f"{words}. {_TRUST}" if code in _UNKNOWN_AUTHORITY else words
    # Some of OpenSSL's errors have no name in Python, only a text.
    text = str(error).partition("] ")[2].partition(" (_ssl")[0]
    reason = error.reason or text.upper().replace(" ", "_")
    for parts, words in _REASONS:
        if any(part in reason for part in parts):
            return words
    return f"TLS failed ({reason.lower().replace('_', ' ') or type(error).__name__})"
