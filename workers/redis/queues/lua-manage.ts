// The scripts by which queues are made, looked into, emptied and moved.

import { onQueues } from "./lua-shared.ts";

/**
 * Keys: the base, the set of names. Arguments: name, library version of the layout, then fields and values. Answers 1, or 0 where it is
 * there. BullMQ's own tools find a queue by its `meta`.
 */
export const CREATE = onQueues(
  ["readClock"],
  `
local at = base .. ARGV[1] .. ':'
call('SADD', KEYS[2], ARGV[1])
if call('HEXISTS', at .. 'sqs:queue', 'isFifo') == 1 then return 0 end
local now = readClock()
call('HSET', at .. 'sqs:queue', 'createdAtMs', now, 'modifiedAtMs', now, unpack(ARGV, 3))
call('HSETNX', at .. 'meta', 'opts.maxLenEvents', 10000)
call('HSETNX', at .. 'meta', 'version', ARGV[2])
call('PERSIST', at .. 'marker')
return 1`,
);

/**
 * Key: the base. Arguments: name, settings and tags as they were, 1 where settings change, then fields and values. Answers 1, 0 where they are
 * others by now, nothing where the queue is missing. A FIFO queue's delay is that of what already lies there, too.
 */
export const CHANGE = onQueues(
  ["readClock", "open", "wake", "delay"],
  `
local q = open(ARGV[1])
if not q then return false end
local f = call('HMGET', q.at .. 'sqs:queue', 'settings', 'tags')
if f[1] ~= ARGV[2] or f[2] ~= ARGV[3] then return 0 end
call('HDEL', q.at .. 'sqs:queue', 'deadLetterQueue', 'maxReceiveCount')
call('HSET', q.at .. 'sqs:queue', unpack(ARGV, 5))
if ARGV[4] == '1' then call('HSET', q.at .. 'sqs:queue', 'modifiedAtMs', readClock()) end
local changed = open(ARGV[1])
if changed.isFifo and changed.delayMs ~= q.delayMs then
  local ids = call('ZRANGE', q.at .. 'delayed', 0, -1)
  call('DEL', q.at .. 'delayed')
  for _, id in ipairs(ids) do
    local sentAtMs = tonumber(call('HGET', q.at .. id, 'timestamp'))
    if sentAtMs then delay(q, id, sentAtMs + changed.delayMs) end
  end
end
wake(q)
return 1`,
);

/** Keys: the base, the set of names. Answers name and count of messages of each queue, in one list. */
export const LIST = onQueues(
  ["open"],
  `
local out = {}
for _, name in ipairs(call('SMEMBERS', KEYS[2])) do
  local q = open(name)
  if q then
    out[#out + 1] = name
    out[#out + 1] = call('LLEN', q.at .. 'wait') + call('ZCARD', q.at .. 'prioritized') + call('ZCARD', q.at .. 'delayed') + call('LLEN', q.at .. 'active')
  end
end
return out`,
);

/** Key: the base. Arguments: name. Answers how many are visible, hidden and delayed; nothing where the queue is missing. */
export const COUNT = onQueues(
  ["readClock", "open", "promote", "sweep"],
  `
local q = open(ARGV[1])
if not q then return false end
local now = readClock()
promote(q, now)
while sweep(q, now) do end
return { call('LLEN', q.at .. 'wait') + call('ZCARD', q.at .. 'prioritized'), call('LLEN', q.at .. 'active'), call('ZCARD', q.at .. 'delayed') }`,
);

/** Key: the base. Arguments: name. Retention: answers 1 while there is more to do, 0, or nothing where the queue is missing. */
export const SWEEP = onQueues(
  ["readClock", "open", "promote", "sweep"],
  `
local q = open(ARGV[1])
if not q then return false end
local now = readClock()
promote(q, now)
return sweep(q, now) and 1 or 0`,
);

/**
 * Key: the base. Arguments: name, how many. Answers id, data, timestamp, receive count, message id and sequence of the first of each
 * place, in one list; nothing where the queue is missing.
 */
export const PEEK = onQueues(
  ["readClock", "open", "isOld"],
  `
local q = open(ARGV[1])
if not q then return false end
local max, now, out = tonumber(ARGV[2]), readClock(), {}
local function show(ids, from, to, step)
  for at = from, to, step do
    local f = call('HMGET', q.at .. ids[at], 'data', 'timestamp', 'ats', 'smi', 'ssq')
    if f[1] and not isOld(q, f[2], now) then
      local n = #out
      out[n + 1], out[n + 2], out[n + 3], out[n + 4], out[n + 5], out[n + 6] = ids[at], f[1], f[2], f[3], f[4], f[5]
    end
  end
end
for _, list in ipairs({ 'active', 'wait' }) do
  local ids = call('LRANGE', q.at .. list, -max, -1)
  show(ids, #ids, 1, -1)
end
for _, set in ipairs({ 'prioritized', 'delayed' }) do
  local ids = call('ZRANGE', q.at .. set, 0, max - 1)
  show(ids, 1, #ids, 1)
end
return out`,
);

