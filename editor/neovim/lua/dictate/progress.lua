-- What the server says it is busy with (work-done progress): downloads and loading of models.

local notify = require('dictate.notify')

---@class dictate.Progress
---@field title string
---@field percentage? integer

local M = {}

---@type table<integer|string, dictate.Progress> by token
local running = {}
---@type (integer|string)[] tokens in the order in which they began
local order = {}

local function redraw()
  vim.cmd('redrawstatus!')
end

---@param token integer|string
local function forget(token)
  running[token] = nil
  order = vim.tbl_filter(function(other)
    return other ~= token
  end, order)
end

--- Takes a `$/progress` of the server.
---@param parameters { token: integer|string, value: table }
function M.on_progress(parameters)
  local token, value = parameters.token, parameters.value
  if value.kind == 'begin' then
    running[token] = {
      title = (value.title:gsub('^Dictate: ', '')),
      percentage = value.percentage,
    }
    table.insert(order, token)
    if value.cancellable then
      notify.info(running[token].title .. '; :Dictate models cancel ends it')
    end
  elseif value.kind == 'end' then
    forget(token)
  elseif running[token] then
    running[token].percentage = value.percentage or running[token].percentage
  end
  redraw()
end

--- Nothing is under way any more: the server is gone.
function M.clear()
  if order[1] then
    running, order = {}, {}
    redraw()
  end
end

--- For the statusline: what began last, with how much of it is done; empty when nothing is under way.
---@return string
function M.text()
  local progress = running[order[#order]]
  if not progress then
    return ''
  end
  return progress.percentage and ('%s %d %%'):format(progress.title, progress.percentage)
    or progress.title .. '…'
end

return M
