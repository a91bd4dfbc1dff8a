-- What Neovim's LSP client is made of: what it announces, hears and may do.

local messages = require('dictate.messages')
local version = require('dictate.version')

local M = {}

-- 0.10's client functions take no self.
local has_methods = vim.fn.has('nvim-0.11') == 1

--- JSON tells an object without members from a list without items.
---@param settings table
---@return table
function M.as_object(settings)
  return next(settings) == nil and vim.empty_dict() or settings
end

--- The plugin tells the server what stands in the buffers. Neovim would do so, too, where it attaches
--- the client (`dictate.enabled`), and says more than capabilities let it when a file is renamed.
---@param new_client vim.lsp.Client
---@return fun(method: string, parameters: table) tell the plugin's own way to the server
function M.keep_documents_to_us(new_client)
  new_client.server_capabilities.textDocumentSync = { openClose = false, change = 0 }
  if not has_methods then
    return new_client.notify
  end
  local notify_server = new_client.notify
  new_client.notify = function(self, method, ...)
    return vim.startswith(method, 'textDocument/did') or notify_server(self, method, ...)
  end
  return function(method, parameters)
    notify_server(new_client, method, parameters)
  end
end

---@param command string[]
---@param options dictate.Config
---@param listeners table<string, fun(parameters: table): table?> by method
---@param on_init fun(client: vim.lsp.Client, info?: { name: string, version?: string })
---@param on_exit fun(code: integer, signal: integer, id: integer)
---@return vim.lsp.ClientConfig
function M.make(command, options, listeners, on_init, on_exit)
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  -- Bytes, as Neovim counts: no column has to be converted.
  capabilities.general.positionEncodings = { 'utf-8', 'utf-16', 'utf-32' }
  -- The settings are told, at the start and when they change.
  capabilities.workspace.configuration = false
  local handlers = messages.handlers()
  for method, listener in pairs(listeners) do
    handlers[method] = function(_, parameters)
      return listener(messages.without_null(parameters))
    end
  end
  return {
    name = 'dictate',
    cmd = command,
    cmd_env = options.env,
    capabilities = capabilities,
    init_options = {
      dictate = { client = 'neovim', edit = true, version = version.PLUGIN },
      settings = M.as_object(options.settings),
    },
    handlers = handlers,
    commands = require('dictate.code_actions').commands,
    on_init = function(client, result)
      on_init(client, result.serverInfo)
    end,
    on_attach = function(client, buffer)
      require('dictate.enabled').on_attach(client, buffer)
    end,
    on_exit = vim.schedule_wrap(on_exit),
  }
end

return M
