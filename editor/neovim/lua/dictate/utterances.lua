-- The utterances that are on their way, in the order in which they were begun, which is the order in
-- which their texts stand. One of them is being spoken at most.

local indicator = require('dictate.indicator')

---@class dictate.Utterance
---@field id? string the server's name for it
---@field buffer integer
---@field mark integer where its text will stand
---@field state dictate.State
---@field request 'queued'|'sent'|'answered' the command that begins it
---@field partial string
---@field level_dbfs? number
---@field landed? boolean its text stands there; only the server's last word is missing
---@field heard_since_ms? integer when the first samples arrived

local M = {}

---@type dictate.Utterance[]
local list = {}
-- The server may still speak of one that is over here; it must not be taken for a new one.
---@type table<string, boolean>
local over = {}

local function announce()
  vim.api.nvim_exec_autocmds('User', { pattern = 'DictateState', modeline = false })
  vim.cmd('redrawstatus!')
end

--- Lets the statuslines and whoever else listens know. Later: a fault of theirs is not ours.
function M.changed()
  vim.schedule(announce)
end

---@param buffer integer
---@param row integer
---@param column integer
---@param state dictate.State
---@return dictate.Utterance
function M.add(buffer, row, column, state)
  local utterance = {
    buffer = buffer,
    mark = indicator.place(buffer, row, column),
    state = state,
    request = 'queued',
    partial = '',
  }
  table.insert(list, utterance)
  M.changed()
  return utterance
end

---@param utterance dictate.Utterance
function M.remove(utterance)
  for index, other in ipairs(list) do
    if other == utterance then
      table.remove(list, index)
      if utterance.id then
        over[utterance.id] = true
      end
      indicator.remove(utterance)
      M.changed()
      return
    end
  end
end

function M.remove_all()
  while list[1] do
    M.remove(list[1])
  end
end

---@return boolean
function M.any()
  return list[1] ~= nil
end

--- The one that is being spoken.
---@return dictate.Utterance?
function M.speaking()
  for _, utterance in ipairs(list) do
    if utterance.state == 'starting' or utterance.state == 'listening' then
      return utterance
    end
  end
end

--- The one to show: that which is being spoken, else that which was begun last.
---@return dictate.Utterance?
function M.current()
  return M.speaking() or list[#list]
end

---@param buffer integer
---@return boolean the server knows of an utterance in this buffer
function M.under_way(buffer)
  for _, utterance in ipairs(list) do
    if utterance.buffer == buffer and utterance.request ~= 'queued' then
      return true
    end
  end
  return false
end

--- The utterance that the server speaks of. It may do so before it answered the command, so an
--- unknown name belongs to the one whose command is not answered yet.
---@param id? string
---@return dictate.Utterance?
function M.find(id)
  if not id or over[id] then
    return nil
  end
  for _, utterance in ipairs(list) do
    if utterance.id == id then
      return utterance
    end
  end
  for _, utterance in ipairs(list) do
    if not utterance.id and utterance.request == 'sent' then
      utterance.id = id
      return utterance
    end
  end
end

--- The server answered the command that begins `utterance`. Without a name nothing was begun, and the
--- server said why; with the name of another, that one went on. A kept one comes back under its name.
---@param utterance dictate.Utterance
---@param id? string
function M.answered(utterance, id)
  utterance.request = 'answered'
  if utterance.id then
    return
  end
  local taken = id == nil
  for _, other in ipairs(list) do
    taken = taken or other.id == id
  end
  if taken then
    M.remove(utterance)
  elseif id then
    over[id] = nil
    utterance.id = id
  end
end

--- Those begun after `arrived` that wait at one place: their texts belong behind its text.
---@param buffer integer
---@param arrived? dictate.Utterance nil: one that is not of this list, which comes before all
---@param row integer
---@param column integer
---@return dictate.Utterance[]
function M.waiting_at(buffer, arrived, row, column)
  local result = {}
  local later = arrived == nil
  for _, utterance in ipairs(list) do
    if later and utterance.buffer == buffer then
      local its_row, its_column = indicator.where(utterance)
      if its_row == row and its_column == column then
        table.insert(result, utterance)
      end
    end
    later = later or utterance == arrived
  end
  return result
end

return M
