// The script that receives: what is due becomes visible, what is too old goes, what was received too often moves to the queue for dead
// letters, and the rest of what is asked for is handed out, all in one step.

import { lua, onQueues } from "./lua-shared.ts";

/** Words of a message in the answer: id, data, timestamp, receive count, first receive. */
export const RECEIVED_WORDS = 5;

/** Words of what few messages have: which message (the first is 1), then attributes, message id, group, deduplication id, trace header, source
 * as a dead letter, sequence. */
export const EXTRA_WORDS = 8;

/**
 * Key: the base. Arguments: the queue's name, how many, visibility in ms or nothing for the queue's, the receive's own mark, 1 for one group only,
 * how many bytes, 1 where one message may be more than these.
 * Answers nothing where the queue is missing; else the messages' words in one list, message id and receive count of each dead letter
 * in another, the name of their queue, how long until something is next due (-1: nothing), how long a receive waits,
 * the messages' bytes, and the extra words in one list. A message of which its sender's script says that it has none (`sow` is 2) is read and
 * told in half as many words: most are such.
 */
export const RECEIVE = onQueues(
  ["readClock", "open", "wake", "each", "markDue", "isOld", "promote"],
  `
local q = open(ARGV[1])
if not q then return false end
local now = readClock()
local max, mark = tonumber(ARGV[2]), ARGV[4]
local room, isFirst, bytes, isFull = tonumber(ARGV[6]), ARGV[7] == '1', 0, false
local visibilityMs = ARGV[3] == '' and q.visibilityMs or tonumber(ARGV[3])
local untilMs = now + visibilityMs
local due = promote(q, now)
local dead, out, extras, ids, ends = {}, {}, {}, {}, {}
local target
if q.deadLetterQueue then
  target = open(q.deadLetterQueue)
  if target and (target.isFifo ~= q.isFifo or target.name == q.name) then target = nil end
end
local MOST_DEAD = 2000
local function bury(id, mid, group, deid, count)
${lua("settle", "arrive")}
  local new = mid or id
  local told = new
  if call('EXISTS', target.at .. new) == 1 then new = told .. '-' .. q.name .. '-' .. call('INCR', target.at .. 'sqs:moved') end
  local fields = { 'sdl', q.name, 'sbc', count }
  if new ~= told then fields[5], fields[6] = 'smi', told end
  if target.isFifo then
    local n = #fields
    fields[n + 1], fields[n + 2], fields[n + 3], fields[n + 4] = 'timestamp', now, 'sde', told
  end
  settle(q, target, id, new, deid, fields)
  arrive(target, new, group)
  dead[#dead + 1], dead[#dead + 2] = told, count
end
local function hand(id)
  local key = q.at .. id
  local f = call('HMGET', key, 'data', 'timestamp', 'ats', 'sfr', 'ssz', 'sow')
  if not f[1] then return false end
  local e = f[6] ~= '2' and call('HMGET', key, 'sat', 'smi', 'sgr', 'sde', 'str', 'sdl', 'ssq', 'deid', 'sbc')
  local sentAtMs = tonumber(f[2])
  if isOld(q, sentAtMs, now) then
${lua("forget")}
    forget(q, id, e and e[8])
    return false
  end
  local count = tonumber(f[3]) or 0
  if target and count - (e and tonumber(e[9]) or 0) >= q.maxReceiveCount then
    bury(id, e and e[2], e and e[3], e and e[8], count)
    return false
  end
  local size = tonumber(f[5]) or #f[1]
  if bytes + size > room and not (isFirst and #ids == 0) then
    isFull = true
    return false
  end
  bytes = bytes + size
  count = count + 1
  if f[4] then call('HSET', key, 'ats', count, 'srn', mark, 'processedOn', now)
  else call('HSET', key, 'ats', count, 'srn', mark, 'sfr', now, 'processedOn', now) end
  local n = #ids + 1
  ids[n], ends[n] = id, math.min(untilMs, sentAtMs and sentAtMs + q.retentionMs + 1 or untilMs)
  local at = 5 * n - 4
  out[at], out[at + 1], out[at + 2], out[at + 3], out[at + 4] = id, f[1], f[2], count, f[4] or now
  if e then
    local to = #extras
    extras[to + 1], extras[to + 2], extras[to + 3], extras[to + 4] = n, e[1], e[2], e[3]
    extras[to + 5], extras[to + 6], extras[to + 7], extras[to + 8] = e[4], e[5], e[6], e[7]
  end
  return true
end
local function receiveGroups()
${lua("groupKey", "waitInGroup", "refreshGroup", "takeIn")}
  takeIn(q, now)
  while #ids < max and #dead < MOST_DEAD do
    local group = call('ZRANGE', q.at .. 'sqs:groups', 0, 0)[1]
    if not group then return end
    local before = #ids
    local popped = call('ZPOPMIN', groupKey(q, group), max - #ids)
    for at = 1, #popped, 2 do
      call('ZREM', q.at .. 'prioritized', popped[at])
      if isFull or not hand(popped[at]) then
        if isFull then waitInGroup(q, popped[at], group, tonumber(popped[at + 1])) end
      else call('HSET', q.at .. 'sqs:held', popped[at], group) end
    end
    if #ids == before then refreshGroup(q, group)
    else
      call('HINCRBY', q.at .. 'sqs:busy', group, #ids - before)
      call('ZREM', q.at .. 'sqs:groups', group)
      if ARGV[5] == '1' then return end
    end
    if isFull then return end
  end
end
local function receiveAny()
  while #ids < max and #dead < MOST_DEAD and not isFull do
    local next = call('RPOP', q.at .. 'wait', max - #ids)
    if next then
      local at = 1
      while next[at] and not isFull do
        hand(next[at])
        if not isFull then at = at + 1 end
      end
      for back = #next, at, -1 do call('RPUSH', q.at .. 'wait', next[back]) end
    else
      local popped = call('ZPOPMIN', q.at .. 'prioritized', max - #ids)
      if #popped == 0 then return end
      for at = 1, #popped, 2 do
        if isFull or not hand(popped[at]) then
          if isFull then call('ZADD', q.at .. 'prioritized', popped[at + 1], popped[at]) end
        end
      end
    end
  end
end
if call('HEXISTS', q.at .. 'meta', 'paused') == 0 then
  if q.isFifo then receiveGroups() else receiveAny() end
end
if #ids > 0 then
  each(ids, 'LPUSH', q.at .. 'active')
  -- Parts of a millisecond keep the order of those that come back at one instant.
  local hidden = {}
  for at, id in ipairs(ids) do
    due = math.min(due or ends[at], ends[at])
    hidden[2 * at - 1], hidden[2 * at] = ends[at] - (#ids - at) / 2048, id
  end
  each(hidden, 'ZADD', q.at .. 'sqs:hidden')
  markDue(q, due)
  if call('EXISTS', q.at .. (q.isFifo and 'sqs:groups' or 'prioritized'), q.at .. 'wait') > 0 then wake(q) end
end
if #dead > 0 then wake(target) end
if call('EXISTS', q.at .. 'stalled-check') == 1 then
  for _, id in ipairs(call('SMEMBERS', q.at .. 'stalled')) do
    if call('ZSCORE', q.at .. 'sqs:hidden', id) then call('SREM', q.at .. 'stalled', id) end
  end
end
return { out, dead, q.deadLetterQueue, due and math.max(0, due - now) or -1, q.waitMs, bytes, extras }`,
);
