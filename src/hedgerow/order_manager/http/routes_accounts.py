"""Routes on accounts, tokens, balances, instruments, candles and health."""

from __future__ import annotations

import re
from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from hedgerow import exchange
from hedgerow.core.refusals import Code, Refusal
from hedgerow.exchange import ExchangeConnection, ExchangeFault, KeyRefusedFault
from hedgerow.exchange.connect import unfit
from hedgerow.journal.envelope import Environment
from hedgerow.order_manager.accounts import TradingAccount
from hedgerow.order_manager.http.answers import JsonResponse, answers, asks, commands
from hedgerow.order_manager.http.bodies import RefusedError
from hedgerow.order_manager.http.desk import Desk
from hedgerow.order_manager.http.owner_only import owner_only
from hedgerow.order_manager.http.paging import Limit, Since, Until
from hedgerow.order_manager.http.problems import ProblemError, make
from hedgerow.order_manager.market import INTERVALS
from hedgerow.order_manager.schemas import (
    AccountCheck,
    AccountView,
    AddAccountBody,
    BalancesView,
    CandlesView,
    CheckFinding,
    CreateTokenBody,
    Health,
    InstrumentView,
    TokenView,
)
from hedgerow.vault import Credentials, ExchangeAccount, NameTakenError, Secret, Token

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}", re.ASCII)
_PLACE = r"://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[!-~]*)?"  # no user, no password: it is shown
_ADDRESS = {"rest": re.compile(f"https?{_PLACE}"), "ws": re.compile(f"wss?{_PLACE}")}


def _found(desk: Desk, name: str) -> TradingAccount:
    account = desk.accounts.get(name)
    if isinstance(account, Refusal):
        raise RefusedError(account)
    return account


def _connected(desk: Desk, name: str) -> ExchangeConnection:
    account = _found(desk, name)
    if account.connection is None:
        raise RefusedError(account.not_ready())
    return account.connection


@get(
    "/api/health",
    tags=["health"],
    summary="Whether the desk is up; with sign-in, each part and stream",
    responses=answers(503),
)
async def health(desk: NamedDependency[Desk], request: Request[Any, Any, Any]) -> Response[Health]:
    signed_in = request.scope["state"]["principal"] is not None
    answer = await (desk.checkup.whole() if signed_in else desk.checkup.brief())
    return JsonResponse(content=answer, status_code=503 if answer.state == "down" else 200)


@get("/api/accounts", tags=["accounts"], summary="Exchange accounts and how they are", responses=asks())
async def accounts(desk: NamedDependency[Desk]) -> list[AccountView]:
    return [desk.checkup.account_view(account) for account in desk.accounts.all()]


@post(
    "/api/accounts",
    tags=["accounts"],
    summary="Add an exchange account; its secrets never come out again",
    responses=commands(),
)
async def add_account(
    data: JSONBody[AddAccountBody], desk: NamedDependency[Desk], request: Request[Any, Any, Any]
) -> AccountView:
    owner_only(request)
    account = _new_account(data, desk.now_ms())
    credentials = Credentials({name: Secret(value) for name, value in data.credentials.items()})
    try:
        await desk.vault.add_account(account, credentials)
    except NameTakenError as fault:
        raise RefusedError(Refusal(Code.KEY_REUSED, str(fault), field="name")) from fault
    await desk.accounts.look_again()
    return desk.checkup.account_view(TradingAccount(account))


