"""A postfix of the tests' own: it relays everything to one place, as a brand's relay does, and is gone afterwards.

What it adds (`Received:`, which names its machine) it takes away again at the door (`smtp_header_checks`): docs/operations.md tells operators to do the same.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import smtplib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.servers import free_port

PROGRAM = shutil.which("postfix") or "/usr/sbin/postfix"
_DAEMONS = Path("/usr/lib/postfix/sbin")

_MAIN = """
compatibility_level = 3.6
queue_directory = {home}/spool
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
myhostname = {host}
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
relayhost = [127.0.0.1]:{to}
smtp_tls_security_level = none
smtpd_tls_security_level = none
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_header_checks = regexp:{home}/header_checks
alias_maps =
alias_database =
maillog_file_prefixes = {home}
maillog_file = {home}/log
disable_dns_lookups = yes
in_flow_delay = 0
queue_run_delay = 5s
minimal_backoff_time = 5s
"""

_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def able() -> bool:
    """Whether it is there, and we may start it: it wants to be begun by root."""
    return Path(PROGRAM).is_file() and (_DAEMONS / "master").is_file() and os.geteuid() == 0


@contextlib.contextmanager
def postfix(*, to: int, host: str) -> Iterator[int]:
    """The port of one that calls itself `host` and relays to the loopback port `to`."""
    home, port = Path(tempfile.mkdtemp(prefix="contact-hub-postfix-")), free_port()
    home.chmod(0o755)
    for name in ("spool", "data"):
        (home / name).mkdir()
    os.chown(home / "data", pwd.getpwnam("postfix").pw_uid, grp.getgrnam("postfix").gr_gid)
    (home / "header_checks").write_text("/^Received:/ IGNORE\n")
    (home / "main.cf").write_text(_MAIN.format(home=home, daemons=_DAEMONS, host=host, to=to))
    (home / "master.cf").write_text(_MASTER.format(port=port))
    environment = {**os.environ, "MAIL_CONFIG": str(home)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    subprocess.run([PROGRAM, "-c", str(home), "start"], check=True, timeout=60, **quiet)  # type: ignore[call-overload]
    try:
        _answers(port)
        yield port
    finally:
        subprocess.run([PROGRAM, "-c", str(home), "abort"], check=False, timeout=30, **quiet)  # type: ignore[call-overload]
        shutil.rmtree(home, ignore_errors=True)


def _answers(port: int) -> None:
    for _ in range(200):
        try:
            smtplib.SMTP("127.0.0.1", port, timeout=5).quit()
        except (OSError, smtplib.SMTPException):
            time.sleep(0.05)
        else:
            return
    raise AssertionError("postfix did not start")
