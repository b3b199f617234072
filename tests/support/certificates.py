"""A certificate authority for one test, and what Dask is told to have all that it says signed and kept secret by it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

possible = shutil.which("openssl") is not None


class Authority:
    """Files in a folder: `ca.pem`, and for who it is to let in, a certificate and a key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        _openssl(folder, "req", "-x509", *_NEW, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=tests")
        _openssl(folder, "req", *_NEW, "-keyout", "one.key", "-out", "one.csr", "-subj", "/CN=one")
        signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
        _openssl(folder, "x509", "-req", "-in", "one.csr", *signing, "-out", "one.pem")

    def settings(self, *roles: str) -> dict[str, str]:
        """Return Dask's settings, as environment variables, for whoever is to be one of `roles`."""
        told = {"CA_FILE": "ca.pem"}
        for role in roles:
            told |= {f"{role}__CERT": "one.pem", f"{role}__KEY": "one.key"}
        return {f"DASK_DISTRIBUTED__COMM__TLS__{key}": str(self._folder / file) for key, file in told.items()}


_NEW = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
