-- The one server of this Neovim: started at first use, shared by all buffers, restarted after a crash.

local client_config = require('dictate.client_config')
local config = require('dictate.config')
local crashes = require('dictate.crashes')
local document = require('dictate.document')
local executable = require('dictate.executable')
local messages = require('dictate.messages')
local notify = require('dictate.notify')
local progress = require('dictate.progress')
local version = require('dictate.version')

---@alias dictate.Ready fun(problem?: string)

local M = {}

-- A server answers within a second; on a machine that is busy with something else within several.
local START_MS = 30000
-- One that decodes brings its work to an end first, which takes it 3 s at most.
local STOP_MS = 5000

-- 0.10's client functions take no self.
local has_methods = vim.fn.has('nvim-0.11') == 1

---@type vim.lsp.Client?
local client
---@type fun(method: string, parameters: table) tells the client's server
local tell
---@type 'down'|'starting'|'ready'|'restarting'
local state = 'down'
---@type dictate.Ready[]
local waiting = {}
---@type integer? of the client that is starting or ready
local client_id
---@type uv.uv_timer_t?
local start_timer
---@type table<string, boolean> problems with versions that were said
local complained = {}
---@type table? the settings that the server was given last
local told_settings
local leaving = false

---@type table<string, fun(parameters: table): table?>
local listeners = {}
---@type fun(comes_back: boolean)[]
local on_lost = {}
---@type fun()[]
local on_started = {}

---@param method string
---@param listener fun(parameters: table): table? for a request, returns the result
function M.listen(method, listener)
  listeners[method] = listener
end

--- Calls `callback` when a server that was ready is gone.
---@param callback fun(comes_back: boolean)
function M.when_lost(callback)
  table.insert(on_lost, callback)
end

--- Calls `callback` whenever a server is ready, before whatever waits for it.
---@param callback fun()
function M.when_started(callback)
  table.insert(on_started, callback)
end

---@param problem? string
local function answer_waiting(problem)
  local callbacks = waiting
  waiting = {}
  for _, callback in ipairs(callbacks) do
    callback(problem)
  end
end

---@param method string
---@param parameters table
function M.notify(method, parameters)
  if client then
    tell(method, parameters)
  end
end

--- Sends a request; the server must be ready.
---@param method string
---@param parameters table
---@param callback fun(problem?: string, result?: any)
function M.request(method, parameters, callback)
  local function answer(fault, result)
    callback(fault and (fault.message or tostring(fault)) or nil, messages.without_null(result))
  end
  local sent = false
  if client then
    if has_methods then
      sent = client:request(method, parameters, answer)
    else
      sent = client.request(method, parameters, answer)
    end
  end
  if not sent then
    callback('the server is not running: run :Dictate again')
  end
end

---@param name string
---@param argument? table
---@param callback fun(problem?: string, result?: any)
function M.execute(name, argument, callback)
  M.request('workspace/executeCommand', { command = name, arguments = { argument } }, callback)
end

---@param code integer
---@param signal integer
---@return string
local function cause(code, signal)
  return signal ~= 0 and ('signal %d'):format(signal) or ('exit code %d'):format(code)
end

---@param reason string
local function start_again(reason)
  local delay_ms = crashes.next_delay()
  if not delay_ms then
    notify.error(
      ('the server stopped again (%s) and stays down: see :Dictate log, then run :Dictate'):format(
        reason
      )
    )
    return
  end
  notify.warn(
    ('the server stopped (%s) and is starting again; what was spoken is kept: :Dictate retry'):format(
      reason
    )
  )
  vim.defer_fn(function()
    if not leaving then
      M.ready(function(problem)
        if problem then
          notify.error(problem)
        end
      end)
    end
  end, delay_ms)
end

---@param comes_back boolean
local function tell_lost(comes_back)
  for _, callback in ipairs(on_lost) do
    callback(comes_back)
  end
end

local start

-- It did not get so far as to answer. Finding out why takes a moment, in which it may be started again.
---@param what string happened to it
local function explain(what)
  local callbacks = waiting
  waiting = {}
  require('dictate.diagnosis').explain(what, function(line)
    for _, callback in ipairs(callbacks) do
      callback(line)
    end
  end)
end

---@param code integer
---@param signal integer
local function exited(code, signal)
  local state_before = state
  state = 'down'
  client, client_id = nil, nil
  document.connect(nil)
  progress.clear()
  if leaving then
    return
  end
  if state_before == 'starting' then
    explain(('stopped while starting (%s)'):format(cause(code, signal)))
    return
  end
  if state_before == 'restarting' then
    start()
    return
  end
  -- One that ended in order was told to, by :LspStop for example; it starts with the next use.
  local crashed = code ~= 0 or signal ~= 0
  tell_lost(crashed)
  if crashed then
    start_again(cause(code, signal))
  end