def _new_account(data: AddAccountBody, now_ms: int) -> ExchangeAccount:
    if _NAME.fullmatch(data.name) is None:
        message = "a name is 1 to 32 lower-case letters, digits, - and _"
        raise RefusedError(Refusal(Code.MALFORMED, message, field="name"))
    if data.environment not in set(Environment):
        message = f"the environment is one of {', '.join(Environment)}"
        raise RefusedError(Refusal(Code.MALFORMED, message, field="environment"))
    if (amiss := unfit(data.exchange, data.options)) is not None:
        field, message = amiss
        raise RefusedError(Refusal(Code.NOT_SUPPORTED, message, field=field))
    if not all(kind in _ADDRESS and _ADDRESS[kind].fullmatch(url) for kind, url in data.urls.items()):
        message = "urls may hold rest, an http(s):// address, and ws, a ws(s):// address"
        raise RefusedError(Refusal(Code.MALFORMED, message, field="urls"))
    if data.environment == Environment.SIMULATION and len(data.urls) < len(_ADDRESS):
        message = "a simulated exchange is where you started it: urls needs rest and ws"
        raise RefusedError(Refusal(Code.MISSING, message, field="urls"))
    if not data.credentials or not all(data.credentials.values()):
        message = "credentials are the exchange's, such as apiKey and secret, and none is empty"
        raise RefusedError(Refusal(Code.MISSING, message, field="credentials"))
    return ExchangeAccount(
        name=data.name,
        exchange=data.exchange,
        environment=data.environment,
        urls=data.urls,
        options=data.options,
        created_ms=now_ms,
    )


@post(
    "/api/accounts/{name:str}/check",
    status_code=200,
    tags=["accounts"],
    summary="Check credentials, mode and clock",
    responses=asks(),
)
async def check_account(desk: NamedDependency[Desk], name: FromPath[str]) -> AccountCheck:
    account = _found(desk, name)
    if account.connection is None:
        return _unwell(name, account.fault or "still connecting", key_refused=account.key_refused)
    try:
        findings = _findings(await account.connection.check())
    except ExchangeFault as fault:
        return _unwell(name, str(fault), key_refused=isinstance(fault, KeyRefusedFault))
    return AccountCheck(name=name, well=all(f.well for f in findings), findings=findings)


def _unwell(name: str, message: str, *, key_refused: bool) -> AccountCheck:
    finding = CheckFinding(subject="credentials" if key_refused else "connection", well=False, message=message)
    return AccountCheck(name=name, well=False, findings=[finding])


_CLOCK_MOST_MS = 1_000


def _findings(check: exchange.AccountCheck) -> list[CheckFinding]:
    mode = "hedge mode; the desk trades one-way" if check.hedged else "one-way"
    withdraw = "may withdraw: make a key that may only trade" if check.may_withdraw else "may not withdraw"
    clock = f"{check.clock_offset_ms:+} ms from ours, {check.round_trip_ms} ms away"
    findings = [
        CheckFinding(subject="credentials", well=True, message="accepted"),
        CheckFinding(subject="trading", well=check.can_trade, message="allowed" if check.can_trade else "not allowed"),
        CheckFinding(subject="withdrawals", well=not check.may_withdraw, message=withdraw),
        CheckFinding(subject="position mode", well=not check.hedged, message=mode),
        CheckFinding(subject="margin mode", well=True, message=check.margin_mode),
        CheckFinding(subject="clock", well=abs(check.clock_offset_ms) < _CLOCK_MOST_MS, message=clock),
        CheckFinding(subject="order entry", well=True, message=f"by {check.entry_transport}"),
    ]
    return findings + [CheckFinding(subject="note", well=True, message=warning) for warning in check.warnings]


@delete(
    "/api/accounts/{name:str}", tags=["accounts"], summary="Forget an account and its secrets", responses=commands()
)
async def remove_account(desk: NamedDependency[Desk], name: FromPath[str], request: Request[Any, Any, Any]) -> None:
    owner_only(request)
    _found(desk, name)
    await desk.vault.remove_account(name)
    await desk.accounts.look_again()


@get("/api/balances", tags=["accounts"], summary="Wallet and margin of each account", responses=asks())
async def balances(desk: NamedDependency[Desk], account: FromQuery[str | None] = None) -> list[BalancesView]:
    if account is not None:
        _found(desk, account)
    return await desk.reading.balances(account)


