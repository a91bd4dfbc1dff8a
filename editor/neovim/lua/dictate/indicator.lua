-- What is drawn at the place where the text will stand. Nothing of it is ever in the buffer.

local config = require('dictate.config')
local ghost = require('dictate.ghost')
local view = require('dictate.view')

---@class dictate.Place
---@field buffer integer
---@field mark integer follows the text

local M = {}

M.namespace = vim.api.nvim_create_namespace('dictate')

local METER = { '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█' }
-- Speech into a close microphone peaks near the top; a quiet room stays at the bottom.
local QUIET_DBFS, LOUD_DBFS = -60, -12

--- One character for a level.
---@param dbfs number?
---@return string
function M.meter(dbfs)
  local share = ((dbfs or QUIET_DBFS) - QUIET_DBFS) / (LOUD_DBFS - QUIET_DBFS)
  local index = 1 + math.floor(share * (#METER - 1) + 0.5)
  return METER[math.max(1, math.min(#METER, index))]
end

--- It tells a microphone that stays open from one that the user closes.
---@param mode dictate.Mode
---@return string
function M.icon(mode)
  local options = config.get().indicator
  return mode == 'manual' and options.icon or options.icon_hands_free
end

---@param utterance dictate.Utterance
---@return dictate.Chunk[]
local function icon_and_meter(utterance)
  if utterance.state == 'listening' then
    return {
      { M.icon(utterance.mode), 'DictateListening' },
      { M.meter(utterance.level_dbfs), 'DictateLevel' },
    }
  elseif utterance.state == 'finishing' then
    return { { '…', 'DictateFinishing' } }
  end
  return {}
end

-- Virtual text shows a tab as one cell and other control characters as codes.
---@param text string
---@param buffer integer
---@return string
local function printable(text, buffer)
  local tab = (' '):rep(vim.bo[buffer].tabstop)
  return (
    text:gsub('%c', function(character)
      return character == '\n' and character or character == '\t' and tab or ''
    end)
  )
end

---@param utterance dictate.Utterance
---@param row integer
---@param column integer
---@return dictate.Chunk[] beside the place
---@return dictate.Chunk[][] below it
local function layout(utterance, row, column)
  local options = config.get().indicator
  local beside = icon_and_meter(utterance)
  if not options.enabled or utterance.landed or not beside[1] then
    return {}, {}
  end
  local text = printable(utterance.partial, utterance.buffer)
  if text == '' then
    return beside, {}
  end
  local gap = text:match('^%s') and '' or ' '
  local used = gap
  for _, chunk in ipairs(beside) do
    used = used .. chunk[1]
  end
  local width, room = view.measure(utterance.buffer, row, column)
  local shown, below = ghost.lay_out(text, printable(utterance.committed, utterance.buffer), {
    room = room - vim.fn.strwidth(used),
    width = width,
    limit = options.partial_lines,
  })
  if shown[1] then
    table.insert(beside, { gap, 'DictatePartial' })
    vim.list_extend(beside, shown)
  end
  return beside, below
end

--- Marks the place; the mark follows the text. What is typed there stays behind it.
---@param buffer integer
---@param row integer 0-based
---@param column integer bytes
---@return integer mark
function M.place(buffer, row, column)
  return vim.api.nvim_buf_set_extmark(buffer, M.namespace, row, column, { right_gravity = false })
end

---@param place dictate.Place
---@return integer? row nil where the buffer or the mark is gone
---@return integer column
function M.where(place)
  if not vim.api.nvim_buf_is_loaded(place.buffer) then
    return nil, 0
  end
  local found = vim.api.nvim_buf_get_extmark_by_id(place.buffer, M.namespace, place.mark, {})
  return found[1], found[2] or 0
end

--- Moves the mark; what was drawn there goes.
---@param place dictate.Place
---@param row integer
---@param column integer
function M.move(place, row, column)
  vim.api.nvim_buf_set_extmark(place.buffer, M.namespace, row, column, {
    id = place.mark,
    right_gravity = false,
  })
end

--- Draws the utterance as it stands, at `row` and `column` or where its mark is.
---@param utterance dictate.Utterance
---@param row? integer
---@param column? integer
function M.draw(utterance, row, column)
  if not row then
    row, column = M.where(utterance)
    if not row then
      return
    end
  end
  -- The line is measured as it is without this drawing.
  M.move(utterance, row, column or 0)
  local beside, below = layout(utterance, row, column or 0)
  -- Once for each line more: whoever scrolls elsewhere is not pulled back.
  if #below > utterance.lines_below then
    view.reveal(utterance.buffer, row, #below)
  end
  utterance.lines_below = #below
  vim.api.nvim_buf_set_extmark(utterance.buffer, M.namespace, row, column or 0, {
    id = utterance.mark,
    right_gravity = false,
    virt_text = beside,
    virt_text_pos = 'inline',
    virt_lines = below,
    hl_mode = 'combine',
  })
end

---@param place dictate.Place
function M.remove(place)
  if vim.api.nvim_buf_is_valid(place.buffer) then
    vim.api.nvim_buf_del_extmark(place.buffer, M.namespace, place.mark)
  end
end

return M
