-- How a text that is not in the buffer is laid out beside a place and below it. Pure.

---@alias dictate.Chunk { [1]: string, [2]: string } text and highlight group

---@class dictate.Span a part of a text, both ends included
---@field first integer byte
---@field last integer byte

---@class dictate.Frame
---@field room integer cells that are free behind the place
---@field width integer cells of a whole line
---@field limit integer lines below the place at most

local M = {}

local ELLIPSIS = '…'

---@param character string
---@return integer cells
local function width_of(character)
  -- Most characters are plain ones; asking the editor for each of a long text would be felt.
  return #character == 1 and 1 or vim.fn.strwidth(character)
end

-- A line may begin with any word, and beside any double-width character, as no blanks part those.
---@param spans dictate.Span[] are added to
---@param line string
---@param offset integer bytes before it
---@param width integer
local function wrap_line(spans, line, offset, width)
  local first, cells = 1, 0
  ---@type integer? where the next line may begin, and how much of this one would be left
  local opportunity, cells_before = nil, 0
  local byte, before_is_blank, before_is_wide = 1, false, false
  -- An indentation alone is no line.
  local has_word = false

  local function close(next_first, used)
    local kept = line:sub(first, next_first - 1):gsub(' +$', '')
    table.insert(spans, { first = offset + first, last = offset + first + #kept - 1 })
    first, cells, opportunity = next_first, cells - used, nil
  end

  for _, character in ipairs(vim.fn.split(line, '\\zs')) do
    local own = width_of(character)
    if character ~= ' ' and byte > first then
      if has_word and (before_is_blank or before_is_wide or own > 1) then
        opportunity, cells_before = byte, cells
      end
      if cells + own > width then
        -- A word that is wider than a line is cut where the line ends.
        close(opportunity or byte, opportunity and cells_before or cells)
      end
    end
    cells = cells + own
    byte = byte + #character
    before_is_blank, before_is_wide = character == ' ', own > 1
    has_word = has_word or character ~= ' '
  end
  close(byte, cells)
end

---@param text string
---@param from integer byte
---@param width integer
---@return dictate.Span[]
local function wrap(text, from, width)
  local spans = {}
  local offset = from - 1
  for line in (text:sub(from) .. '\n'):gmatch('(.-)\n') do
    wrap_line(spans, line, offset, width)
    offset = offset + #line + 1
  end
  return spans
end

---@param text string
---@param span dictate.Span
---@param settled integer bytes of the committed beginning
---@return dictate.Chunk[]
local function chunks(text, span, settled)
  local result = {}
  if span.last < span.first then
    return result
  end
  if span.first <= settled then
    result[1] = { text:sub(span.first, math.min(span.last, settled)), 'DictateCommitted' }
  end
  if span.last > settled then
    table.insert(
      result,
      { text:sub(math.max(span.first, settled + 1), span.last), 'DictatePartial' }
    )
  end
  return result
end

--- Splits a text into what stands beside the place and the lines below it. A line that fits stands
--- beside it, any other text below.
---@param text string may break into lines; no tabs
---@param committed string its settled beginning
---@param frame dictate.Frame
---@return dictate.Chunk[] beside
---@return dictate.Chunk[][] below
function M.lay_out(text, committed, frame)
  local settled = vim.startswith(text, committed) and #committed or 0
  local head = text:match('^[^\n]*')
  local beside = {}
  -- Below, the blank that parts the text from what is before it parts nothing.
  local from = text:find('[^ ]') or 1
  if vim.fn.strwidth(head) <= math.max(0, frame.room) then
    beside = chunks(text, { first = 1, last = #head }, settled)
    if #head == #text then
      return beside, {}
    end
    from = #head + 2
  end

  local spans = wrap(text, from, frame.width)
  local is_cut = #spans > frame.limit
  if is_cut then
    spans = wrap(text, from, frame.width - vim.fn.strwidth(ELLIPSIS))
    spans = vim.list_slice(spans, #spans - math.max(0, frame.limit) + 1)
  end
  local below = vim.tbl_map(function(span)
    return chunks(text, span, settled)
  end, spans)
  if is_cut and below[1] then
    table.insert(below[1], 1, { ELLIPSIS, 'DictatePartial' })
  end
  return beside, below
end

return M