/**
 * Keys: the base, the set of names. Arguments: name, 1 to take the queue away as well. Answers 1 while messages are left, 0, or nothing
 * where the queue is missing. In steps, so that a long queue does not hold Redis up.
 */
export const PURGE = onQueues(
  ["open", "wake", "forget", "groupKey"],
  `
local q = open(ARGV[1])
if not q then return false end
local function drop(ids)
  local groups = {}
  for _, id in ipairs(ids) do
    local f = call('HMGET', q.at .. id, 'deid', 'sgr')
    if f[2] then groups[f[2]] = true end
    forget(q, id, f[1])
  end
  for group in pairs(groups) do call('DEL', groupKey(q, group)) end
  return #ids
end
local room = 5000
for _, list in ipairs({ 'active', 'wait' }) do
  if room > 0 then room = room - drop(call('RPOP', q.at .. list, room) or {}) end
end
for _, set in ipairs({ 'prioritized', 'delayed' }) do
  if room > 0 then
    local popped, ids = call('ZPOPMIN', q.at .. set, room), {}
    for at = 1, #popped, 2 do ids[#ids + 1] = popped[at] end
    room = room - drop(ids)
  end
end
call('DEL', q.at .. 'sqs:hidden', q.at .. 'sqs:groups', q.at .. 'sqs:busy', q.at .. 'sqs:held')
if room <= 0 then return 1 end
if ARGV[2] == '1' then
  call('SREM', KEYS[2], q.name)
  for _, part in ipairs({ 'sqs:queue', 'sqs:sequence', 'sqs:moved', 'meta', 'id', 'pc', 'events', 'stalled', 'stalled-check', 'completed', 'failed', 'repeat', 'limiter' }) do
    call('DEL', q.at .. part)
  end
  wake(q)
  call('PEXPIRE', q.at .. 'marker', 60000)
end
return 0`,
);

/**
 * Key: the base. Arguments: name, the queue to move to or nothing, then a new id for each that may be moved. Answers how many were moved and how many have nowhere to go;
 * nothing where the queue is missing.
 */
export const MOVE = onQueues(
  ["readClock", "open", "wake", "forget", "groupKey", "refreshGroup", "isOld", "arrive", "promote", "takeIn", "settle"],
  `
local q = open(ARGV[1])
if not q then return false end
local now = readClock()
promote(q, now)
if q.isFifo then takeIn(q, now) end
local max, moved, targets, stay = #ARGV - 2, 0, {}, {}
local function targetOf(name)
  if not name or name == '' then return nil end
  if targets[name] == nil then targets[name] = open(name) or false end
  return targets[name] or nil
end
local function moveOne(id)
  local f = call('HMGET', q.at .. id, 'timestamp', 'ats', 'sgr', 'sdl', 'deid')
  if not f[1] then return end
  if isOld(q, f[1], now) then
    forget(q, id, f[5])
    return
  end
  local t = targetOf(ARGV[2] ~= '' and ARGV[2] or f[4])
  if not t or t.isFifo ~= q.isFifo or t.name == q.name then
    stay[#stay + 1] = id
    return
  end
  local new = ARGV[3 + moved]
  settle(q, t, id, new, f[5], { 'timestamp', now, 'ats', 0 })
  call('HDEL', t.at .. new, 'sfr', 'sdl', 'sbc', 'smi')
  arrive(t, new, f[3])
  moved = moved + 1
end
if q.isFifo then
  local at = 0
  while moved < max do
    local ids = call('ZRANGE', q.at .. 'prioritized', at, at + 999)
    if #ids == 0 then break end
    for _, id in ipairs(ids) do
      local group = call('HGET', q.at .. id, 'sgr')
      local isKept = moved >= max or (group and call('HEXISTS', q.at .. 'sqs:busy', group) == 1)
      if isKept then at = at + 1
      else
        local before = #stay
        moveOne(id)
        if #stay > before then at = at + 1
        else
          call('ZREM', q.at .. 'prioritized', id)
          if group then
            call('ZREM', groupKey(q, group), id)
            refreshGroup(q, group)
          end
        end
      end
    end
  end
else
  while moved < max do
    local ids = call('RPOP', q.at .. 'wait', math.min(1000, max - moved))
    if not ids then break end
    for _, id in ipairs(ids) do moveOne(id) end
  end
  for at = #stay, 1, -1 do call('RPUSH', q.at .. 'wait', stay[at]) end
end
for _, t in pairs(targets) do
  if t then wake(t) end
end
return { moved, #stay }`,
);
