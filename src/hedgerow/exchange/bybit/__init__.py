"""Bybit v5, unified trading accounts: https://bybit-exchange.github.io/docs/v5/intro."""

from __future__ import annotations

from hedgerow.exchange.bybit import commands, frames, margin, market, questions, setup, words


class Bybit:
    """The dialect: every part of it is a plain function of the module that it is named in."""

    exchange = "bybit"
    private_topics = ("order", "execution", "position", "wallet")

    settings = staticmethod(setup.settings)
    addresses = staticmethod(setup.addresses)
    capabilities = staticmethod(setup.capabilities)
    rates = staticmethod(setup.rates)
    socket_address = staticmethod(setup.socket_address)
    log_in = staticmethod(setup.log_in)
    instrument = staticmethod(setup.instrument)
    account_state = staticmethod(setup.account_state)
    read_fees = staticmethod(setup.read_fees)

    create = staticmethod(commands.create)
    amend = staticmethod(commands.amend)
    cancel = staticmethod(commands.cancel)
    cancel_all = staticmethod(commands.cancel_all)
    protect = staticmethod(commands.protect)
    set_leverage = staticmethod(commands.set_leverage)
    entry_frame = staticmethod(commands.entry_frame)

    read_reply = staticmethod(frames.read_reply)
    read_entry_reply = staticmethod(frames.read_entry_reply)
    subscribe_frame = staticmethod(frames.subscribe_frame)
    subscribed = staticmethod(frames.subscribed)
    answers = staticmethod(frames.answers)
    topic = staticmethod(frames.topic)
    rows = staticmethod(frames.rows)
    read_push = staticmethod(frames.read_push)
    read_orders = staticmethod(frames.read_orders)
    read_fills = staticmethod(frames.read_fills)
    read_positions = staticmethod(frames.read_positions)
    read_balances = staticmethod(frames.read_balances)

    server_time = staticmethod(questions.server_time)
    read_server_time = staticmethod(questions.read_server_time)
    fees = staticmethod(questions.fees)
    open_orders = staticmethod(questions.open_orders)
    order_places = staticmethod(questions.order_places)
    order_fills = staticmethod(questions.order_fills)
    fills = staticmethod(questions.fills)
    positions = staticmethod(questions.positions)
    balances = staticmethod(questions.balances)
    next_page = staticmethod(questions.next_page)

    risk_tiers = staticmethod(margin.risk_tiers)
    read_risk_tiers = staticmethod(margin.read_risk_tiers)
    position = staticmethod(questions.one_position)
    read_leverage = staticmethod(margin.read_leverage)

    market_wire = staticmethod(words.category)
    market_topic = staticmethod(market.topic)
    market_reader = staticmethod(market.reader)
    ticker = staticmethod(market.ticker_call)
    read_ticker = staticmethod(market.read_first_ticker)
    candles = staticmethod(market.candles_call)
    read_candles = staticmethod(market.read_candles)
    recent_trades = staticmethod(market.recent_trades_call)
    read_recent_trades = staticmethod(market.read_recent_trades)
