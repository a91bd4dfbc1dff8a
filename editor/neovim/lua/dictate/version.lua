-- The plugin's version, and whether that of a server goes with it.

local M = {}

M.PLUGIN = '0.1.0'

---@param text string
---@return integer? major nil where it is no version
---@return integer minor
local function parts(text)
  local major, minor = text:match('^(%d+)%.(%d+)')
  return tonumber(major), tonumber(minor) or 0
end

--- Versions go together that differ in their last part alone; from 1.0 on, in their last two.
---@param server string
---@return string? problem one line: which of the two is old, and what to do
function M.problem(server)
  local plugin_major, plugin_minor = parts(M.PLUGIN)
  local major, minor = parts(server)
  if not major then
    return ("the server's version '%s' is unknown: run :checkhealth dictate"):format(server)
  end
  if major == plugin_major and (major > 0 or minor == plugin_minor) then
    return nil
  end
  local is_old = major < plugin_major or (major == plugin_major and minor < plugin_minor)
  local pattern = is_old
      and 'the server is version %s, older than this plugin (%s): %s, then :Dictate restart'
    or 'the server is version %s, newer than this plugin (%s): %s, then restart Neovim'
  local update = is_old and 'run `pip install --upgrade dictate-ls`' or 'update the plugin'
  return pattern:format(server, M.PLUGIN, update)
end

return M
