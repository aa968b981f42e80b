"""The folder signed by the province: openssl and we agree, and nothing else of the folder changes by it."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from dothi.engine.contract.ioc import PUBLISH, VERIFY
from dothi.engine.jobs import ioc as jobs
from dothi.ioc import profile as profiles
from dothi.ioc.targets.drop import MANIFEST, SIGNATURE, problems
from dothi.layers.errors import DothiError, InputError
from dothi.layers.report import SILENT
from dothi.tests.unit.ioc import province
from dothi.tests.unit.ioc.heard import Heard
from dothi.tests.unit.ioc.test_broker import rewritten

PASSWORD = "Chim-Hoàng-Yến-5180"  # pragma: allowlist secret
needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here")


class Authority:
    """A certificate authority of a province, and the files that it gives out."""

    def __init__(self, folder: Path, name: str = "Tỉnh") -> None:
        self.folder, self.name = folder, name
        self.key = rsa.generate_private_key(65537, 2048)
        self.certificate = self.issue(name, self.key.public_key(), ca=True)
        self.path = folder / f"{name}.pem"
        self.path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name, public, *, ca=False, days=900):
        begin = datetime.now(UTC) - timedelta(days=1000 if days < 0 else 1)
        end = datetime.now(UTC) + timedelta(days=days)
        builder = x509.CertificateBuilder().subject_name(_named(name)).issuer_name(_named(self.name))
        builder = builder.public_key(public).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(begin).not_valid_after(end)
        return builder.add_extension(x509.BasicConstraints(ca, None), critical=True).sign(self.key, hashes.SHA256())

    def pem(self, key=None, **how) -> Path:
        """Key and certificate in one file of its owner alone."""
        key = key or rsa.generate_private_key(65537, 2048)
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        made = self.issue("Sở Xây dựng", key.public_key(), **how)
        return self.kept("sở.pem", key.private_bytes(*form) + made.public_bytes(serialization.Encoding.PEM))

    def p12(self, password: str) -> Path:
        """The same, locked with a password."""
        key = rsa.generate_private_key(65537, 2048)
        lock = serialization.BestAvailableEncryption(password.encode())
        made = self.issue("Sở Xây dựng", key.public_key())
        return self.kept("sở.p12", pkcs12.serialize_key_and_certificates(b"so", key, made, [self.certificate], lock))

    def kept(self, name: str, content: bytes, mode: int = 0o600) -> Path:
        path = self.folder / name
        path.touch()
        path.chmod(mode)
        path.write_bytes(content)
        return path


def _named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def own(data, tmp_path):
    shutil.copytree(data.with_suffix(".dothi"), tmp_path / "tỉnh.dothi")
    return Path(shutil.copy(data, tmp_path / "tỉnh.gpkg"))


def publish(data, folder, sign=None, **more):
    given = {"data": str(data), "target": str(folder), "layers": "parcel", "sign": None if sign is None else str(sign)}
    return jobs.publish(PUBLISH.read({**given, **more}), SILENT)


def verify(data, folder, **more):
    heard = Heard()
    told = jobs.verify(VERIFY.read({"data": str(data), "target": str(folder), "layers": "parcel", **more}), heard)
    return told["signature"], [code for code in heard.codes if code.startswith("ioc.signature")]


def openssl(folder, authority):
    words = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", str(folder / SIGNATURE), "-content"]
    words += [str(folder / MANIFEST), "-CAfile", str(authority.path), "-purpose", "any", "-out", "/dev/null"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def key_of(authority, kind):
    return authority.pem(ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else None)


@needs_openssl
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_openssl_and_we_agree(own, tmp_path, authority, kind):
    folder = tmp_path / "đích"
    publish(own, folder, key_of(authority, kind))
    assert openssl(folder, authority)
    assert verify(own, folder) == ("good", ["ioc.signature.good"])
    assert verify(own, folder, authority=str(authority.path))[0] == "good"
    manifest = folder / MANIFEST
    manifest.write_bytes(manifest.read_bytes().replace(b"binh_duong", b"lam_dong"))
    assert not openssl(folder, authority)
    assert verify(own, folder) == ("bad", ["ioc.signature.bad"])


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_the_same_stays_the_same_and_a_change_is_signed_anew(own, tmp_path, authority, kind):
    folder, key = tmp_path / "đích", key_of(authority, kind)
    publish(own, folder, key)
    before = files(folder)
    assert publish(own, folder, key)["same"]
    assert files(folder) == before
    publish(own, tmp_path / "không ký")
    del before[SIGNATURE]
    assert files(tmp_path / "không ký") == before
    rewritten(own, "parcel", province.uid(100), land_use="ONT")
    assert not publish(own, folder, key)["same"]
    assert verify(own, folder)[0] == "good"
    assert problems(folder) == []


def test_what_was_not_signed_is_signed_and_the_other_way_round(own, tmp_path, authority):
    folder, key = tmp_path / "đích", authority.pem()
    publish(own, folder)
    assert verify(own, folder) == ("absent", [])
    assert not publish(own, folder, key)["same"]
    assert verify(own, folder)[0] == "good"
    publish(own, folder)
    assert verify(own, folder) == ("absent", [])
    profiles.save(own, profiles.Profile("x", str(folder), layers=("parcel",), sign=str(key)))
    assert verify(own, "x") == ("absent", ["ioc.signature.absent"])


def test_somebody_elses_signature_is_told(own, tmp_path, authority):
    folder = tmp_path / "đích"
    publish(own, folder, authority.pem())
    (tmp_path / "khác").mkdir()
    other = Authority(tmp_path / "khác", "Tỉnh khác")
    assert verify(own, folder, authority=str(other.path))[0] == "bad"
    publish(own, folder, other.pem())
    assert verify(own, folder, authority=str(authority.path))[0] == "bad"
    assert verify(own, folder, authority=str(other.path))[0] == "good"
    for content in (b"", b"0", (folder / SIGNATURE).read_bytes()[:-9]):
        (folder / SIGNATURE).write_bytes(content)
        assert verify(own, folder)[0] == "bad"


def test_a_locked_pkcs12_opens_with_the_password_of_the_secret(own, tmp_path, authority):
    folder, path = tmp_path / "đích", authority.p12(PASSWORD)
    publish(own, folder, path, secret={"password": PASSWORD})
    assert verify(own, folder, authority=str(authority.path))[0] == "good"
    for secret in (None, {"password": "sai"}):  # pragma: allowlist secret
        with pytest.raises(InputError) as refused:
            publish(own, folder, path, secret=secret)
        assert refused.value.code == "ioc.key_wrong"
    everything = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in everything if PASSWORD.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda of: of.kept("sở.pem", of.pem().read_bytes(), 0o644), "ioc.secret_open"),
        (lambda of: of.pem(days=-1), "ioc.certificate_expired"),
        (lambda of: of.kept("rác.pem", b"-----BEGIN RUBBISH-----"), "ioc.key_wrong"),
        (lambda of: of.kept("rác.p12", b"rubbish"), "ioc.key_wrong"),
        (lambda of: of.pem(ed25519.Ed25519PrivateKey.generate()), "ioc.key_wrong"),
        (lambda of: of.folder / "không có.pem", "engine.file_missing"),
    ],
)
def test_keys_that_cannot_sign(own, tmp_path, authority, made, code):
    with pytest.raises(DothiError) as refused:
        publish(own, tmp_path / "đích", made(authority))
    assert refused.value.code == code
    assert not (tmp_path / "đích").exists()
