// The scripts that settle what was received: deleting it, and hiding it for another time.

import { lua, onQueues } from "./lua-shared.ts";

/**
 * Key: the base. Arguments: the queue's name, then for each run of receipts of one receive their mark, how many, and their ids. Answers 1 or 0
 * a receipt; nothing where the queue is missing. A job that an app's own BullMQ added is told as completed, for whoever waits for it there.
 */
export const DELETE = onQueues(
  ["readClock", "open", "each", "leave"],
  `
local q = open(ARGV[1])
if not q then return false end
local now = readClock()
local answers, taken, mine, keys, busy = {}, {}, {}, {}, {}
local function take(id, mark, hiddenUntilMs)
  local key = q.at .. id
  local f = call('HMGET', key, 'srn', 'sow', 'sgr')
  if f[1] ~= mark or taken[id] or q.isFifo and (hiddenUntilMs or 0) <= now then return 0 end
  taken[id] = true
  mine[#mine + 1] = id
  if q.isFifo then
    call('HDEL', q.at .. 'sqs:held', id)
    busy[f[3]] = (busy[f[3]] or 0) + 1
  end
  if f[2] then keys[#keys + 1] = key
  else
${lua("forget")}
    call('XADD', q.at .. 'events', 'MAXLEN', '~', 10000, '*', 'event', 'completed', 'jobId', id, 'returnvalue', 'null', 'prev', 'active')
    forget(q, id, call('HGET', key, 'deid'))
  end
  return 1
end
local at = 2
while ARGV[at] do
  local mark, first, last = ARGV[at], at + 2, at + 1 + tonumber(ARGV[at + 1])
  for index = first, last do
    local untilMs = q.isFifo and tonumber(call('ZSCORE', q.at .. 'sqs:hidden', ARGV[index]))
    answers[#answers + 1] = take(ARGV[index], mark, untilMs)
  end
  at = last + 1
end
-- What is not hidden any more, and was received by nobody since, waits.
for _, id in ipairs(leave(q.at .. 'active', mine, each(mine, 'ZREM', q.at .. 'sqs:hidden'))) do
  if call('LREM', q.at .. 'wait', 1, id) == 0 then call('ZREM', q.at .. 'prioritized', id) end
end
each(keys, 'DEL')
if next(busy) then
${lua("unbusy", "wake")}
  for group, count in pairs(busy) do unbusy(q, group, count) end
  if call('EXISTS', q.at .. 'sqs:groups') == 1 then wake(q) end
end
return answers`,
);

/**
 * Key: the base. Arguments: the queue's name, then for each receipt its id, its mark, and ms. Answers `changed`, `visible` or `gone` a receipt;
 * nothing where the queue is missing.
 */
export const CHANGE_VISIBILITY = onQueues(
  ["readClock", "open", "wake", "markDue", "hiddenUntil", "promote"],
  `
local q = open(ARGV[1])
if not q then return false end
local now = readClock()
local answers, due, isShown = {}, nil, false
for at = 2, #ARGV, 3 do
  local id, ms = ARGV[at], tonumber(ARGV[at + 2])
  local f = call('HMGET', q.at .. id, 'srn', 'timestamp')
  local untilMs = tonumber(call('ZSCORE', q.at .. 'sqs:hidden', id) or 0)
  local answer = 'changed'
  if f[1] ~= ARGV[at + 1] then answer = 'gone'
  elseif untilMs <= now then answer = 'visible'
  else
    call('ZADD', q.at .. 'sqs:hidden', hiddenUntil(q, f[2], now + ms), id)
    -- One by one, so that they stand in the order in which they are given.
    due = promote(q, now)
    if ms == 0 then isShown = true end
  end
  answers[#answers + 1] = answer
end
markDue(q, due)
if isShown then wake(q) end
return answers`,
);
