"""TLS of a server without a proxy: the operator's certificate, read again when its files have changed."""

import logging
import ssl
from pathlib import Path

from server.settings.sources import Settings, SettingsError

__all__ = ["Certificate", "certificate_of"]

log = logging.getLogger("agenticrag")


class Certificate:
    """A certificate and its key in two files, which something else renews."""

    def __init__(self, cert: str, key: str) -> None:
        """Read the files.

        Raises:
            OSError: they cannot be read, or are no certificate and its key (`ssl.SSLError` is one).
        """
        self._cert, self._key = cert, key
        self._seen = self._written()
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)

    def renew(self, context: ssl.SSLContext | None) -> None:
        """Let new connections have the certificate that the files hold now; a bad one changes nothing."""
        try:
            written = self._written()
            if written == self._seen or context is None:
                return
            self._seen = written
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self._cert, self._key)
            context.load_cert_chain(self._cert, self._key)
        except OSError as error:
            log.warning("The TLS certificate in %s cannot be read; the old one stays: %s", self._cert, error)
        else:
            log.info("The TLS certificate in %s was read again.", self._cert)

    def _written(self) -> tuple[int, int]:
        return Path(self._cert).stat().st_mtime_ns, Path(self._key).stat().st_mtime_ns


def certificate_of(settings: Settings) -> Certificate | None:
    """Return the certificate of the settings; None where the server speaks plain HTTP.

    Raises:
        SettingsError: it cannot be used.
    """
    if not settings.tls_cert:
        return None
    try:
        return Certificate(settings.tls_cert, settings.tls_key)
    except OSError as error:
        raise SettingsError(
            f"AGENTICRAG_TLS_CERT ('{settings.tls_cert}') and AGENTICRAG_TLS_KEY ('{settings.tls_key}') must "
            f"be a certificate with its chain and its private key, in PEM: {error}."
        ) from error
