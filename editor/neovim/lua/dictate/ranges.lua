-- A server's ranges as those of a document's buffer.

local position = require('dictate.position')

local M = {}

---@param document dictate.Document
---@param where dictate.lsp.Position
---@return integer? row nil where there is no such line
---@return integer column bytes
local function place(document, where)
  local count = #document.lines
  if where.line > count then
    return nil, 0
  end
  if where.line == count then
    -- Behind the last line break, which the buffer does not show.
    return count - 1, #document.lines[count]
  end
  local line = document.lines[where.line + 1]
  return where.line, position.to_byte(line, where.character, document.encoding)
end

---@param document dictate.Document
---@param range dictate.lsp.Range
---@return dictate.ByteRange? range nil where there is no such one
function M.to_bytes(document, range)
  local start_row, start_column = place(document, range.start)
  local end_row, end_column = place(document, range['end'])
  if not start_row or not end_row then
    return nil
  elseif start_row > end_row or (start_row == end_row and start_column > end_column) then
    return nil
  end
  return { start_row, start_column, end_row, end_column }
end

---@param range dictate.ByteRange
---@return boolean
function M.is_empty(range)
  return range[1] == range[3] and range[2] == range[4]
end

return M
