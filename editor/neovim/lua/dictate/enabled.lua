-- `vim.lsp.enable('dictate')`, for Neovim 0.11 and later: the server starts with the first file instead
-- of the first dictation, and is attached to the buffers. It is the same one server: the plugin starts
-- it and tells it what stands in the buffers, Neovim only attaches it.

local client = require('dictate.client')
local config = require('dictate.config')
local document = require('dictate.document')
local notify = require('dictate.notify')
local utterances = require('dictate.utterances')

local M = {}

local group = vim.api.nvim_create_augroup('dictate_enabled', {})

---@type table<integer, true> buffers that are attached again after a crash
local attached = {}
---@type table<string, boolean>
local complained = {}

client.when_lost(function(comes_back)
  if not comes_back then
    attached = {}
    vim.api.nvim_clear_autocmds({ group = group })
  end
end)

---@param buffer integer
---@return boolean
local function takes_text(buffer)
  return vim.api.nvim_buf_is_loaded(buffer) and vim.api.nvim_buf_get_name(buffer) ~= ''
end

-- What the user gave to vim.lsp.config('dictate', …), or to '*', besides what stands in `M.config`.
---@return vim.lsp.Config
local function given()
  return vim.lsp.config.dictate or {}
end

local function take_options()
  local options = given()
  local settings = options.settings
  config.set_enabled({
    cmd = type(options.cmd) == 'table' and options.cmd or nil,
    env = options.cmd_env,
    settings = settings and (settings.dictate or settings),
  })
end

-- Called for every buffer that gets a file type. The server runs when `on_dir` is called, which then
-- finds it and attaches it.
---@param buffer integer
---@param on_dir fun(root?: string)
local function root_dir(buffer, on_dir)
  take_options()
  client.ready(function(problem)
    if problem then
      if not complained[problem] then
        complained[problem] = true
        -- Later: what is said in an autocommand is shown as a fault of it.
        vim.schedule(function()
          notify.error(problem)
        end)
      end
      return
    end
    complained = {}
    if takes_text(buffer) then
      -- An attached buffer may have got another name or type.
      document.open(buffer, utterances.under_way(buffer))
      on_dir()
    end
  end)
end

--- The server was attached to a buffer.
---@param its_client vim.lsp.Client
---@param buffer integer
function M.on_attach(its_client, buffer)
  if takes_text(buffer) then
    attached[buffer] = true
    document.open(buffer, utterances.under_way(buffer))
    vim.api.nvim_clear_autocmds({ group = group, buffer = buffer })
    vim.api.nvim_create_autocmd('BufFilePost', {
      group = group,
      buffer = buffer,
      callback = function()
        document.open(buffer, utterances.under_way(buffer))
      end,
    })
  end
  local users = given().on_attach
  for _, callback in ipairs(type(users) == 'table' and users or { users }) do
    callback(its_client, buffer)
  end
end

-- Neovim attaches a server that it started itself; one that the plugin started after a crash it does not.
client.when_started(function()
  vim.schedule(function()
    for buffer in pairs(attached) do
      if takes_text(buffer) then
        client.attach(buffer)
      else
        attached[buffer] = nil
      end
    end
  end)
end)

--- What `lsp/dictate.lua` returns.
---@return vim.lsp.Config
function M.config()
  return {
    root_dir = root_dir,
    reuse_client = function(other)
      return client.is_ours(other.id) and not other:is_stopped()
    end,
    -- Never called while the plugin's server runs, and a second one is not wanted.
    cmd = function()
      error('Dictate: the server has just ended, :Dictate restart starts it again', 0)
    end,
  }
end

return M
