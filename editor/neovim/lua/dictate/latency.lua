-- How long it took from the end of speech to the text in the buffer, as the server measured it.

local M = {}

---@type dictate.Latency?
local latest

---@param ms? number
---@return string
local function shown(ms)
  return ms and ('%d ms'):format(math.floor(ms + 0.5)) or '-'
end

--- Keeps what an utterance's end says; nil where no text was inserted yet.
---@param latency? dictate.Latency
function M.take(latency)
  latest = latency or latest
end

--- For the statusline: the last one, and how it usually is; empty before the first.
---@return string
function M.text()
  if not latest then
    return ''
  elseif latest.count == 1 then
    return shown(latest.lastMs)
  end
  return ('%s (p50 %s, p95 %s)'):format(
    shown(latest.lastMs),
    shown(latest.p50Ms),
    shown(latest.p95Ms)
  )
end

--- What `:Dictate stats` shows; there must be figures.
---@param stats dictate.StatsResult
---@return string[] lines
function M.report(stats)
  local lines = {
    ('Dictate: last %s, p50 %s, p95 %s, max %s, of %d dictation%s'):format(
      shown(stats.lastMs),
      shown(stats.p50Ms),
      shown(stats.p95Ms),
      shown(stats.maxMs),
      stats.count,
      stats.count == 1 and '' or 's'
    ),
  }
  local names = vim.tbl_keys(stats.stages or {})
  -- The slowest first; JSON keeps no order.
  table.sort(names, function(one, other)
    local a, b = stats.stages[one].p50Ms, stats.stages[other].p50Ms
    return a > b or (a == b and one < other)
  end)
  local width = 0
  for _, name in ipairs(names) do
    width = math.max(width, #name)
  end
  for _, name in ipairs(names) do
    local stage = stats.stages[name]
    local padded = name .. (' '):rep(width - #name)
    table.insert(
      lines,
      ('%s   p50 %8s   p95 %8s'):format(padded, shown(stage.p50Ms), shown(stage.p95Ms))
    )
  end
  return lines
end

return M
