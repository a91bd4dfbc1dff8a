-- While something is drawn, it follows the windows' sizes.

local utterances = require('dictate.utterances')

local M = {}

local group = vim.api.nvim_create_augroup('dictate_resizing', {})
local is_following = false

---@param wanted boolean
function M.follow(wanted)
  if wanted == is_following then
    return
  end
  is_following = wanted
  vim.api.nvim_clear_autocmds({ group = group })
  if wanted then
    vim.api.nvim_create_autocmd({ 'VimResized', 'WinResized', 'BufWinEnter', 'TabEnter' }, {
      group = group,
      callback = utterances.redraw,
    })
  end
end

return M
