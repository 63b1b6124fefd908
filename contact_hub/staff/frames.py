"""Every frame a client may send, with the action it is. A frame without a line here cannot be sent by anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agents import frames as console
from contact_hub.channels.chat import frames as widget
from contact_hub.errors import HubError
from contact_hub.staff.policy import Action, Party, allows

FRAME_ACTIONS: Final[Mapping[type, Action]] = {
    widget.Hello: Action.WIDGET_SOCKET_OPEN,
    widget.Start: Action.WIDGET_START,
    widget.Post: Action.WIDGET_POST,
    widget.TypingNow: Action.WIDGET_TYPE,
    widget.ReadUpTo: Action.WIDGET_READ_UP_TO,
    widget.EndConversation: Action.WIDGET_END,
    widget.Rate: Action.WIDGET_RATE,
    widget.ChooseLanguage: Action.WIDGET_CHOOSE_LANGUAGE,
    widget.SendTranscript: Action.WIDGET_TRANSCRIPT,
    console.ConsoleHello: Action.CONSOLE_SOCKET_OPEN,
    console.SetAvailability: Action.AVAILABILITY_SET,
    console.AcceptOffer: Action.OFFER_ACCEPT,
    console.DeclineOffer: Action.OFFER_DECLINE,
    console.Reply: Action.REPLY,
    console.NotePrivately: Action.NOTE,
    console.AgentTyping: Action.CONSOLE_TYPE,
    console.AgentRead: Action.CONSOLE_READ_UP_TO,
    console.SaveDraft: Action.DRAFT_SAVE,
    console.Transfer: Action.TRANSFER,
    console.CorrectLanguage: Action.LANGUAGE_CORRECT,
    console.EndHandling: Action.HANDLING_END,
    console.FinishWrapUp: Action.WRAP_UP_FINISH,
    console.ShowHistory: Action.HISTORY_SHOW,
    console.ReplyByMail: Action.MAIL_REPLY,
    console.ForwardMail: Action.MAIL_FORWARD,
    console.DecideMail: Action.MAIL_DECIDE,
}


def permit(party: Party, frame: object) -> None:
    """Passes, or raises `not_allowed`."""
    action = FRAME_ACTIONS.get(type(frame))
    if action is None or not allows(party, action):
        raise HubError("not_allowed")
