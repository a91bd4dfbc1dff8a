-- Every word to the user is one line that starts with the plugin's name.

local M = {}

---@param message string
---@param level integer
local function say(message, level)
  local line = vim.trim((message:gsub('%s*\n%s*', ' ')))
  vim.notify('Dictate: ' .. line, level, { title = 'Dictate' })
end

---@param message string
function M.info(message)
  say(message, vim.log.levels.INFO)
end

---@param message string
function M.warn(message)
  say(message, vim.log.levels.WARN)
end

---@param message string
function M.error(message)
  say(message, vim.log.levels.ERROR)
end

return M
