"""The page at the desk: for whoever comes, signed in or not, by the desk's own name."""

from __future__ import annotations

from tests.services.desk import Desk
from tests.services.scripted_exchange import ScriptedExchange


async def test_the_page_needs_no_sign_in_but_the_right_host(desk: Desk, exchange: ScriptedExchange) -> None:
    browser = (await desk.manager()).browser
    answer = await browser.call("POST", "/positions", token="nobody")
    assert (answer.status, answer.body["code"]) == (405, "wrong_method")
    assert "content-security-policy" in answer.headers
    foreign = await browser.call("POST", "/positions", host="elsewhere.example")
    assert (foreign.status, foreign.body["code"]) == (421, "wrong_host")
    assert (await browser.call("GET", "/api/orders", token="nobody")).status == 401
