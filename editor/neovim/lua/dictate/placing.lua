-- In a hands-free mode the next text goes to where the cursor went, as long as nobody speaks.

local client = require('dictate.client')
local document = require('dictate.document')
local hands_free = require('dictate.hands_free')
local indicator = require('dictate.indicator')
local notify = require('dictate.notify')
local position = require('dictate.position')

-- A held arrow key is one move.
local SETTLED_MS = 100

local M = {}

local group = vim.api.nvim_create_augroup('dictate_place', {})
---@type uv.uv_timer_t?
local timer
---@type dictate.Utterance? the one that listens
local followed

local moved

local function settled()
  local utterance = followed
  if not utterance or utterance.partial ~= '' then
    return
  end
  if utterance.is_speaking then
    -- Or a key clicked: then it is over soon.
    moved()
    return
  end
  if vim.api.nvim_get_current_buf() ~= utterance.buffer then
    return
  end
  local row, column = position.insertion_place()
  local its_row, its_column = indicator.where(utterance)
  if not its_row or (row == its_row and column == its_column) then
    return
  end
  local known = document.open(utterance.buffer, true)
  local place = { uri = known.uri, position = document.position(known, row, column) }
  -- The mark is where the text will be, and follows the document until the server has answered.
  local mark = indicator.place(utterance.buffer, row, column)
  client.execute('dictate.place', place, function(fault, result)
    local there = { buffer = utterance.buffer, mark = mark }
    row, column = indicator.where(there)
    indicator.remove(there)
    if fault then
      notify.error(fault)
    elseif result.placed and row then
      hands_free.move_to(utterance.buffer, row, column)
      if followed == utterance then
        indicator.draw(utterance, row, column)
      end
    end
  end)
end

function moved()
  timer = timer or assert(vim.uv.new_timer())
  timer:start(SETTLED_MS, 0, vim.schedule_wrap(settled))
end

--- Follows the cursor in the buffer of the utterance that listens hands-free; nil: of none.
---@param utterance? dictate.Utterance
function M.follow(utterance)
  local buffer = utterance and utterance.buffer
  local is_new = buffer ~= (followed and followed.buffer)
  followed = utterance
  if not is_new then
    return
  end
  vim.api.nvim_clear_autocmds({ group = group })
  if timer then
    timer:stop()
  end
  if buffer and vim.api.nvim_buf_is_loaded(buffer) then
    vim.api.nvim_create_autocmd({ 'CursorMoved', 'CursorMovedI' }, {
      group = group,
      buffer = buffer,
      callback = moved,
    })
  end
end

return M
