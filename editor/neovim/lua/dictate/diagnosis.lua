-- Why a server did not start: one line that says what to do, found by asking its program.

local config = require('dictate.config')
local executable = require('dictate.executable')

local M = {}

local ASK_MS = 10000
-- As in the server's pyproject.toml.
local PYTHON_MAJOR, PYTHON_MINOR = 3, 10

local INSTALL = 'run `pip install dictate-ls`, or set vim.g.dictate.cmd'

---@param command string[]
---@param callback fun(result: { code: integer, stdout: string, stderr: string })
---@return string? problem where it cannot be run at all
local function ask(command, callback)
  local started, fault = pcall(vim.system, command, {
    text = true,
    timeout = ASK_MS,
    env = config.get().env,
  }, vim.schedule_wrap(callback))
  return not started and tostring(fault) or nil
end

---@param text string
---@return string
local function last_line(text)
  return vim.trim(text):match('[^\n]*$')
end

-- The interpreter that a Python program names in its first line.
---@param program string
---@return string?
local function interpreter_of(program)
  local file = io.open(vim.fn.exepath(program), 'r')
  local first = file and file:read(512) or ''
  if file then
    file:close()
  end
  return first:match('^#!%s*(/[^\n]-python[%d.]*)%s*\n')
end

---@param program string
---@param said string
---@param callback fun(line: string)
local function explain_python(program, said, callback)
  local interpreter = interpreter_of(program)
  local unknown = ("'%s' does not run (%s): %s"):format(program, said, INSTALL)
  if not interpreter then
    callback(unknown)
    return
  end
  local fault = ask({ interpreter, '--version' }, function(result)
    local major, minor = (result.stdout .. result.stderr):match('Python (%d+)%.(%d+)')
    major, minor = tonumber(major), tonumber(minor)
    if major and (major < PYTHON_MAJOR or (major == PYTHON_MAJOR and minor < PYTHON_MINOR)) then
      callback(
        ("'%s' runs on Python %d.%d, and Dictate needs %d.%d or later: install it with a newer Python"):format(
          program,
          major,
          minor,
          PYTHON_MAJOR,
          PYTHON_MINOR
        )
      )
    else
      callback(unknown)
    end
  end)
  if fault then
    callback(
      ("the Python of '%s' is gone (%s): install Dictate again with `pip install dictate-ls`"):format(
        program,
        interpreter
      )
    )
  end
end

--- Calls `callback` with the line.
---@param cause string what happened to the server
---@param callback fun(line: string)
function M.explain(cause, callback)
  local tool = executable.tool_command()
  local nothing_known = ('the server %s: run :checkhealth dictate'):format(cause)
  if not tool then
    callback(nothing_known)
    return
  end
  local program = tool[1]
  local call = vim.list_extend(vim.list_slice(tool), { '--version' })
  local fault = ask(call, function(result)
    local said = last_line(result.stdout ~= '' and result.stdout or result.stderr)
    if result.code == 0 and said:match('^dictate %d') then
      callback(nothing_known)
    elseif result.stderr:find('Python', 1, true) or result.stderr:find('Traceback', 1, true) then
      explain_python(program, last_line(result.stderr), callback)
    else
      callback(
        ("'%s' is not Dictate's server (it says: %s): %s"):format(
          program,
          said ~= '' and said:sub(1, 60) or 'nothing',
          INSTALL
        )
      )
    end
  end)
  if fault then
    explain_python(program, last_line(fault), callback)
  end
end

return M
