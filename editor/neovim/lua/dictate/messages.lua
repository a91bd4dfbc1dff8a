-- The server's standard messages: lines to show, questions, work that is under way.

local notify = require('dictate.notify')
local progress = require('dictate.progress')
local question = require('dictate.question')

local M = {}

-- What stands for JSON's null differs between Neovim's versions; here it is always nil.
---@generic T
---@param value T
---@return T?
function M.without_null(value)
  if value == vim.NIL then
    return nil
  end
  if type(value) ~= 'table' then
    return value
  end
  local result = {}
  for key, item in pairs(value) do
    result[key] = M.without_null(item)
  end
  return result
end

---@return table<string, lsp.Handler>
function M.handlers()
  return {
    ['window/showMessage'] = function(_, parameters)
      local say = parameters.type == 1 and notify.error
        or parameters.type == 2 and notify.warn
        or notify.info
      -- Editors without a plugin show the server's words as they are, so they begin with its name.
      say((parameters.message:gsub('^Dictate: ', '')))
      return vim.NIL
    end,
    ['window/showMessageRequest'] = function(_, parameters)
      return question.on_question(M.without_null(parameters))
    end,
    ['$/progress'] = function(fault, parameters, context)
      progress.on_progress(M.without_null(parameters))
      -- So that vim.lsp.status() and plugins that draw progress know of it, too.
      return vim.lsp.handlers['$/progress'](fault, parameters, context)
    end,
  }
end

return M
