// The scripts that settle what was received: deleting it, and hiding it for another time.

import { onQueues } from "./lua-shared.ts";

/**
 * Key: the base. Arguments: the queue's name, then id and mark of each receipt. Answers 1 or 0 a receipt; nothing where the queue is
 * missing. A job that an app's own BullMQ added is told as completed, for whoever waits for it there.
 */
export const DELETE = onQueues(`
local q = open(ARGV[1])
if not q then return false end
local now = readClock()
local answers, left, busy = {}, {}, {}
for at = 2, #ARGV, 2 do
  local id = ARGV[at]
  local f = call('HMGET', q.at .. id, 'srn', 'sgr', 'deid', 'sow')
  local isLast = f[1] == ARGV[at + 1]
  if isLast and q.isFifo and (tonumber(call('ZSCORE', q.at .. 'sqs:hidden', id)) or 0) <= now then isLast = false end
  answers[#answers + 1] = isLast and 1 or 0
  if isLast then
    if call('ZREM', q.at .. 'sqs:hidden', id) == 1 then
      left[#left + 1] = id
      if q.isFifo then
        call('HDEL', q.at .. 'sqs:held', id)
        busy[f[2]] = (busy[f[2]] or 0) + 1
      end
    elseif call('LREM', q.at .. 'wait', 1, id) == 0 then call('ZREM', q.at .. 'prioritized', id) end
    if f[4] then call('DEL', q.at .. id)
    else
      call('XADD', q.at .. 'events', 'MAXLEN', '~', 10000, '*', 'event', 'completed', 'jobId', id, 'returnvalue', 'null', 'prev', 'active')
      forget(q, id, f[3])
    end
  end
end
leave(q.at .. 'active', left)
local isFreed = false
for group, count in pairs(busy) do
  unbusy(q, group, count)
  isFreed = true
end
if isFreed and call('EXISTS', q.at .. 'sqs:groups') == 1 then wake(q) end
return answers`);

/** Key: the base. Arguments: the queue's name, id and mark of a receipt, ms. Answers `changed`, `visible` or `gone`. */
export const CHANGE_VISIBILITY = onQueues(`
local q = open(ARGV[1])
local f = q and call('HMGET', q.at .. ARGV[2], 'srn', 'timestamp')
if not q or f[1] ~= ARGV[3] then return 'gone' end
local now = readClock()
local untilMs = tonumber(call('ZSCORE', q.at .. 'sqs:hidden', ARGV[2]))
if not untilMs or untilMs <= now then return 'visible' end
call('ZADD', q.at .. 'sqs:hidden', hiddenUntil(q, f[2], now + tonumber(ARGV[4])), ARGV[2])
markDue(q, promote(q, now))
if ARGV[4] == '0' then wake(q) end
return 'changed'`);
