-- The texts that the server sends, into the buffer: new ones, and others instead of dictated ones.

local carrying = require('dictate.carrying')
local client = require('dictate.client')
local document = require('dictate.document')
local doubtful = require('dictate.doubtful')
local edit = require('dictate.edit')
local hands_free = require('dictate.hands_free')
local indicator = require('dictate.indicator')
local position = require('dictate.position')
local ranges = require('dictate.ranges')
local utterances = require('dictate.utterances')

---@param buffer integer
---@param row integer
---@param column integer
---@return boolean the user is still where the text goes, so the cursor goes behind it
local function user_is_at(buffer, row, column)
  if vim.api.nvim_get_current_buf() ~= buffer then
    return false
  end
  local user_row, user_column = position.insertion_place()
  return user_row == row and user_column == column
end

---@param known dictate.Document
---@param range dictate.ByteRange
---@param parameters dictate.EditParams
local function land(known, range, parameters)
  local buffer = known.buffer
  local arrived = utterances.find(parameters.utteranceId)
  if arrived then
    -- It must not stand beside its own drawing for a moment.
    arrived.landed = true
    indicator.draw(arrived)
  end
  local waiting = utterances.waiting_in(buffer, arrived, range)
  local next_buffer, next_row, next_column = hands_free.next_place()
  local next_goes_along = next_row
    and next_buffer == buffer
    and carrying.includes(range, next_row, next_column)

  doubtful.clear()
  local carry =
    edit.apply(buffer, range, parameters.edit.newText, user_is_at(buffer, range[3], range[4]))
  for _, place in ipairs(waiting) do
    indicator.draw(place.utterance, carry(place.row, place.column))
  end
  if next_goes_along then
    hands_free.move(carry(assert(next_row), next_column))
  end
  if ranges.is_empty(range) and parameters.edit.newText ~= '' then
    local end_row, end_column = carry(range[3], range[4])
    doubtful.landed(parameters.utteranceId, known, { range[1], range[2], end_row, end_column })
  end
end

---@param parameters dictate.EditParams
---@return dictate.EditResult
local function on_edit(parameters)
  local target, range = parameters.edit.textDocument, parameters.edit.range
  local known = document.find(target.uri)
  if not known then
    return { applied = false, reason = 'closed' }
  end
  local obstacle = edit.obstacle(known.buffer)
  if obstacle then
    return { applied = false, reason = obstacle }
  end
  local bytes = ranges.to_bytes(known, range)
  if known.stale or target.version ~= known.version or not bytes then
    return { applied = false, reason = 'stale' }
  end
  land(known, bytes, parameters)
  return { applied = true }
end

client.listen('dictate/edit', on_edit)
