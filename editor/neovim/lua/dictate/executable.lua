-- Finds the program that serves: what the user named, what the PATH has, what the checkout built.

local config = require('dictate.config')

local M = {}

-- The plugin may be linked to from a package, or itself be a link in a checkout.
---@return string? program
local function checkout_program()
  local this_file = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p')
  local windows = vim.fn.has('win32') == 1
  for _, file in ipairs({ this_file, vim.uv.fs_realpath(this_file) }) do
    local root = vim.fn.fnamemodify(file, ':h:h:h:h:h')
    local program = root .. (windows and '/.venv/Scripts/dictate.exe' or '/.venv/bin/dictate')
    if vim.fn.executable(program) == 1 then
      return program
    end
  end
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
  if built then
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
