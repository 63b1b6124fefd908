"""Which engine the settings ask for. What cannot be is refused at boot, by the name of the variable."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from contact_hub.errors import HubError
from contact_hub.settings import PREFIX, Settings
from contact_hub.translation.engine import Off, Translator
from contact_hub.translation.libre import LibreTranslate
from contact_hub.translation.local import Argos


def translator_of(settings: Settings) -> Translator:
    """Raises: setting_invalid."""
    match settings.translation_engine:
        case "off":
            return Off()
        case "argos":
            if not Argos.installed():
                raise _invalid("engine", "argostranslate is not installed (pip install argostranslate, and its models)")
            return Argos.load()
        case "libretranslate":
            try:
                return LibreTranslate(_url(settings), key=_key(settings), ca_file=settings.translation_ca_file)
            except OSError as unreadable:
                raise _invalid("ca_file", f"no certificates can be read there ({unreadable.strerror or unreadable})") from None


def _url(settings: Settings) -> str:
    """What customers wrote crosses no network in the clear: without TLS only this machine, a private address or a bare name of the house."""
    url = settings.translation_url or ""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise _invalid("url", "this is no address") from None
    if parts.scheme not in {"http", "https"} or not host or parts.username or parts.password or parts.query or parts.fragment:
        raise _invalid("url", "an address looks like https://translate.example.com, without name, key or query")
    if parts.scheme == "http" and not _is_at_home(host):
        raise _invalid("url", f"{host} is reached over https only")
    return url


def _is_at_home(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".internal"))
    return address.is_loopback or address.is_private


def _key(settings: Settings) -> str | None:
    """The key itself stands in a file, so that neither the environment nor a list of processes shows it."""
    if settings.translation_key_file is None:
        return None
    try:
        key = settings.translation_key_file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as unreadable:
        raise _invalid("key_file", f"it cannot be read ({getattr(unreadable, 'strerror', None) or 'not text'})") from None
    if not key or len(key) > 1_000 or not key.isprintable():
        raise _invalid("key_file", "there is no key in it")
    return key


def _invalid(name: str, why: str) -> HubError:
    return HubError("setting_invalid", f"{PREFIX}TRANSLATION_{name.upper()}: {why}")
