// What all scripts on a queue begin with, in Lua. A queue is a BullMQ queue of 6.7.0's layout (docs/redis-layout.md): job hashes, the lists
// `wait` and `active`, the sorted sets `delayed` and `prioritized`, the `marker` that wakes. Ours beside them begin with `sqs:`.
//
// U1  A message is in exactly one of wait, prioritized, delayed and active. Those that we handed out are in active and in sqs:hidden.
// U2  The clock is Redis's own (or the third key's number, in tests that move it by hand), for all instants but the `timestamp` that an app's own BullMQ gives its jobs.
// U3  FIFO: a group with a message in sqs:hidden is in sqs:busy and not in sqs:groups; what waits of it lies in its own sorted set. Which
//     group a hidden message holds is in sqs:held, so that a job that somebody removes by BullMQ frees its group in the end.
// U4  A job's hash goes with its place: no list keeps an id whose hash we removed, and none of ours is left without a place.
//
// A script has only what it names: Lua makes each function anew whenever a script runs, and that costs more than most of what they do. What
// few runs need is made within the branch that needs it.

/** Scores of FIFO messages in `prioritized` are below zero, those of jobs that an app gave a priority above. */
const HEAD = `
local base = KEYS[1]
local call = redis.call
local CHUNK = 3000
`;

interface Part {
  /** Parts that stand before it. */
  readonly needs: readonly PartName[];
  readonly text: string;
}

export type PartName =
  | "whole"
  | "readClock"
  | "open"
  | "wake"
  | "each"
  | "leave"
  | "release"
  | "forget"
  | "groupKey"
  | "waitInGroup"
  | "refreshGroup"
  | "unbusy"
  | "delay"
  | "nextDue"
  | "markDue"
  | "isOld"
  | "hiddenUntil"
  | "arrive"
  | "promoteDelayed"
  | "promoteHidden"
  | "promote"
  | "repeatedAnswer"
  | "takeIn"
  | "settle"
  | "sweep";

