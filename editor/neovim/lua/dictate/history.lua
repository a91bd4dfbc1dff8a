-- The last dictations of this server: one of them once more at the cursor, or into a register.

local client = require('dictate.client')
local edit = require('dictate.edit')
local indicator = require('dictate.indicator')
local notify = require('dictate.notify')
local position = require('dictate.position')

local M = {}

-- An item is one line.
local TEXT_CHARACTERS = 60

---@param text string
---@return string
local function shortened(text)
  local line = (vim.trim(text):gsub('%s*\n%s*', ' ⏎ '))
  if vim.fn.strchars(line) <= TEXT_CHARACTERS then
    return line
  end
  return vim.fn.strcharpart(line, 0, TEXT_CHARACTERS - 1) .. '…'
end

-- The server gives the time in UTC.
---@param spoken_at string ISO 8601
---@return string
local function clock(spoken_at)
  local year, month, day, hour, minute, second =
    spoken_at:match('^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)')
  if not year then
    return spoken_at
  end
  local as_local = os.time({
    year = tonumber(year) --[[@as integer]],
    month = tonumber(month) --[[@as integer]],
    day = tonumber(day) --[[@as integer]],
    hour = tonumber(hour),
    min = tonumber(minute),
    sec = tonumber(second),
    isdst = false,
  })
  local utc = os.date('!*t', as_local) --[[@as osdate]]
  utc.isdst = false
  return os.date('%H:%M', as_local + os.difftime(as_local, os.time(utc))) --[[@as string]]
end

---@param entry dictate.HistoryEntry
---@return string
local function described(entry)
  local text = shortened(entry.text)
  if entry.outcome == 'failed' then
    text = ('! %s%s(%s)'):format(
      text,
      text ~= '' and ' ' or '',
      shortened(entry.message or 'failed')
    )
  end
  return ('%s  %s'):format(clock(entry.spokenAt), text)
end

---@param place dictate.Place
---@param text string
local function insert(place, text)
  local row, column = indicator.where(place)
  local obstacle = edit.obstacle(place.buffer)
  if obstacle or not row then
    notify.error(
      obstacle == 'readonly' and 'this buffer cannot be changed: run :set modifiable noreadonly'
        or 'the buffer was closed meanwhile: :Dictate history inserts it elsewhere'
    )
    return
  end
  local is_here = false
  if vim.api.nvim_get_current_buf() == place.buffer then
    local user_row, user_column = position.insertion_place()
    is_here = user_row == row and user_column == column
  end
  edit.apply(place.buffer, { row, column, row, column }, text, is_here)
end

---@param register string
---@param text string
local function yank(register, text)
  vim.fn.setreg(register, text)
  notify.info(('register %s holds: %s'):format(register, shortened(text)))
end

---@param entries dictate.HistoryEntry[]
---@param register? string
local function choose(entries, register)
  local buffer = vim.api.nvim_get_current_buf()
  local row, column = position.insertion_place()
  -- The place is that of this moment, whatever a picker does to windows and modes.
  local place = { buffer = buffer, mark = indicator.place(buffer, row, column) }
  vim.ui.select(entries, {
    prompt = register and ('Into register %s:'):format(register) or 'Insert at the cursor:',
    kind = 'dictate',
    format_item = described,
  }, function(entry)
    if not entry then
      indicator.remove(place)
    elseif entry.text == '' then
      indicator.remove(place)
      notify.info('this one has no text yet: :Dictate retry decodes what was kept')
    elseif register then
      indicator.remove(place)
      yank(register, entry.text)
    else
      insert(place, entry.text)
      indicator.remove(place)
    end
  end)
end

--- Lets the user choose one of the last dictations, which is inserted at the cursor.
---@param register? string it goes there instead
function M.run(register)
  if register == '' then
    register = nil
  end
  if register and not register:match('^[%w"*+_-]$') then
    notify.error(("there is no register '%s': name one letter or digit, \" or +"):format(register))
    return
  end
  if not client.is_ready() then
    notify.info('nothing was dictated yet')
    return
  end
  client.execute('dictate.history', nil, function(fault, result)
    if fault then
      notify.error(fault)
    elseif not result or not result.entries or not result.entries[1] then
      notify.info('nothing was dictated yet')
    else
      choose(result.entries, register)
    end
  end)
end

return M
