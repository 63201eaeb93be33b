// The script that receives: what is due becomes visible, what is too old goes, what was received too often moves to the queue for dead
// letters, and the rest of what is asked for is handed out, all in one step.

import { onQueues } from "./lua-shared.ts";

/** Words of a message in the answer: id, data, timestamp, receive count, first receive, attributes, message id, group, deduplication id,
 * trace header, source as a dead letter, sequence. */
export const RECEIVED_WORDS = 12;

/**
 * Key: the base. Arguments: the queue's name, how many, visibility in ms or nothing for the queue's, the receive's own mark, 1 for one group only,
 * how many bytes, 1 where one message may be more than these.
 * Answers nothing where the queue is missing; else the messages' words in one list, message id and receive count of each dead letter
 * in another, the name of their queue, how long until something is next due (-1: nothing), how long a receive waits, and
 * the messages' bytes.
 */
export const RECEIVE = onQueues(`
local q = open(ARGV[1])
if not q then return false end
local now = readClock()
local max, mark = tonumber(ARGV[2]), ARGV[4]
local room, isFirst, bytes, isFull = tonumber(ARGV[6]), ARGV[7] == '1', 0, false
local visibilityMs = ARGV[3] == '' and q.visibilityMs or tonumber(ARGV[3])
local due = promote(q, now)
local dead, out, ids, ends = {}, {}, {}, {}
local target
local function isToBury(count)
  if not q.deadLetterQueue or count < q.maxReceiveCount then return false end
  if target == nil then
    target = open(q.deadLetterQueue) or false
    if target and (target.isFifo ~= q.isFifo or target.name == q.name) then target = false end
  end
  return target
end
local MOST_DEAD = 2000
local function bury(id, f, count)
  local mid = f[5] or id
  local new = mid
  if call('EXISTS', target.at .. new) == 1 then new = mid .. '-' .. q.name .. '-' .. call('INCR', target.at .. 'sqs:moved') end
  local fields = { 'sdl', q.name, 'sbc', count }
  if new ~= mid then fields[5], fields[6] = 'smi', mid end
  if target.isFifo then
    local n = #fields
    fields[n + 1], fields[n + 2], fields[n + 3], fields[n + 4] = 'timestamp', now, 'sde', mid
  end
  settle(q, target, id, new, f[12], fields)
  arrive(target, new, f[7])
  dead[#dead + 1], dead[#dead + 2] = mid, count
end
local function hand(id)
  local f = call('HMGET', q.at .. id, 'data', 'timestamp', 'ats', 'sat', 'smi', 'sfr', 'sgr', 'sde', 'str', 'sdl', 'ssq', 'deid', 'sbc', 'ssz')
  if not f[1] then return false end
  if isOld(q, f[2], now) then
    forget(q, id, f[12])
    return false
  end
  local count = tonumber(f[3]) or 0
  if isToBury(count - (tonumber(f[13]) or 0)) then
    bury(id, f, count)
    return false
  end
  local size = tonumber(f[14]) or #f[1]
  if bytes + size > room and not (isFirst and #ids == 0) then
    isFull = true
    return false
  end
  bytes = bytes + size
  local first = f[6] or now
  call('HSET', q.at .. id, 'ats', count + 1, 'srn', mark, 'sfr', first, 'processedOn', now)
  ids[#ids + 1] = id
  ends[#ends + 1] = hiddenUntil(q, f[2], now + visibilityMs)
  local at = #out
  out[at + 1], out[at + 2], out[at + 3], out[at + 4], out[at + 5] = id, f[1], f[2], count + 1, first
  out[at + 6], out[at + 7], out[at + 8], out[at + 9] = f[4], f[5], f[7], f[8]
  out[at + 10], out[at + 11], out[at + 12] = f[9], f[10], f[11]
  return true
end
local function receiveGroups()
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
    hidden[2 * at - 1], hidden[2 * at] = string.format('%.17g', ends[at] - (#ids - at) / 2048), id
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
return { out, dead, q.deadLetterQueue, due and math.max(0, due - now) or -1, q.waitMs, bytes }`);
