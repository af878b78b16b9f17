"""TLS to a reader: whose certificates are trusted, and the one we show."""

from __future__ import annotations

import ssl
from pathlib import Path

from firmware_bridges.supervise import LinkBroken


def reader_tls(ca_file: Path, cert_file: Path | None, key_file: Path | None) -> ssl.SSLContext:
    """A context that trusts only this authority. Read anew for each connection, so that renewed files count.

    Raises LinkBroken when a file cannot be used.
    """
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(cafile=ca_file)
        if cert_file is not None:
            context.load_cert_chain(cert_file, key_file)
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(str(each) for each in (ca_file, cert_file, key_file) if each is not None)
        raise LinkBroken(f"the TLS files of the reader cannot be used ({error}): {files}") from error
    return context
