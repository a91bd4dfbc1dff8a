-- `:checkhealth dictate`: from the editor to the microphone, each step with what to do.

local executable = require('dictate.executable')

local M = {}

local TOOL_MS = 30000

---@param command string[]
---@param ... string
---@return boolean ok
---@return string output
local function run(command, ...)
  local call = vim.list_extend(vim.list_slice(command), { ... })
  local started, process = pcall(vim.system, call, { text = true })
  if not started then
    return false, tostring(process)
  end
  local result = process:wait(TOOL_MS)
  return result.code == 0, vim.trim((result.stdout or '') .. (result.stderr or ''))
end

local function check_editor()
  vim.health.start('Editor')
  if vim.fn.has('nvim-0.10') == 1 then
    vim.health.ok('Neovim ' .. tostring(vim.version()))
  else
    vim.health.error('Neovim is too old', { 'Install Neovim 0.10 or later.' })
  end
  for _, name in ipairs({ 'dictate-toggle', 'dictate-hold' }) do
    local plug = ('<Plug>(%s)'):format(name)
    if vim.fn.hasmapto(plug, 'n') == 1 or vim.fn.hasmapto(plug, 'i') == 1 then
      vim.health.ok(plug .. ' is mapped')
    else
      vim.health.info(plug .. ' is not mapped: see :help dictate-mappings')
    end
  end
end

---@return string[]? tool
local function check_server()
  vim.health.start('Server')
  local command, problem = executable.server_command()
  if not command then
    vim.health.error(problem or 'there is no server')
    return nil
  end
  vim.health.ok('command: ' .. table.concat(command, ' '))
  local tool = executable.tool_command()
  if not tool then
    vim.health.info('vim.g.dictate.cmd does not end in `lsp`: its version cannot be asked')
    return nil
  end
  local ok, output = run(tool, '--version')
  if not ok then
    vim.health.error('it does not run: ' .. output, { 'Install it again: pip install dictate-ls' })
    return nil
  end
  local version = output:match('^dictate (%S+)')
  if not version then
    vim.health.error(
      "it is another program, not Dictate's server: it says " .. output,
      { 'Set vim.g.dictate.cmd, or install the server: pip install dictate-ls' }
    )
    return nil
  end
  local misfit = require('dictate.version').problem(version)
  if misfit then
    vim.health.warn(misfit)
  else
    vim.health.ok('version: ' .. output)
  end
  return tool
end

-- The doctor's lines begin with a verdict; each says itself what to do.
local VERDICTS = { ok = vim.health.ok, note = vim.health.info, fail = vim.health.error }

---@param tool string[]
local function check_machine(tool)
  vim.health.start('Machine (dictate doctor)')
  local ok, output = run(tool, 'doctor')
  local lines = vim.split(output, '\n', { trimempty = true })
  for _, line in ipairs(lines) do
    local verdict, text = line:match('^%s*(%a+)%s%s+(.*)$')
    local say = VERDICTS[verdict] or vim.health.info
    say(VERDICTS[verdict] and text or line)
  end
  if not ok and #lines == 0 then
    vim.health.error('dictate doctor does not run', { 'Run it in a terminal.' })
  end
end

local function check_running()
  vim.health.start('Running now')
  local client = package.loaded['dictate.client']
  if not client or not client.is_ready() then
    vim.health.info('the server is not running; it starts with the first dictation')
    return
  end
  local status, fault
  client.request('dictate/status', vim.empty_dict(), function(problem, result)
    fault, status = problem, result
  end)
  vim.wait(TOOL_MS, function()
    return status ~= nil or fault ~= nil
  end, 10)
  if not status then
    vim.health.error(fault or 'the server does not answer', { 'See :Dictate log.' })
    return
  end
  vim.health.ok('state: ' .. status.state)
  vim.health.info('microphone: ' .. (status.microphone or 'the default one'))
  vim.health.info('engine: ' .. (status.engine and status.engine.state or 'not running'))
  if status.pending > 0 then
    vim.health.warn(status.pending .. ' kept', { ':Dictate retry', ':Dictate discard' })
  end
  vim.health.info('log: ' .. status.logFile)
end

function M.check()
  check_editor()
  local tool = check_server()
  if tool then
    check_machine(tool)
  end
  check_running()
end

return M
