"""The demo: a whole floor on one machine and one port, seeded from a workspace file, with brand sites to write from."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from contact_hub.app import Hub, build
from contact_hub.log import set_up
from contact_hub.robots import FOR_PEOPLE, play
from contact_hub.settings import Settings, read_settings
from contact_hub.store import migrate
from contact_hub.store.sole import sole_server
from contact_hub.web.server import running
from contact_hub.web.site_mail import Postbox
from contact_hub.workspace import demo_workspace

PASSWORD: Final = "floor-demo-2026"  # noqa: S105 - printed on the screen; the demo listens on this machine only
_console: Final = Console(stderr=True)


async def run_demo(*, port: int, data: Path | None, robots: bool, speed: float, seed: int) -> None:
    """Until it is interrupted. With `data` the state stays there; otherwise it is gone at the end."""
    with _folder(data) as folder:
        settings = read_settings(
            data_dir=folder,
            port=port,
            workspace="demo",
            log_level="warning",
            log_format="console",
            mail_door="smtp://127.0.0.1:0",
            mail_resolver="off",
            mail_readers=1,
        )
        set_up(level=settings.log_level, style=settings.log_format)
        with sole_server(settings.url):
            await migrate(settings.url)
            async with build(settings) as hub, postbox(hub) as post:
                await seed_demo(hub, relay_port=post.port)
                async with running(hub, sites=True, post=post) as server:
                    _greet(hub, settings, kept=data is not None, robots=robots)
                    if robots:
                        async with asyncio.TaskGroup() as group:
                            playing = group.create_task(play(settings.public_origin, speed=speed, seed=seed, password=PASSWORD))
                            await server.finished()
                            playing.cancel()
                    else:
                        await server.finished()


@contextlib.asynccontextmanager
async def postbox(hub: Hub) -> AsyncIterator[Postbox]:
    """The world's mail server, for as long as the demo lasts: it brings mail to our door and takes what we send."""
    door = hub.post_room.door
    assert door is not None, "the demo's settings open one"
    post = Postbox(door=lambda: door.port)
    await post.start()
    try:
        yield post
    finally:
        await post.stop()


async def seed_demo(hub: Hub, *, relay_port: int | None = None) -> None:
    """Apply the demo's workspace where it is not there yet, or was made for other ports; everybody signs in with `PASSWORD`."""
    wanted = demo_workspace(hub.settings.port, relay_port=relay_port)
    if hub.settings.workspace in hub.workspaces.known():
        current = hub.workspaces.floor(hub.settings.workspace).workspace
        brands = tuple(
            brand.model_copy(
                update=next(({"sites": new.sites, "mailboxes": new.mailboxes} for new in wanted.brands if new.id == brand.id), {})
            )
            for brand in current.brands
        )
        wanted = current.model_copy(update={"brands": brands})
    await hub.workspaces.apply(wanted, by="demo", first_password_hash=await hub.passwords.hash(PASSWORD))


def _greet(hub: Hub, settings: Settings, *, kept: bool, robots: bool) -> None:
    floor = hub.workspaces.floor(settings.workspace)
    places = Table.grid(padding=(0, 2))
    for _ in range(3):
        places.add_column(overflow="fold")  # an address that is cut leads nowhere
    for brand in floor.workspace.brands:
        for site in brand.sites[:1]:
            places.add_row("write to", brand.name, f"[link={site}]{site}[/link]")
            if brand.mailboxes:
                places.add_row("by mail", brand.mailboxes[0].address, f"[link={site}/mail]{site}/mail[/link]")
    places.add_row("console", "answer, report, run", f"[link={settings.public_origin}]{settings.public_origin}[/link]")
    people = Table.grid(padding=(0, 2))
    for agent in FOR_PEOPLE:
        people.add_row("agent", str(floor.agents[agent].email), ", ".join(floor.agents[agent].languages))
    for one in floor.workspace.staff:
        people.add_row(one.role.replace("_", " "), str(one.email), one.client or one.vendor or "")
    _console.print(Panel(places, title="Contact Hub demo", title_align="left"))
    _console.print(Panel(people, title=f"Sign in as, password [bold]{PASSWORD}[/]", title_align="left"))
    notes = [
        "state is kept" if kept else "state is gone at the end (--data DIR keeps it)",
        "robots are playing" if robots else "--robots makes the floor busy",
        "Ctrl-C ends it",
    ]
    _console.print(" · ".join(notes))


@contextlib.contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="contact-hub-demo-") as folder:
        yield Path(folder)
