"""What runs inside Redis: the version guard, and reading many values at once. Each script is atomic.

Versions are canonical decimals as text and are compared as text, a longer one being greater: Lua's numbers are doubles
and cannot tell 2**53 from 2**53 + 1. A script takes many values, so that a call costs one round trip.
"""

from __future__ import annotations

from typing import Final

_NEWER: Final = """
local function newer(epoch, offset, kept_epoch, kept_offset)
  if not kept_epoch then return true end
  if #epoch ~= #kept_epoch then return #epoch > #kept_epoch end
  if epoch ~= kept_epoch then return epoch > kept_epoch end
  if #offset ~= #kept_offset then return #offset > #kept_offset end
  return offset > kept_offset
end
"""

PUT_ORDERS: Final = (
    _NEWER
    + """
-- KEYS: the index of the living, then a key an order
-- ARGV: for how many seconds ended orders stay
-- the length of a key before the order's id
-- then an order each, as few arguments are packed much faster: epoch:offset:account, the account empty of an ended
-- order, a line's end, data
for i = 2, #KEYS do
  local id = string.sub(KEYS[i], tonumber(ARGV[2]) + 1)
  local epoch, offset, account, data = string.match(ARGV[i + 1], '^(%d+):(%d+):([^\\n]*)\\n(.*)$')
  local kept = redis.call('HMGET', KEYS[i], 'epoch', 'offset')
  if newer(epoch, offset, kept[1], kept[2]) then
    redis.call('HSET', KEYS[i], 'epoch', epoch, 'offset', offset, 'data', data)
    if account == '' then
      redis.call('HDEL', KEYS[1], id)
      redis.call('EXPIRE', KEYS[i], ARGV[1])
    else
      redis.call('HSET', KEYS[1], id, account)
      redis.call('PERSIST', KEYS[i])
    end
  end
end
"""
)

PUT_POSITIONS: Final = (
    _NEWER
    + """
-- KEYS: the index of the open legs, then two a position: the leg's data, the leg's versions
-- ARGV: for how many seconds versions outlive a leg
-- then five a position: leg, account, epoch, offset, data or '' of a flat one
for i = 2, #KEYS, 2 do
  local at = 2 + (i - 2) / 2 * 5
  local leg, account, epoch, offset, data = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local kept = redis.call('HGET', KEYS[i + 1], account)
  local kept_epoch, kept_offset = false, false
  if kept then kept_epoch, kept_offset = string.match(kept, '^(%d+):(%d+)$') end
  if newer(epoch, offset, kept_epoch, kept_offset) then
    redis.call('HSET', KEYS[i + 1], account, epoch .. ':' .. offset)
    if data ~= '' then
      redis.call('HSET', KEYS[i], account, data)
      redis.call('SADD', KEYS[1], leg)
      redis.call('PERSIST', KEYS[i + 1])
    else
      redis.call('HDEL', KEYS[i], account)
      if redis.call('EXISTS', KEYS[i]) == 0 then
        redis.call('SREM', KEYS[1], leg)
        redis.call('EXPIRE', KEYS[i + 1], ARGV[1])
      end
    end
  end
end
"""
)

PUT_BALANCES: Final = (
    _NEWER
    + """
-- KEYS: the account's key; ARGV: epoch, offset, data
local kept = redis.call('HMGET', KEYS[1], 'epoch', 'offset')
if newer(ARGV[1], ARGV[2], kept[1], kept[2]) then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'offset', ARGV[2], 'data', ARGV[3])
end
"""
)

REMOVE_ORDERS: Final = """
-- KEYS: the index of the living, then a key an order; ARGV: an id an order
for i = 2, #KEYS do
  redis.call('HDEL', KEYS[1], ARGV[i - 1])
  redis.call('UNLINK', KEYS[i])
end
"""

PUT_APPLIED: Final = """
-- KEYS: the marker; ARGV: what must stand there or '' for anything, what shall stand there
if ARGV[1] ~= '' and redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
"""

READ_VALUES: Final = """
-- KEYS: hashes of epoch, offset and data
local found = {}
for i = 1, #KEYS do found[i] = redis.call('HMGET', KEYS[i], 'epoch', 'offset', 'data') end
return found
"""

READ_LEGS: Final = """
-- KEYS: two a leg: its data, its versions
local found = {}
for i = 1, #KEYS do found[i] = redis.call('HGETALL', KEYS[i]) end
return found
"""
