// Steps that must happen whole or not at all, as scripts. Each takes every key that it touches as a key, as Redis asks for.

/**
 * Keys: hash, set of names, stream of changes. Arguments: name, createdAtMs, mode, retentionHours, shards. Answers 1, 0 where the stream is
 * there, or 2 in the very millisecond of a deletion: entries of then would get ids that the deleted stream has given, and a reader's old
 * place would hide them.
 */
export const CREATE = `
if redis.call('HEXISTS', KEYS[1], 'shards') == 1 then return 0 end
local change = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)[1]
local time = redis.call('TIME')
local nowMs = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
if change and string.match(change[1], '^%d+') == nowMs then return 2 end
redis.call('HSET', KEYS[1], 'createdAtMs', ARGV[2], 'mode', ARGV[3], 'retentionHours', ARGV[4], 'shards', ARGV[5])
redis.call('SADD', KEYS[2], ARGV[1])
return 1`;

/**
 * Keys: hash, set of names, stream of changes, then the shards. Arguments: name. Deletes before it adds, so that a full Redis can be
 * relieved. Whoever is not told of the change looks by itself after a while, so the stream of changes need not stay.
 */
export const REMOVE = `
redis.call('DEL', KEYS[1])
for index = 4, #KEYS do redis.call('DEL', KEYS[index]) end
redis.call('SREM', KEYS[2], ARGV[1])
redis.pcall('XADD', KEYS[3], 'MAXLEN', 1, '*', 'deleted', ARGV[1])
redis.pcall('PEXPIRE', KEYS[3], 3600000)
return 1`;

/** Keys: a stream. Answers its last entry's id and how many entries it has, at one instant; nothing where it has none. */
export const TIP = `
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
if not last[1] then return {} end
local facts = redis.call('XINFO', 'STREAM', KEYS[1])
for index = 1, #facts, 2 do
  if facts[index] == 'length' then return { last[1][1], facts[index + 1] } end
end
return { last[1][1] }`;

/** Keys: hash. Arguments: field, value. Answers 1, or 0 where the stream is not there. */
export const SET_IF_THERE = `
if redis.call('HEXISTS', KEYS[1], 'shards') == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1`;

/**
 * Keys: hash, then the shards that records go to. Arguments: the shards as they were when the records were given to them, then for each
 * record the number of its key, of its fields and values, and these. Answers the entry ids, or `missing` or `changed`.
 */
export const APPEND = `
local shards = redis.call('HGET', KEYS[1], 'shards')
if not shards then return 'missing' end
if shards ~= ARGV[1] then return 'changed' end
for index = 2, #KEYS do
  local kind = redis.call('TYPE', KEYS[index]).ok
  if kind ~= 'none' and kind ~= 'stream' then return redis.error_reply('WRONGTYPE ' .. KEYS[index]) end
end
local ids = {}
local at = 2
while at <= #ARGV do
  local last = at + 1 + tonumber(ARGV[at + 1])
  ids[#ids + 1] = redis.call('XADD', KEYS[tonumber(ARGV[at])], '*', unpack(ARGV, at + 2, last))
  at = last + 1
end
return ids`;

/**
 * Keys: hash, shard. Arguments: the oldest id that stays, and the field that remembers the last one that left. Answers how many left.
 * Without the hash nothing is done: it would come back to life with that one field. A full Redis refuses a script whose first change
 * takes memory; after one that gives some back, the others may.
 */
export const TRIM = `
if redis.call('HEXISTS', KEYS[1], 'shards') == 0 then return 0 end
local last = redis.call('XREVRANGE', KEYS[2], '(' .. ARGV[1], '-', 'COUNT', 1)
if #last == 0 then return 0 end
local count = redis.call('XTRIM', KEYS[2], 'MINID', ARGV[1])
redis.call('HSET', KEYS[1], ARGV[2], last[1][1])
return count`;

/**
 * Keys: hash, shard. Arguments: the field that remembers the last one that left, a count, an entry id. Answers the digest of when
 * the stream was made and of its shards where it is there, the field, the entries, and where there are none the last id that the shard gave.
 */