const parts: Readonly<Record<PartName, Part>> = {
  whole: {
    needs: [],
    text: `
local function whole(number) return string.format('%.0f', number) end`,
  },
  readClock: {
    needs: [],
    text: `
local function readClock()
  if KEYS[3] then return tonumber(KEYS[3]) end
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end`,
  },
  open: {
    needs: [],
    text: `
local function open(name)
  local at = base .. name .. ':'
  local s = call('HMGET', at .. 'sqs:queue', 'isFifo', 'delayMs', 'visibilityMs', 'retentionMs', 'maxMessageBytes',
    'receiveWaitMs', 'deadLetterQueue', 'maxReceiveCount', 'deduplicationScope', 'createdAtMs', 'isDeduplicatedByContent')
  if not s[1] then return nil end
  return { name = name, at = at, isFifo = s[1] == '1', delayMs = tonumber(s[2]), visibilityMs = tonumber(s[3]),
    retentionMs = tonumber(s[4]), maxBytes = tonumber(s[5]), waitMs = tonumber(s[6]), deadLetterQueue = s[7],
    maxReceiveCount = tonumber(s[8]), scope = s[9], made = s[10], isByContent = s[11] == '1' }
end`,
  },
  wake: {
    needs: [],
    text: `
local function wake(q) call('ZADD', q.at .. 'marker', 0, '0') end`,
  },
  each: {
    needs: [],
    text: `
-- The command over a list, in as many calls as that takes; answers the sum of what they answer.
local function each(list, command, key)
  local sum = 0
  for from = 1, #list, CHUNK do
    local to = math.min(from + CHUNK - 1, #list)
    sum = sum + (key and call(command, key, unpack(list, from, to)) or call(command, unpack(list, from, to)))
  end
  return sum
end`,
  },
  leave: {
    needs: ["each"],
    text: `
-- Takes ids out of a list, of which so many are in it; answers those that are not. Who was received first stands last, and most often
-- leaves first: the list is read from there, no further than is needed.
local function leave(key, ids, count)
  local out = {}
  if #ids <= 3 then
    for _, id in ipairs(ids) do
      if call('LREM', key, -1, id) == 0 then out[#out + 1] = id end
    end
    return out
  end
  local isSought, kept = {}, {}
  for _, id in ipairs(ids) do isSought[id] = true end
  while count > 0 do
    local found = call('RPOP', key, math.min(count, CHUNK))
    if not found then break end
    for _, id in ipairs(found) do
      if isSought[id] then isSought[id], count = nil, count - 1 else kept[#kept + 1] = id end
    end
  end
  local back = {}
  for at = #kept, 1, -1 do back[#back + 1] = kept[at] end
  each(back, 'RPUSH', key)
  for _, id in ipairs(ids) do
    if isSought[id] then out[#out + 1] = id end
  end
  return out
end`,
  },
  release: {
    needs: [],
    text: `
local function release(q, id, deid)
  if deid and call('GET', q.at .. 'de:' .. deid) == id then call('DEL', q.at .. 'de:' .. deid, q.at .. 'dn:' .. deid) end
end`,
  },
  forget: {
    needs: ["release"],
    text: `
local function forget(q, id, deid)
  release(q, id, deid)
  call('DEL', q.at .. id, q.at .. id .. ':logs')
end`,
  },
  groupKey: {
    needs: [],
    text: `
local function groupKey(q, group) return q.at .. 'sqs:group:' .. group end`,
  },
  waitInGroup: {
    needs: ["whole", "groupKey"],
    text: `
local function waitInGroup(q, id, group, seq)
  call('ZADD', q.at .. 'prioritized', whole(seq - 4503599627370496), id)
  call('ZADD', groupKey(q, group), seq, id)
  if call('HEXISTS', q.at .. 'sqs:busy', group) == 0 then call('ZADD', q.at .. 'sqs:groups', 'LT', seq, group) end
end`,
  },
  refreshGroup: {
    needs: ["groupKey"],
    text: `
local function refreshGroup(q, group)
  if call('HEXISTS', q.at .. 'sqs:busy', group) == 1 then return end
  local head = call('ZRANGE', groupKey(q, group), 0, 0, 'WITHSCORES')
  if head[1] then call('ZADD', q.at .. 'sqs:groups', head[2], group) else call('ZREM', q.at .. 'sqs:groups', group) end
end`,
  },
  unbusy: {
    needs: ["refreshGroup"],
    text: `
local function unbusy(q, group, count)
  if call('HINCRBY', q.at .. 'sqs:busy', group, -count) > 0 then return end
  call('HDEL', q.at .. 'sqs:busy', group)
  refreshGroup(q, group)
end`,
  },
  delay: {
    needs: ["whole"],
    text: `
local function delay(q, id, untilMs)
  local low, high = untilMs * 4096, untilMs * 4096 + 4095
  local last = call('ZREVRANGEBYSCORE', q.at .. 'delayed', whole(high), whole(low), 'WITHSCORES', 'LIMIT', 0, 1)
  local score = last[2] and math.min(tonumber(last[2]) + 1, high) or low
  call('ZADD', q.at .. 'delayed', whole(score), id)
end`,
  },
  nextDue: {
    needs: [],
    text: `
local function nextDue(q)
  local hidden = call('ZRANGE', q.at .. 'sqs:hidden', 0, 0, 'WITHSCORES')[2]
  local delayed = call('ZRANGE', q.at .. 'delayed', 0, 0, 'WITHSCORES')[2]
  local due = hidden and math.ceil(tonumber(hidden))
  if delayed then due = math.min(due or math.huge, math.floor(tonumber(delayed) / 4096)) end
  return due
end`,
  },
  markDue: {
    needs: ["whole"],
    text: `
local function markDue(q, due)
  if due then call('ZADD', q.at .. 'marker', whole(due), '1') end
end`,
  },
  isOld: {
    needs: [],
    text: `
local function isOld(q, sentAtMs, now) return (tonumber(sentAtMs) or now) < now - q.retentionMs end`,
  },
  hiddenUntil: {
    needs: [],
    text: `
local function hiddenUntil(q, sentAtMs, untilMs)
  return math.min(untilMs, (tonumber(sentAtMs) or untilMs) + q.retentionMs + 1)
end`,
  },
  arrive: {
    needs: ["waitInGroup"],
    text: `
local function arrive(q, id, group)
  if not q.isFifo then
    call('LPUSH', q.at .. 'wait', id)
    return
  end
  local seq = call('INCR', q.at .. 'sqs:sequence')
  call('HSET', q.at .. id, 'sgr', group or 'default', 'ssq', seq)
  waitInGroup(q, id, group or 'default', seq)
end`,
  },
  promoteDelayed: {
    needs: ["whole", "each", "forget", "waitInGroup", "isOld"],
    text: `
local function promoteDelayed(q, now)
  local ids = call('ZRANGEBYSCORE', q.at .. 'delayed', '-inf', whole(now * 4096 + 4095), 'LIMIT', 0, CHUNK)
  if #ids == 0 then return false end
  each(ids, 'ZREM', q.at .. 'delayed')
  for _, id in ipairs(ids) do
    local f = call('HMGET', q.at .. id, 'timestamp', 'priority', 'sgr', 'ssq', 'deid')
    if f[1] and isOld(q, f[1], now) then forget(q, id, f[5])
    elseif f[1] then
      call('HSET', q.at .. id, 'delay', 0)
      if f[4] then waitInGroup(q, id, f[3], tonumber(f[4]))
      elseif (tonumber(f[2]) or 0) > 0 then
        call('ZADD', q.at .. 'prioritized', whole(f[2] * 4294967296 + call('INCR', q.at .. 'pc') % 4294967296), id)
      else call('LPUSH', q.at .. 'wait', id) end
    end
  end
  return true
end`,
  },
  promoteHidden: {
    needs: ["whole", "each", "leave", "forget", "waitInGroup", "unbusy", "isOld"],
    text: `
local function promoteHidden(q, now)
  local ids = call('ZRANGEBYSCORE', q.at .. 'sqs:hidden', '-inf', now, 'LIMIT', 0, CHUNK)
  if #ids == 0 then return false end
  each(ids, 'ZREM', q.at .. 'sqs:hidden')
  leave(q.at .. 'active', ids, #ids)
  for _, id in ipairs(ids) do
    local f = call('HMGET', q.at .. id, 'timestamp', 'priority', 'sgr', 'ssq', 'deid')
    if f[1] and not isOld(q, f[1], now) then
      if f[4] and q.isFifo then waitInGroup(q, id, f[3], tonumber(f[4]))
      elseif (tonumber(f[2]) or 0) > 0 then call('ZADD', q.at .. 'prioritized', whole(f[2] * 4294967296), id)
      else call('LPUSH', q.at .. 'wait', id) end
    elseif f[1] then forget(q, id, f[5]) end
    local group = q.isFifo and call('HGET', q.at .. 'sqs:held', id)
    if group then
      call('HDEL', q.at .. 'sqs:held', id)
      unbusy(q, group, 1)
    end
  end
  return true
end`,
  },
  promote: {
    needs: ["nextDue"],
    get text() {
      return `
-- Answers what is next due then.
local function promote(q, now)
  local due = nextDue(q)
  if not due or due > now then return due end
  ${lua("promoteDelayed", "promoteHidden")}
  while due and due <= now do
    while promoteDelayed(q, now) do end
    while promoteHidden(q, now) do end
    due = nextDue(q)
  end
  return due
end`;
    },
  },
  repeatedAnswer: {
    needs: ["whole"],
    text: `
local function repeatedAnswer(q, group, deduplicationId, answer, now)
  local scope = q.scope == 'messageGroup' and (#group .. ':' .. group .. ':') or ''
  local key = q.at .. 'sqs:sent:' .. q.made .. ':' .. scope .. deduplicationId
  local known = call('GET', key)
  local sentAtMs = known and tonumber(string.match(known, '%d+$'))
  if sentAtMs and now - sentAtMs < 300000 then return known end
  call('SET', key, answer .. ' ' .. whole(now), 'PX', 300000)
  return nil
end`,
  },
  takeIn: {
    needs: ["forget", "waitInGroup", "repeatedAnswer"],
    text: `
local function takeIn(q, now)
  local ids = call('RPOP', q.at .. 'wait', 1000) or {}
  for _, id in ipairs(call('ZRANGEBYSCORE', q.at .. 'prioritized', 0, '+inf', 'LIMIT', 0, 1000)) do
    call('ZREM', q.at .. 'prioritized', id)
    ids[#ids + 1] = id
  end
  for _, id in ipairs(ids) do
    local f = call('HMGET', q.at .. id, 'data', 'deid')
    if f[1] then
      local isRead, data = pcall(cjson.decode, f[1])
      if not isRead or type(data) ~= 'table' then data = {} end
      local group = type(data.groupId) == 'string' and data.groupId or 'default'
      local known = type(data.deduplicationId) == 'string' and data.deduplicationId or f[2] or id
      local seq = call('INCR', q.at .. 'sqs:sequence')
      if repeatedAnswer(q, group, known, id .. ' ' .. seq, now) then forget(q, id, f[2])
      else
        call('HSET', q.at .. id, 'sgr', group, 'sde', known, 'ssq', seq)
        waitInGroup(q, id, group, seq)
      end
    end
  end
end`,
  },
  settle: {
    needs: ["release"],
    text: `
local function settle(q, t, id, new, deid, fields)
  release(q, id, deid)
  call('RENAME', q.at .. id, t.at .. new)
  call('HDEL', t.at .. new, 'srn', 'deid', 'processedOn', 'ssq', 'priority')
  call('HSET', t.at .. new, 'delay', 0, 'priority', 0, unpack(fields))
  if call('HGET', t.at .. new, 'sow') then call('HSET', t.at .. new, 'sow', 1) end
end`,
  },
  sweep: {
    needs: ["forget", "groupKey", "refreshGroup", "isOld"],
    text: `
local function sweep(q, now)
  for _ = 1, 1000 do
    local id = q.isFifo and call('ZRANGE', q.at .. 'prioritized', 0, 0)[1] or call('LINDEX', q.at .. 'wait', -1)
    if not id then return false end
    local f = call('HMGET', q.at .. id, 'timestamp', 'deid', 'sgr')
    if f[1] and not isOld(q, f[1], now) then return false end
    if q.isFifo then
      call('ZREM', q.at .. 'prioritized', id)
      if f[3] then
        call('ZREM', groupKey(q, f[3]), id)
        refreshGroup(q, f[3])
      end
    else call('RPOP', q.at .. 'wait') end
    forget(q, id, f[2])
  end
  return true
end`,
  },
};

/** These parts of what all scripts share, and what they need, each once and in order. */
export function lua(...names: readonly PartName[]): string {
  const texts = new Map<PartName, string>();
  const add = (name: PartName): void => {
    if (texts.has(name)) return;
    const { needs, text } = parts[name];
    needs.forEach(add);
    texts.set(name, text);
  };
  names.forEach(add);
  return [...texts.values()].join("");
}

/** A script of this body and of these parts. It begins with `base`, the first key: BullMQ's prefix and a colon. */
export function onQueues(names: readonly PartName[], body: string): string {
  return HEAD + lua(...names) + body;
}
