"""The detached signature of a manifest: CMS (RFC 5652) in DER, by the province's certificate, beside what it signs.

It has no signed attributes, so no moment of signing: with an RSA key the same manifest gives the same bytes. Anybody
can check it: ``openssl cms -verify -binary -inform DER -in manifest.json.p7s -content manifest.json -CAfile …``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from ...layers.errors import InputError
from ...store.troubles import told
from .drop import MANIFEST, SIGNATURE

ABSENT, GOOD, BAD = "absent", "good", "bad"
_FORM = (pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.NoAttributes, pkcs7.PKCS7Options.Binary)
_LARGEST = {MANIFEST: 1 << 28, SIGNATURE: 1 << 20}  # bytes
_SHA256 = "2.16.840.1.101.3.4.2.1"
_SIGNED_DATA = "1.2.840.113549.1.7.2"

Chain = Sequence[x509.Certificate]


@dataclass(frozen=True)
class Signer:
    """Who signs: a certificate, those between it and the authority, and the key of the first."""

    certificate: x509.Certificate
    between: tuple[x509.Certificate, ...]
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    def sign(self, content: bytes) -> bytes:
        """The detached signature of ``content``."""
        builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
        builder = builder.add_signer(self.certificate, self.key, hashes.SHA256())
        for one in self.between:
            builder = builder.add_certificate(one)
        return builder.sign(serialization.Encoding.DER, list(_FORM))


@dataclass(frozen=True)
class Checked:
    """``state``: absent, good or bad; ``signer``: the subject of the certificate, as it says itself."""

    state: str
    signer: str = ""


def signer_in(path: Path, password: str | None = None) -> Signer:
    """Certificate and key from a PEM or PKCS#12 file that its owner alone can read.

    Raises :class:`InputError`: ``engine.file_missing``, ``ioc.secret_open``, ``ioc.key_wrong`` for a file that holds no
    such pair or a key that is neither RSA nor of an elliptic curve, ``ioc.certificate_expired``.
    """
    _require_file(path)
    with told(path, writing=False):
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise InputError("ioc.secret_open", path=str(path))
        content = path.read_bytes()
    secret = password.encode() if password else None
    try:
        if content.lstrip().startswith(b"-----BEGIN"):
            key: object = serialization.load_pem_private_key(content, secret)
            chain = x509.load_pem_x509_certificates(content)
        else:
            key, certificate, others = pkcs12.load_key_and_certificates(content, secret)
            chain = [one for one in (certificate, *others) if one is not None]
    except (ValueError, TypeError) as error:  # what it says may repeat the file
        raise InputError("ioc.key_wrong", path=str(path)) from error
    if not isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
        raise InputError("ioc.key_wrong", path=str(path))
    own = next((one for one in chain if one.public_key() == key.public_key()), None)
    if own is None:
        raise InputError("ioc.key_wrong", path=str(path))
    if not own.not_valid_before_utc <= datetime.now(UTC) <= own.not_valid_after_utc:
        raise InputError("ioc.certificate_expired", path=str(path), until=own.not_valid_after_utc.date().isoformat())
    return Signer(own, tuple(one for one in chain if one != own), key)


def put(new: Path, old: Path, signer: Signer) -> None:
    """Sign the manifest in the folder ``new``; the signature in ``old`` stays where it is one of the same."""
    content = (new / MANIFEST).read_bytes()
    there = _read(old / SIGNATURE)
    if there is not None and _signed_by(there, content) == signer.certificate:
        (new / SIGNATURE).write_bytes(there)
    else:
        (new / SIGNATURE).write_bytes(signer.sign(content))


def check(folder: Path, authority: str = "") -> Checked:
    """Whether the manifest in ``folder`` is signed, and by whom; ``authority`` is a PEM file of who may issue.

    A signature of another form than ours counts as bad; openssl may still know it.
    """
    content, there = _read(folder / MANIFEST), _read(folder / SIGNATURE)
    if there is None:
        return Checked(BAD if (folder / SIGNATURE).exists() else ABSENT)
    certificate = _signed_by(there, content or b"")
    if certificate is None:
        return Checked(BAD)
    name = certificate.subject.rfc4514_string()
    if not authority:
        return Checked(GOOD, name)
    _require_file(Path(authority))
    with told(Path(authority), writing=False):
        text = Path(authority).read_bytes()
    try:
        roots = x509.load_pem_x509_certificates(text)
        inside = asn1.decode_der(_Info, there).content.certificates.as_list()
    except ValueError as error:
        raise InputError("ioc.key_wrong", path=authority) from error
    return Checked(GOOD if _leads(certificate, [one for one in inside if one != certificate], roots) else BAD, name)


def _leads(certificate: x509.Certificate, between: Chain, roots: Chain) -> bool:
    """Whether ``certificate`` is one of ``roots`` or was issued by one, perhaps through others."""
    if certificate in roots or any(_issued(certificate, root) for root in roots):
        return True
    return any(
        _leads(one, [other for other in between if other != one], roots) for one in between if _issued(certificate, one)
    )


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
        limits = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return limits.ca


def _signed_by(signature: bytes, content: bytes) -> x509.Certificate | None:
    """The certificate whose key made the signature over ``content``; None where none did."""
    try:
        info = asn1.decode_der(_Info, signature)
        (signer,) = info.content.signers.as_list()
        certificates = info.content.certificates.as_list()
        if info.kind.dotted_string != _SIGNED_DATA or signer.digest.kind.dotted_string != _SHA256:
            return None
        own = next(one for one in certificates if one.serial_number == signer.of.serial)
        key = own.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signer.signature, content, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signer.signature, content, ec.ECDSA(hashes.SHA256()))
        else:
            return None
    except (ValueError, StopIteration, InvalidSignature):
        return None
    return own


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise InputError("engine.file_missing", path=str(path))


def _read(path: Path) -> bytes | None:
    """A file of bounded size that is no link; None for none."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST[path.name]:
        return None
    return path.read_bytes()


# What of CMS is read (RFC 5652, 5.1 and 5.3): detached, one signer, no attributes.


@asn1.sequence
class _Algorithm:
    kind: x509.ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class _Content:
    kind: x509.ObjectIdentifier


@asn1.sequence
class _Of:
    issuer: asn1.TLV
    serial: int


@asn1.sequence
class _Signer:
    version: int
    of: _Of
    digest: _Algorithm
    algorithm: _Algorithm
    signature: bytes


@asn1.sequence
class _Signed:
    version: int
    digests: asn1.SetOf[_Algorithm]
    content: _Content
    certificates: Annotated[asn1.SetOf[x509.Certificate], asn1.Implicit(0)]
    signers: asn1.SetOf[_Signer]


@asn1.sequence
class _Info:
    kind: x509.ObjectIdentifier
    content: Annotated[_Signed, asn1.Explicit(0)]
