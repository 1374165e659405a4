"""https: a host proves who it is, or is not asked."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.bench.faults import GOOD, full
from tests.bench.transport import PATIENT
from workbench.domain.errors import FeedDark
from workbench.world.http.client import connected

x509 = pytest.importorskip("cryptography.x509")


def _certificate(folder: Path) -> Path:
    """A certificate of this machine, signed by itself, with its key."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "desk")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = folder / "desk.pem"
    path.write_bytes(
        made.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@asynccontextmanager
async def _secured(path: Path, asked: list[bytes]) -> AsyncIterator[int]:
    """The port of a server that has this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(full(GOOD))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("trusted", [True, False])
def test_a_host_proves_who_it_is(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, trusted: bool
):
    """Encrypted answers are read; a certificate that nobody vouches for, or of another name, no."""
    path = _certificate(tmp_path)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
    asked: list[bytes] = []

    async def scene() -> object:
        async with _secured(path, asked) as port, connected(PATIENT) as client:
            try:
                return (await client.ask(f"https://{host}:{port}/x", form="json")).body
            except FeedDark as dark:
                return dark

    found = run(scene())
    if trusted and host == "127.0.0.1":
        assert found == GOOD
    else:
        assert isinstance(found, FeedDark)
        assert found.code == "no_connection"
        assert "prove who it is" in str(found)
        assert asked == []