end

---@param given_up vim.lsp.Client
local function stop(given_up)
  if has_methods then
    given_up:stop(true)
  else
    given_up.stop(true)
  end
end

---@param new_client vim.lsp.Client
---@param info? { name: string, version?: string } what the server says of itself
local function initialized(new_client, info)
  if client then
    -- Neovim started one by itself, at :lsp restart for example, when there was one already.
    stop(new_client)
    return
  end
  if start_timer then
    start_timer:stop()
  end
  if not info or info.name ~= 'dictate' then
    state, client_id = 'down', nil
    stop(new_client)
    answer_waiting(
      ("the program that was started is not Dictate's server but %s: correct vim.g.dictate.cmd"):format(
        info and ("'%s'"):format(info.name) or 'another one'
      )
    )
    return
  end
  client = new_client
  client_id = new_client.id
  state = 'ready'
  tell = client_config.keep_documents_to_us(new_client)
  document.connect({ encoding = new_client.offset_encoding, notify = M.notify })
  local problem = version.problem(info.version or '?')
  if problem and not complained[problem] then
    complained[problem] = true
    notify.warn(problem)
  end
  for _, callback in ipairs(on_started) do
    callback()
  end
  answer_waiting()
end

-- Some program that is no language server keeps silent for ever.
---@param id integer
local function limit_start(id)
  start_timer = start_timer or assert(vim.uv.new_timer())
  start_timer:start(
    START_MS,
    0,
    vim.schedule_wrap(function()
      local silent = vim.lsp.get_client_by_id(id)
      if state == 'starting' and client_id == id then
        state, client_id = 'down', nil
        if silent then
          stop(silent)
        end
        explain(('did not answer within %d s'):format(START_MS / 1000))
      end
    end)
  )
end

---@param command string[]
---@return vim.lsp.ClientConfig
local function made(command)
  local options = config.get()
  told_settings = options.settings
  return client_config.make(command, options, listeners, initialized, function(code, signal, id)
    -- One that was given up is nobody's any more.
    if id == client_id then
      exited(code, signal)
    end
  end)
end

function start()
  local command, problem = executable.server_command()
  if not command then
    state = 'down'
    answer_waiting(problem)
    return
  end
  state = 'starting'
  -- Whatever the server is started for, what it says of dictations is listened to.
  require('dictate.events')
  local started, id
  if has_methods then
    started, id = pcall(vim.lsp.start, made(command), {
      attach = false,
      silent = true,
      reuse_client = function()
        return false
      end,
    })
  else
    started, id = pcall(vim.lsp.start_client, made(command))
  end
  if not started or not id then
    state = 'down'
    explain('cannot be started')
  elseif state == 'starting' then
    client_id = id
    limit_start(id)
  end
end

--- Calls `callback` when the server is ready, or with the problem. Starts the server where needed.
--- Callbacks are called in the order in which they were given.
---@param callback dictate.Ready
function M.ready(callback)
  if state == 'ready' then
    M.tell_settings()
    callback()
    return
  end
  table.insert(waiting, callback)
  if state == 'down' then
    start()
  end
end

--- Ends the server, or whatever is left of it, and starts it anew; as `ready`.
---@param callback dictate.Ready
function M.restart(callback)
  crashes.forget()
  local old = client
  if state ~= 'ready' or not old then
    M.ready(callback)
    return
  end
  table.insert(waiting, callback)
  state = 'restarting'
  -- At once: what is begun from now on belongs to the new one.
  tell_lost(true)
  if has_methods then
    old:stop()
  else
    old.stop()
  end
  vim.defer_fn(function()
    if state == 'restarting' and client == old then
      stop(old)
    end
  end, STOP_MS)
end

--- Has Neovim attach the server to a buffer; from 0.11 on.
---@param buffer integer
function M.attach(buffer)
  if client then
    vim.lsp.buf_attach_client(buffer, client.id)
  end
end

---@return boolean
function M.is_ready()
  return state == 'ready'
end

---@param id integer
---@return boolean it is the client of our server
function M.is_ours(id)
  return client ~= nil and client.id == id
end

--- Tells a running server about settings that changed since it was told last.
function M.tell_settings()
  local settings = config.get().settings
  if state == 'ready' and not vim.deep_equal(settings, told_settings) then
    told_settings = settings
    M.notify(
      'workspace/didChangeConfiguration',
      { settings = { dictate = client_config.as_object(settings) } }
    )
  end
end

vim.api.nvim_create_autocmd('VimLeavePre', {
  group = vim.api.nvim_create_augroup('dictate_client', {}),
  callback = function()
    leaving = true
  end,
})

return M
