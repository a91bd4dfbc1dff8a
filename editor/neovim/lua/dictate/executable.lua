-- Finds the program that serves: what the user named, what the PATH has, what the checkout built.

local config = require('dictate.config')

local M = {}

---@return string
local function checkout_program()
  local this_file = debug.getinfo(1, 'S').source:sub(2)
  local root = vim.fn.fnamemodify(this_file, ':p:h:h:h:h:h')
  local windows = vim.fn.has('win32') == 1
  return root .. (windows and '/.venv/Scripts/dictate.exe' or '/.venv/bin/dictate')
end

--- The server's command line.
---@return string[]? command
---@return string? problem one line: what is missing and what to do
function M.server_command()
  local named = config.get().cmd
  if named then
    local command = type(named) == 'table' and named or { named, 'lsp' }
    if vim.fn.executable(command[1]) == 1 then
      return command
    end
    return nil,
      ("cannot run '%s' (vim.g.dictate.cmd): correct the path, or remove the option"):format(
        command[1]
      )
  end
  if vim.fn.executable('dictate') == 1 then
    return { 'dictate', 'lsp' }
  end
  local built = checkout_program()
  if vim.fn.executable(built) == 1 then
    return { built, 'lsp' }
  end
  return nil,
    "the program 'dictate' is not on the PATH: run `pip install dictate-ls`, or set vim.g.dictate.cmd"
end

--- The command line tool that belongs to the server, for `:checkhealth`.
---@return string[]? command nil where the server is started by something else
function M.tool_command()
  local command = M.server_command()
  if not command or command[#command] ~= 'lsp' then
    return nil
  end
  return vim.list_slice(command, 1, #command - 1)
end

return M