export const CHECKED_READ = `
local entries = redis.call('XREAD', 'COUNT', ARGV[2], 'STREAMS', KEYS[2], ARGV[3])
local last = false
if not entries then
  local facts = redis.pcall('XINFO', 'STREAM', KEYS[2])
  for index = 1, #facts, 2 do
    if facts[index] == 'last-generated-id' then last = facts[index + 1] end
  end
end
local shards = redis.call('HGET', KEYS[1], 'shards')
local made = redis.call('HGET', KEYS[1], 'createdAtMs') or ''
return { shards and redis.sha1hex(made .. shards), redis.call('HGET', KEYS[1], ARGV[1]), entries, last }`;

/**
 * Keys: hash, stream of changes, shards that close, shards that open and stay open. Arguments: name, the shards as they were, the shards
 * as they shall be with places still open, the number of shards that close, the sequence number of entry 0-0, then for each that opens
 * the number of its place.
 * Answers `done`, `missing` or `changed`. No entry can come into a closed shard afterwards: its stream has given its last possible id, so
 * that Redis itself refuses whoever writes by a list of old. The cut lies behind all that the closing shards have given.
 * Children come first, then the ends, the list last: a Redis that is full, or refuses a right, refuses at a step after which the stream is
 * as it was, and never leaves a shard that the list calls closed and that still takes entries.
 */
export const RESHARD = `
local LAST = '18446744073709551615-18446744073709551615'
local shards = redis.call('HGET', KEYS[1], 'shards')
if not shards then return 'missing' end
if shards ~= ARGV[2] then return 'changed' end
local closing = tonumber(ARGV[4])
local time = redis.call('TIME')
local cut = time[1] * 1000 + math.floor(time[2] / 1000)
local isThere = {}
for index = 3, #KEYS do
  local kind = redis.call('TYPE', KEYS[index]).ok
  if kind ~= 'none' and kind ~= 'stream' then return redis.error_reply('WRONGTYPE ' .. KEYS[index]) end
  isThere[index] = kind == 'stream'
  if isThere[index] and index <= 2 + closing then
    local facts = redis.call('XINFO', 'STREAM', KEYS[index])
    for at = 1, #facts, 2 do
      if facts[at] == 'last-generated-id' then
        local given = tonumber(string.match(facts[at + 1], '^%d+'))
        if given >= cut then cut = given + 1 end
      end
    end
  end
end
local function place(step, ends)
  return string.format('%.0f', cut), string.format('%.0f', step * 2 + (ends and 0 or 1))
end
local text = string.gsub(ARGV[3], '@([SE])(%d+)@', function(kind, step)
  local ms, counter = place(tonumber(step), kind == 'E')
  return string.sub(ARGV[5], 1, #ARGV[5] - 20 - #ms) .. ms .. string.rep('0', 20 - #counter) .. counter
end)
for index = 3 + closing, #KEYS do
  local ms, counter = place(tonumber(ARGV[5 + index - 2 - closing]), false)
  local id = ms .. '-' .. counter
  if isThere[index] then redis.pcall('XSETID', KEYS[index], id)
  else redis.call('XADD', KEYS[index], 'MAXLEN', 0, id, 'shard', '') end
end
for index = 3, 2 + closing do
  if isThere[index] then redis.call('XSETID', KEYS[index], LAST)
  else redis.call('XADD', KEYS[index], 'MAXLEN', 0, LAST, 'shard', '') end
end
redis.call('HSET', KEYS[1], 'shards', text)
redis.pcall('XADD', KEYS[2], 'MAXLEN', 1, '*', 'resharded', ARGV[1])
return 'done'`;

/**
 * Keys: hash, then closed shards. Arguments: the shards as they were, the shards without these. Answers 1, or 0 where the list is another or
 * one of them still has entries. What remembers the last entry that left stays, for a reader that has not come to its end.
 */
export const PRUNE = `
if redis.call('HGET', KEYS[1], 'shards') ~= ARGV[1] then return 0 end
for index = 2, #KEYS do
  if redis.call('XLEN', KEYS[index]) > 0 then return 0 end
end
for index = 2, #KEYS do redis.call('DEL', KEYS[index]) end
redis.call('HSET', KEYS[1], 'shards', ARGV[2])
return 1`;
