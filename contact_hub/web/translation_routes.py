"""What a message says in the reader's language: asked for one message at a time, never pushed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from contact_hub.staff import Action, Principal, scope_of
from contact_hub.web.api import TheHub, action
from i18n import tags

router = APIRouter(prefix="/api")


class Into(BaseModel):
    """The language of whoever asks."""

    model_config = ConfigDict(extra="forbid")
    to: Annotated[str, Field(min_length=1, max_length=35)]


@router.get("/translation")
async def offered(hub: TheHub, who: Annotated[Principal, action(Action.TRANSLATE)]) -> dict[str, Any]:
    """Whether this workspace's messages can be translated, and by what."""
    on = hub.translations.offered(who.workspace)
    return {
        "on": on,
        "engine": hub.translations.engine if on else None,
        "chars_max": hub.translations.chars_max,
    }


@router.post("/conversations/{conversation}/messages/{position}/translation")
async def translate(
    conversation: Annotated[str, Path(max_length=80)],
    position: Annotated[int, Path(ge=1, le=2_147_483_647)],
    asked: Into,
    response: Response,
    hub: TheHub,
    who: Annotated[Principal, action(Action.TRANSLATE)],
) -> dict[str, Any]:
    """The message translated. `machine` is always true; `source` is `und` where even the engine could not say."""
    told = await hub.translations.of_message(scope_of(who), who.account, conversation, position, asked.to)
    response.headers["cache-control"] = "no-store"
    made = told.translation
    return {
        "conversation": told.conversation,
        "position": told.position,
        "text": made.text,
        "source": made.source,
        "target": made.target,
        "direction": tags.direction(made.target),
        "engine": made.engine,
        "confidence": made.confidence,
        "machine": made.made_by == "machine",
    }
