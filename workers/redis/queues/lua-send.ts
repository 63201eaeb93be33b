// The script that sends: to BullMQ's lists as its own `add` does, without the events that nobody of ours reads.

import { onQueues } from "./lua-shared.ts";

/** Words of a message behind the queue's name: id, data, delay or nothing, size, attributes, group, deduplication id, trace header, and the
 * content's digest. */
export const SEND_WORDS = 9;

/**
 * Key: the base. Arguments: the queue's name, then SEND_WORDS words a message, nothing where there is none. Answers nothing where the queue is
 * missing; `incomplete` where a FIFO queue is given no group or no deduplication id, and `content` where it would take the content's digest:
 * then nothing is sent. Else for each message a text: `tooLong N`, or its id, and for a FIFO queue its sequence, of it or of what it repeats.
 */
export const SEND = onQueues(
  [
    "whole",
    "readClock",
    "open",
    "wake",
    "each",
    "waitInGroup",
    "delay",
    "nextDue",
    "markDue",
    "promote",
    "repeatedAnswer",
  ],
  `
local q = open(ARGV[1])
if not q then return false end
if q.isFifo then
  for at = 2, #ARGV, ${SEND_WORDS} do
    if ARGV[at + 6] == '' and not q.isByContent or ARGV[at + 5] == '' then return 'incomplete' end
    if ARGV[at + 6] == '' and ARGV[at + 8] == '' then return 'content' end
  end
end
local now = readClock()
promote(q, now)
local answers, arrived, isDelayed = {}, {}, false
for at = 2, #ARGV, ${SEND_WORDS} do
  local id, group, known = ARGV[at], ARGV[at + 5], ARGV[at + 6]
  if tonumber(ARGV[at + 3]) > q.maxBytes then answers[#answers + 1] = 'tooLong ' .. whole(q.maxBytes)
  else
    local seq, repeated
    if q.isFifo then
      if known == '' then known = ARGV[at + 8] end
      seq = call('INCR', q.at .. 'sqs:sequence')
      repeated = repeatedAnswer(q, group, known, id .. ' ' .. seq, now)
    end
    if repeated then answers[#answers + 1] = repeated
    else
      local delayMs = q.delayMs
      if ARGV[at + 2] ~= '' and not q.isFifo then delayMs = tonumber(ARGV[at + 2]) end
      local isPlain = ARGV[at + 4] == '' and group == '' and known == '' and ARGV[at + 7] == ''
      local set = { 'name', 'message', 'data', ARGV[at + 1], 'opts', '{}', 'timestamp', now, 'delay', delayMs, 'priority', 0,
        'sow', isPlain and 2 or 1, 'ssz', ARGV[at + 3] }
      local function add(field, value)
        if value ~= '' then set[#set + 1], set[#set + 2] = field, value end
      end
      add('sat', ARGV[at + 4])
      add('sgr', group)
      add('sde', known)
      add('str', ARGV[at + 7])
      if seq then add('ssq', seq) end
      call('HSET', q.at .. id, unpack(set))
      if delayMs > 0 then
        delay(q, id, now + delayMs)
        isDelayed = true
      elseif q.isFifo then waitInGroup(q, id, group, seq)
      else arrived[#arrived + 1] = id end
      answers[#answers + 1] = seq and (id .. ' ' .. seq) or id
    end
  end
end
each(arrived, 'LPUSH', q.at .. 'wait')
if isDelayed then markDue(q, nextDue(q)) end
wake(q)
return answers`,
);
