-- Puts a text into a buffer as one undo step, alone or instead of another, and leaves every cursor at
-- the text where it stood.

local carrying = require('dictate.carrying')

local M = {}

-- Setting 'undolevels', even to what it is, closes the undo step that is open (:help undo-break).
---@param buffer integer
local function break_undo(buffer)
  local function set()
    vim.cmd('noautocmd let &l:undolevels = &l:undolevels')
  end
  if buffer == vim.api.nvim_get_current_buf() then
    set()
  else
    vim.api.nvim_buf_call(buffer, set)
  end
end

---@param buffer integer
---@return table<integer, { [1]: integer, [2]: integer }> row from 0 and column of each window's cursor
local function cursors_of(buffer)
  local cursors = {}
  for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
    local row, column = unpack(vim.api.nvim_win_get_cursor(window))
    cursors[window] = { row - 1, column }
  end
  return cursors
end

---@param window integer
---@param row integer 0-based
---@param column integer
local function move_cursor(window, row, column)
  local now = vim.api.nvim_win_get_cursor(window)
  if now[1] ~= row + 1 or now[2] ~= column then
    vim.api.nvim_win_set_cursor(window, { row + 1, column })
  end
end

-- While inserting, the cursor stands behind the text; otherwise on its last character, so that the
-- next dictation goes behind it.
---@param buffer integer
---@param row integer 0-based
---@param column integer the text's end
local function move_behind(buffer, row, column)
  local inserting = vim.api.nvim_get_mode().mode:match('^[iR]') ~= nil
  if not inserting and column > 0 then
    local line = vim.api.nvim_buf_get_lines(buffer, row, row + 1, false)[1]
    column = column - 1 + vim.str_utf_start(line, column)
  end
  move_cursor(vim.api.nvim_get_current_win(), row, column)
end

-- A completion that is under way remembers the column where its word begins, and would put its next
-- candidate over the text. An empty list ends it where the cursor is now.
---@param buffer integer
local function end_completion(buffer)
  if buffer == vim.api.nvim_get_current_buf() and vim.fn.complete_info({ 'mode' }).mode ~= '' then
    vim.fn.complete(vim.fn.col('.'), {})
  end
end

---@param buffer integer
---@return 'closed'|'readonly'|nil reason why nothing can be written there
function M.obstacle(buffer)
  if not vim.api.nvim_buf_is_loaded(buffer) then
    return 'closed'
  end
  if not vim.bo[buffer].modifiable or vim.bo[buffer].readonly then
    return 'readonly'
  end
end

---@param buffer integer
---@param range dictate.ByteRange empty: the text is inserted, else it replaces what stands there
---@param text string
---@param follow boolean the current window's cursor goes behind the text
---@return fun(row: integer, column: integer): integer, integer carry where a place of the buffer went
function M.apply(buffer, range, text, follow)
  local start_row, start_column, end_row, end_column = unpack(range)
  local lines = vim.split(text, '\n', { plain = true })
  local old = vim.api.nvim_buf_get_text(buffer, start_row, start_column, end_row, end_column, {})
  local carry = carrying.carrier(range, old, lines)
  local cursors = cursors_of(buffer)

  break_undo(buffer)
  vim.api.nvim_buf_set_text(buffer, start_row, start_column, end_row, end_column, lines)
  break_undo(buffer)

  for window, cursor in pairs(cursors) do
    if follow and window == vim.api.nvim_get_current_win() then
      move_behind(buffer, carry(end_row, end_column))
    else
      move_cursor(window, carry(cursor[1], cursor[2]))
    end
  end
  end_completion(buffer)
  return carry
end

return M
