-- The utterances that are on their way, in the order in which they were begun, which is the order in
-- which their texts stand. One of them is being spoken at most.

local carrying = require('dictate.carrying')
local indicator = require('dictate.indicator')

---@class dictate.Utterance: dictate.Place
---@field id? string the server's name for it
---@field state dictate.State
---@field mode dictate.Mode
---@field request 'queued'|'sent'|'answered' the command that begins it
---@field partial string
---@field committed string the settled beginning of `partial`
---@field lines_below integer drawn below its place
---@field level_dbfs? number
---@field is_speaking? boolean as far as the sound tells
---@field landed? boolean its text stands there; only the server's last word is missing
---@field heard_since_ms? integer when the first samples arrived

local M = {}

---@type dictate.Utterance[]
local list = {}
-- The server may still speak of one that is over here; it must not be taken for a new one.
---@type table<string, boolean>
local over = {}
---@type fun()[]
local watchers = {}

local function announce()
  vim.api.nvim_exec_autocmds('User', { pattern = 'DictateState', modeline = false })
  vim.cmd('redrawstatus!')
end

--- Calls `watcher` whenever an utterance begins, ends or changes its state.
---@param watcher fun()
function M.when_changed(watcher)
  table.insert(watchers, watcher)
end

--- Lets the statuslines and whoever else listens know. Others later: a fault of theirs is not ours.
function M.changed()
  for _, watcher in ipairs(watchers) do
    watcher()
  end
  vim.schedule(announce)
end

---@param buffer integer
---@param row integer
---@param column integer
---@param state dictate.State
---@param mode dictate.Mode
---@return dictate.Utterance
function M.add(buffer, row, column, state, mode)
  local utterance = {
    buffer = buffer,
    mark = indicator.place(buffer, row, column),
    state = state,
    mode = mode,
    request = 'queued',
    partial = '',
    committed = '',
    lines_below = 0,
  }
  table.insert(list, utterance)
  M.changed()
  return utterance
end

--- One that the server began by itself, behind all others. Nil where it is over already.
---@param id string
---@param buffer integer
---@param row integer
---@param column integer
---@param mode dictate.Mode
---@return dictate.Utterance?
function M.take_up(id, buffer, row, column, mode)
  if over[id] then
    return nil
  end
  local utterance = M.add(buffer, row, column, 'starting', mode)
  utterance.id = id
  utterance.request = 'answered'
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

--- Draws all of them anew: the windows changed.
function M.redraw()
  for _, utterance in ipairs(list) do
    indicator.draw(utterance)
  end
end

--- Nobody speaks to the others any more, which the server does not say of each.
---@param spoken dictate.Utterance
function M.only_spoken(spoken)
  for _, utterance in ipairs(list) do
    local is_open = utterance.state == 'starting' or utterance.state == 'listening'
    if utterance ~= spoken and utterance.id and is_open then
      utterance.state = 'finishing'
      indicator.draw(utterance)
    end
  end
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
---@param mode? dictate.Mode nil: the server did not say
---@return dictate.Utterance?
function M.find(id, mode)
  if not id or over[id] then
    return nil
  end
  for _, utterance in ipairs(list) do
    if utterance.id == id then
      return utterance
    end
  end
  for _, utterance in ipairs(list) do
    -- In a hands-free mode the server begins utterances meanwhile.
    local may_be = mode == nil or (mode == 'manual') == (utterance.mode == 'manual')
    if not utterance.id and utterance.request == 'sent' and may_be then
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

--- Those that wait where a text arrives or is replaced, and go along with it. At the place of a text
--- that is inserted these are the ones begun after `arrived`: their texts belong behind it.
---@param buffer integer
---@param arrived? dictate.Utterance nil: one that is not of this list, which comes before all
---@param range dictate.ByteRange
---@return { utterance: dictate.Utterance, row: integer, column: integer }[]
function M.waiting_in(buffer, arrived, range)
  local result = {}
  local start_row, start_column, end_row, end_column = unpack(range)
  local inserted = start_row == end_row and start_column == end_column
  local later = arrived == nil or not inserted
  for _, utterance in ipairs(list) do
    if later and utterance ~= arrived and utterance.buffer == buffer then
      local row, column = indicator.where(utterance)
      if row and carrying.includes(range, row, column) then
        table.insert(result, { utterance = utterance, row = row, column = column })
      end
    end
    later = later or utterance == arrived
  end
  return result
end

return M
