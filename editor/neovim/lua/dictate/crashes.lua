-- How long to wait before a server that died is started again, and when to leave it alone.

local config = require('dictate.config')

local M = {}

---@type integer[] when the recent crashes were, in ms of the event loop's clock
local times = {}

--- Notes a crash.
---@return integer? delay_ms until the next start; nil where it crashed too often
function M.next_delay()
  local options = config.get().restart
  local now = vim.uv.now()
  times = vim.tbl_filter(function(time)
    return now - time < options.window_ms
  end, times)
  table.insert(times, now)
  if #times >= options.limit then
    return nil
  end
  return options.delay_ms * 2 ^ (#times - 1)
end

--- The user wants a fresh start.
function M.forget()
  times = {}
end

return M
