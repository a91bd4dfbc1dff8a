-- The last text once more: as it was heard, or one of its alternatives.

local client = require('dictate.client')
local notify = require('dictate.notify')

local M = {}

-- A prompt is one line.
local PROMPT_CHARACTERS = 50

--- Runs a command of the server about what was dictated; without a server nothing was.
---@param name string
---@param argument? table
---@param callback? fun(result: any)
local function execute(name, argument, callback)
  if not client.is_ready() then
    notify.info('nothing was dictated yet')
    return
  end
  client.execute(name, argument, function(fault, result)
    if fault then
      notify.error(fault)
    elseif callback then
      callback(result or {})
    end
  end)
end

--- Puts what was heard in the place of what was written, or the other way round.
function M.raw()
  execute('dictate.raw')
end

---@param text string
---@return string
local function shortened(text)
  local line = vim.trim((text:gsub('%s+', ' ')))
  if vim.fn.strchars(line) <= PROMPT_CHARACTERS then
    return line
  end
  return vim.fn.strcharpart(line, 0, PROMPT_CHARACTERS - 1) .. '…'
end

---@param choice dictate.Choice
---@return string
local function described(choice)
  local detail = choice.detail
  local label = (choice.label:gsub('\n', '⏎'))
  return detail and detail ~= '' and ('%s  (%s)'):format(label, detail) or label
end

--- Lets the user choose what stands there instead of the last text.
function M.alternatives()
  execute('dictate.alternatives', nil, function(result)
    if not result.choices or not result.choices[1] then
      notify.info('there are no alternatives')
      return
    end
    vim.ui.select(result.choices, {
      prompt = ('Instead of "%s":'):format(shortened(result.text or '')),
      kind = 'dictate',
      format_item = described,
    }, function(choice)
      if choice then
        execute('dictate.choose', { utteranceId = result.utteranceId, index = choice.index })
      end
    end)
  end)
end

return M
