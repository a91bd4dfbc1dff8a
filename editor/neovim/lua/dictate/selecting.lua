-- Selects a range where the server asks for it: "select that".

local client = require('dictate.client')
local document = require('dictate.document')
local ranges = require('dictate.ranges')

-- Keys that somebody types meanwhile go first; who is asked for something else answers that first.
local WAIT_MS = 1000

---@class dictate.Selection
---@field window integer
---@field range dictate.ByteRange

local M = {}

---@type (fun(selected: boolean))?
local pending

--- The window that shows the buffer: the current one, one of this tab page, or another.
---@param buffer integer
---@return integer?
local function window_of(buffer)
  if vim.api.nvim_get_current_buf() == buffer then
    return vim.api.nvim_get_current_win()
  end
  local windows = vim.fn.win_findbuf(buffer)
  for _, window in ipairs(windows) do
    if vim.api.nvim_win_get_tabpage(window) == vim.api.nvim_get_current_tabpage() then
      return window
    end
  end
  return windows[1]
end

-- The cursor stands on the last character of a selection, or behind it: 'selection'.
---@param buffer integer
---@param range dictate.ByteRange not empty
---@return integer row
---@return integer column
local function cursor_at_end(buffer, range)
  local row, column = range[3], range[4]
  if vim.o.selection == 'exclusive' then
    return row, column
  elseif column == 0 then
    -- On the line break of the line before.
    local line = vim.api.nvim_buf_get_lines(buffer, row - 1, row, false)[1]
    return row - 1, #line
  end
  local line = vim.api.nvim_buf_get_lines(buffer, row, row + 1, false)[1]
  return row, column - 1 + vim.str_utf_start(line, column)
end

---@param window integer
---@param range dictate.ByteRange
local function select(window, range)
  vim.api.nvim_set_current_win(window)
  vim.api.nvim_win_set_cursor(window, { range[1] + 1, range[2] })
  vim.cmd('normal! zvv')
  local row, column = cursor_at_end(vim.api.nvim_win_get_buf(window), range)
  vim.api.nvim_win_set_cursor(window, { row + 1, column })
end

--- Runs what was put off until the editor is in Normal mode; a key of our own calls it.
function M.now()
  local callback = pending
  pending = nil
  if callback then
    callback(true)
  end
end

-- Ends every mode that a key ends. Nobody's command line is taken away.
---@param callback fun(in_normal_mode: boolean)
local function in_normal_mode(callback)
  local mode = vim.api.nvim_get_mode()
  if
    mode.blocking
    or pending
    or not mode.mode:match('^[nivVsSR\22\19]')
    or mode.mode:match('^no')
  then
    callback(false)
    return
  end
  pending = callback
  local keys = [[<C-\><C-N><Cmd>lua require('dictate.selecting').now()<CR>]]
  vim.api.nvim_feedkeys(vim.keycode(keys), 'n', false)
  vim.defer_fn(function()
    if pending == callback then
      pending = nil
      callback(false)
    end
  end, WAIT_MS)
end

--- Handles `dictate/select`; runs in the coroutine of the request.
---@param parameters { uri: string, range: dictate.lsp.Range }
---@return { selected: boolean }
local function on_select(parameters)
  local known = document.find(parameters.uri)
  local range = known and not known.stale and ranges.to_bytes(known, parameters.range)
  local window = known and window_of(known.buffer)
  if not range or ranges.is_empty(range) or not window or vim.fn.getcmdwintype() ~= '' then
    return { selected = false }
  end
  local request = coroutine.running()
  in_normal_mode(function(possible)
    local selected = possible and pcall(select, window, range)
    -- Later: it may be known before the request waits for it.
    vim.schedule(function()
      coroutine.resume(request, { selected = selected })
    end)
  end)
  return coroutine.yield()
end

client.listen('dictate/select', on_select)

return M
