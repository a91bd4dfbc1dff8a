-- Pure: where the places of a document go when a part of its text gives way to another.

local difference = require('dictate.difference')

--- Rows from 0, columns in bytes; the end is not part of it.
---@alias dictate.ByteRange { [1]: integer, [2]: integer, [3]: integer, [4]: integer }

local M = {}

---@param old string
---@param new string
---@param offset integer bytes from the old text's beginning
---@return integer offset
local function moved(old, new, offset)
  if offset == #old then
    return #new
  end
  local prefix, suffix = difference.edges(old, new)
  if offset <= prefix then
    return offset
  elseif offset >= #old - suffix then
    return offset + #new - #old
  end
  local inside = math.min(offset, #new - suffix)
  return inside < #new and inside + vim.str_utf_start(new, inside + 1) or inside
end

---@param lines string[]
---@param row integer
---@param column integer
---@return integer offset
local function to_offset(lines, row, column)
  local offset = column
  for index = 1, row do
    offset = offset + #lines[index] + 1
  end
  return offset
end

---@param lines string[]
---@param offset integer
---@return integer row
---@return integer column
local function from_offset(lines, offset)
  local row = 0
  while offset > #lines[row + 1] do
    offset = offset - #lines[row + 1] - 1
    row = row + 1
  end
  return row, offset
end

---@param range dictate.ByteRange
---@param row integer
---@param column integer
---@return boolean the place is at one of its ends or between them
function M.includes(range, row, column)
  local start_row, start_column, end_row, end_column = unpack(range)
  return (row > start_row or (row == start_row and column >= start_column))
    and (row < end_row or (row == end_row and column <= end_column))
end

--- How every place goes along: what stood behind the text stands behind the new one, what stood in a
--- part that both have stays in that.
---@param range dictate.ByteRange
---@param old_lines string[] what stands in the range
---@param new_lines string[]
---@return fun(row: integer, column: integer): integer, integer carry
function M.carrier(range, old_lines, new_lines)
  local start_row, start_column, end_row, end_column = unpack(range)
  local old, new = table.concat(old_lines, '\n'), table.concat(new_lines, '\n')

  local function inside(row, column)
    local inner_row = row - start_row
    local inner_column = column - (inner_row == 0 and start_column or 0)
    local offset = moved(old, new, to_offset(old_lines, inner_row, inner_column))
    inner_row, inner_column = from_offset(new_lines, offset)
    return start_row + inner_row, inner_column + (inner_row == 0 and start_column or 0)
  end

  return function(row, column)
    if M.includes(range, row, column) then
      return inside(row, column)
    elseif row > end_row then
      return row + #new_lines - #old_lines, column
    elseif row == end_row and column > end_column then
      local new_row, new_column = inside(end_row, end_column)
      return new_row, new_column + column - end_column
    end
    return row, column
  end
end

return M
