-- The one server of this Neovim: started at first use, shared by all buffers, restarted after a crash.

local config = require('dictate.config')
local document = require('dictate.document')
local executable = require('dictate.executable')
local notify = require('dictate.notify')
local progress = require('dictate.progress')
local question = require('dictate.question')

---@alias dictate.Ready fun(problem?: string)

local M = {}

-- 0.10's client functions take no self.
local has_methods = vim.fn.has('nvim-0.11') == 1

---@type vim.lsp.Client?
local client
---@type 'down'|'starting'|'ready'
local state = 'down'
---@type dictate.Ready[]
local waiting = {}
---@type integer[] when the recent crashes were, in ms of the event loop's clock
local crashes = {}
---@type table? the settings that the server was given last
local told_settings
local leaving = false

---@type table<string, fun(parameters: table): table?>
local listeners = {}
---@type fun()[]
local on_lost = {}
---@type fun()[]
local on_started = {}

---@param method string
---@param listener fun(parameters: table): table? for a request, returns the result
function M.listen(method, listener)
  listeners[method] = listener
end

--- Calls `callback` when a server that was ready is gone.
---@param callback fun()
function M.when_lost(callback)
  table.insert(on_lost, callback)
end

--- Calls `callback` whenever a server is ready, before whatever waits for it.
---@param callback fun()
function M.when_started(callback)
  table.insert(on_started, callback)
end

-- What stands for JSON's null differs between Neovim's versions; here it is always nil.
---@generic T
---@param value T
---@return T?
local function without_null(value)
  if value == vim.NIL then
    return nil
  end
  if type(value) ~= 'table' then
    return value
  end
  local result = {}
  for key, item in pairs(value) do
    result[key] = without_null(item)
  end
  return result
end

---@param settings table
---@return table
local function as_object(settings)
  return next(settings) == nil and vim.empty_dict() or settings
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
    if has_methods then
      client:notify(method, parameters)
    else
      client.notify(method, parameters)
    end
  end
end

--- Sends a request; the server must be ready.
---@param method string
---@param parameters table
---@param callback fun(problem?: string, result?: any)
function M.request(method, parameters, callback)
  local function answer(fault, result)
    callback(fault and (fault.message or tostring(fault)) or nil, without_null(result))
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

---@return integer? delay_ms nil where it crashed too often
local function next_delay()
  local options = config.get().restart
  local now = vim.uv.now()
  crashes = vim.tbl_filter(function(time)
    return now - time < options.window_ms
  end, crashes)
  table.insert(crashes, now)
  if #crashes >= options.limit then
    return nil
  end
  return options.delay_ms * 2 ^ (#crashes - 1)
end

---@param reason string
local function restart(reason)
  local delay_ms = next_delay()
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

---@param code integer
---@param signal integer
local function exited(code, signal)
  local was_ready = state == 'ready'
  state = 'down'
  client = nil
  document.connect(nil)
  progress.clear()
  if leaving then
    return
  end
  if was_ready then
    for _, callback in ipairs(on_lost) do
      callback()
    end
    -- One that ended in order was told to, by :LspStop for example; it starts with the next use.
    if code ~= 0 or signal ~= 0 then
      restart(cause(code, signal))
    end
  else
    answer_waiting(
      ('the server stopped while starting (%s): run :checkhealth dictate'):format(
        cause(code, signal)
      )
    )
  end
end

---@param new_client vim.lsp.Client
local function initialized(new_client)
  client = new_client
  state = 'ready'
  document.connect({ encoding = new_client.offset_encoding, notify = M.notify })
  for _, callback in ipairs(on_started) do
    callback()
  end
  answer_waiting()
end

---@return vim.lsp.ClientConfig
local function client_config(command)
  local options = config.get()
  told_settings = options.settings
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  -- Bytes, as Neovim counts: no column has to be converted.
  capabilities.general.positionEncodings = { 'utf-8', 'utf-16', 'utf-32' }
  local handlers = {
    ['window/showMessage'] = function(_, parameters)
      local say = parameters.type == 1 and notify.error
        or parameters.type == 2 and notify.warn
        or notify.info
      -- Editors without a plugin show the server's words as they are, so they begin with its name.
      say((parameters.message:gsub('^Dictate: ', '')))
      return vim.NIL
    end,
    ['window/showMessageRequest'] = function(_, parameters)
      return question.on_question(without_null(parameters))
    end,
    ['$/progress'] = function(fault, parameters, context)
      progress.on_progress(without_null(parameters))
      -- So that vim.lsp.status() and plugins that draw progress know of it, too.
      return vim.lsp.handlers['$/progress'](fault, parameters, context)
    end,
  }
  for method, listener in pairs(listeners) do
    handlers[method] = function(_, parameters)
      return listener(without_null(parameters))
    end
  end
  local id
  return {
    name = 'dictate',
    cmd = command,
    cmd_env = options.env,
    capabilities = capabilities,
    init_options = {
      dictate = { client = 'neovim', edit = true },
      settings = as_object(options.settings),
    },
    handlers = handlers,
    on_init = function(new_client)
      id = new_client.id
      initialized(new_client)
    end,
    on_exit = vim.schedule_wrap(function(code, signal, client_id)
      if id == nil or id == client_id then
        exited(code, signal)
      end
    end),
  }
end

local function start()
  local command, problem = executable.server_command()
  if not command then
    answer_waiting(problem)
    return
  end
  state = 'starting'
  -- Whatever the server is started for, what it says of dictations is listened to.
  require('dictate.events')
  local id
  if has_methods then
    id = vim.lsp.start(client_config(command), {
      attach = false,
      reuse_client = function()
        return false
      end,
    })
  else
    id = vim.lsp.start_client(client_config(command))
  end
  if not id then
    state = 'down'
    answer_waiting(("cannot start '%s': run :checkhealth dictate"):format(command[1]))
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
    M.notify('workspace/didChangeConfiguration', { settings = { dictate = as_object(settings) } })
  end
end

vim.api.nvim_create_autocmd('VimLeavePre', {
  group = vim.api.nvim_create_augroup('dictate_client', {}),
  callback = function()
    leaving = true
  end,
})

return M
