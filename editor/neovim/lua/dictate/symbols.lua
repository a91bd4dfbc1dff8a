-- The names that the buffer's other language servers know, for the server to spell.
--
-- They are asked for when a dictation begins, and again a while after changes, and told when they
-- are others than before. Nothing waits for them, and whoever does not answer is left alone.

local client = require('dictate.client')
local document = require('dictate.document')

local METHOD = 'textDocument/documentSymbol'
local LIMIT = 2000
-- A pause in typing, and no more often than a large file's servers can bear.
local QUIET_MS = 2000

---@class dictate.Symbol
---@field name string
---@field kind integer as in LSP's SymbolKind

---@class dictate.Known what is known of one document
---@field document dictate.Document
---@field asked table<integer, integer> by client: the text's version when it was asked last
---@field pending table<integer, boolean> by client: it has not answered yet
---@field answers table<integer, dictate.Symbol[]> by client
---@field told dictate.Symbol[]

local M = {}

-- 0.10's client functions take no self.
local has_methods = vim.fn.has('nvim-0.11') == 1

---@type table<integer, dictate.Known> by buffer
local known = {}
---@type uv.uv_timer_t?
local timer
---@type table<integer, boolean> buffers that changed
local changed = {}

---@param buffer integer
---@return vim.lsp.Client[] others than ours
local function others(buffer)
  return vim.tbl_filter(function(other)
    local supports
    if has_methods then
      supports = other:supports_method(METHOD, buffer)
    else
      supports = other.supports_method(METHOD, { bufnr = buffer })
    end
    return supports and not client.is_ours(other.id)
  end, vim.lsp.get_clients({ bufnr = buffer }))
end

-- A symbol holds those inside it.
---@param found dictate.Symbol[] is added to
---@param seen table<string, boolean>
---@param items any what a server answered
local function flatten(found, seen, items)
  for _, item in ipairs(type(items) == 'table' and items or {}) do
    if #found >= LIMIT then
      return
    end
    if type(item) == 'table' then
      local name, kind = item.name, item.kind
      if type(name) == 'string' and name ~= '' and type(kind) == 'number' then
        local key = kind .. ' ' .. name
        if not seen[key] then
          seen[key] = true
          table.insert(found, { name = name, kind = kind })
        end
      end
      flatten(found, seen, item.children)
    end
  end
end

---@param this dictate.Known
local function tell(this)
  if document.of(this.document.buffer) ~= this.document then
    return
  end
  local symbols, seen = {}, {}
  for _, other in ipairs(others(this.document.buffer)) do
    flatten(symbols, seen, this.answers[other.id])
  end
  if not vim.deep_equal(symbols, this.told) then
    this.told = symbols
    client.notify('dictate/symbols', { uri = this.document.uri, symbols = symbols })
  end
end

---@param this dictate.Known
---@param other vim.lsp.Client
local function ask(this, other)
  local buffer = this.document.buffer
  local version = vim.api.nvim_buf_get_changedtick(buffer)
  if this.pending[other.id] or this.asked[other.id] == version then
    return
  end
  local function answer(fault, result)
    this.pending[other.id] = nil
    local symbols = {}
    flatten(symbols, {}, result)
    -- One that is still loading knows nothing; it is asked again.
    if fault or not symbols[1] then
      this.asked[other.id] = nil
    end
    if not fault then
      this.answers[other.id] = symbols
      tell(this)
    end
    if
      vim.api.nvim_buf_is_loaded(buffer) and vim.api.nvim_buf_get_changedtick(buffer) ~= version
    then
      M.refresh_later(buffer)
    end
  end
  local parameters = { textDocument = { uri = vim.uri_from_bufnr(buffer) } }
  this.pending[other.id], this.asked[other.id] = true, version
  local called, sent
  if has_methods then
    called, sent = pcall(other.request, other, METHOD, parameters, answer, buffer)
  else
    called, sent = pcall(other.request, METHOD, parameters, answer, buffer)
  end
  if not called or not sent then
    this.pending[other.id], this.asked[other.id] = nil, nil
  end
end

--- Asks for the names of a buffer that is dictated into, where they may be others than those known.
---@param buffer integer
function M.refresh(buffer)
  local current = document.of(buffer)
  if not current or not vim.api.nvim_buf_is_loaded(buffer) then
    known[buffer] = nil
    return
  end
  local this = known[buffer]
  if not this or this.document ~= current then
    this = { document = current, asked = {}, pending = {}, answers = {}, told = {} }
    known[buffer] = this
  end
  for _, other in ipairs(others(buffer)) do
    ask(this, other)
  end
end

--- The same once nobody has typed for a while.
---@param buffer integer
function M.refresh_later(buffer)
  changed[buffer] = true
  timer = timer or assert(vim.uv.new_timer())
  timer:start(
    QUIET_MS,
    0,
    vim.schedule_wrap(function()
      local buffers = changed
      changed = {}
      for each in pairs(buffers) do
        M.refresh(each)
      end
    end)
  )
end

document.when_changed(function(buffer)
  if known[buffer] then
    M.refresh_later(buffer)
  end
end)

return M
