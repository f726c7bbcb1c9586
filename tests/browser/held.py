"""The end of a drawing of a page, held back, as a slow server or a busy browser holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

if TYPE_CHECKING:
    from playwright.sync_api import Page, WebSocketRoute


class HeldDrawing:
    """From `hold` to `release` the page is drawn, but is never told that the drawing ended. To be made before the page is opened."""

    def __init__(self, page: Page) -> None:
        self._holding = False
        self._held: list[tuple[WebSocketRoute, str | bytes]] = []
        page.route_web_socket("**/_stcore/stream", self._route)

    def hold(self) -> None:
        self._holding = True

    def release(self) -> None:
        self._holding = False
        for browser, message in self._held:
            browser.send(message)
        self._held.clear()

    @property
    def complete(self) -> bool:
        """Has the server drawn all, so that only the end is held back?"""
        return bool(self._held)

    def _route(self, browser: WebSocketRoute) -> None:
        def pass_on(message: str | bytes) -> None:
            if self._held or (self._holding and isinstance(message, bytes) and _is_end(message)):
                self._held.append((browser, message))
            else:
                browser.send(message)

        browser.connect_to_server().on_message(pass_on)


def _is_end(message: bytes) -> bool:
    return ForwardMsg.FromString(message).WhichOneof("type") == "script_finished"
