-- Words that were hardly understood, underlined for a moment after their text arrived.
--
-- Which words these are is said after the text, whose place is remembered until then. A mark goes when
-- its word is edited, with the next text that arrives, with its buffer, and by itself.

local config = require('dictate.config')
local position = require('dictate.position')

---@class dictate.Landed a text that arrived, until its utterance has ended
---@field document dictate.Document
---@field start dictate.lsp.Position where it was put
---@field version integer of the document with the text in it
---@field mark integer
---@field text string

---@class dictate.Doubtful the words that are marked now
---@field buffer integer
---@field words table<integer, string> the word at each mark, whole

local M = {}

local namespace = vim.api.nvim_create_namespace('dictate_doubtful')

---@type table<string, dictate.Landed> by utterance
local landed = {}
---@type dictate.Doubtful?
local shown

---@param buffer integer
---@param mark integer
---@return dictate.ByteRange? range nil where it is gone
local function range_of(buffer, mark)
  if not vim.api.nvim_buf_is_loaded(buffer) then
    return nil
  end
  local row, column, details =
    unpack(vim.api.nvim_buf_get_extmark_by_id(buffer, namespace, mark, { details = true }))
  -- The ends of one whose text was deleted may have passed each other.
  if not row or details.end_row < row or (details.end_row == row and details.end_col < column) then
    return nil
  end
  return { row, column, details.end_row, details.end_col }
end

---@param buffer integer
---@param range dictate.ByteRange
---@return string
local function text_in(buffer, range)
  local lines = vim.api.nvim_buf_get_text(buffer, range[1], range[2], range[3], range[4], {})
  return table.concat(lines, '\n')
end

-- A letter that is typed beside a word makes another word of it, a bracket does not.
---@param buffer integer
---@param range dictate.ByteRange
---@return string
local function whole_word(buffer, range)
  local first = vim.api.nvim_buf_get_lines(buffer, range[1], range[1] + 1, false)[1]
  local last = vim.api.nvim_buf_get_lines(buffer, range[3], range[3] + 1, false)[1]
  local before = first:sub(1, range[2]):match('[%w_\128-\255]*$')
  local behind = last:sub(range[4] + 1):match('^[%w_\128-\255]*')
  return before .. text_in(buffer, range) .. behind
end

---@param buffer integer
---@param mark integer
local function delete(buffer, mark)
  if vim.api.nvim_buf_is_valid(buffer) then
    vim.api.nvim_buf_del_extmark(buffer, namespace, mark)
  end
end

--- Takes the marks away.
function M.clear()
  local old = shown
  shown = nil
  for mark in pairs(old and old.words or {}) do
    delete(old.buffer, mark)
  end
end

---@param these dictate.Doubtful
local function drop_edited(these)
  for mark, word in pairs(these.words) do
    local range = range_of(these.buffer, mark)
    if not range or whole_word(these.buffer, range) ~= word then
      delete(these.buffer, mark)
      these.words[mark] = nil
    end
  end
  if shown == these and next(these.words) == nil then
    shown = nil
  end
end

---@param these dictate.Doubtful
local function watch(these)
  local checking = false
  -- Later: an undo moves the marks only after it has told of the lines.
  local function changed()
    if shown ~= these then
      return true
    end
    if not checking then
      checking = true
      vim.schedule(function()
        checking = false
        drop_edited(these)
      end)
    end
  end
  local function gone()
    if shown == these then
      M.clear()
    end
  end
  vim.api.nvim_buf_attach(these.buffer, false, {
    on_lines = changed,
    on_reload = gone,
    on_detach = gone,
  })
end

--- A new text stands in this range. Its utterance has not ended yet.
---@param utterance_id string
---@param document dictate.Document
---@param range dictate.ByteRange
function M.landed(utterance_id, document, range)
  local line = document.lines[range[1] + 1]
  landed[utterance_id] = {
    document = document,
    start = {
      line = range[1],
      character = position.to_character(line, range[2], document.encoding),
    },
    version = document.version,
    mark = vim.api.nvim_buf_set_extmark(document.buffer, namespace, range[1], range[2], {
      end_row = range[3],
      end_col = range[4],
      -- What is typed beside it is not of it.
      right_gravity = true,
      end_right_gravity = false,
    }),
    text = text_in(document.buffer, range),
  }
end

-- The server counts from the document's beginning, whose text may have changed since; from its own
-- beginning the text that arrived is the same.
---@param text dictate.Landed
---@param now dictate.ByteRange where it stands
---@param start dictate.lsp.Position where it stands in the server's count
---@return fun(where: dictate.lsp.Position): integer?, integer
local function converter(text, now, start)
  local lines = vim.split(text.text, '\n', { plain = true })
  return function(where)
    local row = where.line - start.line
    local line = lines[row + 1]
    local character = where.character - (row == 0 and start.character or 0)
    if not line or character < 0 then
      return nil, 0
    end
    local column = position.to_byte(line, character, text.document.encoding)
    return now[1] + row, column + (row == 0 and now[2] or 0)
  end
end

--- The utterance has ended; these words of its text are doubtful.
---@param utterance_id string
---@param doubted dictate.lsp.Range[]
---@param whole? dictate.lsp.Range where the text stands
function M.show(utterance_id, doubted, whole)
  local text = landed[utterance_id]
  landed[utterance_id] = nil
  if not text then
    return
  end
  local buffer = text.document.buffer
  local now = range_of(buffer, text.mark)
  delete(buffer, text.mark)
  local doubtful_ms = config.get().doubtful_ms
  if doubtful_ms <= 0 or #doubted == 0 or not now or text_in(buffer, now) ~= text.text then
    return
  end
  M.clear()
  local moved = whole and text.document.version ~= text.version
  local to_place = converter(text, now, moved and whole.start or text.start)
  local these = { buffer = buffer, words = {} }
  for _, range in ipairs(doubted) do
    local row, column = to_place(range.start)
    local end_row, end_column = to_place(range['end'])
    if row and end_row and (row < end_row or (row == end_row and column < end_column)) then
      local mark = vim.api.nvim_buf_set_extmark(buffer, namespace, row, column, {
        end_row = end_row,
        end_col = end_column,
        hl_group = 'DictateDoubtful',
      })
      these.words[mark] = whole_word(buffer, { row, column, end_row, end_column })
    end
  end
  if next(these.words) == nil then
    return
  end
  shown = these
  watch(these)
  vim.defer_fn(function()
    if shown == these then
      M.clear()
    end
  end, doubtful_ms)
end

--- Nothing more is said of the texts that arrived: the server is gone.
function M.forget()
  for _, text in pairs(landed) do
    delete(text.document.buffer, text.mark)
  end
  landed = {}
end

return M
