-- How what is said is written: as the place asks for it (`auto`), or as the user chose.

local client = require('dictate.client')
local document = require('dictate.document')
local notify = require('dictate.notify')
local position = require('dictate.position')
local utterances = require('dictate.utterances')

local M = {}

---@type dictate.WritingMode[]
M.NAMES = { 'auto', 'code', 'prose', 'raw', 'vibe' }

---@type dictate.WritingMode
local current = 'auto'

---@param result dictate.ModeResult
local function take(result)
  current = result.mode
  utterances.changed()
end

-- What a mode comes to depends on the place; of a buffer that the server does not know there is none.
---@return { uri?: string, position?: dictate.lsp.Position }
local function place()
  local known = document.of(vim.api.nvim_get_current_buf())
  if not known or known.stale then
    return {}
  end
  local row, column = position.insertion_place()
  return { uri = known.uri, position = document.position(known, row, column) }
end

---@param result dictate.ModeResult
local function say(result)
  local meaning = ''
  if result.effective and result.effective ~= result.mode then
    local reason = result.reason and (': %s'):format(result.reason) or ''
    meaning = (' (here %s%s)'):format(result.effective, reason)
  end
  -- Short: a message that does not fit into its line waits for a key.
  notify.info(('mode %s%s'):format(result.mode, meaning))
end

---@param mode? dictate.WritingMode nil: only show it
local function execute(mode)
  client.ready(function(problem)
    if problem then
      notify.error(problem)
      return
    end
    local argument = vim.tbl_extend('force', place(), { mode = mode })
    client.execute('dictate.mode', next(argument) and argument or nil, function(fault, result)
      if fault then
        notify.error(fault)
      elseif result and result.mode then
        take(result)
        say(result)
      end
    end)
  end)
end

--- Chooses a mode, or shows which it is.
---@param name? string
function M.run(name)
  if not name or name == '' then
    execute()
  elseif vim.tbl_contains(M.NAMES, name) then
    execute(name)
  else
    notify.error(("there is no mode '%s': %s"):format(name, table.concat(M.NAMES, ', ')))
  end
end

--- The one that was chosen, as far as the server said.
---@return dictate.WritingMode
function M.current()
  return current
end

-- A server that was started anew begins with its own.
client.when_started(function()
  if current ~= 'auto' then
    client.execute('dictate.mode', { mode = current }, function() end)
  end
end)

return M
