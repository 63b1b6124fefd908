"""A dovecot of the tests' own: a mailbox on free loopback ports, gone afterwards."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import os
import shutil
import signal
import smtplib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import imapclient

from tests.servers import free_port

PROGRAM = "/usr/sbin/dovecot"
PASSWORD = "open-sesame"
_NOBODY = 65534
_KEY = b"0123456789abcdef0123456789abcdef"


def installed() -> bool:
    return shutil.which("dovecot") is not None or Path(PROGRAM).is_file()


class Dovecot:
    """IMAP and LMTP for any user, one password for all."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="contact-hub-dovecot-"))
        self.home.chmod(0o755)
        self.imap_port, self.lmtp_port = free_port(), free_port()
        root = os.geteuid() == 0
        mail = self.home / "mail"
        mail.mkdir()
        if root:
            os.chown(mail, _NOBODY, _NOBODY)
        me = f"uid={_NOBODY} gid={_NOBODY}" if root else f"uid={os.geteuid()} gid={os.getegid()}"
        inside, login = ("dovecot", "dovenull") if root else (os.environ.get("USER", "nobody"),) * 2
        self.config = self.home / "dovecot.conf"
        self.config.write_text(
            f"""
base_dir = {self.home}/run
state_dir = {self.home}/state
log_path = {self.home}/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {inside}
default_login_user = {login}
first_valid_uid = 1
last_valid_uid = 0
mail_location = maildir:{mail}/%u
mailbox_list_index = no
auth_mechanisms = plain xoauth2
imap_idle_notify_interval = 30 s
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {self.home}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = {me} home={mail}/%u allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service imap {{
  client_limit = 1
}}
service lmtp {{
  inet_listener lmtp {{
    port = {self.lmtp_port}
  }}
}}
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
""".lstrip()
        )
        keys = self.home / "keys" / "default" / "HS256"
        keys.mkdir(parents=True)
        (keys / "default").write_bytes(base64.b64encode(_KEY))
        (self.home / "oauth2.conf").write_text(
            f"introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={self.home}/keys/\nusername_attribute = sub\n"
        )
        self.server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.server = subprocess.Popen(
            [PROGRAM, "-F", "-c", str(self.config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        ends = time.monotonic() + 20
        while time.monotonic() < ends:
            with contextlib.suppress(OSError, smtplib.SMTPException), self.lmtp() as line:
                line.ehlo("test")
                return
            assert self.server.poll() is None, self.log()
            time.sleep(0.05)
        raise AssertionError(self.log())

    def stop(self) -> None:
        if self.server is not None:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait(20)
            self.server = None

    def log(self) -> str:
        file = self.home / "log"
        return file.read_text(errors="replace")[-2000:] if file.exists() else "no log"

    def lmtp(self) -> smtplib.LMTP:
        return smtplib.LMTP("127.0.0.1", self.lmtp_port)

    def deliver(self, user: str, *mails: bytes) -> None:
        with self.lmtp() as line:
            line.ehlo("test")
            for raw in mails:
                refused = line.sendmail("somebody@kunde.example", [user], raw)
                assert not refused, refused

    @contextlib.contextmanager
    def client(self, user: str) -> Iterator[imapclient.IMAPClient]:
        """Somebody else who looks into the mailbox."""
        client = imapclient.IMAPClient("127.0.0.1", port=self.imap_port, ssl=False)
        client.login(user, PASSWORD)
        client.select_folder("INBOX")
        try:
            yield client
        finally:
            client.logout()

    def count_anew(self, user: str) -> None:
        """Lose the index: another UIDVALIDITY, other numbers."""
        self.stop()
        for file in (self.home / "mail" / user).rglob("dovecot*"):
            file.unlink()
        self.start()


def access_token(user: str, seconds: float) -> str:
    """As an identity provider would make it (RFC 7519), good for so long."""
    now = int(time.time())
    parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": user, "iat": now - 60, "nbf": now - 60, "exp": now + int(seconds)}]
    said = b".".join(_base64(json.dumps(part).encode()) for part in parts)
    return (said + b"." + _base64(hmac.new(_KEY, said, hashlib.sha256).digest())).decode()


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


@contextlib.contextmanager
def dovecot() -> Iterator[Dovecot]:
    server = Dovecot()
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.home, ignore_errors=True)
