-- The server's code actions (`gra`) where it is attached to a buffer: what they begin and end is drawn
-- like everything else, so the plugin carries them out itself.

local M = {}

---@type table<string, fun(command: lsp.Command, context: table)>
M.commands = {
  ['dictate.start'] = function()
    require('dictate').start()
  end,
  ['dictate.stop'] = function()
    require('dictate').stop()
  end,
  ['dictate.cancel'] = function()
    require('dictate').cancel()
  end,
  ['dictate.toggle'] = function()
    require('dictate').toggle()
  end,
  ['dictate.raw'] = function()
    require('dictate').raw()
  end,
  ['dictate.alternatives'] = function()
    require('dictate').alternatives()
  end,
}

return M
