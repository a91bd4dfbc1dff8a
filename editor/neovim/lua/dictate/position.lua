-- Columns: Neovim counts bytes, a server may count UTF-16 units or characters.

local M = {}

local has_encoding_argument = vim.fn.has('nvim-0.11') == 1

---@param line string
---@param byte integer 0-based, at most #line
---@param encoding 'utf-8'|'utf-16'|'utf-32'
---@return integer character
function M.to_character(line, byte, encoding)
  if encoding == 'utf-8' then
    return byte
  end
  if has_encoding_argument then
    return vim.str_utfindex(line, encoding, byte)
  end
  ---@diagnostic disable-next-line: param-type-mismatch
  local utf32, utf16 = vim.str_utfindex(line, byte)
  return encoding == 'utf-16' and utf16 or utf32
end

--- Past the line's end, or inside a character, it goes to the nearest place that exists.
---@param line string
---@param character integer
---@param encoding 'utf-8'|'utf-16'|'utf-32'
---@return integer byte
function M.to_byte(line, character, encoding)
  local last = M.to_character(line, #line, encoding)
  if character >= last then
    return #line
  end
  if encoding == 'utf-8' then
    return character + vim.str_utf_start(line, character + 1)
  end
  if has_encoding_argument then
    return vim.str_byteindex(line, encoding, character)
  end
  ---@diagnostic disable-next-line: param-type-mismatch
  return vim.str_byteindex(line, character, encoding == 'utf-16')
end

--- Where text would go that is spoken now: at the cursor while inserting, behind the character
--- under the cursor otherwise, as `a` and `p` do.
---@return integer row 0-based
---@return integer column in bytes
function M.insertion_place()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local line = vim.api.nvim_get_current_line()
  column = math.min(column, #line)
  if column == #line then
    return row - 1, column
  end
  local behind = column + vim.str_utf_end(line, column + 1) + 1
  local mode = vim.api.nvim_get_mode().mode
  -- CTRL-O keeps the cursor where text is inserted, save at a line's end, where it steps back.
  local inserting = mode:match('^[iR]') or (mode:match('^ni') and behind < #line)
  return row - 1, inserting and column or behind
end

return M
