-- How the windows show a place of a buffer: how wide they are, what is free behind it and below it.

local M = {}

--- Those of this tab page; where it shows the buffer nowhere, those of the others.
---@param buffer integer
---@return integer[]
local function windows_of(buffer)
  local all = vim.fn.win_findbuf(buffer)
  local here = vim.api.nvim_get_current_tabpage()
  local shown = vim.tbl_filter(function(window)
    return vim.api.nvim_win_get_tabpage(window) == here
  end, all)
  return shown[1] and shown or all
end

--- Cells for text: what numbers, signs and folds leave of the window.
---@param window integer
---@return integer
local function text_width(window)
  local info = vim.fn.getwininfo(window)[1]
  return math.max(1, info.width - info.textoff)
end

---@param window integer
---@param row integer 0-based
---@param column integer bytes
---@return integer cells that are free on the place's screen line
local function room_in(window, row, column)
  local width = text_width(window)
  local before = vim.fn.virtcol({ row + 1, column + 1 }, true, window)[1] - 1
  local whole = vim.fn.virtcol({ row + 1, '$' }, false, window) - 1
  if not vim.wo[window].wrap then
    local scrolled = vim.api.nvim_win_call(window, vim.fn.winsaveview).leftcol
    -- What stands behind the place is kept in sight if it was.
    local last = whole - scrolled <= width and whole or before
    return width - (last - scrolled)
  end
  -- No screen line is added, and no word is cut where one ends.
  local used = (whole > 0 and whole % width == 0) and width or whole % width
  return math.min(width - used, width - before % width)
end

--- One drawing serves all windows that show the buffer, so the narrowest of them decides.
---@param buffer integer
---@param row integer 0-based
---@param column integer bytes
---@return integer width cells of a line
---@return integer room cells that are free behind the place
function M.measure(buffer, row, column)
  local narrowest
  for _, window in ipairs(windows_of(buffer)) do
    if not narrowest or text_width(window) < text_width(narrowest) then
      narrowest = window
    end
  end
  if not narrowest then
    return vim.o.columns, vim.o.columns
  end
  -- One cell is the cursor's, which stands behind the drawing while inserting.
  return text_width(narrowest), room_in(narrowest, row, column) - 1
end

-- Neovim does not scroll for virtual lines below the last line of a window.
---@param window integer
---@param row integer 0-based
---@param count integer
local function reveal_in(window, row, count)
  local info = vim.fn.getwininfo(window)[1]
  local top = info.topline - 1
  if row < top then
    return
  end
  local function height(first, last)
    return vim.api.nvim_win_text_height(window, { start_row = first, end_row = last }).all
  end
  local used = height(top, row)
  local hidden = used + count - info.height
  if used > info.height or hidden <= 0 then
    return
  end
  -- The place stays in sight, and the cursor where it is.
  local cursor_row = vim.api.nvim_win_get_cursor(window)[1] - 1
  local last_top = math.min(row, cursor_row - vim.wo[window].scrolloff)
  while hidden > 0 and top < last_top do
    hidden = hidden - height(top, top)
    top = top + 1
  end
  vim.api.nvim_win_call(window, function()
    vim.fn.winrestview({ topline = top + 1 })
  end)
end

--- Scrolls as little as needed so that `count` lines more are seen below a row that is in sight.
---@param buffer integer
---@param row integer 0-based
---@param count integer
function M.reveal(buffer, row, count)
  for _, window in ipairs(windows_of(buffer)) do
    reveal_in(window, row, count)
  end
end

return M
