-- A key that cancels in Normal mode: mapped in the buffer of the utterance while that listens, and
-- the user's own mapping is back afterwards. In Insert mode the key stays what it is.

local config = require('dictate.config')

local DESCRIPTION = 'Cancel the dictation'

---@class dictate.CancelMapping
---@field buffer integer
---@field key string
---@field replaced? table<string, any> the user's, as maparg() tells it

local M = {}

---@type dictate.CancelMapping?
local mapping

---@param key string
---@return table<string, any>
local function mapped_here(key)
  return vim.fn.maparg(key, 'n', false, true)
end

---@param buffer integer
---@param key string
local function map(buffer, key)
  local before = vim.api.nvim_buf_call(buffer, function()
    return mapped_here(key)
  end)
  mapping = { buffer = buffer, key = key, replaced = before.buffer == 1 and before or nil }
  vim.keymap.set('n', key, function()
    require('dictate').cancel()
  end, { buffer = buffer, nowait = true, desc = DESCRIPTION })
end

local function unmap()
  local old = mapping
  mapping = nil
  if not old or not vim.api.nvim_buf_is_valid(old.buffer) then
    return
  end
  vim.api.nvim_buf_call(old.buffer, function()
    local found = mapped_here(old.key)
    -- It went with the buffer's text, or another plugin has taken the key meanwhile.
    if found.buffer ~= 1 or found.desc ~= DESCRIPTION then
      return
    end
    vim.keymap.del('n', old.key, { buffer = old.buffer })
    if old.replaced then
      vim.fn.mapset(old.replaced)
    end
  end)
end

--- Maps the key in the buffer of the utterance that listens; nil: nowhere.
---@param utterance? dictate.Utterance
function M.follow(utterance)
  local buffer = utterance and utterance.buffer
  if mapping and mapping.buffer ~= buffer then
    unmap()
  end
  local key = config.get().cancel_key
  if key and buffer and not mapping and vim.api.nvim_buf_is_loaded(buffer) then
    map(buffer, key)
  end
end

return M
