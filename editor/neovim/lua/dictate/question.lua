-- A question of the server with a few answers to choose from.

local M = {}

-- Not in the middle of typing: the keys would be taken for the answer.
---@param ask fun()
local function when_not_typing(ask)
  if vim.api.nvim_get_mode().mode == 'n' then
    ask()
    return
  end
  vim.api.nvim_create_autocmd('ModeChanged', {
    pattern = '*:n',
    once = true,
    callback = vim.schedule_wrap(function()
      when_not_typing(ask)
    end),
  })
end

--- Handles `window/showMessageRequest`; runs in the coroutine of the request.
---@param parameters { message: string, actions?: { title: string }[] }
---@return any choice the chosen action, or JSON's null
function M.on_question(parameters)
  local request = coroutine.running()
  when_not_typing(function()
    vim.ui.select(parameters.actions or {}, {
      prompt = parameters.message,
      kind = 'dictate',
      format_item = function(action)
        return action.title
      end,
    }, function(choice)
      -- Later: the selection may be made before the request waits for it.
      vim.schedule(function()
        coroutine.resume(request, choice or vim.NIL)
      end)
    end)
  end)
  return coroutine.yield()
end

return M
