-- What is drawn at the place where the text will stand. Nothing of it is ever in the buffer.

local config = require('dictate.config')

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

---@param text string
---@param limit integer characters
---@return string its end, with an ellipsis where something was cut
local function tail(text, limit)
  text = text:gsub('%s+', ' ')
  local count = vim.fn.strchars(text)
  if count <= limit then
    return text
  end
  return '…' .. vim.fn.strcharpart(text, count - limit + 1)
end

---@param utterance dictate.Utterance
---@param options dictate.IndicatorConfig
---@return { [1]: string, [2]: string }[]
local function chunks(utterance, options)
  local result = {}
  if utterance.landed then
    return result
  end
  if utterance.state == 'listening' then
    result[1] = { options.icon, 'DictateListening' }
    result[2] = { M.meter(utterance.level_dbfs), 'DictateLevel' }
  elseif utterance.state == 'finishing' then
    result[1] = { '…', 'DictateFinishing' }
  end
  if #result > 0 and utterance.partial ~= '' then
    result[#result + 1] =
      { ' ' .. tail(utterance.partial, options.partial_characters), 'DictatePartial' }
  end
  return result
end

--- Marks the place; the mark follows the text. What is typed there stays behind it.
---@param buffer integer
---@param row integer 0-based
---@param column integer bytes
---@return integer mark
function M.place(buffer, row, column)
  return vim.api.nvim_buf_set_extmark(buffer, M.namespace, row, column, { right_gravity = false })
end

---@param utterance dictate.Utterance
---@return integer? row nil where the buffer or the mark is gone
---@return integer column
function M.where(utterance)
  if not vim.api.nvim_buf_is_loaded(utterance.buffer) then
    return nil, 0
  end
  local place =
    vim.api.nvim_buf_get_extmark_by_id(utterance.buffer, M.namespace, utterance.mark, {})
  return place[1], place[2] or 0
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
  local options = config.get().indicator
  vim.api.nvim_buf_set_extmark(utterance.buffer, M.namespace, row, column or 0, {
    id = utterance.mark,
    right_gravity = false,
    virt_text = options.enabled and chunks(utterance, options) or {},
    virt_text_pos = 'inline',
    hl_mode = 'combine',
  })
end

---@param utterance dictate.Utterance
function M.remove(utterance)
  if vim.api.nvim_buf_is_valid(utterance.buffer) then
    vim.api.nvim_buf_del_extmark(utterance.buffer, M.namespace, utterance.mark)
  end
end

return M
