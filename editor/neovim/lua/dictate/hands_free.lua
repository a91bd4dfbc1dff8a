-- A hands-free mode: the server begins one utterance after the other. Here is which mode it is, and
-- where the next text will stand: at the place of the last one, behind its text once that is there.

local indicator = require('dictate.indicator')

local M = {}

---@type 'handsFree'|'vibe'|nil
local mode
---@type dictate.Place?
local next_place

--- Nil while the user ends each utterance.
---@return 'handsFree'|'vibe'|nil
function M.mode()
  return mode
end

---@param new_mode dictate.Mode
function M.set_mode(new_mode)
  mode = new_mode ~= 'manual' and new_mode or nil
  if not mode and next_place then
    indicator.remove(next_place)
    next_place = nil
  end
end

--- The next text goes to where this one's place is.
---@param utterance dictate.Utterance
function M.continue_at(utterance)
  local row, column = indicator.where(utterance)
  if row then
    M.move_to(utterance.buffer, row, column)
  end
end

--- The next text goes there.
---@param buffer integer
---@param row integer
---@param column integer
function M.move_to(buffer, row, column)
  if not mode then
    return
  end
  if next_place and next_place.buffer == buffer then
    indicator.move(next_place, row, column)
    return
  end
  if next_place then
    indicator.remove(next_place)
  end
  next_place = { buffer = buffer, mark = indicator.place(buffer, row, column) }
end

---@return integer? buffer nil where there is no such place
---@return integer? row
---@return integer column
function M.next_place()
  if not next_place then
    return nil, nil, 0
  end
  local row, column = indicator.where(next_place)
  return next_place.buffer, row, column
end

---@param row integer
---@param column integer
function M.move(row, column)
  if next_place then
    indicator.move(next_place, row, column)
  end
end

return M
