"""The API against its own description: whatever Schemathesis makes up from it, no fault, and every answer conforms."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.e2e.agreement import agree
from tests.e2e.desk_client import BTC, client
from tests.e2e.desk_process import DeskProcess, new_account
from tests.simulator.running import Running

EXAMPLES = 8  # of each operation, by the description and against it
CHECKS = [checks.not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OPERATIONS = 44
NAME = "fuzzed"


class Target(NamedTuple):
    """A desk, and what makes a request that was made up hit something now and then."""

    url: str
    session: requests.Session
    known: dict[str, str]


@pytest.fixture(scope="module")
def target(desk_process: DeskProcess, exchange: Running) -> Iterator[Target]:
    account = new_account(exchange, NAME)

    async def begin() -> Target:
        async with client(desk_process, NAME) as owner:
            assert (await owner.call("POST", "/api/accounts", account.body())).status == 201
            await owner.followed()
            order = await owner.placed("buy", "0.01", "50000")
            session = requests.Session()
            session.trust_env = False
            session.headers["Authorization"] = f"Bearer {owner.token}"
            known = {"account": NAME, "symbol": BTC, "order_id": order["order_id"], "interval": "1m", "since": "0"}
            return Target(owner.url, session, known | {"amount": "0.01", "price": "50000", "leverage": "5"})

    async def still_agrees() -> None:
        async with client(desk_process, NAME) as owner:
            await agree(owner, exchange)

    found = asyncio.run(begin())
    yield found
    found.session.close()
    asyncio.run(still_agrees())


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_no_fault_and_answers_as_described(target: Target, mode: GenerationMode) -> None:
    document = target.session.get(f"{target.url}/api/openapi.json").json()
    operations = [found.ok() for found in schemathesis.openapi.from_dict(document).get_all_operations()]
    assert len(operations) == OPERATIONS
    for operation in operations:
        with contextlib.suppress(Unsatisfiable):  # where nothing can be wrong: a route without parameters
            _attack(target, operation.as_strategy(generation_mode=mode), mode is GenerationMode.POSITIVE)


def _attack(target: Target, cases: st.SearchStrategy[Any], right: bool) -> None:
    """Requests that are right often name what there is; what is wrong must be refused."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, at_home=st.booleans() if right else st.just(False))
    def attack(case: Any, at_home: bool) -> None:
        for part in (case.path_parameters, case.query, case.body) if at_home else ():
            if isinstance(part, dict):
                part.update({name: text for name, text in target.known.items() if name in part})
        answer = case.call(base_url=target.url, session=target.session)
        case.validate_response(answer, checks=CHECKS if right else [*CHECKS, negative_data_rejection])

    attack()
