"""History as it was first shipped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("last_fill", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=True),
        sa.Column("fills_read_ms", sa.BigInteger(), nullable=True),
        sa.Column("rules", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_accounts")),
    )
    op.create_index(op.f("ix_accounts_partition"), "accounts", ["partition"])
    op.create_table(
        "balances",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_balances")),
    )
    op.create_table(
        "commands",
        sa.Column("command_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("command_id", name=op.f("pk_commands")),
    )
    op.create_table(
        "fills",
        sa.Column("fill_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fill_id", name=op.f("pk_fills")),
    )
    op.create_index(op.f("ix_fills_account_time_ms_fill_id"), "fills", ["account", "time_ms", "fill_id"])
    op.create_index(op.f("ix_fills_order_id_time_ms"), "fills", ["order_id", "time_ms"])
    op.create_index(op.f("ix_fills_time_ms_fill_id"), "fills", ["time_ms", "fill_id"])
    op.create_table(
        "ledger",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "entry_id", name=op.f("pk_ledger")),
    )
    op.create_index(op.f("ix_ledger_account_time_ms"), "ledger", ["account", "time_ms"])
    op.create_table(
        "order_ids",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "id", name=op.f("pk_order_ids")),
    )
    op.create_table(
        "orders",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("living_in", sa.Integer(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_orders")),
    )
    op.create_index(op.f("ix_orders_account_created_ms_order_id"), "orders", ["account", "created_ms", "order_id"])
    op.create_index(op.f("ix_orders_created_ms_order_id"), "orders", ["created_ms", "order_id"])
    op.create_index(
        "ix_orders_living",
        "orders",
        ["living_in"],
        sqlite_where=sa.text("living_in IS NOT NULL"),
        postgresql_where=sa.text("living_in IS NOT NULL"),
    )
    op.create_index(op.f("ix_orders_status_created_ms_order_id"), "orders", ["status", "created_ms", "order_id"])
    op.create_table(
        "partitions",
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("partition", name=op.f("pk_partitions")),
    )
    op.create_table(
        "places",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "partition", name=op.f("pk_places")),
    )
    op.create_table(
        "positions",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "symbol", "side", name=op.f("pk_positions")),
    )
    op.create_table(
        "timeline",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "partition", "offset", name=op.f("pk_timeline")),
    )
    op.create_index(op.f("ix_timeline_subject_time_ms"), "timeline", ["subject", "time_ms"])