@get(
    "/api/instruments", tags=["market"], summary="What an account can trade, with its grid and bounds", responses=asks()
)
async def instruments(
    desk: NamedDependency[Desk], account: FromQuery[str], symbol: FromQuery[str | None] = None
) -> list[InstrumentView]:
    known = _connected(desk, account).trading.instruments
    if symbol is not None and symbol not in known:
        raise RefusedError(Refusal(Code.UNKNOWN_SYMBOL, f"there is no derivative {symbol!r}", field="symbol"))
    return [
        InstrumentView(
            account=account,
            symbol=i.symbol,
            exchange_symbol=i.exchange_symbol,
            base=i.base,
            quote=i.quote,
            settle=i.settle,
            contract_size=i.contract_size,
            price_tick=i.price_tick,
            amount_step=i.amount_step,
            min_amount=i.min_amount,
            max_amount=i.max_amount,
            max_market_amount=i.max_market_amount,
            min_notional=i.min_notional,
            max_leverage=i.max_leverage,
            maker_fee=i.maker_fee,
            taker_fee=i.taker_fee,
        )
        for i in sorted(known.values(), key=lambda instrument: instrument.symbol)
        if symbol in (None, i.symbol)
    ]


@get("/api/candles", tags=["market"], summary="Candles, oldest first", responses=asks())
async def candles(
    desk: NamedDependency[Desk],
    account: FromQuery[str],
    symbol: FromQuery[str],
    interval: FromQuery[str] = "1m",
    since: Since = None,
    until: Until = None,
    limit: Limit = 200,
) -> CandlesView:
    connection = _connected(desk, account)
    if symbol not in connection.trading.instruments:
        raise RefusedError(Refusal(Code.UNKNOWN_SYMBOL, f"there is no derivative {symbol!r}", field="symbol"))
    if interval not in INTERVALS:
        message = f"the interval is one of {', '.join(INTERVALS)}"
        raise RefusedError(Refusal(Code.MALFORMED, message, field="interval"))
    try:
        found = await connection.market.candles(symbol, interval, since, until, limit)
    except ExchangeFault as fault:
        raise ProblemError(make(502, "exchange_silent", f"the exchange did not answer: {fault}")) from fault
    return CandlesView(account=account, symbol=symbol, interval=interval, candles=found)


@get("/api/tokens", tags=["tokens"], summary="API tokens, without their texts", responses=asks())
async def tokens(desk: NamedDependency[Desk], request: Request[Any, Any, Any]) -> list[TokenView]:
    owner_only(request)
    return [_token_view(token) for token in await desk.vault.tokens()]


@post(
    "/api/tokens",
    tags=["tokens"],
    summary="Make a token; its text is in this answer and nowhere else",
    responses=commands(),
)
async def create_token(
    data: JSONBody[CreateTokenBody], desk: NamedDependency[Desk], request: Request[Any, Any, Any]
) -> TokenView:
    owner_only(request)
    if _NAME.fullmatch(data.name) is None:
        message = "a name is 1 to 32 lower-case letters, digits, - and _"
        raise RefusedError(Refusal(Code.MALFORMED, message, field="name"))
    try:
        token, text = await desk.vault.create_token(data.name, data.scope, desk.now_ms())
    except NameTakenError as fault:
        raise RefusedError(Refusal(Code.KEY_REUSED, str(fault), field="name")) from fault
    return _token_view(token, text.reveal())


@delete("/api/tokens/{name:str}", tags=["tokens"], status_code=200, summary="Revoke a token", responses=commands())
async def revoke_token(desk: NamedDependency[Desk], name: FromPath[str], request: Request[Any, Any, Any]) -> TokenView:
    owner_only(request)
    token = await desk.vault.revoke_token(name, desk.now_ms())
    desk.forget_tokens()
    if token is None:
        raise ProblemError(make(404, "unknown_token", f"there is no token {name!r}", field="name"))
    return _token_view(token)


def _token_view(token: Token, text: str | None = None) -> TokenView:
    return TokenView(
        name=token.name, scope=token.scope, created_ms=token.created_ms, revoked_ms=token.revoked_ms, token=text
    )


ROUTES = (
    health,
    accounts,
    add_account,
    check_account,
    remove_account,
    balances,
    instruments,
    candles,
    tokens,
    create_token,
    revoke_token,
)
